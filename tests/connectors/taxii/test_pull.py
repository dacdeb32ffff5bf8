"""Pulling from TAXII 2.1 servers: where collections are found, log-in, cursors, filters."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from connectors.errors import Absent, Refused, TooLarge
from connectors.registry import kind
from connectors.taxii import pull
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from tests import fakes
from tests.connectors.taxii.driving import feed, indicators
from tests.connectors.taxii.server import TaxiiServer, taxii, taxii_server

ODD = '{ "type":"x-a",\n "id" : "x-a--1", "name": "ệ", "n":1.50 }'.encode()


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


def test_more_collections_than_a_feed_can_read(server: TaxiiServer) -> None:
    for number in range(201):
        server.collection(f"c{number}")
    error = feed(server.url).fails()
    assert isinstance(error, TooLarge)
    assert "has 201 collections; a feed reads at most 200" in error.reason
    assert feed(server.url, collections=["c7"]).run().raws == []


def test_a_server_of_the_other_version_says_so(server: TaxiiServer) -> None:
    server.fault = lambda _: taxii({"title": "Not acceptable"}, 406)
    assert "another version of TAXII" in feed(server.url).fails().remedy


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
