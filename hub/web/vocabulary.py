"""What the console calls the words of STIX, of ATT&CK and of the hub, in each language.

All of them stand in `locale/vocabulary.toml`, whose head says how; the types of STIX objects in
`hub.language.types`. A word that is not there is shown as it is, made readable: partners extend the
open vocabularies (STIX 2.1 section 10) as they like, and nothing of theirs is hidden. Labels may
hold what partners wrote: templates escape them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel import Locale

from hub.language.types import labels, type_label

VI = "vi"

_ENDINGS = ("-ov", "-enum")
# Names as specifications write them; anything else is shown as it is.
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+")


@cache
def tables() -> Mapping[str, Mapping[str, str | list[str]]]:
    """Labels by vocabulary and key, in the order of the file."""
    text = files("hub.web").joinpath("locale/vocabulary.toml").read_text("utf-8")
    return {"type": labels(), **tomllib.loads(text)}


def word(vocabulary: str, key: str, lang: str) -> str:
    """The label of a word.

    Args:
        vocabulary: A table of the file, with or without `-ov` and `-enum`; `country` for
            ISO 3166-1 alpha-2 codes.
        key: The word as objects have it.
        lang: `vi` or `en`.

    Returns:
        The label; of an unknown word the word itself, readable.
    """
    if vocabulary == "country":
        return Locale(lang).territories.get(key.upper()) or readable(key)
    for ending in ("", *_ENDINGS):
        found = tables().get(vocabulary + ending, {})
        label = found.get(key) or found.get(key.lower())
        if label:
            return _in(label, lang)
    return readable(key)


def order(vocabulary: str) -> tuple[str, ...]:
    """The keys of a vocabulary in its own order, such as tactics along the kill chain."""
    return tuple(tables()[vocabulary])


def field_name(name: str, lang: str) -> str:
    """The name of a property of STIX, or of a field of the query language."""
    label = tables()["field"].get(name)
    if label:
        return _in(label, lang)
    plain = readable(name)
    return plain[:1].upper() + plain[1:]


def type_name(name: str, lang: str, n: int = 1) -> str:
    """What objects of a type are called, in the plural of `n`."""
    return type_label(name, vietnamese=lang == VI, n=n) or readable(name)


def relation(name: str, lang: str, *, inverse: bool = False) -> str:
    """The verb of a relationship or reference, to stand between its two ends.

    Args:
        name: A `relationship_type`, or a property such as `object_refs`.
        lang: `vi` or `en`.
        inverse: The target stands first: "B is used by A".
    """
    label = tables()["relation"].get(name)
    if not label:
        plain = readable(name.removesuffix("_refs").removesuffix("_ref"))
        return f"← {plain}" if inverse else plain
    return label[2 * (lang == VI) + inverse]


def readable(key: str) -> str:
    """A word that no table has: `some_new-type` is `some new type`."""
    return re.sub("[-_]", " ", key) if _NAME.fullmatch(key) else key


def _in(label: str | list[str], lang: str) -> str:
    if isinstance(label, str):
        return label
    return label[lang == VI]
