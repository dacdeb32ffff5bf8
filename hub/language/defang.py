"""Values as they can be shown and copied without anybody following them by accident."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"\b(ht|f)tp(s?)(?=://)", re.IGNORECASE)
_DOT = re.compile(r"\.(?=[^.]*$)")


def defang(field: str, value: str) -> str:
    """A value of a field, made harmless; `hub.language.values.read` gives its key as before."""
    if field == "url":
        scheme, mark, rest = value.partition("://")
        host, slash, path = rest.partition("/")
        return f"{_plain(scheme)}{mark}{_dots(host)}{slash}{path}" if mark else _dots(value)
    if field == "email":
        user, _, host = value.rpartition("@")
        return f"{user}[@]{_dots(host)}"
    return _dots(value) if field in {"domain", "ip"} else value


def harmless(text: str) -> str:
    """A text in which no address can be followed."""
    return _SCHEME.sub(lambda found: _plain(found[0]), text)


def _plain(scheme: str) -> str:
    low = scheme.lower()
    return {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}.get(low, scheme)


def _dots(host: str) -> str:
    """The last dot is enough. A version 6 address has none, and alone nothing follows it."""
    return _DOT.sub("[.]", host, count=1)
