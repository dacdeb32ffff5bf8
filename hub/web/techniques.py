"""The page of ATT&CK techniques: the matrix over a query, or the same as a table.

Its state is its address: `q` the query, `matrix` the kill chain, `show=all` also what no record
names, `as=table` the table.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.service.changes import bad
from hub.service.search import Question
from hub.service.techniques import (
    MOST_PATTERNS,
    Matrix,
    Tactic,
    Technique,
    Techniques,
    named_by,
    techniques,
)
from hub.web.address import link
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit
from hub.web.vocabulary import order, tables

_NAMES = frozenset({"q", "matrix", "show", "as"})
_SHADES = 5
_PROBE = "t1566"


class Wish(NamedTuple):
    """The parameters, understood."""

    query: str
    chain: str
    """Empty: the first there is"""
    is_whole: bool
    """Also techniques that no record names"""
    is_table: bool


class Shown(NamedTuple):
    """One matrix as it is drawn."""

    chain: str
    tactics: list[Tactic]
    """In the order of the kill chain, with what is shown of each"""
    most: int
    """Records of the technique that has most"""
    named: int
    """Techniques that records name, of so many"""
    known: int

    def shade(self, technique: Technique) -> int:
        """From 0, no record, to 5."""
        if not technique.records:
            return 0
        # A few names are everywhere: by the root the many others differ as well.
        return max(1, round(_SHADES * sqrt(technique.records / self.most)))


def pages(console: Console) -> list[Page]:
    """`/techniques`."""
    del console
    return [Page("techniques", _techniques)]


def _techniques(visit: Visit) -> Answer:
    wish = _read(visit)
    try:
        question = visit.console.searcher.ask(visit.scope, visit.directory, wish.query)
        found = techniques(visit.console.finder, visit.console.store, question)
    except HubError as error:
        if error.fault is not Fault.BAD_QUERY:
            raise
        nothing = Techniques([], [], is_counted=False, is_whole=True)
        return _page(visit, wish, nothing, problem=visit.problem(error)), 400
    return _page(visit, wish, found, before=_before(visit, wish.query, question))


def _read(visit: Visit) -> Wish:
    """The parameters.

    Raises:
        HubError: BAD_REQUEST names one that is not known, or has a value that is none of its own.
    """
    for name in visit.args:
        if name not in _NAMES:
            known = ", ".join(sorted(_NAMES))
            raise bad(name[:80], "this page has no such parameter", f"It has {known}.")
    show, how = visit.args.get("show", ""), visit.args.get("as", "")
    if show not in {"", "all"}:
        raise bad("show", f"{show[:80]!r} is nothing to show", "Leave it out, or say all.")
    if how not in {"", "table"}:
        raise bad("as", f"{how[:80]!r} is no way to show it", "Leave it out, or say table.")
    chain = visit.args.get("matrix", "")
    return Wish(visit.args.get("q", "").strip(), chain, show == "all", how == "table")


def _page(
    visit: Visit, wish: Wish, found: Techniques, *, problem: str = "", before: str | None = None
) -> str:
    def href(technique: Technique) -> str:
        """The search that finds what is counted; empty: no query says that."""
        return "" if before is None else link("search", q=f"{before}{_named(technique.number)}")

    matrices = sorted(found.matrices, key=lambda matrix: _place("kill-chain", matrix.chain))
    chosen = [matrix for matrix in matrices if matrix.chain == wish.chain] or matrices
    return visit.render(
        "techniques/page.html",
        wish=wish,
        found=found,
        chains=[matrix.chain for matrix in matrices],
        shown=_shown(chosen[0], whole=wish.is_whole or not found.is_counted) if chosen else None,
        href=href,
        problem=problem,
        most_patterns=MOST_PATTERNS,
    )


def _before(visit: Visit, query: str, question: Question) -> str | None:
    """What stands before the condition in the query that asks for a technique as well.

    None: no such query means both, as that of a pasted list.
    """
    wanted = named_by(question.node, _PROBE)
    for before in ("", f"{query} ", f"({query}) "):
        try:
            asked = visit.console.searcher.ask(
                visit.scope, visit.directory, f"{before}{_named(_PROBE)}", question.now_us
            )
        except HubError:
            continue
        if asked.node == wanted:
            return before
    return None


def _named(number: str) -> str:
    return f"attack:{number} -type:attack-pattern"


def _shown(matrix: Matrix, *, whole: bool) -> Shown:
    every = [technique for tactic in matrix.tactics for technique in tactic.techniques]
    every += [part for technique in every for part in technique.parts]
    by_number = {technique.number: technique.records or 0 for technique in every}
    tactics = [
        Tactic(
            tactic.phase,
            [_left(each, whole=whole) for each in tactic.techniques if whole or each.most],
        )
        for tactic in sorted(matrix.tactics, key=lambda each: _place(matrix.chain, each.phase))
    ]
    named = sum(records > 0 for records in by_number.values())
    most = max(by_number.values(), default=0)
    return Shown(matrix.chain, tactics, most, named, len(by_number))


def _left(technique: Technique, *, whole: bool) -> Technique:
    """The technique with those parts that are shown."""
    parts = tuple(part for part in technique.parts if whole or part.records)
    return technique._replace(parts=parts)


def _place(vocabulary: str, key: str) -> tuple[int, str]:
    """Where a word stands in its vocabulary; those of partners come last, by name."""
    known = order(vocabulary) if vocabulary in tables() else ()
    return (known.index(key) if key in known else len(known), key)
