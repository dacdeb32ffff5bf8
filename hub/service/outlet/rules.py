"""Rules of Suricata and Snort: an alert for each value, under a number that stays the same.

Values are written as content: all but letters, digits and a few harmless signs as bytes in hex, so
that nothing in them ends a string, an option or a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from hub.service.outlet.entries import Entry
from hub.service.outlet.press import Press, Selection, told
from hub.service.outlet.wish import Left

SIGN = "#"
NUMBERS = range(1_000_000, 2_000_000)
"""Set aside for rules of one's own"""

LEAST = 5
"""Characters of a content: a shorter one is found everywhere"""

_BATCH = 500
_SAFE = re.compile(r"[A-Za-z0-9._/=~+@-]")
_LITERAL = re.compile(r"[A-Za-z0-9_-]")
_WORDS = re.compile(r"[^A-Za-z0-9._@/-]+")
_LONGEST_CONTENT = 250
_LONGEST_MESSAGE = 100


class Draft(NamedTuple):
    """A rule without its number."""

    name: str
    """What it looks for, in which language: this has the number"""
    head: str
    """Up to the address on the right"""
    options: tuple[str, ...]


Language = Callable[[Entry], list[Draft]]
"""The rules of a value; none: it cannot be said"""


def writer(language: Language) -> Callable[[Selection, Press], Iterator[bytes]]:
    """Writes the rules of all values in a language."""

    def write(selection: Selection, press: Press) -> Iterator[bytes]:
        entries = selection.entries()
        while batch := list(islice(entries, _BATCH)):
            yield from _written(language, batch, press)

    return write


def _written(language: Language, batch: Iterable[Entry], press: Press) -> Iterator[bytes]:
    drafts: list[tuple[Entry, Draft]] = []
    for entry in batch:
        found = language(entry)
        drafts += [(entry, draft) for draft in found]
        if not found:
            press.left[Left.FORM] += 1
    texts = [_text(entry, draft) for entry, draft in drafts]
    named = [
        (draft.name, blake2b(text.encode(), digest_size=16).digest())
        for (_, draft), text in zip(drafts, texts, strict=True)
    ]
    for (entry, _), text, number in zip(drafts, texts, press.numbers(named), strict=True):
        if number is None:
            press.left[Left.OVER] += 1
            continue
        if press.wish.comments:
            yield told(entry, SIGN)
        yield f"{text} sid:{number.sid}; rev:{number.rev};)\n".encode()


def _text(entry: Entry, draft: Draft) -> str:
    """A rule up to its number."""
    first = entry.sources[0].said
    shown = _WORDS.sub("_", entry.value)[:_LONGEST_MESSAGE]
    told = [f"indicator {first.object_id}", f"publisher {_WORDS.sub('_', first.publisher)}"]
    if entry.confidence >= 0:
        told.append(f"confidence {entry.confidence}")
    options = (f'msg:"HUB {entry.field} {shown}"', *draft.options, f"metadata:{', '.join(told)}")
    return f"{draft.head} ({' '.join(f'{option};' for option in options)}"


def content(text: str, least: int = LEAST) -> str:
    """A text as content, with quotes; empty if it is too short or too long.

    Args:
        text: Any.
        least: Bytes that it must have.
    """
    raw = text.encode()
    if not least <= len(raw) <= _LONGEST_CONTENT:
        return ""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    parts: list[str] = []
    for char in text:
        if _SAFE.fullmatch(char):
            parts.append(char)
        else:
            parts.append("|" + " ".join(f"{byte:02X}" for byte in char.encode()) + "|")
    return "".join(parts).replace("||", " ")


def regex(text: str) -> str:
    """A text as a part of a regular expression that looks for it and for nothing else."""
    return "".join(
        char if _LITERAL.fullmatch(char) else "".join(f"\\x{byte:02x}" for byte in char.encode())
        for char in text
    )


class Target(NamedTuple):
    """What an HTTP request for a URL looks like."""

    host: str
    """As the request names it, without the port; an address of IPv6 is in brackets"""
    port: str
    """`any` for the usual one"""
    path: str
    """With the query; at least `/`"""


def target(url: str) -> Target | None:
    """Where a URL leads; None: not to a web server."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # What stands behind `#` is not sent.
    path = url.partition("://")[2].partition("#")[0].removeprefix(parts.netloc)
    return Target(host, str(parts.port or "any"), path if path[:1] == "/" else f"/{path}")
