"""The door below /export: what leaves, to whom, and what a client that asks often is spared."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from hub.http.errors import TABLE
from hub.model.party import Token
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from hub.service.outlet.table import FORMATS
from hub.service.search import Searcher
from tests import fakes
from tests.http.asking import Hub, Room, data
from tests.http.pieces import REF_OF
from tests.http.searching import indicator, opened

DAY_S = 86_400
SECRET = "hub_devices-".ljust(47, "x")


@pytest.fixture(scope="module")
def clock() -> fakes.Clock:
    return fakes.Clock(fakes.START_US + 60_000_000)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: fakes.Clock) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("exports"), clock) as made:
        token = Token(
            "devices", "publisher", digest(SECRET), 2**62, ceiling=Tlp.AMBER, purpose="export"
        )
        made.put(token)
        yield made


@pytest.fixture
def room(hub: Hub) -> Room:
    return hub.room()


def pull(room: Room, name: str, **how: Any) -> TestResponse:
    """GET a file of the collection."""
    headers, account = how.pop("headers", {}), how.pop("account", "publisher")
    sent = {"Accept": None, **headers}
    path = f"/export/collections/{room.collection.alias}/{name}"
    return room.hub.get(path, account=account, headers=sent, query_string=how)


def lines(room: Room, name: str, **how: Any) -> list[str]:
    answer = pull(room, name, **how)
    assert answer.status_code == 200, answer.data
    return answer.data.decode().split("\n")[:-1]


def left(room: Room, name: str, **how: Any) -> str:
    return pull(room, name, **how).headers.get("Hub-Left-Out", "")


def domain(number: int, name: str = "", **more: Any) -> dict[str, Any]:
    value = name or f"host-{number:05d}.example"
    pattern = more.pop("pattern", f"[domain-name:value = '{value}']")
    return indicator(number, pattern, **more)


def days(number: float) -> str:
    return fakes.format_us(fakes.START_US + int(number * DAY_S * 1_000_000))


class TestWhatLeaves:
    def test_live_values_in_order(self, room: Room) -> None:
        room.add(domain(2), domain(1), indicator(3, "[ipv4-addr:value = '198.51.100.7']"))
        assert lines(room, "domains.txt") == ["host-00001.example", "host-00002.example"]
        assert lines(room, "ips.txt") == ["198.51.100.7"]
        assert left(room, "domains.txt") == ""

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ({"revoked": True}, "revoked=1"),
            ({"valid_from": days(0), "valid_until": days(0.0001)}, "expired=1"),
            ({"valid_from": days(3)}, "not-yet=1"),
            ({"indicator_types": ["benign"]}, "benign=1"),
            ({"labels": ["Benign"]}, "benign=1"),
            ({"pattern": "[domain-name:value != 'a.example']"}, "pattern=1"),
            ({"pattern": "rule x { condition: true }", "pattern_type": "yara"}, "pattern=1"),
            ({"pattern": "[domain-name:value = 'google.com']"}, "listed=1"),
            ({"pattern": "[domain-name:value = 'com.vn']"}, "broad=1"),
            ({"pattern": "[domain-name:value = 'printer.local']"}, "internal=1"),
            ({"object_marking_refs": [REF_OF[Tlp.AMBER_STRICT]]}, "marking=1"),
        ],
    )
    def test_what_does_not_is_counted(self, room: Room, more: Any, reason: str) -> None:
        room.add(domain(1), domain(2, **({"created": days(-1)} | more)))
        assert lines(room, "domains.txt") == ["host-00001.example"]
        assert left(room, "domains.txt") == reason

    def test_a_value_without_an_end_holds_as_long_as_its_type(
        self, room: Room, clock: fakes.Clock
    ) -> None:
        room.add(
            indicator(1, "[ipv4-addr:value = '198.51.100.1']"),
            indicator(2, "[ipv4-addr:value = '198.51.100.2']", valid_until=days(400)),
        )
        first = pull(room, "ips.txt")
        assert first.data.count(b"\n") == 2
        now = clock.now
        clock.advance(31 * DAY_S)
        try:
            # Nothing was published, and the file is another one all the same.
            later = pull(room, "ips.txt", headers={"If-None-Match": first.headers["ETag"]})
            assert later.data == b"198.51.100.2\n"
            assert later.headers["Hub-Left-Out"] == "outlived=1"
            assert lines(room, "ips.txt", days=0) == ["198.51.100.1", "198.51.100.2"]
            assert lines(room, "ips.txt", days=30) == ["198.51.100.2"]
        finally:
            clock.now = now

    def test_what_fades_leaves_the_file_when_too_little_is_left(
        self, room: Room, clock: fakes.Clock
    ) -> None:
        room.add(
            indicator(1, "[ipv4-addr:value = '198.51.100.1']", confidence=80),
            indicator(
                2, "[ipv4-addr:value = '198.51.100.2']", confidence=80, valid_until=days(300)
            ),
            indicator(3, "[ipv4-addr:value = '198.51.100.3']", confidence=39),
            indicator(4, "[ipv4-addr:value = '198.51.100.4']"),
        )
        first = pull(room, "ips.txt", min_weight=40)
        assert first.data == b"198.51.100.1\n198.51.100.2\n"
        assert first.headers["Hub-Left-Out"] == "confidence=2"
        tag = {"If-None-Match": first.headers["ETag"]}
        now = clock.now
        try:
            # Half of 80 is left when a quarter of the 30 days is over, as addresses have speed 2.
            clock.now = now + int(7.4 * DAY_S * 1_000_000)
            assert pull(room, "ips.txt", min_weight=40, headers=tag).status_code == 304
            clock.now = now + int(7.6 * DAY_S * 1_000_000)
            later = pull(room, "ips.txt", min_weight=40, headers=tag)
            assert later.data == b"198.51.100.2\n"
            assert later.headers["Hub-Left-Out"] == "confidence=2, faded=1"
            assert lines(room, "ips.txt", min_weight=40, days=60)[0] == "198.51.100.1"
            assert len(lines(room, "ips.txt")) == 4
        finally:
            clock.now = now

    def test_values_are_joined_and_sources_kept(self, room: Room) -> None:
        room.add(domain(1, "evil.example", confidence=30))
        room.add(domain(2, "EVIL.example.", confidence=90), account="partner")
        assert lines(room, "domains.txt") == ["evil.example"]
        said = lines(room, "domains.txt", comments=1)
        assert [line.split()[1:2] for line in said[-3:-1]] == [["grid"], ["ministry"]]
        rows = lines(room, "values.csv")
        assert len(rows) == 3
        assert lines(room, "domains.txt", min_confidence=80) == ["evil.example"]
        assert left(room, "domains.txt", min_confidence=80) == "confidence=1"

    def test_types_max_and_scheme(self, room: Room) -> None:
        room.add(
            domain(1), indicator(2, "[url:value = 'https://a.example/X']", modified=days(0.5))
        )
        assert lines(room, "urls.txt", scheme=0) == ["a.example/X"]
        assert {line.split()[1] for line in lines(room, "suricata.rules", types="url")} == {"http"}
        assert len(lines(room, "values.csv", types="url,domain", max=1)) == 2
        assert "a.example/X" in lines(room, "values.csv", max=1)[1]
        assert left(room, "values.csv", max=1) == "max=1"

    def test_objects_leave_as_they_came(self, room: Room) -> None:
        sent = [domain(1), domain(2, revoked=True), domain(3, "google.com")]
        room.add(*sent)
        found = data(pull(room, "bundle.json"))
        assert found["objects"] == sent[:1]
        assert [json.loads(line) for line in lines(room, "objects.ndjson")] == sent[:1]
        assert left(room, "bundle.json") == "listed=1, revoked=1"

    def test_reports_as_a_feed(self, room: Room) -> None:
        report = fakes.indicator(1, name="Chiến dịch <&>", labels=["a&b"]) | {
            "type": "report",
            "id": f"report--{fakes.uuid_of(1)}",
        }
        room.add(report, domain(2))
        body = pull(room, "atom.xml").data.decode()
        assert "<title>Chiến dịch &lt;&amp;&gt;</title>" in body
        assert body.count("<entry>") == 1


class TestMarkings:
    @pytest.mark.parametrize("name", FORMATS)
    def test_red_and_named_recipients_never_stand_in_a_file(self, hub: Hub, name: str) -> None:
        hub.put(
            fakes.Account("cleared", "ministry", fakes.ROLES["publisher"], clearance=Tlp.RED),
            Token("cleared", "cleared", digest("hub_cleared"), 2**62),
        )
        room = hub.room(ceiling=Tlp.RED)
        headers = {"Authorization": "Bearer hub_cleared"}
        for index, (tlp, audience) in enumerate(
            [
                (Tlp.RED, "org:grid"),
                (Tlp.GREEN, "org:grid"),
                (Tlp.AMBER_STRICT, ""),
                (Tlp.CLEAR, ""),
            ]
        ):
            number, secret = index * 10, f"secret{index}"
            marked = {"object_marking_refs": [REF_OF[tlp]], "name": secret}
            rule = f'rule {secret} {{ strings: $a = "{secret}" condition: $a }}'
            sigma = f"title: {secret}\nlogsource: {{category: b}}\ndetection: {{c: {{d: e}}, condition: c}}"
            report = fakes.indicator(number + 4, **marked) | {
                "type": "report",
                "id": f"report--{fakes.uuid_of(number + 4)}",
            }
            value = f"{secret}.example"
            every = (
                f"[domain-name:value = '{value}' OR url:value = 'http://{value}/{secret}' OR"
                f" email-addr:value = 'a@{value}' OR ipv4-addr:value = '198.51.100.{number}' OR"
                f" file:hashes.MD5 = '{number:032x}' OR file:hashes.'SHA-1' = '{number:040x}' OR"
                f" file:hashes.'SHA-256' = '{number:064x}']"
            )
            room.post(
                fakes.body(
                    indicator(number, every, **marked),
                    indicator(number + 1, rule, pattern_type="yara", **marked),
                    indicator(number + 2, sigma, pattern_type="sigma", **marked),
                    report,
                ),
                headers=headers | ({"Hub-Audience": audience} if audience else {}),
            )
        body = pull(room, name, headers=headers, comments=int(bool(FORMATS[name].sign)))
        text = body.data.decode()
        assert body.status_code == 200
        seen = [number for number in range(4) if _mentions(text, number)]
        assert seen == ([2, 3] if FORMATS[name].ceiling is Tlp.AMBER_STRICT else [3])
        assert "audience=" in body.headers["Hub-Left-Out"]

    def test_a_lower_ceiling(self, room: Room) -> None:
        amber = {"object_marking_refs": [REF_OF[Tlp.AMBER]]}
        room.add(domain(1), domain(2, **amber), domain(3, object_marking_refs=[REF_OF[Tlp.CLEAR]]))
        assert len(lines(room, "domains.txt")) == 3
        assert len(lines(room, "domains.txt", tlp="green")) == 2
        assert len(lines(room, "domains.txt", tlp="clear")) == 1
        assert left(room, "rpz.zone") == "marking=1"
        # The token's own ceiling is no matter of the file: what it hides is not counted.
        token = {"Authorization": f"Bearer {SECRET}"}
        room.add(domain(4, object_marking_refs=[REF_OF[Tlp.AMBER_STRICT]]))
        assert left(room, "domains.txt") == "marking=1"
        assert left(room, "domains.txt", headers=token) == ""


def _mentions(text: str, number: int) -> bool:
    ten = number * 10
    digests = [f"{ten:032x}", f"{ten:040x}", f"{ten:064x}"]
    address = rf"(?m)(?:^|[^0-9.]){re.escape(f'198.51.100.{ten}')}(?:[^0-9.]|$)"
    # `secret0` is part of no other; hashes are part of longer ones.
    hashes = any(re.search(rf"(?<![0-9a-f]){each}(?![0-9a-f])", text) for each in digests)
    return f"secret{number}" in text or hashes or bool(re.search(address, text))


class TestUnchanged:
    @pytest.mark.parametrize("name", FORMATS)
    def test_the_same_tag_is_answered_304_without_a_search(self, room: Room, name: str) -> None:
        room.add(domain(1))
        first = pull(room, name)
        tag = first.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', tag)
        with mock.patch.object(Searcher, "walk", side_effect=AssertionError("it searched")):
            again = pull(room, name, headers={"If-None-Match": tag})
            since = pull(room, name, headers={"If-Modified-Since": first.headers["Last-Modified"]})
        for answer in (again, since):
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"].strip('"')[:32] == tag.strip('"')[:32]
            assert "Content-Type" not in answer.headers

    def test_what_changes_a_file(self, room: Room) -> None:
        room.add(domain(1))
        tags = [pull(room, "domains.txt").headers["ETag"]]
        room.add(domain(2))
        tags.append(pull(room, "domains.txt", headers={"If-None-Match": tags[-1]}).headers["ETag"])
        room.add(domain(1, revoked=True, modified=days(0.0001)))
        answer = pull(room, "domains.txt", headers={"If-None-Match": tags[-1]})
        assert answer.data == b"host-00002.example\n"
        tags.append(answer.headers["ETag"])
        room.delete(domain(2)["id"])
        answer = pull(room, "domains.txt", headers={"If-None-Match": tags[-1]})
        assert (answer.status_code, answer.data) == (200, b"")
        assert len({*tags, answer.headers["ETag"]}) == 4

    def test_a_change_elsewhere_costs_nothing(self, hub: Hub, room: Room) -> None:
        room.add(domain(1))
        tag = pull(room, "domains.txt").headers["ETag"]
        hub.room().add(domain(2))
        with mock.patch.object(Searcher, "walk", side_effect=AssertionError("it searched")):
            answer = pull(room, "domains.txt", headers={"If-None-Match": tag})
        assert answer.status_code == 304

    def test_another_content_of_the_same_size_is_made_anew(self, room: Room) -> None:
        room.add(domain(1), domain(2, modified=days(0.1)))
        first = pull(room, "values.csv")
        room.add(domain(1, confidence=50))
        again = pull(room, "values.csv", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 200
        assert b'"50"' in again.data

    @pytest.mark.parametrize("name", ["domains.txt", "values.csv", "suricata.rules", "zeek.intel"])
    def test_a_file_that_was_forgotten_has_the_tag_that_it_had(
        self, room: Room, clock: fakes.Clock, name: str
    ) -> None:
        room.add(domain(1))
        tag = pull(room, name).headers["ETag"]
        with mock.patch("hub.store.exports._MOST", 1):
            clock.advance(60)
            pull(room, "ips.txt")
            assert pull(room, name, headers={"If-None-Match": tag}).status_code == 304

    def test_last_modified_rises(self, room: Room) -> None:
        room.add(domain(1))
        first = pull(room, "domains.txt").last_modified
        room.add(domain(2))
        second = pull(room, "domains.txt").last_modified
        assert first and second and second > first  # noqa: PT018 - mypy needs both

    def test_gzip(self, room: Room) -> None:
        room.add(*(domain(number) for number in range(300)))
        plain, packed = (
            pull(room, "domains.txt"),
            pull(room, "domains.txt", headers={"Accept-Encoding": "gzip"}),
        )
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert plain.headers["Content-Length"] == str(len(plain.data))
        assert packed.headers["ETag"] != plain.headers["ETag"]
        for tag in (plain.headers["ETag"], packed.headers["ETag"]):
            assert pull(room, "domains.txt", headers={"If-None-Match": tag}).status_code == 304

    def test_head(self, room: Room) -> None:
        room.add(domain(1))
        path = f"/export/collections/{room.collection.alias}/domains.txt"
        got, head = (
            room.hub.ask(method, path, headers={"Accept": None}) for method in ("GET", "HEAD")
        )
        head.close()
        assert head.data == b""
        same = ("ETag", "Last-Modified", "Content-Length", "Content-Type", "Cache-Control")
        assert [head.headers[name] for name in same] == [got.headers[name] for name in same]


class TestNumbers:
    def test_sids_stay_and_revisions_rise(self, room: Room) -> None:
        room.add(domain(1), domain(3))
        first = _sids(room)
        room.add(domain(2), domain(1, confidence=90))
        second = _sids(room)
        for value in ("host-00001.example", "host-00003.example"):
            assert {sid for sid, _ in first[value]} == {sid for sid, _ in second[value]}
        assert {rev for _, rev in second["host-00001.example"]} == {2}
        assert {rev for _, rev in second["host-00003.example"]} == {1}
        # A value that comes back has the number it had.
        room.add(domain(3, revoked=True, modified=days(0.1)))
        assert "host-00003.example" not in _sids(room)
        room.add(domain(3, modified=days(0.2)))
        assert {sid for sid, _ in _sids(room)["host-00003.example"]} == {
            sid for sid, _ in first["host-00003.example"]
        }
        every = [sid for found in _sids(room).values() for sid, _ in found]
        assert len(set(every)) == len(every)
        assert all(1_000_000 <= sid < 2_000_000 for sid in every)

    def test_numbers_are_of_an_account_and_ceiling(self, room: Room) -> None:
        room.add(domain(9001))
        numbers = [
            min(sid for sid, _ in _sids(room, **how)["host-09001.example"])
            for how in (
                {"account": "reader"},
                {"account": "partner"},
                {"headers": {"Authorization": f"Bearer {SECRET}"}},
            )
        ]
        # Each begins its own book: what others pulled is not to be seen in them.
        assert numbers == [1_000_000] * 3

    def test_the_serial_of_a_zone_rises(self, room: Room) -> None:
        serials = []
        for number in range(4):
            room.add(domain(number))
            serials.append(int(lines(room, "rpz.zone")[1].split()[5]))
        assert serials == sorted(set(serials))
        assert int(lines(room, "rpz.zone")[1].split()[5]) == serials[-1]

    def test_numbers_run_out(self, hub: Hub, room: Room) -> None:
        room.add(domain(1), domain(2))
        with mock.patch("hub.service.outlet.outlet.NUMBERS", range(1, 5)):
            answer = pull(room, "suricata.rules", account="coordinator")
        assert answer.data.count(b"\n") == 4
        assert answer.headers["Hub-Left-Out"] == "max=2"
        del hub


def _sids(room: Room, **how: Any) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for line in lines(room, "suricata.rules", **how):
        match = re.search(r'msg:"HUB domain (\S+)".* sid:(\d+); rev:(\d+);\)', line)
        assert match, line
        found.setdefault(match[1], []).append((int(match[2]), int(match[3])))
    return found


class TestCallers:
    def test_a_token_for_devices_opens_this_door_alone(self, hub: Hub, room: Room) -> None:
        room.add(domain(1))
        bearer = {"Authorization": f"Bearer {SECRET}"}
        assert lines(room, "domains.txt", headers=bearer) == ["host-00001.example"]
        paths = (
            *("/taxii2/", f"/{fakes.ROOT}/", f"{room.url}objects/", f"{room.url}manifest/"),
            *("/api/v1/me", "/api/v1/search", "/api/v1/facets", "/api/v1/session"),
            *(f"/api/v1/objects/{domain(1)['id']}", "/api/v1/searches", "/api/v1/groups"),
        )
        for path in paths:
            answer = hub.get(path, account="", headers=bearer | {"Accept": "*/*"})
            assert (answer.status_code, data(answer)["error_code"]) == (403, "denied"), path
        posted = hub.ask(
            "POST", f"{room.url}objects/", account="", headers=bearer, body=fakes.body(domain(2))
        )
        assert posted.status_code == 403

    def test_name_and_token_as_a_password(self, room: Room) -> None:
        room.add(domain(1))
        for pair in ((SECRET, ""), ("anything", SECRET)):
            answer = pull(room, "domains.txt", headers=fakes.basic(*pair))
            assert answer.data == b"host-00001.example\n"
        wrong = pull(room, "domains.txt", headers=fakes.basic("publisher", "wrong"))
        assert wrong.status_code == 401
        assert 'Basic realm="hub"' in wrong.headers.getlist("WWW-Authenticate")[0]

    def test_collections_by_alias_and_id_and_none_that_are_hidden(self, hub: Hub) -> None:
        for name, status in (
            ("shared", 200),
            (str(fakes.uuid_of(fakes.KEYS["shared"])), 200),
            ("hidden", 404),
            ("dropbox", 404),
            ("nowhere", 404),
        ):
            answer = hub.get(f"/export/collections/{name}/ips.txt", headers={"Accept": None})
            assert answer.status_code == status, name
            nobody = hub.get(f"/export/collections/{name}/ips.txt", account="")
            assert nobody.status_code == 401, name
        assert hub.get("/export/collections/public/ips.txt", account="").status_code == 200

    def test_a_saved_search(self, hub: Hub, room: Room) -> None:
        room.add(domain(1, labels=["wanted"]), domain(2))
        body = {"name": "wanted", "query": "label:wanted OR label:other", "shared": False}
        made = hub.app.test_client().post(
            "/api/v1/searches", json=body, headers=fakes.bearer("publisher")
        )
        path = f"/export/searches/{data(made)['id']}/domains.txt"
        assert hub.get(path).data == b"host-00001.example\n"
        assert hub.get(path, account="partner").status_code == 404
        assert hub.get(path, account="").status_code == 401
        assert hub.get("/export/searches/0123456789abcdef/domains.txt").status_code == 404

    @pytest.mark.parametrize(
        ("tail", "query", "status", "word"),
        [
            ("nothing.txt", {}, 404, "Known: ips.txt"),
            ("ips.txt", {"types": "domain"}, 400, "Give some of ip."),
            ("bundle.json", {"types": "ip"}, 400, "Leave it out."),
            ("values.csv", {"comments": "1"}, 400, "no comments"),
            ("ips.txt", {"max": "-1"}, 400, "whole number"),
            ("ips.txt", {"tlp": "purple"}, 400, "Give one of"),
            ("ips.txt", {"unknown": "1"}, 400, "no parameter"),
            ("ips.txt", {"days": "1e9"}, 400, "whole number"),
        ],
    )
    def test_errors(self, room: Room, tail: str, query: Any, status: int, word: str) -> None:
        answer = pull(room, tail, **query)
        assert answer.status_code == status
        said = data(answer)
        assert word in said["description"]
        assert said["http_status"] == str(status)
        assert answer.content_type == "application/json"
        assert any(row.status == status for row in TABLE.values())

    def test_other_methods(self, room: Room) -> None:
        path = f"/export/collections/{room.collection.alias}/ips.txt"
        assert room.hub.ask("POST", path).status_code == 405

    def test_desks(self, room: Room) -> None:
        room.add(domain(1))
        path = f"/export/collections/{room.collection.alias}/ips.txt"
        client = room.hub.app.test_client()
        slow = [client.get(path, headers=fakes.bearer("publisher")) for _ in range(2)]
        refused = client.get(path, headers=fakes.bearer("publisher"))
        assert (refused.status_code, data(refused)["error_code"]) == (503, "busy")
        for answer in slow:
            answer.close()
        assert client.get(path, headers=fakes.bearer("publisher")).data == b""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(hub: Hub) -> None:
    """A hundred thousand lines, of which few megabytes are in memory at any time."""
    room = hub.room()
    count, each = 40_000, 100
    for start in range(0, count, each * 200):
        objects = []
        for number in range(start, start + each * 200, each):
            names = ", ".join(f"'n{n:06d}.example'" for n in range(number, number + each))
            objects.append(indicator(number, f"[domain-name:value IN ({names})]"))
        room.add(*objects)
    # Once before, for what is read once: warning lists and grammars.
    pull(hub.room(), "domains.txt").close()
    client = hub.app.test_client()
    path = f"/export/collections/{room.collection.alias}/rpz.zone?comments=1"
    tracemalloc.start()
    answer = client.get(path, headers=fakes.bearer("publisher"), buffered=False)
    lines = total = 0
    for chunk in answer.iter_encoded():
        lines += chunk.count(b"\n")
        total += len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answer.close()
    assert lines > 100_000
    assert total > 5_000_000
    assert peak < 30_000_000, peak
