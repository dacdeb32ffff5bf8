"""The reference page of feed definitions: fields of the file, and of [source] of each connector."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from connectors.registry import KINDS, kind
from hub.service.feeds.definition import Declared, Filters
from hub.service.feeds.library import ready
from hub.service.jobs.declared import Timeouts
from tests.tools.markdown import table

_COLUMNS = ("field", "default", "allowed", "meaning")
_MEANT = {
    "taxii": "Another TAXII 2.1 server.",
    "taxii20": "A TAXII 2.0 server.",
    "misp": "A MISP, over its REST interface.",
    "misp-feed": "A MISP feed, on a web server or in a folder.",
    "stix": "STIX bundles and objects in files, on a web server or in a folder.",
    "csv": "Tables with a value in each row.",
    "text": "Lists with a value in each line.",
    "json": "JSON with an entry for each value, such as CISA KEV.",
    "news": "RSS and Atom, with the values that stand in the texts.",
    "mail": "A mailbox (IMAP) with advisories.",
    "documents": "PDF, HTML, Markdown and plain text with the values that stand in them.",
    "csaf": "A CSAF provider.",
}


def page() -> str:
    """All of it."""
    parts = [
        _HEAD,
        "## The file",
        _fields(Declared, {"source", "filters", "timeouts"}),
        "## `[timeouts]`",
        _fields(Timeouts),
        "## `[filters]`",
        _fields(Filters),
    ]
    for name in KINDS:
        parts += [
            f'## `[source]` of `connector = "{name}"`',
            _MEANT[name],
            _fields(kind(name).settings),
        ]
    parts += ["## Ready definitions", _READY, _ready()]
    return "\n\n".join(parts) + "\n"


_HEAD = (
    "One TOML file for each feed, in the folder that `feeds.folder` names; the name of the feed is that "
    "of the file. A path is relative to this folder. A secret never stands in a file: `env:NAME` or "
    "`file:PATH` says where it is, and only the hub may read that file. How to: "
    "[add a feed](../how-to/add-a-feed.md)."
)
_READY = (
    "They come with the hub and are switched off. `hub feed enable NAME --account A --collection C` "
    "copies one into the folder. Their sources could not be fetched where they were written: try each "
    "with `hub feed try` first, and read the terms."
)


def _ready() -> str:
    rows = [
        (f"`{name}`", feed.title, f"`{feed.said.connector}`", feed.said.licence, feed.said.terms)
        for name, feed in ready().items()
    ]
    return table(("name", "source", "connector", "licence", "terms"), rows)


def _fields(struct: type[msgspec.Struct], without: frozenset[str] | set[str] = frozenset()) -> str:
    hints = get_type_hints(struct, include_extras=True)
    rows = [
        (f"`{field.name}`", _default(field), *_of_hint(hints[field.name]))
        for field in msgspec.structs.fields(struct)
        if field.name not in without
    ]
    return table(_COLUMNS, rows)


def _default(field: Any) -> str:
    value = field.default
    if value is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if value is msgspec.NODEFAULT:
        return "required"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (tuple, frozenset)):
        return f"`[{', '.join(_quoted(item) for item in value)}]`"
    return f"`{_quoted(value)}`"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _of_hint(hint: Any) -> tuple[str, str]:
    meta = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    meaning = next((note.description for note in meta if note.description), "") or ""
    bounds = ", ".join(text for note in meta for text in _bounds(note))
    return ", ".join(filter(None, [_kind(hint), bounds])), meaning[:1].upper() + meaning[1:]


def _kind(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return _kind(get_args(hint)[0])
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(f"`{_quoted(choice)}`" for choice in args)
    if origin in (UnionType, Union):
        return " or ".join(_kind(arg) for arg in args if arg is not type(None))
    if origin is tuple:
        return f"list of {_kind(args[0])}"
    if origin is dict:
        return "table of texts"
    names = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}
    return names.get(hint, "")


def _bounds(note: msgspec.Meta) -> Iterator[str]:
    for sign, bound in (("at least", note.ge), ("above", note.gt), ("at most", note.le)):
        if bound is not None:
            yield f"{sign} {bound:,}"
