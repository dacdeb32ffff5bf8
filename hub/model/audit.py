"""Questions to the audit log."""

from __future__ import annotations

from typing import NamedTuple


class Sought(NamedTuple):
    """Which lines are sought; what is empty, or 0, asks for nothing."""

    account: str = ""
    action: str = ""
    """Such as `token.issue`, or `token` for all that begin with `token.`"""
    target: str = ""
    from_us: int = 0
    until_us: int = 0
    """Before this instant"""
