"""Pulling from TAXII 2.0 servers: ranges, places, dates that may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.errors import NotUnderstood, RemoteError, Unreachable
from connectors.taxii import pull, pull20
from connectors.taxii.errors import Lost
from tests import fakes
from tests.connectors.taxii.driving import Driver, old
from tests.connectors.taxii.server20 import STIX, Answer, Taxii20Server, taxii20_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Taxii20Server]:
    monkeypatch.setattr(pull, "PAUSES_S", (0.01,))
    with taxii20_server() as running:
        yield running


def feed(url: str, **said: Any) -> Driver:
    quiet = {"url": url, "deletions_hours": 0, "again_hours": 0}
    return Driver(pull20.CONNECTOR, (pull20.SETTINGS, quiet | said))


@pytest.mark.parametrize("path", ["", "/taxii/", "/root/collections/", "/root/collections/one/"])
@pytest.mark.parametrize("unit", ["=", " "])
@pytest.mark.parametrize("counted", [True, False])
def test_all_of_it_byte_for_byte(
    server: Taxii20Server, path: str, unit: str, *, counted: bool
) -> None:
    odd = '{ "type":"x-a",\n "id" : "x-a--1", "name": "ệ", "n":1.50 }'.encode()
    raws = server.add(odd, *old(1, 10))
    server.unit, server.counted = unit, counted
    assert feed(server.url + path).run().raws == raws


def test_ranges_begin_behind_what_came(server: Taxii20Server) -> None:
    server.add(*old(1, 6))
    feed(server.collection, page=3).run()
    assert server.ranges() == ["items=0-2", "items=2-4", "items=4-6"]


def test_a_second_pull_asks_for_what_is_new(server: Taxii20Server) -> None:
    raws = server.add(*old(1, 6))
    driver = feed(server.collection).run().run()
    assert driver.read == 6
    raws += server.add(*old(50, 1))
    assert driver.run().raws == raws
    assert driver.read == 7


def test_without_dates_everything_is_read_again(server: Taxii20Server) -> None:
    server.dated = False
    raws = server.add(*old(1, 6))
    driver = feed(server.collection).run()
    raws += server.add(*old(50, 1))
    assert driver.run().raws == raws
    assert driver.read == 13


def test_a_run_that_was_cut_off_goes_on_at_its_place(server: Taxii20Server) -> None:
    raws = server.add(*old(1, 12))
    driver = feed(server.collection)
    for _ in range(3):
        driver.run(stop_after=1)
    assert (driver.raws, driver.read) == (raws, 12)
    driver.run()
    raws += server.add(*old(50, 2))
    assert driver.run().raws == raws


def test_more_than_a_run_takes_comes_with_the_next(server: Taxii20Server) -> None:
    raws = server.add(*old(1, 12))
    driver = feed(server.collection, most=4)
    sizes = [len(driver.run().raws) for _ in range(4)]
    assert (sizes, driver.raws) == ([4, 8, 12, 12], raws)


def test_everything_is_read_again_once_a_day(server: Taxii20Server) -> None:
    """A new version may have the date of the first one, and stand at its place."""
    server.add(*old(1, 6))
    driver = feed(server.collection, again_hours=24).run()
    date, _ = server.kept[1]
    (newer,) = old(2, 1)
    newer["modified"] = "2026-01-01T00:00:00.000Z"
    (raw,) = server.add(newer)
    server.kept.pop()
    server.kept[1] = (date, raw)
    assert len(driver.run(late_h=1).raws) == 6
    assert driver.run(late_h=24).raws[6:] == [raw]


def test_what_is_gone_there_is_gone_here(server: Taxii20Server) -> None:
    server.add(*old(1, 6))
    driver = feed(server.url, deletions_hours=24).run(late_h=1)
    server.kept.pop(2)
    assert driver.run(late_h=1).gone == []
    assert driver.run(late_h=24).gone == [f"indicator--{fakes.uuid_of(3)}"]


def test_nothing_is_there(server: Taxii20Server) -> None:
    assert feed(server.url, deletions_hours=24).run(late_h=1).raws == []


def test_a_server_that_ignores_ranges(server: Taxii20Server) -> None:
    body = b'{"type":"bundle","objects":[{"id":"x--1"},{"id":"x--2"}]}'
    whole = Answer(body, headers={"Content-Type": STIX})
    server.fault = lambda asked: whole if asked.path.endswith("/objects/") else None
    assert len(feed(server.collection).run().raws) == 2
    error = feed(server.collection, page=2).fails()
    assert isinstance(error, Lost)
    assert "the same objects for every range" in error.reason


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(b"<html>", headers={"Content-Type": "text/html"}), RemoteError),
        (Answer(b"<html>", headers={"Content-Type": STIX}), NotUnderstood),
        (Answer(b'{"objects":[1', headers={"Content-Type": STIX}), NotUnderstood),
        (Answer(b'{"objects":{"a":1}}', headers={"Content-Type": STIX}), NotUnderstood),
        (Answer(b"[" * 99_999, headers={"Content-Type": STIX}), NotUnderstood),
        (
            Answer(
                b'{"objects":[{}]}',
                206,
                {"Content-Type": STIX, "Content-Range": "items 7-7/9"},
            ),
            NotUnderstood,
        ),
        (Answer(b"", 503), Unreachable),
    ],
    ids=["html", "html as stix", "half", "no list", "deep", "other range", "away"],
)
def test_what_is_no_bundle_ends_with_a_reason(
    server: Taxii20Server, answer: Answer, kind: type[RemoteError]
) -> None:
    raws = server.add(*old(1, 8))
    server.fault = lambda asked: answer if asked.range.startswith("items=4") else None
    driver = feed(server.collection)
    assert isinstance(driver.fails(), kind)
    assert driver.raws == raws[:4]
    server.fault = lambda _: None
    assert driver.run().raws == raws
