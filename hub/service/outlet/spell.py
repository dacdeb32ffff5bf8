"""Values as files write them: one line of visible ASCII, whatever was published.

What cannot be written so without becoming another value is not written at all.
"""

from __future__ import annotations

import re

from hub.language.refang import refang
from hub.language.written import LONGEST_URL, written_name, written_url
from hub.stix.equalities import Equal, algorithm

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9._-]+")


def spelled(equal: Equal) -> str:
    """The value in one line; empty: it has no such spelling."""
    if equal.field in {"domain", "ip"} and _is_page(equal.text):
        return ""
    if equal.field == "domain":
        return written_name(equal.text)
    if equal.field == "url":
        return written_url(equal.text, equal.key)
    if equal.field == "hash":
        return equal.key if algorithm(equal.key) else ""
    if equal.field == "email":
        return equal.key if _EMAIL.fullmatch(equal.key) else ""
    # Of other fields the key is all that is compared.
    return equal.key if equal.field == "ip" else _line(equal)


def _is_page(text: str) -> bool:
    """Whether it is the address of a page: who said so did not mean all of its host."""
    return "/" in refang(text).partition("://")[2].rstrip("/")


def _line(equal: Equal) -> str:
    """Names of files and others, in the spelling that came, if that is a line."""
    text = equal.text.strip()
    return text if text.isprintable() and len(text) <= LONGEST_URL else ""
