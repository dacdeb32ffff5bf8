"""Saved searches on SQLite."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub.errors import Fault, HubError
from hub.model.query import Scope
from hub.model.saved import SavedSearch
from hub.store.base import Act
from hub.store.book import Book
from hub.store.database import single
from hub.store.ledger import record_act

_COLUMNS = ", ".join(SavedSearch.__struct_fields__)


class SearchBook(Book):
    """`hub.store.base.SavedSearches` on a SQLite database."""

    def saved_searches(self, scope: Scope) -> list[SavedSearch]:
        """See `SavedSearches.saved_searches`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM saved_search WHERE account = ? AND account <> ''"
                f" UNION SELECT {_COLUMNS} FROM saved_search"
                " WHERE org = ? AND org <> '' AND shared = 1",
                (scope.account, scope.org),
            ).fetchall()
        found = [_search(row) for row in rows]
        return sorted(found, key=lambda item: (item.name, item.account))

    def save_search(self, scope: Scope, item: SavedSearch, act: Act, *, most: int) -> SavedSearch:
        """See `SavedSearches.save_search`."""
        with self._database.writing() as connection:
            kept = msgspec.structs.replace(
                item, account=scope.account, org=scope.org, saved_us=self._clock()
            )
            (others,) = single(
                connection.execute(
                    "SELECT count(*) FROM saved_search WHERE account = ? AND id <> ?",
                    (kept.account, kept.id),
                )
            )
            if others >= most:
                raise HubError(
                    Fault.BAD_REQUEST,
                    f"the account has {others} saved searches, and may have {most}",
                    field="name",
                    remedy="Delete one first, or save under the name of one.",
                )
            connection.execute(
                "INSERT OR REPLACE INTO saved_search VALUES (?,?,?,?,?,?,?)",
                [getattr(kept, name) for name in SavedSearch.__struct_fields__],
            )
            record_act(connection, act, kept.saved_us)
            return kept

    def drop_search(self, scope: Scope, search_id: str, act: Act) -> bool:
        """See `SavedSearches.drop_search`."""
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM saved_search WHERE id = ? AND account = ?",
                (search_id, scope.account),
            ).rowcount
            if gone:
                record_act(connection, act, self._clock())
            return bool(gone)


def _search(row: Sequence[object]) -> SavedSearch:
    names = SavedSearch.__struct_fields__
    return msgspec.convert(dict(zip(names, row, strict=True)), SavedSearch, strict=False)
