"""The addresses of the console: one table, and the links that are made from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "overview": "/",
        "search": "/search",
        "searches": "/searches",
        "object": "/objects/<object_id>",
        "object_versions": "/objects/<object_id>/versions",
        "object_graph": "/objects/<object_id>/graph",
        "object_raw": "/objects/<object_id>/raw",
        "lookup": "/lookup",
        "submit": "/submit",
        "draft": "/submit/<draft_id>",
        "receipt": "/receipts/<status_id>",
        "techniques": "/techniques",
        "collections": "/collections",
        "collection": "/collections/<alias>",
        "partners": "/partners",
        "partner": "/partners/<slug>",
        "admin": "/admin",
        "account": "/account",
        "login": "/login",
        "code": "/login/code",
        "logout": "/logout",
        "preferences": "/preferences",
        "help": "/help/<page>",
        "style": "/style",
        "static": "/static/<name>",
    }
)
"""By name, in the order of the documentation"""

_PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


def link(name: str, /, **given: Any) -> str:
    """The address of a page: what its rule names goes into the path, the rest into the query.

    Args:
        name: One of `ADDRESSES`.
        given: Values; those that are None or empty are left out of the query, lists are repeated.
    """
    rule = ADDRESSES[name]
    names = set(_PART.findall(rule))
    path = _PART.sub(lambda part: quote(str(given[part[1]]), safe=""), rule)
    return path + query({key: value for key, value in given.items() if key not in names})


def query(given: Mapping[str, Any]) -> str:
    """A query string with its question mark; empty when there is nothing to say."""
    said = {key: value for key, value in given.items() if value not in (None, "", [], ())}
    # Readable in the address bar: what needs no escape in a query is not escaped.
    return f"?{urlencode(said, doseq=True, safe=':/,@*')}" if said else ""


def changed(path: str, args: Mapping[str, list[str]], changes: Mapping[str, Any]) -> str:
    """An address with some of its query parameters set, or with None taken away."""
    return path + query({**args, **changes})
