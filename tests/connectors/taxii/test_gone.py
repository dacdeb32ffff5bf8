"""What a TAXII 2.1 server has no more is deleted here, and nothing else is."""

from __future__ import annotations

import json

import msgspec
import pytest

from connectors.taxii import gone, pull
from tests import fakes
from tests.connectors.taxii.driving import Driver, feed, indicators
from tests.connectors.taxii.server import Answer, Asked, TaxiiServer, taxii


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
    assert (filled.gone, server.questions("manifest")) == ([], [])
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


def test_a_manifest_without_an_end_deletes_nothing(
    server: TaxiiServer, filled: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gone, "_LONGEST_S", 0.3)
    server.remove("a", gone_of(2)[0])

    def endless(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/manifest/"):
            return None
        page = int(asked.query.get("next", 0)) + 1
        record = {"id": f"indicator--{fakes.uuid_of(1000 + page)}", "date_added": "2026-01-01"}
        return taxii({"objects": [record], "more": True, "next": str(page)})

    server.fault = endless
    filled.run(late_h=25)
    assert filled.gone == []
    assert "did not finish" in filled.notices[-1]


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
    assert (len(driver.raws), server.questions("manifest")) == (9, [])
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


def test_a_collection_that_the_feed_reads_no_more_is_gone(
    server: TaxiiServer, filled: Driver
) -> None:
    changed = {"url": server.url, "collections": ["a"], "deletions_hours": 24}
    filled.settings = msgspec.convert(changed, pull.SETTINGS)
    assert filled.run(late_h=25).gone == gone_of(*range(11, 18))
