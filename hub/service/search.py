"""Search for one caller: pages of hits, the whole result, facets, histogram, suggestions.

A result that is walked to its end is complete: an object that got a newer version while the walk
went on, behind its back so to speak, is in one of the rounds that follow the first. Where an engine
does not know that version yet, the next round waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.language.fields import FIELDS, Kind
from hub.language.parser import Setting, parse
from hub.model.clock import now_us
from hub.model.party import Collection, Directory
from hub.model.query import Scope
from hub.model.search import Document, Facet, Node, Piece, Sheet, Survey
from hub.service.changes import bad
from hub.service.matched import Match, matched
from hub.stix.check import document_of
from hub.store.base import Log
from hub.store.search import Finder

_PAGE_BYTES = 8_000_000
"""Of the objects of a page: it ends early when they are large."""

_CHUNK = 20
_STEP = 500
_BEHIND_S = 10.0
"""How long a walk waits for an engine that has not caught up with the record"""

_LOOK_S = 0.1
SUGGESTED = tuple(name for name, field in FIELDS.items() if field.facet)
"""Fields whose values are counted and suggested."""


class Question(NamedTuple):
    """A query of a caller, understood."""

    scope: Scope
    node: Node
    now_us: int
    """What `7d` and the like are counted from"""


class Hit(NamedTuple):
    """A record that matches."""

    piece: Piece
    document: Document
    matched: tuple[Match, ...]
    """By what, the most exact first; empty when nothing but properties were asked for"""


class Page(NamedTuple):
    """Some hits, in their order."""

    hits: list[Hit]
    last_us: int
    """The edge from which on the following page begins"""
    more: bool


class Searcher:
    """Search over what scopes see.

    Args:
        finder: Finds keys of records.
        log: Gives their bytes, and looks at the scope once more.
        clock: Microseconds of the system clock.
    """

    def __init__(self, finder: Finder, log: Log, *, clock: Callable[[], int] = now_us) -> None:
        self._finder = finder
        self._log = log
        self._clock = clock

    def ask(self, scope: Scope, directory: Directory, text: str, at_us: int = 0) -> Question:
        """Understand a query; empty: everything.

        Args:
            scope: Who asks.
            directory: The collections, of which only those in scope have a name.
            text: The query.
            at_us: The instant of the first page, if this is about a later one.

        Raises:
            HubError: BAD_QUERY with the position of what is wrong.
        """
        now = at_us or self._clock()
        parsed = parse(text, Setting(now, keys_of(scope, directory)))
        return Question(scope, parsed.node, now)

    def page(self, question: Question, edge_us: int, limit: int, *, rising: bool = False) -> Page:
        """At most `limit` hits. Large objects may end the page early.

        Args:
            question: What is asked for.
            edge_us: Only what was added before this instant, or after it when rising; 0: from
                the first on.
            limit: At most so many.
            rising: The oldest first.
        """
        found = self._finder.find(question.scope, question.node, edge_us, limit, rising=rising)
        hits: list[Hit] = []
        size = last = 0
        for chunk in _chunks(found.keys):
            picked = self._picked(question, chunk)
            hits += picked
            last = chunk[-1]
            size += sum(len(hit.piece.raw) for hit in picked)
            if size >= _PAGE_BYTES:
                break
        return Page(hits, last, found.more or (bool(found.keys) and last != found.keys[-1]))

    def walk(self, question: Question) -> Iterator[list[Piece]]:
        """All records, newest first, a few at a time; then in the same way what came meanwhile.

        Raises:
            HubError: SEARCH_DOWN also when the engine does not catch up with what came.
        """
        floor, settled = 0, False
        while not settled:
            settled, missed, newest, before = True, False, floor, 0
            while True:
                found = self._finder.find(question.scope, question.node, before, _STEP)
                keys = [key for key in found.keys if key > floor]
                newest = max([newest, *keys[:1]])
                for chunk in _chunks(keys):
                    pieces = self._log.pick(question.scope, chunk)
                    # Who is gone may have been replaced by something newer.
                    missed = missed or len(pieces) < len(chunk)
                    yield pieces
                if not found.more or len(keys) < len(found.keys):
                    break
                settled, before = False, keys[-1]
            floor = newest
            if missed:
                settled = False
                self._catch_up()

    def _catch_up(self) -> None:
        """Wait until the engine finds all that is in the record now."""
        reach = self._finder.reach()
        due, end = reach.newest, time.monotonic() + _BEHIND_S
        while reach.trouble or reach.ordinal < due:
            if time.monotonic() > end:
                raise HubError(
                    Fault.SEARCH_DOWN,
                    reach.trouble or "search is too far behind what was published",
                    remedy="Ask again later.",
                )
            time.sleep(_LOOK_S)
            reach = self._finder.reach()

    def count(self, question: Question) -> int | None:
        """How many records match; None: they could not be counted in time."""
        return self._finder.count(question.scope, question.node)

    def facets(self, question: Question, fields: Sequence[str], most: int) -> list[Facet]:
        """The most frequent values of fields among what matches.

        Raises:
            HubError: BAD_REQUEST for a field whose values are not counted.
        """
        for name in fields:
            _require_facet(name)
        return self._finder.facets(question.scope, question.node, fields, most)

    def survey(
        self, question: Question, fields: Sequence[str], most: int, *, instant: str
    ) -> Survey:
        """What stands beside a page of results, as far as that is soon done: see `Finder.survey`.

        Raises:
            HubError: BAD_REQUEST for a field whose values are not counted, or no instant.
        """
        for name in fields:
            _require_facet(name)
        require_kind(instant, (Kind.INSTANT,))
        return self._finder.survey(question.scope, question.node, fields, most, instant=instant)

    def suggest(self, scope: Scope, field: str, beginning: str, most: int) -> list[str]:
        """Values of a field that begin so, the most frequent first.

        Raises:
            HubError: BAD_REQUEST for a field whose values are not suggested.
        """
        _require_facet(field)
        return self._finder.suggest(scope, field, beginning.strip().lower(), most)

    def hits(self, question: Question, keys: Sequence[int]) -> list[Hit]:
        """The records with these keys, as far as the scope sees them."""
        return [hit for chunk in _chunks(keys) for hit in self._picked(question, chunk)]

    def _picked(self, question: Question, keys: Sequence[int]) -> list[Hit]:
        return [hit_of(piece, question.node) for piece in self._log.pick(question.scope, keys)]


def keys_of(scope: Scope, directory: Directory) -> dict[str, int]:
    """Collections by what a query of the caller may call them: id, or alias if that is unique."""
    found = readable(scope, directory)
    aliases = [item.alias.casefold() for item in found]
    by_alias = {
        item.alias.casefold(): item.key
        for item in found
        if aliases.count(item.alias.casefold()) == 1
    }
    return by_alias | {item.id.casefold(): item.key for item in found}


def readable(scope: Scope, directory: Directory) -> list[Collection]:
    """The collections that search looks into."""
    found = [item for key, item in directory.collections.items() if key in scope.readable]
    return sorted(found, key=lambda item: item.key)


def require_kind(name: str, kinds: Sequence[Kind]) -> None:
    """Raises HubError: BAD_REQUEST for a field of another kind."""
    if name not in FIELDS or FIELDS[name].kind not in kinds:
        fits = [each for each, field in FIELDS.items() if field.kind in kinds]
        raise bad("field", f"{name[:80]!r} does not fit here", f"Name one of {', '.join(fits)}.")


def _require_facet(name: str) -> None:
    if name not in SUGGESTED:
        remedy = f"Name one of {', '.join(SUGGESTED)}."
        raise bad("field", f"{name[:80]!r} has no values that are counted", remedy)


def hit_of(piece: Piece, node: Node) -> Hit:
    """A record that matches, with the reasons."""
    document = document_of(piece.raw)
    sheet = Sheet(document, piece.collection, piece.publisher, piece.tlp, piece.added_us)
    return Hit(piece, document, matched(node, sheet))


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))


def absent(object_id: str) -> HubError:
    """There is no such object, or it is hidden: nobody can tell."""
    return HubError(
        Fault.ABSENT,
        f"there is no object {object_id[:80]!r} here, or this account may not see it",
        field="id",
    )
