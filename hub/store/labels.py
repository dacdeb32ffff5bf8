"""Labels: who may see a record, as a small number that every record carries.

A label is a collection, a marking and an audience. There are few: the rule is asked once for each
of them (`Scope.since`), and an engine then reads only the records under labels that the scope
sees. What a reader may not see is not touched; a better record of the same object that it may not
see costs one look into an index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from hub.model.party import Subject
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp
from hub.store.database import single


class Range(NamedTuple):
    """The records under one label, from an instant on."""

    label: int
    since_us: int


class Labels:
    """The labels of the store, remembered: they are added and never changed."""

    def __init__(self) -> None:
        self._last = 0
        self._by_key: dict[int, Label] = {}
        self._by_audience: dict[tuple[int, Subject | None], list[int]] = {}

    def visible(
        self, connection: sqlite3.Connection, scope: Scope, collection: int
    ) -> list[Range]:
        """What the scope may see of a collection's records.

        It says the same as `Scope.admits`; a property test compares them.
        """
        self.refresh(connection)
        found: dict[int, int] = {}
        for subject in (None, *scope.subjects):
            for key in self._by_audience.get((collection, subject), ()):
                since = scope.since(self._by_key[key])
                if since is not None:
                    found[key] = since
        return [Range(key, since) for key, since in sorted(found.items())]

    def windows(self, connection: sqlite3.Connection, scope: Scope) -> list[Range]:
        """What the scope may see of the records of all collections."""
        return [
            found
            for key in sorted(scope.readable)
            for found in self.visible(connection, scope, key)
        ]

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Read what was added. Threads may do so at once: the same rows give the same entries."""
        rows = connection.execute(
            "SELECT key, collection, tlp, audience FROM label WHERE key > ? ORDER BY key",
            (self._last,),
        ).fetchall()
        for key, collection, tlp, audience in rows:
            # Before anything leads to it: other threads read meanwhile.
            self._by_key[key] = label = Label(collection, Tlp(tlp), _subjects(audience))
            for subject in label.audience or (None,):
                keys = self._by_audience.setdefault((collection, subject), [])
                if not keys or keys[-1] < key:
                    keys.append(key)
            self._last = key

    def of(self, key: int) -> Label:
        """The label of a key that was read in this or an earlier transaction."""
        return self._by_key[key]


def key_of(connection: sqlite3.Connection, label: Label) -> int:
    """The key of a label, which is added if it is new; inside a write transaction."""
    values = (label.collection, int(label.tlp), _text(label.audience))
    row = connection.execute(
        "SELECT key FROM label WHERE collection = ? AND tlp = ? AND audience = ?", values
    ).fetchone()
    if row is None:
        row = single(
            connection.execute(
                "INSERT INTO label (collection, tlp, audience) VALUES (?,?,?) RETURNING key",
                values,
            )
        )
    return int(row[0])


def _text(audience: Iterable[Subject]) -> str:
    """Names hold neither colons nor blanks (`hub.service.admin`)."""
    return " ".join(sorted(f"{kind}:{name}" for kind, name in audience))


def _subjects(text: str) -> frozenset[Subject]:
    pairs = (word.partition(":") for word in text.split())
    return frozenset((kind, name) for kind, _, name in pairs)  # type: ignore[misc]
