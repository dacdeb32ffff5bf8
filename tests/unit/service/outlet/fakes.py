"""A selection out of nothing, and what is written from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.model.exporting import Numbered
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.assertion import Assertion
from hub.service.outlet.entries import Entry, Source
from hub.service.outlet.press import Format, Press, Rule, Totals, about
from hub.service.outlet.table import FORMATS
from hub.service.outlet.wish import LeftOut, Wish

START_US = 1_700_000_000_000_000


def assertion(number: int = 1, name: str = "", publisher: str = "ministry") -> Assertion:
    object_id = f"indicator--00000000-0000-4000-8000-{number:012x}"
    return Assertion(publisher, object_id, 70, START_US, START_US, 0, Tlp.GREEN, name)


def entry(field: str, key: str, value: str, name: str = "") -> Entry:
    return Entry(field, key, value, [Source(value, assertion(name=name))])


class Chosen:
    """`hub.service.outlet.press.Selection` of what a test names."""

    def __init__(
        self,
        entries: Sequence[Entry] = (),
        rules: Sequence[str] = (),
        pieces: Sequence[Piece] = (),
    ) -> None:
        self._entries = entries
        self._rules = rules
        self._pieces = pieces

    def entries(self) -> Iterator[Entry]:
        return iter(self._entries)

    def rules(self) -> Iterator[Rule]:
        said = enumerate(self._rules, start=1)
        return (Rule(Source("", assertion(number)), text) for number, text in said)

    def objects(self) -> Iterator[Piece]:
        return iter(self._pieces)


class Numbers:
    """Numbers as the store gives them, without a store."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[int, int, bytes]] = {}

    def __call__(self, rules: Sequence[tuple[str, bytes]]) -> list[Numbered | None]:
        found: list[Numbered | None] = []
        for name, digest in rules:
            sid, rev, known = self._given.get(name, (1_000_000 + len(self._given), 1, digest))
            rev += known != digest
            self._given[name] = (sid, rev, digest)
            found.append(Numbered(sid, rev))
        return found


def written(name: str, chosen: Chosen, left: LeftOut | None = None, **wish: object) -> bytes:
    """A whole file, with its comments if they are wished for."""
    form: Format = FORMATS[name]
    count = LeftOut() if left is None else left
    asked = Wish(**wish)  # type: ignore[arg-type]
    press = Press(asked, "collection x", "https://hub.example.org", Numbers(), count)
    body = b"".join(form.write(chosen, press))
    totals = Totals(7, START_US, "")
    remarks = about(press.place, form, totals) if form.sign and asked.comments else b""
    return remarks + (form.head(totals) if form.head else b"") + body
