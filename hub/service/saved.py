"""Saved searches: of an account, perhaps shared within its organisation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hub.errors import Fault, HubError
from hub.model.party import Caller
from hub.model.query import Scope
from hub.model.saved import SavedSearch
from hub.service.changes import bad
from hub.store.base import Act, SavedSearches

MOST = 100
"""Of one account."""

LONGEST_NAME = 100
_ID_BYTES = 8


class Bookmarks:
    """What people do with saved searches.

    Args:
        store: Where they are kept.
        check: Raises HubError for a query that cannot be run; the scope says which collections
            it may name.
    """

    def __init__(self, store: SavedSearches, check: Callable[[Scope, str], object]) -> None:
        self._store = store
        self._check = check

    def list(self, scope: Scope) -> list[SavedSearch]:
        """Those of the account, and those that others of its organisation share; by name."""
        return self._store.saved_searches(scope)

    def save(
        self, caller: Caller, scope: Scope, name: str, query: str, *, shared: bool
    ) -> SavedSearch:
        """Keep a query; one that the account saved under this name is replaced.

        Raises:
            HubError: DENIED for a token that only reads, BAD_REQUEST for the name or when there
                are too many, BAD_QUERY for a query that cannot be run.
        """
        _require_writing(caller)
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise bad("name", f"a name has 1 to {LONGEST_NAME} characters that can be printed")
        self._check(scope, query)
        item = SavedSearch(id_of(scope.account, name), "", "", name, query, shared, 0)
        act = Act(caller.account, caller.org, "search.save", item.id, "shared" if shared else "")
        return self._store.save_search(scope, item, act, most=MOST)

    def drop(self, caller: Caller, scope: Scope, search_id: str) -> None:
        """Delete one of the account's own.

        Raises:
            HubError: DENIED for a token that only reads, and for one that another account
                shares; ABSENT.
        """
        _require_writing(caller)
        act = Act(caller.account, caller.org, "search.drop", search_id[:64])
        if self._store.drop_search(scope, search_id, act):
            return
        for item in self.list(scope):
            if item.id == search_id:
                raise HubError(
                    Fault.DENIED,
                    f"this search is shared by {item.account}, who alone may delete it",
                )
        raise HubError(Fault.ABSENT, "there is no such saved search")


def id_of(account: str, name: str) -> str:
    """The id of an account's search of that name."""
    text = f"{account}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_ID_BYTES).hexdigest()


def _require_writing(caller: Caller) -> None:
    if caller.read_only:
        raise HubError(Fault.DENIED, "this token only reads", remedy="Use another credential.")
