"""What a search engine must do, and what one outside of the store is made from.

`tests/conformance/test_finder.py` is run over every engine, with `hub.language.matcher` as oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hub.model.query import Scope
from hub.model.search import Bar, Facet, Hits, Node, Reach, Sheet, Summary, Survey, Term


class Finder(Protocol):
    """Search, over the version of each object and collection that the scope gets.

    A record that a scope does not see changes nothing of any answer. The bytes of what was found
    come from the record (`Log.pick`), which looks at the scope once more.

    Each of them raises HubError: SEARCH_DOWN while the engine cannot answer, BAD_QUERY when a
    query takes it too long.
    """

    def find(
        self, scope: Scope, node: Node, edge_us: int, limit: int, *, rising: bool = False
    ) -> Hits:
        """The first `limit` records that match, newest first, by date added.

        Args:
            scope: Who asks.
            node: What for.
            edge_us: Only records added before this instant, or after it when rising; 0: from the
                first on.
            limit: At most so many.
            rising: The oldest first.
        """

    def count(self, scope: Scope, node: Node) -> int | None:
        """How many records match; None: they could not be counted in time."""

    def facets(self, scope: Scope, node: Node, fields: Sequence[str], most: int) -> list[Facet]:
        """The `most` frequent keys of each field among what matches, in the order of the fields.

        The key of a collection is its number, of a marking its `Tlp.text`.
        """

    def histogram(self, scope: Scope, node: Node, field: str, step_us: int) -> list[Bar] | None:
        """How many records match in each step of time, oldest first, without empty steps.

        Args:
            scope: Who asks.
            node: What for.
            field: An instant; records without it are left out.
            step_us: Width of a bar.

        Returns:
            None when they could not be counted in time.
        """

    def survey(
        self, scope: Scope, node: Node, fields: Sequence[str], most: int, *, instant: str
    ) -> Survey:
        """`count`, `facets` and the `histogram` by day of an instant, as far as that is soon done.

        What each of them gives is what the method of that name gives, or None. All of them
        together take no longer than a page may wait, which is less than each may take by itself.
        """

    def suggest(self, scope: Scope, field: str, beginning: str, most: int) -> list[str]:
        """Keys of a facet field that begin so, the most frequent first, then by key."""

    def summaries(self, scope: Scope, terms: Sequence[Term]) -> list[Summary]:
        """What is known of each value, in the order of the terms."""

    def reach(self) -> Reach:
        """How far it has come; never raises."""


class Shown(NamedTuple):
    """A record as a search index keeps it."""

    sheet: Sheet
    object_id: str
    label: int
    """Key of its label"""
    beaten: tuple[tuple[int, int], ...]
    """By what it is hidden from whoever sees that: labels, each with the date added of the newest
    better record under it. Empty for the best version."""


class Touched(NamedTuple):
    """What changed, as it is now."""

    ordinal: int
    """The last change that was looked at"""
    state: int
    """Ordinal of the last change when the records were read: of two readings of a record, the one
    with the greater state is the newer."""
    shown: list[Shown]
    """All records of the objects concerned that anybody may get as a latest version"""
    gone: list[int]
    """Dates added of all other records of these objects, which are not to be found (any more)"""


class Source(Protocol):
    """What a search index outside of the store is made from. Unscoped: for the projector alone."""

    def identity(self) -> str:
        """Of this store: another one, or a restored copy, has another."""

    def touched(self, after: int, limit: int) -> Touched:
        """The objects of the next `limit` changes behind `after`, whole, in one state."""

    def windows(self, scope: Scope) -> list[tuple[int, int]]:
        """The keys of all labels that the scope sees, each with the instant from which on."""
