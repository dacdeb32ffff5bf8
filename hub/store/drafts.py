"""Drafts on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from hub.errors import Fault, HubError
from hub.model.draft import Draft, DraftHead
from hub.model.query import Scope
from hub.store.base import Stale
from hub.store.book import Book
from hub.store.database import single

_HEAD = ", ".join(DraftHead.__struct_fields__)
_FIELDS = Draft.__struct_fields__
_LIVING = "account = :account AND org = :org AND account <> '' AND expires_us > :now"


class DraftBook(Book):
    """`hub.store.drafting.Drafts` on a SQLite database."""

    def drafts(self, scope: Scope) -> list[DraftHead]:
        """See `Drafts.drafts`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_HEAD} FROM draft WHERE {_LIVING} ORDER BY changed_us DESC, id",
                self._living(scope),
            ).fetchall()
        return [msgspec.convert(_named(DraftHead, row), DraftHead) for row in rows]

    def draft(self, scope: Scope, draft_id: str) -> Draft | None:
        """See `Drafts.draft`."""
        with self._database.reading() as connection:
            return self._found(connection, scope, draft_id)

    def put_draft(self, scope: Scope, item: Draft, *, life_us: int, most: int) -> Draft:
        """See `Drafts.put_draft`."""
        with self._database.writing() as connection:
            now = self._clock()
            connection.execute("DELETE FROM draft WHERE expires_us <= ?", (now,))
            known = self._found(connection, scope, item.id)
            if item.version != (known.version if known else 0):
                raise Stale
            if known is None:
                _make_room(connection, scope, most)
            kept = msgspec.structs.replace(
                item,
                account=scope.account,
                org=scope.org,
                version=item.version + 1,
                created_us=known.created_us if known else now,
                changed_us=now,
                expires_us=now + life_us,
            )
            # A new one takes the place of none: its id may be that of somebody else's.
            written = connection.execute(
                f"INSERT OR {'REPLACE' if known else 'IGNORE'} INTO draft ({', '.join(_FIELDS)})"
                f" VALUES ({', '.join('?' * len(_FIELDS))})",
                [getattr(kept, name) for name in _FIELDS],
            )
            if not written.rowcount:
                raise Stale
            return kept

    def drop_draft(self, scope: Scope, draft_id: str) -> bool:
        """See `Drafts.drop_draft`."""
        with self._database.writing() as connection:
            return bool(
                connection.execute(
                    f"DELETE FROM draft WHERE id = :id AND {_LIVING}",
                    self._living(scope) | {"id": draft_id},
                ).rowcount
            )

    def _living(self, scope: Scope) -> dict[str, str | int]:
        return {"account": scope.account, "org": scope.org, "now": self._clock()}

    def _found(self, connection: sqlite3.Connection, scope: Scope, draft_id: str) -> Draft | None:
        row = connection.execute(
            f"SELECT {', '.join(_FIELDS)} FROM draft WHERE id = :id AND {_LIVING}",
            self._living(scope) | {"id": draft_id},
        ).fetchone()
        return msgspec.convert(_named(Draft, row), Draft) if row else None


def _make_room(connection: sqlite3.Connection, scope: Scope, most: int) -> None:
    """Room for one more: what was published long ago goes, what was not stays."""
    if not scope.account:
        raise HubError(Fault.DENIED, "only an account may have drafts")
    connection.execute(
        "DELETE FROM draft WHERE account = ?1 AND status_id <> '' AND id NOT IN (SELECT id FROM"
        " draft WHERE account = ?1 ORDER BY status_id = '' DESC, changed_us DESC, id LIMIT ?2)",
        (scope.account, most - 1),
    )
    (others,) = single(
        connection.execute("SELECT count(*) FROM draft WHERE account = ?", (scope.account,))
    )
    if others >= most:
        raise HubError(
            Fault.BAD_REQUEST,
            f"the account has {others} drafts, and may have {most}",
            field="drafts",
            remedy="Delete or publish one first.",
        )


def _named(kind: type[DraftHead], row: Sequence[object]) -> dict[str, object]:
    return dict(zip(kind.__struct_fields__, row, strict=True))
