"""Values that everybody has: warning lists, as MISP keeps them (package pymispwarninglists).

Only a few of its 120 lists are read, each when it is first asked for: all of them take 65 MB.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

_FOLDER = "data/misp-warninglists/lists"
# Reserved for tests (RFC 2606), for local use (RFC 6762, RFC 8375) and for Tor (RFC 7686): nobody
# registers below them, and reports have them.
_SPECIAL = frozenset({"example", "test", "invalid", "onion", "bit"})


class _List(msgspec.Struct, rename={"found": "list"}):
    found: list[str]


@cache
def entries(name: str) -> frozenset[str]:
    """The entries of a list, in lower case.

    Args:
        name: Of its folder, such as `empty-hashes`.
    """
    path = files("pymispwarninglists") / _FOLDER / name / "list.json"
    kept = msgspec.json.decode(path.read_bytes(), type=_List)
    return frozenset(item.lower() for item in kept.found)


@cache
def endings() -> frozenset[str]:
    """Top level domains that exist, and those that are set aside."""
    return entries("tlds") | _SPECIAL
