"""What a store must keep of drafts; `hub.store.base.Store` includes it."""

from __future__ import annotations

from typing import Protocol

from hub.model.draft import Draft, DraftHead
from hub.model.query import Scope


class Drafts(Protocol):
    """What accounts are about to publish: seen by the account alone, gone with it.

    Also gone when the account changes organisation, and when they expire.
    """

    def drafts(self, scope: Scope) -> list[DraftHead]:
        """Those of the account, the last changed first."""

    def draft(self, scope: Scope, draft_id: str) -> Draft | None:
        """One of the account's own; None: it has none with that id."""

    def put_draft(self, scope: Scope, item: Draft, *, life_us: int, most: int) -> Draft:
        """Keep one, new or changed. Account, organisation, version and dates are the store's.

        Args:
            scope: Whose it becomes.
            item: With the version that it was changed from; 0: it is new.
            life_us: How long it lives from now on, in microseconds.
            most: How many the account may have.

        Raises:
            Stale: It has another version by now, or is gone; or another account has its id.
            HubError: BAD_REQUEST when the account has `most` that were not published; DENIED for
                nobody. Of those that were published, the oldest make room.
        """

    def drop_draft(self, scope: Scope, draft_id: str) -> bool:
        """Delete one of the account's own; False when it has none with that id."""
