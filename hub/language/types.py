"""What people call the types of STIX objects.

One table for all who name them, the console and the digests that go out by mail: `types.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def labels() -> Mapping[str, list[str]]:
    """By type, in the order of the file: one of it and many in English, and in Vietnamese."""
    return tomllib.loads(files("hub.language").joinpath("types.toml").read_text("utf-8"))


def type_label(name: str, *, vietnamese: bool, n: int = 1) -> str:
    """What objects of a type are called, with a small letter; nothing: the type is not known.

    Args:
        name: Of the type.
        vietnamese: Or English.
        n: How many there are: English has a plural.
    """
    found = labels().get(name)
    return found[2 if vietnamese else n != 1] if found else ""
