"""A store as version 1 of the schema held it: written by SQL, by nothing of today's program."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub.model.record import Candidate
from hub.stix.check import check
from hub.store import database
from tests.fakes import START_US, uuid_of

GONE, OLDER_SPEC, OLDER, LAST = range(4)


class OldStore:
    """One file of schema 1. `close` gives each record its standing, as the old rules did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA page_size=8192")
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=OFF")
        self.connection.execute("BEGIN")
        for statement in database._statements(database._scripts()[0]):
            self.connection.execute(statement)
        self.connection.execute("PRAGMA user_version = 1")
        self._last_us = START_US
        self._ordinal = 0

    def party(self, kind: str, name: str, /, **body: Any) -> None:
        """A document of the directory, with the members it had then."""
        text = json.dumps(body, ensure_ascii=False).encode()
        self.connection.execute("INSERT INTO party VALUES (?,?,?)", (kind, name, text))

    def publish(self, collection: int, raw: bytes, publisher: str = "ministry") -> int:
        """One record; returns its date added."""
        item = check(raw, "")
        assert isinstance(item, Candidate), item
        self._last_us += 13
        self.connection.execute(
            "INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                self._last_us,
                collection,
                OLDER,
                item.version_us,
                item.stix,
                item.type,
                item.object_id,
                item.version,
                publisher,
                item.digest,
                item.terms,
                "\n".join(item.warnings),
                item.raw,
            ),
        )
        self._change("add", self._last_us, self._last_us, collection)
        return self._last_us

    def delete(self, added_us: int) -> None:
        """Take a record back: what stays is that it was there."""
        self._last_us += 13
        ((collection,),) = self.connection.execute(
            "UPDATE record SET standing = 0, raw = x'', terms = '', warnings = ''"
            " WHERE added_us = ? RETURNING collection",
            (added_us,),
        )
        self._change("delete", self._last_us, added_us, collection)

    def _change(self, kind: str, at_us: int, added_us: int, collection: int) -> None:
        self._ordinal += 1
        self.connection.execute(
            "INSERT INTO change VALUES (?,?,?,?,?)",
            (self._ordinal, kind, at_us, added_us, collection),
        )

    def close(self) -> None:
        """Rank the records, note the clock and let go of the file."""
        self.connection.execute(
            "UPDATE record SET standing = 1 WHERE standing > 0 AND EXISTS (SELECT 1 FROM record o"
            " WHERE o.collection = record.collection AND o.object_id = record.object_id"
            " AND o.standing > 0 AND o.stix > record.stix)"
        )
        self.connection.execute(
            "UPDATE record SET standing = 3 WHERE standing = 2 AND NOT EXISTS (SELECT 1"
            " FROM record o WHERE o.collection = record.collection"
            " AND o.object_id = record.object_id AND o.standing > 0 AND o.standing > 1"
            " AND o.version_us > record.version_us)"
        )
        self.connection.execute(
            "UPDATE clock SET last_us = ?, ordinal = ?, epoch = 17",
            (self._last_us, self._ordinal),
        )
        self.connection.execute("COMMIT")
        self.connection.close()

    def parties(self, orgs: Iterable[str], communities: dict[str, list[str]]) -> None:
        """Organisations with an account each, communities that may read, and two collections."""
        for slug in orgs:
            self.party("org", slug, slug=slug, id=f"identity--{slug}", name_vi="", name_en="")
            self.party("account", slug, name=slug, org=slug, roles=["reader", "publisher"])
        for name, members in communities.items():
            self.party("community", name, name=name, title=name.title(), members=members)
        for key, alias, public in ((1, "shared", False), (2, "open", True)):
            self.party(
                "collection",
                str(key),
                key=key,
                id=str(uuid_of(key)),
                root="hub",
                alias=alias,
                title=alias,
                description="",
                public=public,
                strict=False,
                media_types=["application/stix+json;version=2.1"],
            )
            for name in communities:
                self.party(
                    "grant",
                    f"{key}/community/{name}",
                    collection=key,
                    subject=["community", name],
                    read=True,
                    write=True,
                )
