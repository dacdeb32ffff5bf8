"""Values as files write them: one line of visible ASCII, whatever was published.

What cannot be written so without becoming another value is not written at all.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from hub.language.hosts import ascii_name, ip_key
from hub.language.refang import refang
from hub.language.values import read
from hub.stix.equalities import Equal, algorithm

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_PLAIN = re.compile(r"[!-~]+")
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9._-]+")
_SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
_LONGEST_URL = 2_000
_LONGEST_NAME = 253


def spelled(equal: Equal) -> str:
    """The value in one line; empty: it has no such spelling."""
    if equal.field in {"domain", "ip"} and _is_page(equal.text):
        return ""
    if equal.field == "domain":
        return _name(equal.text)
    if equal.field == "url":
        return _url(equal)
    if equal.field == "hash":
        return equal.key if algorithm(equal.key) else ""
    if equal.field == "email":
        return equal.key if _EMAIL.fullmatch(equal.key) else ""
    # Of other fields the key is all that is compared.
    return equal.key if equal.field == "ip" else _line(equal)


def _name(text: str) -> str:
    name = ascii_name(text) or ""
    return name if len(name) <= _LONGEST_NAME else ""


def _is_page(text: str) -> bool:
    """Whether it is the address of a page: who said so did not mean all of its host."""
    return "/" in refang(text).partition("://")[2].rstrip("/")


def _url(equal: Equal) -> str:
    """The URL with its own case, which servers look at."""
    bare = refang(equal.text)
    # Signs that end a sentence in a text are part of the URL in a pattern.
    whole = equal.text if equal.text.startswith(bare) else bare
    return _sent(whole, equal.key) or _sent(bare, equal.key)


def _sent(given: str, key: str) -> str:
    try:
        parts = urlsplit(given)
        host, user = parts.hostname or "", parts.username
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    place = _host(host)
    if parts.scheme.lower() not in _SCHEMES or not place or user is not None:
        return ""
    bare = parts._replace(scheme=parts.scheme.lower(), netloc=f"{place}{port}").geturl()
    text = quote(bare, safe=_PRINTABLE)
    # Else something was dropped that is part of the value.
    is_same = len(text) <= _LONGEST_URL and read("url", text) == key
    return text if is_same and _PLAIN.fullmatch(text) else ""


def _host(host: str) -> str:
    ip = ip_key(host)
    return (f"[{ip}]" if ":" in ip else ip) if ip else _name(host)


def _line(equal: Equal) -> str:
    """Names of files and others, in the spelling that came, if that is a line."""
    text = equal.text.strip()
    return text if text.isprintable() and len(text) <= _LONGEST_URL else ""
