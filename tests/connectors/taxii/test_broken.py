"""TAXII 2.1 servers that break: nothing is lost, nothing is endless, and the reason is said."""

from __future__ import annotations

import pytest

from connectors.errors import LoginNeeded, NotUnderstood, RemoteError, Unreachable
from connectors.net import Limits
from connectors.taxii import pull
from tests import fakes
from tests.connectors.taxii.driving import LOOPBACK, Driver, feed, indicators
from tests.connectors.taxii.server import Answer, Asked, TaxiiServer, taxii


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
