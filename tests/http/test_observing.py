"""Request ids, log lines, metrics, health."""

from __future__ import annotations

import json
import logging
import re
import time

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.errors import Fault
from hub.http.observe import JsonLines
from hub.model.job import Ending, Hold
from hub.store.base import Act
from tests import fakes
from tests.http.asking import Hub, Room, data

LOOPBACK = {"REMOTE_ADDR": "127.0.0.1"}


def metrics(hub: Hub) -> dict[tuple, float]:
    answer = hub.get("/metrics", account="", environ_overrides=LOOPBACK)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def lines(caplog: pytest.LogCaptureFixture) -> list[dict]:
    """What the log would hold, as the hub writes it."""
    form = JsonLines()
    return [json.loads(form.format(record)) for record in caplog.records]


@pytest.mark.parametrize("given", ["a", "0f-1.A_z", "x" * 64])
def test_a_given_request_id_is_kept(hub: Hub, given: str) -> None:
    for path in ("/taxii2/", "/nowhere/"):
        answer = hub.get(path, headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given
    assert data(answer)["error_id"] == given


@pytest.mark.parametrize(
    "given", ["", "x" * 65, "a b", "a\tb", '"', "ễ".encode().decode("latin1"), "<"]
)
def test_a_strange_request_id_is_not_kept(hub: Hub, given: str) -> None:
    answer = hub.get("/taxii2/", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_request_ids_differ(hub: Hub) -> None:
    found = {hub.get("/taxii2/").headers["X-Request-ID"] for _ in range(20)}
    assert len(found) == 20


def test_every_request_is_one_log_line(
    hub: Hub, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = room.get(limit=3)
    (line,) = lines(caplog)
    assert line.pop("time").endswith("Z")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "logger": "hub.access",
        "message": "request",
        "request": answer.headers["X-Request-ID"],
        "method": "GET",
        "path": f"{room.url}objects/",
        "status": 200,
        "bytes": len(answer.data),
        "account": "publisher",
        "credential": "token:publisher-works",
        "address": "127.0.0.1",
    }


def test_log_lines_hold_no_secret(hub: Hub, room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = fakes.token_of("publisher")
    room.get(name=token)
    room.get(next=token)
    room.post(fakes.body(fakes.indicator(1, name=token)))
    room.post(token.encode())
    for value in (f"Bearer {token}", token, f"Basic {token}"):
        hub.get("/hub/none/", account="", headers={"Authorization": value})
    hub.get("/taxii2/", account="", headers=fakes.basic("publisher"))
    hub.get("/taxii2/", account="", headers=fakes.basic("publisher", fakes.PASSWORD + "?"))
    text = "\n".join(json.dumps(line) for line in lines(caplog))
    assert text.count('"logger": "hub.access"') == 9
    assert token not in text
    assert fakes.PASSWORD not in text
    assert fakes.basic("publisher")["Authorization"].removeprefix("Basic ") not in text


def test_a_line_stays_one_line(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hub.get("/%0A{%22level%22:%22error%22}/%E2%80%A8x" + "y" * 500)
    (line,) = lines(caplog)
    assert len(line["path"]) <= 200
    assert "\n" not in JsonLines().format(caplog.records[0])


def test_the_access_log_can_be_switched_off(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = msgspec.structs.replace(hub.config.log, access=False)
    Hub(msgspec.structs.replace(hub.config, log=log), hub.store).get("/taxii2/")
    assert caplog.records == []


def test_requests_are_counted_by_route(hub: Hub, room: Room) -> None:
    before = metrics(hub)
    size = sum(len(room.get().data) for _ in range(3))
    hub.get("/api/v1/nowhere")
    hub.ask("BREW", "/taxii2/")
    after = metrics(hub)
    grown = {
        key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)
    }
    routes = {dict(key[1:])["route"] for key in grown if key[0] == "hub_requests_total"}
    (route,) = (text for text in routes if text.endswith("objects/"))
    assert room.collection.id not in route
    labels = (("method", "GET"), ("route", route), ("status", "200"))
    assert grown["hub_requests_total", *labels] == 3
    assert grown["hub_sent_bytes_total", ("route", route)] == size
    assert grown["hub_request_seconds_count", ("route", route)] == 3
    nowhere = (("method", "GET"), ("route", "none"), ("status", "404"))
    assert grown["hub_requests_total", *nowhere] == 1
    brewed = {dict(key[1:])["status"] for key in grown if ("method", "other") in key}
    assert brewed == {"405"}


def test_clients_invent_no_labels(hub: Hub) -> None:
    hub.get("/taxii2/")
    before = set(metrics(hub))
    for n in range(20):
        hub.get(f"/invented-{n}/")
        hub.ask(f"INVENTED{n}", "/taxii2/")
        hub.get(f"/hub/collections/invented-{n}/")
        hub.get(f"/hub/status/invented-{n}/")
    # At most one series each of count, sum, total, created and buckets for five kinds of answers.
    assert len(set(metrics(hub)) - before) <= 5 * 20


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "10.0.0.1", "", "nonsense"])
def test_metrics_are_not_for_everybody(hub: Hub, address: str) -> None:
    answer = hub.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 404


def test_the_networks_of_metrics_are_configured(hub: Hub) -> None:
    server = msgspec.structs.replace(hub.config.server, metrics_networks=("192.0.2.0/24",))
    made = Hub(msgspec.structs.replace(hub.config, server=server), hub.store)
    # The third is one of version 4 at a socket of version 6.
    for address, expected in (
        ("192.0.2.9", 200),
        ("127.0.0.1", 404),
        ("::ffff:192.0.2.9", 200),
        ("::1", 404),
    ):
        answer = made.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == expected


@pytest.mark.parametrize("sent", ["nonsense", "192.0.2.1", "127.0.0.1, nonsense", "", "[::1]"])
def test_a_strange_address_behind_a_proxy_gets_no_metrics(hub: Hub, sent: str) -> None:
    server = msgspec.structs.replace(hub.config.server, trusted_proxies=1)
    behind = Hub(msgspec.structs.replace(hub.config, server=server), hub.store)
    headers = {"X-Forwarded-For": sent}
    overrides = {"REMOTE_ADDR": "192.0.2.1"}
    answer = behind.get("/metrics", headers=headers, environ_overrides=overrides)
    assert answer.status_code == 404


def test_health(hub: Hub) -> None:
    for path, text in (
        ("/health/live", b"alive\n"),
        ("/health/ready", b"ready\nsearch: up, 0 changes behind\n"),
    ):
        answer = hub.get(path, account="", headers={"Accept": None})
        assert (answer.status_code, answer.data) == (200, text)
        assert answer.headers["Cache-Control"] == "no-store"
        assert hub.ask("HEAD", path, account="").status_code == 200
        assert hub.ask("POST", path, account="").status_code == 405


def test_a_hub_without_a_store_is_alive_but_not_ready(hub: Hub) -> None:
    outage = fakes.Outage(hub.store)
    made = Hub(hub.config, outage)
    outage.fault = Fault.STORE_DOWN
    assert made.get("/health/live", account="").status_code == 200
    answer = made.get("/health/ready", account="")
    assert (answer.status_code, data(answer)["error_code"]) == (503, "store-down")
    outage.fault = None
    # The verdict is remembered for a second: asking often must not cost writes.
    assert made.get("/health/ready", account="").status_code == 503
    time.sleep(1.1)
    assert made.get("/health/ready", account="").status_code == 200


def run_job(hub: Hub, name: str, outcome: str) -> None:
    hold = Hold(name, "test", 60_000_000)
    assert hub.store.take_job(hold, only_due=False)
    hub.store.end_job(hold, Ending(outcome, 60_000_000))


def job_figures(hub: Hub) -> dict[tuple[str, str], float]:
    return {
        (key[0], dict(key[1:])["job"]): figure
        for key, figure in metrics(hub).items()
        if key[0].startswith("hub_job_")
    }


def test_feeds_and_deliveries_are_watched(hub: Hub) -> None:
    before = time.time()
    run_job(hub, "feed:list", "well")
    for _ in range(2):
        run_job(hub, "feed:list", "failed")
    run_job(hub, "feed:broken", "failed")
    found = job_figures(hub)
    assert found["hub_job_failures", "feed:list"] == 2
    assert before - 2 < found["hub_job_last_well_seconds", "feed:list"] <= time.time() + 2
    assert found["hub_job_failures", "feed:broken"] == 1
    assert found["hub_job_last_well_seconds", "feed:broken"] == 0


def test_readers_are_not_named_and_what_is_paused_is_not_missed(hub: Hub) -> None:
    run_job(hub, "delivery:digest/alice", "failed")
    run_job(hub, "delivery:digest/bob", "well")
    run_job(hub, "feed:rests", "failed")
    hub.store.pause_job("feed:rests", Act("console", "", "feed.pause", "feed:rests"), paused=True)
    found = job_figures(hub)
    assert [job for _, job in found if "alice" in job or "bob" in job or "rests" in job] == []
    assert found["hub_job_failures", "delivery:digest"] == 1
    assert found["hub_job_last_well_seconds", "delivery:digest"] > 0


def test_without_a_store_there_are_the_other_metrics(hub: Hub) -> None:
    outage = fakes.Outage(hub.store)
    made = Hub(hub.config, outage)
    run_job(hub, "feed:list", "well")
    outage.fault = Fault.STORE_DOWN
    assert job_figures(made) == {}
    outage.fault = None
    assert job_figures(made)
