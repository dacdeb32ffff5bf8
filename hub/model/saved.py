"""Searches that people keep."""

from __future__ import annotations

import msgspec


class SavedSearch(msgspec.Struct, frozen=True):
    """A query under a name. It holds no result: whoever runs it gets what they may see."""

    id: str
    """Follows from account and name, so saving under the same name twice changes the first."""
    account: str
    """Whose it is"""
    org: str
    """Slug of its organisation"""
    name: str
    query: str
    shared: bool
    """The accounts of the organisation see it too."""
    saved_us: int
