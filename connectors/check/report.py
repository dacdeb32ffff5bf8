"""What a run found, as data: every check with its verdict, the score, the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from connectors.check.book import Evidence, Finding
from connectors.check.catalogue import Level, Verdict, checks

FORMAT = "hub-check-report/1"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check with what became of it."""

    id: str
    section: str
    level: str
    group: str
    asks: str
    why: str
    loses: bool
    verdict: str
    said: str
    evidence: list[Evidence]


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many checks of one level ended in which way."""

    passed: int
    failed: int
    not_tried: int
    not_applicable: int

    @property
    def tried(self) -> int:
        """Those that count."""
        return self.passed + self.failed


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shares, and the level that follows from them in words."""

    must: Share
    should: Share
    practice: Share
    losing: list[str]
    """Ids of failed checks through which a feed may lose objects"""
    level: str


class Kit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With what it was checked."""

    version: str
    digest: str
    """SHA-256 over the files of the kit"""
    program: str
    """Version of the program around it"""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run."""

    format: str
    kit: Kit
    target: str
    api_root: str
    collection: str
    """Id of the collection that was read; empty: none"""
    written: str
    """Id of the collection that was published in; empty: none"""
    options: dict[str, int | str | bool]
    started: str
    seconds: int
    requests: int
    score: Score
    checks: list[Line]
    left_behind: list[str]
    """Ids of the kit's own objects that may be there still"""
    notes: list[str]


def lines(findings: Iterable[Finding]) -> list[Line]:
    """Findings with what their checks ask and why."""
    known = checks()
    return [
        Line(
            check.id,
            check.section,
            check.level,
            check.group,
            check.asks,
            check.why,
            check.loses,
            found.verdict,
            found.said,
            found.evidence,
        )
        for found in findings
        for check in [known[found.id]]
    ]


def score(found: list[Line]) -> Score:
    """Shares of what was passed among what was tried, by level."""
    shares = {level: _share(line for line in found if line.level == level) for level in Level}
    losing = [line.id for line in found if line.loses and line.verdict == Verdict.FAIL]
    must = shares[Level.MUST]
    failed = sum(share.failed for share in shares.values())
    return Score(
        must,
        shares[Level.SHOULD],
        shares[Level.PRACTICE],
        losing,
        _words(must, losing, failed),
    )


def _share(found: Iterable[Line]) -> Share:
    counts = Counter(line.verdict for line in found)
    return Share(*(counts[verdict] for verdict in Verdict))


def _words(must: Share, losing: list[str], failed: int) -> str:
    if not must.tried:
        return "nothing could be tried"
    if losing:
        word = "a feed may lose objects"
    elif must.failed:
        word = "does not conform"
    elif failed:
        word = "conforms"
    else:
        word = "full marks"
    return f"{word}, as far as it was tried" if must.not_tried else word
