"""URLs and names of hosts as they are sent: one line of visible ASCII, with all that is part of them."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from hub.language.hosts import ascii_name, ip_key
from hub.language.refang import refang
from hub.language.values import read

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_PLAIN = re.compile(r"[!-~]+")
_SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
LONGEST_URL = 2_000
_LONGEST_NAME = 253


def written_url(text: str, key: str) -> str:
    """A URL with its own case, which servers look at; empty: it has no such spelling.

    Args:
        text: As an object spells it.
        key: Its key.
    """
    bare = refang(text)
    # Signs that end a sentence in a text are part of the URL in a pattern.
    whole = text if text.startswith(bare) else bare
    return _sent(whole, key) or _sent(bare, key)


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
    is_same = len(text) <= LONGEST_URL and read("url", text) == key
    return text if is_same and _PLAIN.fullmatch(text) else ""


def written_name(text: str) -> str:
    """A domain; empty: it is none, or longer than one may be."""
    name = ascii_name(text) or ""
    return name if len(name) <= _LONGEST_NAME else ""


def _host(host: str) -> str:
    ip = ip_key(host)
    return (f"[{ip}]" if ":" in ip else ip) if ip else written_name(host)
