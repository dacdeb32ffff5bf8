"""Pulling from TAXII 2.1 servers: where collections are found, cursors, broken servers, deletions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from connectors.errors import Absent, LoginNeeded, NotUnderstood, Refused, RemoteError, Unreachable
from connectors.net import Limits
from connectors.registry import kind
from connectors.taxii import pull
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from tests import fakes
from tests.connectors.driving import LOOPBACK, Driver
from tests.connectors.taxii_server import Answer, Asked, TaxiiServer, taxii, taxii_server

ODD = '{ "type":"x-a",\n "id" : "x-a--1", "name": "ệ", "n":1.50 }'.encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TaxiiServer]:
    monkeypatch.setattr(pull, "PAUSES_S", (0.01,))
    with taxii_server() as running:
        yield running


@pytest.fixture
def one(server: TaxiiServer) -> str:
    return server.collection("one")


def feed(url: str, **said: Any) -> Driver:
    return Driver(pull.CONNECTOR, (pull.SETTINGS, {"url": url, "deletions_hours": 0} | said))


def indicators(first: int, count: int, version: int = 0) -> list[dict[str, Any]]:
    return [fakes.indicator(first + n, version) for n in range(count)]


# Where


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/taxii2/",
        "/root",
        "/root/",
        "/root/collections/",
        "/root/collections/one",
        "/root/collections/one/objects/",
    ],
)
def test_any_address_leads_to_the_collection(server: TaxiiServer, one: str, path: str) -> None:
    raws = server.add("one", *indicators(1, 2))
    driver = feed(server.url + path).run()
    assert driver.raws == raws
    assert driver.origins[0] == f"indicator--{fakes.uuid_of(1)} in One ({one})"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], ["a", "b", "c"]),
        (["b"], ["b"]),
        (["ALIAS", "alias-c"], ["c"]),
        (["the  First "], ["a"]),
        (["a", "c"], ["a", "c"]),
    ],
)
def test_collections_by_id_alias_and_title(
    server: TaxiiServer, names: list[str], found: list[str]
) -> None:
    server.collection("a", title="The first")
    server.collection("b", alias="alias-b")
    server.collection("c", alias="alias-c", title="Alias")
    wanted = [raw for name in found for raw in server.add(name, fakes.indicator(ord(name)))]
    assert feed(server.url, collections=names).run().raws == wanted


def test_a_collection_that_is_not_there_is_named(server: TaxiiServer, one: str) -> None:
    error = feed(server.url, collections=["two"]).fails()
    assert isinstance(error, Absent)
    assert "no collection 'two' for this log-in; it has One" in error.reason


def test_what_may_not_be_read_is_left_out_or_said(server: TaxiiServer, one: str) -> None:
    server.collection("blind", can_read=False)
    raws = server.add("one", fakes.indicator(1))
    assert feed(server.url).run().raws == raws
    assert isinstance(feed(server.url, collections=["blind"]).fails(), Refused)
    server.listed.pop(0)
    assert isinstance(feed(server.url).fails(), Absent)


def test_roots_by_name_title_and_address(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", fakes.indicator(1))
    for root in ("root", "Root", f"{server.url}/root"):
        assert feed(server.url, roots=[root]).run().raws == raws
    error = feed(server.url, roots=["other"]).fails()
    assert isinstance(error, Absent)
    assert f"it has {server.url}/root/" in error.reason


def test_a_log_in_does_not_go_where_only_the_server_says(server: TaxiiServer, one: str) -> None:
    with taxii_server() as other:
        other.collection("theirs")
        raws = other.add("theirs", fakes.indicator(1))
        roots = [f"{other.url}/root/", "/root/"]
        server.fault = lambda asked: (
            taxii({"title": "T", "api_roots": roots}) if asked.path == "/taxii2/" else None
        )
        driver = feed(server.url, token="env:TOKEN").run()
        assert other.asked == []
        assert "on another host" in driver.notices[0]
        written = feed(server.url, roots=[f"{other.url}/root/"], token="env:TOKEN").run()
        assert written.raws == raws


def test_several_addresses(server: TaxiiServer) -> None:
    first, second = server.collection("a"), server.collection("b")
    server.collection("c")
    for name in "abc":
        server.add(name, fakes.indicator(ord(name)))
    driver = feed(first, urls=[second]).run()
    assert len(driver.raws) == 2


@pytest.mark.parametrize(
    ("said", "header"),
    [
        ({"user": "ann", "password": "env:PASSWORD"}, "Basic YW5uOnMzY3JldC1wYXNzd29yZA=="),
        ({"token": "env:TOKEN"}, "Bearer s3cret-token"),
        ({"token": "env:TOKEN", "scheme": "Token"}, "Token s3cret-token"),
        ({}, None),
    ],
)
def test_log_in(server: TaxiiServer, one: str, said: dict[str, Any], header: str | None) -> None:
    feed(one, **said).run()
    assert {asked.headers.get("Authorization") for asked in server.asked} == {header}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"url": "ftp://host/"}, "no address with http"),
        ({"url": "https://"}, "no address with http"),
        ({"url": "https://[::1/"}, "no address with http"),
        ({"url": "https://ann:pw@host/"}, "no log-in in an address"),
        ({"url": "https://host/?match[type]=indicator"}, r"no \? and # in an address"),
        ({"urls": ["x"]}, "no address"),
        ({"added_after": "yesterday"}, "no timestamp"),
        ({"user": "ann"}, "go together"),
        ({"user": "a", "password": "env:A", "token": "env:B"}, "not both"),
        ({"collection": "x"}, "unknown field `collection`"),
        ({"versions": "first"}, "Invalid enum value"),
    ],
)
def test_settings_that_cannot_work(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert({"url": "https://host/"} | said, pull.SETTINGS)


def test_both_kinds_are_registered() -> None:
    assert kind("taxii").connector is pull.CONNECTOR
    assert kind("taxii20").settings.__name__ == "Settings20"


# Cursors


def test_objects_come_as_their_bytes(server: TaxiiServer, one: str) -> None:
    server.add("one", ODD, *indicators(1, 4))
    assert feed(one).run().raws[0] == ODD


def test_a_second_pull_asks_for_what_is_new(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", *indicators(1, 7))
    driver = feed(one).run()
    assert driver.raws == raws
    read = driver.read
    server.asked.clear()
    driver.run()
    assert (driver.read, len(server.questions("objects"))) == (read, 1)
    raws += server.add("one", *indicators(2, 1, version=1))
    assert driver.run().raws == raws
    assert driver.read == read + 1


def test_each_collection_has_its_own_cursor(server: TaxiiServer) -> None:
    for name in "ab":
        server.collection(name)
        server.add(name, *indicators(ord(name) * 10, 4))
    driver = feed(server.url).run()
    assert len(driver.raws) == 8
    server.add("a", *indicators(1, 1))
    assert driver.run().read - 8 <= 1 + 4


def test_a_run_that_was_cut_off_goes_on(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", *indicators(1, 20))
    driver = feed(one)
    for _ in range(9):
        driver.run(stop_after=2)
    assert driver.raws == raws
    assert driver.read < 60


def test_a_run_is_repeatable(server: TaxiiServer, one: str) -> None:
    server.add("one", *indicators(1, 8))
    driver = feed(one)
    assert list(driver.batches()) == list(driver.batches())


def test_objects_of_one_date_are_not_lost_between_pages(server: TaxiiServer, one: str) -> None:
    date = "2026-01-01T01:00:00.000000Z"
    raws = server.add("one", *indicators(1, 2))
    raws += server.add("one", *indicators(11, 8), added=date)
    driver = feed(one)
    for pages in range(1, 4):
        driver.run(stop_after=pages)
    assert driver.run().raws == raws


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ({}, {"limit": "500"}),
        (
            {"types": ["indicator", "malware"], "versions": "all", "spec_versions": ["2.1"]},
            {
                "limit": "500",
                "match[type]": "indicator,malware",
                "match[version]": "all",
                "match[spec_version]": "2.1",
            },
        ),
        (
            {"added_after": "2026-01-01T00:00:00Z", "page": 7},
            {"limit": "7", "added_after": "2026-01-01T00:00:00Z"},
        ),
        ({"newest_days": 1}, {"limit": "500", "added_after": "2023-11-13T22:13:20.000000Z"}),
    ],
)
def test_filters(
    server: TaxiiServer, one: str, said: dict[str, Any], query: dict[str, str]
) -> None:
    feed(one, **said).run()
    assert server.questions("objects") == [query]


def test_overlap_finds_what_was_dated_before_it_was_seen(server: TaxiiServer, one: str) -> None:
    server.add("one", *indicators(1, 2))
    plain, patient = feed(one).run(), feed(one, overlap_seconds=60).run()
    late = server.add("one", fakes.indicator(9), added="2026-01-01T00:00:01.500000Z")
    assert plain.run().raws[2:] == []
    assert patient.run().raws[2:] == late


def test_more_than_a_run_takes_comes_with_the_next(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", *indicators(1, 20))
    driver = feed(one, most=6).run()
    assert driver.raws == raws[:6]
    assert "the rest comes next time" in driver.notices[-1]
    for _ in range(3):
        driver.run()
    assert driver.raws == raws


def test_statements_come_before_what_they_mark(server: TaxiiServer, one: str) -> None:
    """The hub takes an unknown marking for TLP:RED, and would refuse the object."""
    names = [f"marking-definition--{fakes.uuid_of(number)}" for number in (1, 2, 3)]
    statements = [{"type": "marking-definition", "id": name} for name in names]
    marked = indicators(1, 9)
    marked[0]["object_marking_refs"] = [names[1], MARKING_OF[Tlp.GREEN]]
    marked[4]["granular_markings"] = [{"selectors": ["name"], "marking_ref": names[2]}]
    marked[5]["object_marking_refs"] = [names[0], "marking-definition--absent"]
    server.add("one", *marked, *statements)
    driver = feed(one).run()
    order = driver.ids()
    assert sorted(order) == sorted([*names, *(item["id"] for item in marked)])
    assert order.index(names[1]) < order.index(marked[0]["id"])
    assert order.index(names[2]) < order.index(marked[4]["id"])
    assert order.index(names[0]) < order.index(marked[5]["id"])
    asked = [query["match[id]"] for query in server.questions("objects") if "match[id]" in query]
    assert asked == [names[1], f"{names[0]},{names[2]},marking-definition--absent"]


# Servers that break


def test_the_same_next_and_page_for_ever_is_got_round_by_the_date(
    server: TaxiiServer, one: str
) -> None:
    raws = server.add("one", *indicators(1, 10))

    def ignores_next(asked: Asked) -> Answer:
        query = {name: value for name, value in asked.query.items() if name != "next"}
        return server.answer(asked._replace(query=query))

    server.fault = ignores_next
    driver = feed(one).run()
    assert driver.raws == raws
    assert "gives no way to get it; going on by the date" in driver.notices[0]


@pytest.mark.parametrize("headers", [True, False])
def test_a_page_that_never_changes_ends_with_a_reason(
    server: TaxiiServer, one: str, headers: bool
) -> None:
    dates = {"X_TAXII_Date_Added_Last": "2026-01-01T00:00:00Z"} if headers else {}
    page = taxii({"more": True, "next": "n", "objects": indicators(1, 2)}, **dates)
    server.fault = lambda asked: page if asked.path.endswith("/objects/") else None
    driver = feed(one)
    assert "says there is more, but gives no way to get it" in driver.fails().reason
    assert len(driver.raws) == 2
    assert len(server.asked) < 12


def test_a_circle_of_pages_ends_with_a_reason(server: TaxiiServer, one: str) -> None:
    def circle(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/objects/"):
            return None
        at = int(asked.query.get("next", 0))
        return taxii({"more": True, "next": str(at + 1), "objects": indicators(at % 2, 1)})

    server.fault = circle
    assert "the same pages again and again" in feed(one).fails().reason
    assert len(server.asked) < 12


def test_more_without_any_way_ends_with_a_reason(server: TaxiiServer, one: str) -> None:
    server.fault = lambda asked: (
        taxii({"more": True, "objects": indicators(1, 2)})
        if asked.path.endswith("/objects/")
        else None
    )
    driver = feed(one)
    assert "gives no way" in driver.fails().reason
    assert len(driver.raws) == 2


def test_empty_pages_without_end(server: TaxiiServer, one: str) -> None:
    count = iter(range(1_000))
    server.fault = lambda asked: (
        taxii({"more": True, "next": str(next(count))})
        if asked.path.endswith("/objects/")
        else None
    )
    assert "gives no way" in feed(one).fails().reason
    assert len(server.asked) < 40


@pytest.mark.parametrize("dated", [True, False])
def test_pages_without_end(server: TaxiiServer, one: str, dated: bool) -> None:
    def endless(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/objects/"):
            return None
        at = int(asked.query.get("next", 0)) + 1
        date = {"X_TAXII_Date_Added_Last": f"2026-01-02T{at // 60:02}:{at % 60:02}:00Z"}
        page = {"more": True, "next": str(at), "objects": indicators(at, 1)}
        return taxii(page, **(date if dated else {}))

    server.fault = endless
    driver = feed(one, most=5)
    if dated:
        assert len(driver.run().raws) == 5
        assert driver.state["after"]
    else:
        assert "does not end" in driver.fails().reason
        assert len(driver.raws) == 50


def test_a_server_that_dates_nothing_is_read_whole_each_time(
    server: TaxiiServer, one: str
) -> None:
    server.dated = False
    raws = server.add("one", *indicators(1, 7))
    driver = feed(one).run().run()
    assert (driver.raws, driver.read) == (raws, 14)
    assert "does not date what it gives" in driver.notices[0]


@pytest.mark.parametrize("date", ["yesterday", "2026-01-01T00:00:00.000000+00:00", "²"])
def test_strange_dates_lose_nothing(server: TaxiiServer, one: str, date: str) -> None:
    raws = server.add("one", *indicators(1, 4))

    def strange(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/objects/"):
            return None
        found = server.answer(asked)
        return found._replace(headers={"X-TAXII-Date-Added-Last": date.encode().decode("latin-1")})

    server.fault = strange
    driver = feed(one).run()
    assert driver.raws == raws
    server.fault = lambda _: None
    raws += server.add("one", fakes.indicator(50))
    assert driver.run().raws == raws


def test_objects_that_got_a_new_date_come_again_and_say_nothing_new(
    server: TaxiiServer, one: str
) -> None:
    raws = server.add("one", *indicators(1, 4))
    driver = feed(one).run()
    kept = server.collections["one"]
    kept.append(kept.pop(0)._replace(added="2026-02-01T00:00:00.000000Z"))
    assert driver.run().raws == raws
    assert driver.state["after"][one] == "2026-02-01T00:00:00.000000Z"


def test_a_date_that_goes_back_does_not_move_the_cursor_back(
    server: TaxiiServer, one: str
) -> None:
    server.add("one", *indicators(1, 4))
    driver = feed(one).run()
    stood = driver.state["after"][one]
    page = taxii({"objects": indicators(9, 1)}, X_TAXII_Date_Added_Last="2020-01-01T00:00:00Z")
    server.fault = lambda asked: page if asked.path.endswith("/objects/") else None
    assert len(driver.run().raws) == 5
    assert driver.state["after"][one] == stood


def test_a_page_that_is_forgotten_is_got_round(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", *indicators(1, 20))
    pages = iter(range(1, 1_000))

    def forgets(asked: Asked) -> Answer | None:
        if "next" in asked.query and next(pages) % 2 == 0:
            return taxii({"title": "'next' not valid"}, 400)
        return None

    server.fault = forgets
    driver = feed(one).run()
    assert driver.raws == raws
    assert "'next' not valid; going on at 2026-01-01T00:00:0" in driver.notices[0]


def test_a_server_that_goes_away_between_pages(server: TaxiiServer, one: str) -> None:
    raws = server.add("one", *indicators(1, 9))
    server.fault = lambda asked: (
        taxii({"title": "Down"}, 503) if len(server.questions("objects")) > 2 else None
    )
    driver = feed(one)
    error = driver.fails()
    assert isinstance(error, Unreachable)
    assert driver.raws == raws[:6]
    server.fault = lambda _: None
    assert driver.run().raws == raws


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Log in", headers={"Content-Type": "text/html"}),
        Answer(b'{"objects":[{"id":'),
        Answer(b'{"objects":{"id":"x"}}'),
        Answer(b"[" * 100_000 + b"]" * 100_000),
        Answer(b'{"objects":[{"id":"x"}]}', cut=5),
        Answer(b"\x1f\x8b nonsense", headers={"Content-Encoding": "gzip"}),
        taxii({"title": "Teapot"}, 500),
    ],
    ids=["html", "half", "no list", "deep", "cut", "gzip", "500"],
)
def test_what_is_no_page_ends_the_run_and_the_others_go_on(
    server: TaxiiServer, answer: Answer
) -> None:
    server.collection("bad")
    server.collection("good")
    raws = server.add("good", *indicators(1, 2))
    server.fault = lambda asked: answer if asked.path.endswith("/bad/objects/") else None
    driver = feed(server.url)
    error = driver.fails()
    assert error.reason
    assert "s3cret" not in error.reason
    if not isinstance(error, Unreachable):
        assert driver.raws == raws


def test_wrong_log_in(server: TaxiiServer, one: str) -> None:
    server.fault = lambda _: taxii({"title": "No"}, 401)
    assert isinstance(feed(one, token="env:TOKEN").fails(), LoginNeeded)


def test_what_is_no_taxii_server(server: TaxiiServer) -> None:
    server.fault = lambda _: taxii({"hello": "world"})
    error = feed(server.url).fails()
    assert isinstance(error, NotUnderstood)
    assert "neither a discovery nor an API root" in error.reason


def test_one_object_that_is_none_does_not_cost_the_page(server: TaxiiServer, one: str) -> None:
    page = Answer(b'{"objects":[1,{"id":"x--1","n":NaN},null,{"type":"x","id":"x--2"}]}')
    server.fault = lambda asked: page if asked.path.endswith("/objects/") else None
    found = [item for batch in feed(one).batches() for item in batch.found]
    assert found[0].raw == b"1"
    assert len(found) == 4
    assert "without an id" in found[0].origin


def test_the_limits_of_the_feed_hold(server: TaxiiServer, one: str) -> None:
    server.add("one", fakes.indicator(1, name="x" * 5_000))
    said = (pull.SETTINGS, {"url": one})
    with pytest.raises(RemoteError):
        Driver(pull.CONNECTOR, said, Limits(networks=LOOPBACK, most_bytes=2_000)).run()
    with pytest.raises(RemoteError, match=r"127\.0\.0\.1"):
        Driver(pull.CONNECTOR, said, Limits()).run()


# Deletions


@pytest.fixture
def filled(server: TaxiiServer) -> Driver:
    server.collection("a")
    server.collection("b")
    server.add("a", *indicators(1, 7))
    server.add("b", *indicators(11, 7))
    return feed(server.url, deletions_hours=24).run(late_h=1)


def gone_of(*numbers: int) -> list[str]:
    return [f"indicator--{fakes.uuid_of(number)}" for number in numbers]


def test_what_is_gone_there_is_gone_here(server: TaxiiServer, filled: Driver) -> None:
    assert filled.gone == []
    server.remove("a", gone_of(2)[0])
    server.remove("b", gone_of(12)[0])
    server.asked.clear()
    filled.run(late_h=1)
    assert (filled.gone, server.questions("manifest")) == ([], [])
    filled.run(late_h=24)
    assert sorted(filled.gone) == sorted(gone_of(2, 12))
    server.asked.clear()
    assert filled.run(late_h=24).gone == filled.run(late_h=1).gone
    assert len(server.questions("manifest")) == 4


def test_what_moved_to_another_collection_is_not_gone(server: TaxiiServer, filled: Driver) -> None:
    (kept,) = [one for one in server.collections["a"] if one.said["id"] == gone_of(3)[0]]
    server.remove("a", gone_of(3)[0])
    server.add("b", kept.raw)
    assert filled.run(late_h=25).gone == []


@pytest.mark.parametrize("page", [1, 2])
def test_half_a_manifest_deletes_nothing(server: TaxiiServer, filled: Driver, page: int) -> None:
    server.remove("a", gone_of(2)[0])
    server.asked.clear()
    server.fault = lambda asked: (
        taxii({"title": "Down"}, 503)
        if asked.path.endswith("/manifest/") and len(server.questions("manifest")) >= page
        else None
    )
    filled.run(late_h=25)
    assert filled.gone == []
    assert "the manifest was not read whole" in filled.notices[-1]
    server.fault = lambda _: None
    assert filled.run(late_h=1).gone == gone_of(2)


def test_a_manifest_that_shifts_while_it_is_read_deletes_nothing(
    server: TaxiiServer, filled: Driver
) -> None:
    """It pages by counting: an object that goes away lets the following page begin one too late."""
    whole = [*server.collections["a"]]

    def shifts(asked: Asked) -> Answer | None:
        if asked.path.endswith("/a/manifest/") and "match[id]" not in asked.query:
            begun = "next" in asked.query
            server.collections["a"] = whole[1:] if begun else whole
        return None

    server.fault = shifts
    filled.run(late_h=25)
    # The fourth was passed over.
    assert filled.gone == []


def test_a_collection_that_is_not_shown_any_more_deletes_nothing(
    server: TaxiiServer, filled: Driver
) -> None:
    server.listed.pop()
    filled.run(late_h=25)
    assert filled.gone == []
    assert "was read before, and is not read any more" in filled.notices[-1]


def test_a_server_that_lost_everything_deletes_nothing(server: TaxiiServer) -> None:
    server.collection("a")
    server.add("a", *indicators(1, 30))
    driver = feed(server.url, deletions_hours=24).run(late_h=1)
    server.collections["a"].clear()
    driver.run(late_h=25)
    assert driver.gone == []
    assert "nothing is deleted: the server has 30 of the 30" in driver.notices[-1]
    server.collections["a"].clear()
    server.add("a", *indicators(1, 16))
    assert len(driver.run(late_h=25).gone) == 14


def test_deletions_can_be_switched_off(server: TaxiiServer, one: str) -> None:
    server.add("one", *indicators(1, 2))
    driver = feed(one).run(late_h=48)
    server.collections["one"].clear()
    driver.run(late_h=48)
    assert (driver.gone, server.questions("manifest")) == ([], [])


def test_a_run_that_stopped_early_compares_nothing(server: TaxiiServer, one: str) -> None:
    server.add("one", *indicators(1, 9))
    driver = feed(one, deletions_hours=1, most=3).run(late_h=2)
    assert server.questions("manifest") == []
    for _ in range(3):
        driver.run(late_h=2)
    assert server.questions("manifest") != []


def test_a_record_without_an_id_deletes_nothing(server: TaxiiServer, filled: Driver) -> None:
    server.remove("a", gone_of(2)[0])
    server.fault = lambda asked: (
        Answer(json.dumps({"objects": [{"version": "x"}]}).encode())
        if asked.path.endswith("/a/manifest/")
        else None
    )
    assert filled.run(late_h=25).gone == []
    assert "a record without an id" in filled.notices[-1]
