"""The kit finds each planted fault by the check that is there for it, and no server makes it fall."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from connectors.check.catalogue import Level, Verdict, checks
from connectors.check.report import Report
from connectors.check.run import Plan, check
from connectors.check.wire import Bounds, Login, Trust
from connectors.errors import Absent, Unreachable
from tests.check import partner
from tests.check.partner import FAULTS, ID, Partner, Reply, serving

BOUNDS = Bounds(requests=400, seconds=60, answer_s=20)
HASTY = BOUNDS._replace(answer_s=0.5)
"""For servers that never answer; others have time, on a machine that has other work."""


def checked(server: Partner, bounds: Bounds = BOUNDS, collection: str = ID) -> Report:
    with serving(server) as url:
        return check(Plan(url, collection, bounds=bounds), Login(), Trust())


def failed(report: Report) -> set[str]:
    return {line.id for line in report.checks if line.verdict == Verdict.FAIL}


def test_a_right_server_fails_nothing() -> None:
    report = checked(Partner())
    assert failed(report) == set()
    assert report.notes == []
    assert report.score.level == "full marks"
    assert report.score.must.passed > 60
    not_tried = {line.id for line in report.checks if line.verdict == Verdict.NOT_TRIED}
    assert not_tried == set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda kind: kind.__name__)
def test_each_fault_is_found_by_its_check(fault: type[Partner]) -> None:
    report = checked(fault(), HASTY if "HT-02" in fault.caught_by else BOUNDS)
    assert set(fault.caught_by) <= failed(report)
    assert not [note for note in report.notes if "stumbled" in note]
    assert report.requests <= BOUNDS.requests


def test_a_right_server_fails_nothing_when_only_a_part_is_read() -> None:
    """The walks end at different objects, as their pages have different sizes."""
    assert failed(checked(partner.grown(Partner(), 90))) == set()


@pytest.mark.parametrize(
    "fault",
    [kind for kind in FAULTS if {"PG-02", "PG-07", "OB-06"}.intersection(kind.caught_by)],
    ids=lambda kind: kind.__name__,
)
def test_what_is_wrong_in_the_part_is_found(fault: type[Partner]) -> None:
    assert set(fault.caught_by) <= failed(checked(partner.grown(fault(), 90)))


def test_a_failure_says_what_was_asked_and_what_came() -> None:
    report = checked(partner.LeaksTypes())
    line = next(line for line in report.checks if line.id == "FI-01")
    assert line.said == "malware: 1 others came, 0 are missing"
    assert line.evidence[0].request.startswith("GET http://127.0.0.1:")
    assert "match%5Btype%5D=malware" in line.evidence[0].request
    assert line.evidence[0].answer.startswith("200; content-type: application/taxii+json")
    # What was shared is described, and not quoted.
    assert "malware--" not in line.evidence[0].answer


def test_the_budget_of_requests_is_kept_and_told() -> None:
    report = checked(Partner(), BOUNDS._replace(requests=30))
    assert report.requests == 30
    assert report.notes == ["the budget was used up: 30 requests or 60 s"]
    assert report.score.level.endswith("as far as it was tried")


def test_the_budget_of_time_is_kept() -> None:
    report = checked(partner.Stalls(), HASTY._replace(seconds=1))
    # Of what it would ask, most was not asked any more.
    assert report.requests < checked(Partner()).requests
    assert "budget" in report.notes[-1]


def test_a_drop_at_a_time_is_no_answer() -> None:
    import socket
    import threading
    import time

    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listener.accept()
        with line:
            try:
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                for _ in range(6_000):
                    line.sendall(b" ")
                    time.sleep(0.1)
            except OSError:
                return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    from connectors.check.wire import Asked, Wire

    began = time.monotonic()
    answer = Wire(Login(), Trust(), HASTY).send(
        Asked(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    )
    assert answer.trouble == "no whole answer within 0.5 s"
    # The other side would go on for ten minutes.
    assert time.monotonic() - began < 60
    thread.join()
    listener.close()


def test_nobody_there() -> None:
    with serving(Partner()) as url:
        pass
    with pytest.raises(Unreachable, match="cannot be reached"):
        check(Plan(url), Login(), Trust())


def test_a_collection_that_is_not_there() -> None:
    with pytest.raises(Absent, match="lists no collection nowhere"):
        checked(Partner(), collection="nowhere")


class Blabbing(Partner):
    """Repeats what it was sent."""

    def reply(self, method: str, target: str, headers: dict[str, str], sent: bytes) -> Reply:
        if "collections" in target:
            return Reply(400, {"title": f"bad: {headers.get('authorization')}", "what": target})
        return super().reply(method, target, headers, sent)


@pytest.mark.parametrize(
    "login", [Login("me", "open sesame 77"), Login(token="token-to-be-hidden-99")]
)
def test_no_secret_is_in_the_report(login: Login) -> None:
    import msgspec

    with serving(Blabbing()) as url:
        report = check(Plan(url, bounds=BOUNDS), login, Trust())
    text = msgspec.json.encode(report).decode()
    assert "***" in text
    for secret in login.secrets:
        assert secret not in text


class Wild(Partner):
    """Answers of any form: the right ones with parts put in the place of others."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)

    def reply(self, method: str, target: str, headers: dict[str, str], sent: bytes) -> Reply:
        reply = super().reply(method, target, headers, sent)
        # The way in is right most of the time, or nothing behind it would ever be asked.
        if self.random.random() < (0.3 if "objects" in target or "manifest" in target else 0.05):
            return reply._replace(body=self.spoilt(reply.body))
        return reply

    def spoilt(self, value: Any) -> Any:
        draw = self.random.random()
        if draw < 0.15:
            odd = [None, True, -1, 1.5, "", "x\x00\u202e", [], {}, [[]], [None, 1], {"id": {}}]
            return self.random.choice(odd)
        if isinstance(value, dict):
            return {k: self.spoilt(v) for k, v in value.items() if self.random.random() > 0.05}
        if isinstance(value, list):
            return [self.spoilt(one) for one in value]
        if isinstance(value, str) and draw > 0.9:
            return "".join(self.random.choices(string.printable, k=9))
        return value


@pytest.mark.parametrize("seed", range(12))
def test_no_answer_makes_the_kit_stumble(seed: int) -> None:
    try:
        report = checked(Wild(seed), collection="")
    except (Absent, Unreachable):
        return
    assert not [note for note in report.notes if "stumbled" in note]
    assert len(report.checks) == len(checks())


def test_every_check_says_what_and_why() -> None:
    for found in checks().values():
        assert found.asks[0].isupper() or found.asks[0] == "`"
        assert found.why.endswith(".")
        assert not found.asks.endswith(".")
    assert {found.level for found in checks().values()} == set(Level)


class Elsewhere(Partner):
    """Discovery leads to another host."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def route(self, path: str, query: list[tuple[str, str]]) -> Reply:
        if path == "/taxii2/":
            return Reply(200, {"title": "T", "default": self.url, "api_roots": [self.url]})
        return super().route(path, query)


def test_credentials_are_for_the_host_that_was_named() -> None:
    stranger = Partner()
    seen: list[str] = []
    stranger.asked = lambda _, target, __: seen.append(target)  # type: ignore[method-assign]
    with serving(stranger) as other, serving(Elsewhere(f"{other}/api/")) as url:
        report = check(Plan(url, bounds=BOUNDS), Login(token="a-token-of-mine"), Trust())
    assert seen == []
    assert report.api_root == ""
    assert report.notes == ["no API root was found on this host: give its address"]
