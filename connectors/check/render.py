"""A report for people: as text, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from connectors.check.catalogue import Verdict
from connectors.check.report import Line, Report, Share

_MARKS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "FAIL",
    Verdict.NOT_TRIED: "not tried",
    Verdict.NOT_APPLICABLE: "not applicable",
}


def summary(report: Report) -> list[str]:
    """The score in a few lines."""
    score = report.score
    rows = [("MUST", score.must), ("SHOULD", score.should), ("practice", score.practice)]
    found = [f"{name:<9} {_share(share)}" for name, share in rows]
    level = f"{'level':<9} {score.level}"
    if score.losing:
        level += f" ({', '.join(score.losing)})"
    spent = f"{report.requests} requests in {report.seconds} s"
    return [*found, level, f"{'spent':<9} {spent}"]


def _share(share: Share) -> str:
    parts = [f"{share.passed} of {share.tried} passed"]
    if share.not_tried:
        parts.append(f"{share.not_tried} not tried")
    if share.not_applicable:
        parts.append(f"{share.not_applicable} not applicable")
    return ", ".join(parts)


def text(report: Report, *, everything: bool = False) -> Iterator[str]:
    """Lines: what fails with its reason and evidence, then the score.

    Args:
        report: The run.
        everything: Whether passed checks are listed too.
    """
    yield f"{report.target}"
    yield f"API root {report.api_root or 'not found'}, collection {report.collection or 'none'}"
    for group, found in groupby(report.checks, lambda line: line.group):
        shown = [line for line in found if everything or line.verdict == Verdict.FAIL]
        if shown:
            yield ""
            yield group
        for line in shown:
            yield from _lines(line)
    yield ""
    yield from summary(report)
    yield from _rest(report)


def _lines(line: Line) -> Iterator[str]:
    mark = _MARKS[Verdict(line.verdict)]
    yield f"  {mark}  {line.id} {line.level.upper()} {line.section}: {line.asks}"
    if line.verdict != Verdict.PASS:
        yield f"        {line.said}"
    if line.verdict == Verdict.FAIL:
        yield f"        Why it matters: {line.why}"
        for one in line.evidence[:1]:
            yield f"        > {one.request}"
            yield f"        < {one.answer}"


def _rest(report: Report) -> Iterator[str]:
    yield from report.notes
    if report.left_behind:
        yield f"{len(report.left_behind)} test objects could not be removed:"
        yield from (f"  {name}" for name in report.left_behind)


def markdown(report: Report) -> Iterator[str]:
    """The same with every check, as a page."""
    yield f"# TAXII 2.1 check of {_cell(report.target)}\n"
    yield f"{report.started}, kit {report.kit.version} (`{report.kit.digest[:12]}`)\n"
    yield from (f"    {row}" for row in summary(report))
    yield ""
    yield from _rest(report)
    for group, found in groupby(report.checks, lambda line: line.group):
        yield f"\n## {group}\n"
        yield "| check | level | what is asked | verdict | what was seen |"
        yield "| --- | --- | --- | --- | --- |"
        for line in found:
            cells = (line.id, line.level, line.asks, _MARKS[Verdict(line.verdict)], line.said)
            yield f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: str) -> str:
    """A server's words lead neither the table nor the page."""
    plain = value.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return plain.replace("[", "\\[").replace("\n", " ")
