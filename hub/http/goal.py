"""Addresses that a request names to go to afterwards: those of this hub alone."""

from __future__ import annotations

import re

# `//host` and `/\host` would lead elsewhere.
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}", re.ASCII)


def is_here(path: str) -> bool:
    """Whether it is an address of this hub, and of no other one."""
    return _PATH.fullmatch(path) is not None
