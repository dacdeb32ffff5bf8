"""What somebody is about to publish, as the store keeps it."""

from __future__ import annotations

import msgspec


class DraftHead(msgspec.Struct, frozen=True, kw_only=True):
    """A draft without its content."""

    id: str
    """Random, so that nobody guesses it"""
    account: str = ""
    """Whose it is"""
    org: str = ""
    """Slug of its organisation"""
    version: int = 0
    """Rises with every change; 0: it was never stored."""
    title: str = ""
    status_id: str = ""
    """Of its publish; empty: it was not published."""
    created_us: int = 0
    changed_us: int = 0
    expires_us: int = 0
    """From this instant on it is gone."""


class Draft(DraftHead, frozen=True, kw_only=True):
    """A draft with its content."""

    body: bytes
    """Known to `hub.service.drafts` alone"""
