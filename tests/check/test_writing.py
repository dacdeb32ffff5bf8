"""What the kit publishes: only where it may, found faults of publishing, and nothing left behind."""

from __future__ import annotations

import pytest

from connectors.check.catalogue import Verdict
from connectors.check.report import Report
from connectors.check.run import Plan, check
from connectors.check.wire import Bounds, Login, Trust
from tests.check import writable
from tests.check.partner import ID, Partner, serving, world

BOUNDS = Bounds(requests=900, seconds=60, answer_s=5)


def checked(server: Partner, race_s: float = 0, write: str = ID) -> Report:
    with serving(server) as url:
        return check(Plan(url, write=write, race_s=race_s, bounds=BOUNDS), Login(), Trust())


def verdict(report: Report, name: str) -> str:
    return next(line.verdict for line in report.checks if line.id == name)


def test_without_leave_nothing_is_sent_that_changes_anything() -> None:
    server = writable.Writable()
    seen: list[str] = []
    asked = server.asked

    def watch(method, target, body):
        seen.append(method)
        return asked(method, target, body)

    server.asked = watch
    report = checked(server, write="")
    # PUT is what ER-05 asks with, at the list of collections, which nobody can put.
    assert set(seen) == {"GET", "HEAD", "PUT"}
    assert verdict(report, "AD-01") == Verdict.NOT_APPLICABLE
    assert server.items == world()


def test_nothing_is_left_behind() -> None:
    server = writable.Writable()
    report = checked(server, race_s=1)
    assert report.left_behind == []
    assert server.items == world()
    assert verdict(report, "AD-01") == verdict(report, "RA-01") == Verdict.PASS


def test_what_was_published_says_that_it_is_a_test() -> None:
    server = writable.DeletesNothing()
    report = checked(server)
    left = [one.object for one in server.items[len(world()) :]]
    assert {one["id"] for one in left} == set(report.left_behind)
    assert all("hub-check-test" in one["labels"] for one in left)
    patterns = [one["pattern"] for one in left if one["type"] == "indicator"]
    assert patterns
    assert all(pattern.startswith("[ipv4-addr:value = '192.0.2.") for pattern in patterns)
    assert all(one["indicator_types"] == ["benign"] for one in left if "pattern" in one)


def test_objects_that_are_dated_before_they_show_are_missed() -> None:
    report = checked(writable.DatesBeforeItShows(), race_s=5)
    line = next(line for line in report.checks if line.id == "RA-01")
    assert line.verdict == Verdict.FAIL
    assert "was shown after later ones" in line.said
    assert "RA-01" in report.score.losing
    assert report.score.level.startswith("a feed may lose objects")


@pytest.mark.parametrize(
    ("server", "name"),
    [
        (writable.KeepsWhatItRefuses, "AD-31"),
        (writable.RewritesObjects, "AD-09"),
        (writable.DeletesNothing, "DE-03"),
        (writable.DeletesNothing, "DE-04"),
    ],
)
def test_faults_of_publishing(server: type[Partner], name: str) -> None:
    assert verdict(checked(writable.Writable()), name) != Verdict.FAIL
    assert verdict(checked(server()), name) == Verdict.FAIL


def test_what_was_published_goes_when_the_budget_is_used_up() -> None:
    server = writable.Writable()
    with serving(server) as url:
        plan = Plan(url, write=ID, race_s=0, bounds=BOUNDS._replace(requests=70))
        report = check(plan, Login(), Trust())
    assert "budget" in report.notes[0]
    assert report.left_behind == []
    assert server.items == world()
