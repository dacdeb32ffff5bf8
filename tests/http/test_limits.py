"""Limits as clients meet them: 429, when to come back, and that coming back then works."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from hub.store.counters import beside
from tests import fakes
from tests.http.asking import Hub, Room, data
from tests.http.browser import Browser
from tests.http.conftest import SETTINGS
from tests.http.test_observing import metrics

Make = Callable[..., Hub]
MINUTE = 60
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.9"}


@pytest.fixture
def make(front: str, tmp_path: Path) -> Make:
    """The application with limits; what is not given is not limited."""

    def made(**limits: int) -> Hub:
        text = SETTINGS.format(front=front)
        for name, value in limits.items():
            text = "\n".join(line for line in text.splitlines() if not line.startswith(name))
            text += f"\n{name} = {value}"
        config = fakes.make_config(tmp_path, text)
        store = fakes.open_store(config.store_path)
        fakes.populate(store)
        return Hub(config, store)

    return made


def statuses(hub: Hub, count: int, path: str = "/taxii2/", **how: Any) -> list[int]:
    return [hub.get(path, **how).status_code for _ in range(count)]


def assert_throttled(answer: TestResponse, most_s: int = MINUTE) -> int:
    """The one form of the answer; gives the seconds to wait."""
    assert answer.status_code == 429
    body = data(answer)
    assert set(body) - {"details"} == {
        *("title", "description", "error_id", "error_code", "http_status")
    }
    assert body["error_code"] == "too-many-requests"
    assert body["http_status"] == "429"
    api = answer.request.path.startswith("/api/")
    kind = "application/json" if api else "application/taxii+json;version=2.1"
    assert answer.headers["Content-Type"] == kind
    assert "WWW-Authenticate" not in answer.headers
    text = answer.headers["Retry-After"]
    assert text.isdigit()
    assert 1 <= int(text) <= most_s
    return int(text)


class TestRequests:
    def test_of_one_token(self, make: Make) -> None:
        hub = make(requests_per_minute=1, request_burst=3)
        assert statuses(hub, 5) == [200, 200, 200, 429, 429]
        assert_throttled(hub.get("/taxii2/"))
        assert statuses(hub, 1, account="reader") == [200]
        other = fakes.bearer("publisher", read_only=True)
        assert statuses(hub, 1, headers=other) == [200]
        assert statuses(hub, 1, headers=fakes.basic("publisher")) == [200]

    def test_come_back_and_it_works(self, make: Make) -> None:
        hub = make(requests_per_minute=60, request_burst=1)
        assert hub.get("/taxii2/").status_code == 200
        time.sleep(assert_throttled(hub.get("/taxii2/"), 1))
        assert hub.get("/taxii2/").status_code == 200

    def test_every_address_counts_alike(self, make: Make) -> None:
        hub = make(requests_per_minute=1, request_burst=8)
        room = hub.room()
        room.add(fakes.indicator(1))
        for tail in ("", "objects/", "manifest/", "objects/x/versions/"):
            room.get(tail)
        room.delete("x")
        hub.get("/hub/status/x/")
        hub.ask("HEAD", "/hub/collections/")
        found = [
            *(room.get(tail) for tail in ("", "objects/", "manifest/", "objects/x/versions/")),
            room.post(fakes.body(fakes.indicator(2))),
            room.delete(fakes.indicator(1)["id"]),
            hub.get("/hub/status/x/"),
            hub.get("/hub/"),
            hub.get("/taxii2/"),
            *(hub.get(f"/api/v1/{door}") for door in ("search", "facets", "histogram", "suggest")),
            *(hub.get(f"/api/v1/objects/x{tail}") for tail in ("", "/related", "/same")),
            hub.get("/api/v1/search?format=csv"),
            hub.ask("POST", "/api/v1/lookup", body=b"x"),
            hub.get("/api/v1/searches"),
        ]
        for answer in found:
            assert_throttled(answer)
        assert room.get(account="partner").status_code == 200
        assert data(room.get(account="partner"))["objects"] == [fakes.indicator(1)]

    def test_without_credentials_by_network(self, make: Make) -> None:
        hub = make(anonymous_per_minute=1, anonymous_burst=2)
        assert statuses(hub, 4, account="") == [200, 200, 429, 429]
        assert_throttled(hub.get("/taxii2/", account=""))
        assert statuses(hub, 1, account="", environ_overrides=ELSEWHERE) == [200]
        assert statuses(hub, 3) == [200] * 3

    def test_without_credentials_where_they_are_needed(self, make: Make) -> None:
        hub = make(anonymous_per_minute=1, anonymous_burst=2)
        hub.put(fakes.collection("public", public=False))
        assert statuses(hub, 3, account="") == [401, 401, 429]

    def test_health_and_metrics_are_free(self, make: Make) -> None:
        hub = make(anonymous_per_minute=1, anonymous_burst=1, requests_per_minute=1)
        for path in ("/health/live", "/health/ready", "/metrics"):
            for account in ("", "publisher"):
                assert statuses(hub, 5, path, account=account) == [200] * 5

    def test_what_was_throttled_is_counted_and_named(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        hub = make(requests_per_minute=1, request_burst=2)
        before = metrics(hub).get(("hub_throttled_total",), 0)
        caplog.set_level("INFO", logger="hub.access")
        statuses(hub, 5)
        assert metrics(hub)[("hub_throttled_total",)] == before + 3
        lines = [record.fields for record in caplog.records if hasattr(record, "fields")]
        throttled = [line for line in lines if line["status"] == 429]
        assert [line["account"] for line in throttled] == ["publisher"] * 3
        assert throttled[0]["credential"] == "token:publisher-works"


class TestQuota:
    def publish(self, room: Room, *numbers: int) -> TestResponse:
        return room.post(fakes.body(*(fakes.indicator(number) for number in numbers)))

    def test_an_envelope_over_the_rest_is_refused_as_a_whole(self, make: Make) -> None:
        room = make(objects_per_day=10).room()
        assert self.publish(room, *range(8)).status_code == 202
        assert_throttled(self.publish(room, 8, 9, 10), 86_400)
        assert len(room.objects()) == 8
        assert self.publish(room, 8, 9).status_code == 202
        assert len(room.objects()) == 10

    def test_what_is_not_stored_does_not_count(self, make: Make) -> None:
        room = make(objects_per_day=10).room()
        for _ in range(5):
            assert self.publish(room, 1, 2, 3).status_code == 202
        for _ in range(5):
            assert room.post(fakes.body({"type": "nonsense"}, {}, {})).status_code == 202
        assert room.post(b"x").status_code == 400
        assert self.publish(room, *range(4, 11)).status_code == 202
        assert_throttled(self.publish(room, 11), 86_400)

    def test_once_used_up_the_body_is_not_looked_at(self, make: Make) -> None:
        hub = make(objects_per_day=2)
        room = hub.room()
        self.publish(room, 1, 2)
        assert_throttled(room.post(b"this is no envelope"), 86_400)
        assert_throttled(room.post(b"x", headers={"Content-Type": "text/plain"}), 86_400)
        # Rights come first: they are nobody's business but the caller's.
        assert room.post(b"x", account="reader").status_code == 403
        assert self.publish(hub.room(read=False, write=False), 3).status_code == 404

    def test_reading_and_deleting_go_on(self, make: Make) -> None:
        room = make(objects_per_day=2).room()
        self.publish(room, 1, 2)
        assert len(room.objects()) == 2
        assert room.delete(fakes.indicator(1)["id"]).status_code == 200

    def test_of_each_organisation_by_itself(self, make: Make) -> None:
        room = make(objects_per_day=2).room()
        self.publish(room, 1, 2)
        body = fakes.body(fakes.indicator(3))
        assert room.post(body, account="coordinator").status_code == 429
        assert room.post(body, account="partner").status_code == 202

    def test_what_never_fits_is_too_large(self, make: Make) -> None:
        room = make(objects_per_day=2).room()
        answer = self.publish(room, 1, 2, 3)
        assert (answer.status_code, data(answer)["error_code"]) == (413, "too-large")
        assert room.objects() == []


class TestLogIns:
    def log_in(self, hub: Hub, password: str = fakes.PASSWORD, **how: Any) -> TestResponse:
        headers = fakes.basic(how.pop("name", "publisher"), password)
        return hub.get("/taxii2/", account="", headers=headers, **how)

    def test_after_some_failures_all_wait_alike(self, make: Make) -> None:
        hub = make(failed_logins=3)
        bodies = []
        for name in ("publisher", "nobody"):
            for number in range(3):
                assert self.log_in(hub, f"wrong {number}", name=name).status_code == 401
            for password in ("wrong again", fakes.PASSWORD):
                answer = self.log_in(hub, password, name=name)
                assert 28 <= assert_throttled(answer) <= 30
                bodies.append(data(answer) | {"error_id": ""})
        assert bodies == [bodies[0]] * 4

    def test_nobody_else_does(self, make: Make) -> None:
        hub = make(failed_logins=3)
        for number in range(5):
            self.log_in(hub, f"wrong {number}")
        assert self.log_in(hub, environ_overrides=ELSEWHERE).status_code == 200
        assert self.log_in(hub, name="reader").status_code == 200
        assert hub.get("/taxii2/").status_code == 200

    def test_the_address_behind_a_proxy_counts(self, make: Make) -> None:
        hub = make(failed_logins=3)
        server = msgspec.structs.replace(hub.config.server, trusted_proxies=1)
        behind = Hub(msgspec.structs.replace(hub.config, server=server), hub.store)

        def ask(sent: str, password: str) -> int:
            headers = fakes.basic("publisher", password) | {"X-Forwarded-For": sent}
            return behind.get("/taxii2/", account="", headers=headers).status_code

        attacker = [ask(f"192.0.2.{n}, 198.51.100.9", f"wrong {n}") for n in range(5)]
        assert attacker == [401, 401, 401, 429, 429]
        assert ask("192.0.2.1", fakes.PASSWORD) == 200
        assert ask("198.51.100.9", fakes.PASSWORD) == 429

    def test_wrong_tokens_of_one_network(self, make: Make) -> None:
        hub = make(failed_logins_per_minute=1)
        wrong = {"Authorization": "Bearer hub_wrong"}
        assert statuses(hub, 7, account="", headers=wrong) == [401] * 5 + [429] * 2
        answer = hub.get("/taxii2/", account="", headers={"Authorization": "Nonsense"})
        assert_throttled(answer)
        # A token that is right is never in doubt.
        assert hub.get("/taxii2/").status_code == 200
        elsewhere = {"environ_overrides": ELSEWHERE}
        assert statuses(hub, 1, account="", headers=wrong, **elsewhere) == [401]


class TestCountersThatFail:
    def test_the_hub_serves_on(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        hub = make(requests_per_minute=1, request_burst=3, failed_logins=3, objects_per_day=5)
        beside(hub.config.store_path).write_bytes(b"no database" * 5000)
        room = hub.room()
        assert room.post(fakes.body(fakes.indicator(1))).status_code == 202
        assert room.get().status_code == 200
        caplog.set_level("WARNING", logger="hub.limits")
        # Each worker counts for itself meanwhile.
        assert statuses(hub, 3) == [200, 429, 429]
        wrong = [fakes.basic("partner", f"wrong {number}") for number in range(4)]
        found = [hub.get("/taxii2/", account="", headers=item).status_code for item in wrong]
        assert found == [401, 401, 401, 429]
        assert hub.get("/health/ready", account="").status_code == 200

    def test_they_are_made_beside_the_store(self, make: Make) -> None:
        hub = make(requests_per_minute=1)
        hub.get("/taxii2/")
        assert beside(hub.config.store_path).exists()
        assert not make(requests_per_minute=0).get("/taxii2/").headers.get("Retry-After")


def test_no_session_begins_that_nobody_is_told_of(make: Make) -> None:
    """A log-in is not counted, what it opens is."""
    hub = make(requests_per_minute=1, request_burst=3)
    browser = Browser(hub)
    for _ in range(6):
        assert browser.log_in("reader").status_code == 200
    assert len(hub.store.list_sessions("reader")) == 1, "each took the place of the one before"
    assert {browser.get().status_code for _ in range(6)} == {200, 429}
