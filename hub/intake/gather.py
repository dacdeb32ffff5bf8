"""Gathers values and what is left out, each once."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from hub.intake.concerns import item_of, weighed
from hub.language.harvest import Sighted
from hub.model.intake import Item, LeftOut, Reason

MOST_ITEMS = 2_000
"""Values or objects of one submission"""
MOST_LEFT = 500
"""Entries of what was left out; more are counted in the last one."""
_LONGEST_GIVEN = 200


class Gathering:
    """Values in the order in which they were found.

    Args:
        own_domains: As `hub.intake.concerns.weighed` takes them.
        most: Values that are taken.
    """

    def __init__(self, own_domains: Collection[str] = (), most: int = MOST_ITEMS) -> None:
        self._own = own_domains
        self._most = most
        self._items: dict[tuple[str, str], Item] = {}
        self._left: dict[tuple[str, Reason], LeftOut] = {}

    def see(self, sighted: Sighted, note: str = "") -> None:
        """A value of a text, or what looked like one."""
        if not sighted.field:
            self.leave(sighted.given, "invalid", sighted.line)
        else:
            self.add(item_of(sighted, note))

    def add(self, item: Item) -> None:
        """A value; a second time it is a duplicate."""
        at = (item.field, item.key)
        known = self._items.get(at)
        if known is not None:
            self.leave(item.value, "duplicate", item.line)
            # The same value on its own says more than as the name of a file in passing.
            if item.note and not known.note:
                self._items[at] = msgspec.structs.replace(known, note=item.note)
        elif len(self._items) >= self._most:
            self.leave("", "over-limit")
        else:
            self._items[at] = weighed(item, self._own)

    def leave(
        self, given: str, reason: Reason, line: int = 0, *, detail: str = "", count: int = 1
    ) -> None:
        """Something that is not published."""
        given = given[:_LONGEST_GIVEN]
        known = self._left.get((given, reason))
        if known is None and len(self._left) >= MOST_LEFT:
            given, line, detail = "", 0, ""
            known = self._left.get(("", reason))
        entry = known or LeftOut(given, reason, line, 0, detail)
        self._left[given, reason] = msgspec.structs.replace(entry, count=entry.count + count)

    @property
    def items(self) -> tuple[Item, ...]:
        """The values."""
        return tuple(self._items.values())

    @property
    def left(self) -> tuple[LeftOut, ...]:
        """What was left out."""
        return tuple(self._left.values())
