"""The page on the doors of search: parameters, bodies and answers as the code declares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec

from hub.api import export, objects, search, shapes
from hub.api.catalogue import OPERATIONS, Operation
from hub.api.params import Param
from hub.service import lookup, related, saved
from hub.service.histogram import MOST_BARS
from hub.service.matched import How
from tests.tools.markdown import codes, filled, table
from tests.tools.reference_json import notes_of

TAGS = ("search", "objects", "saved searches")
_PLAIN: dict[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "`true` or `false`",
    type(None): "`null`",
}
_HOWS = {
    How.VALUE: "the value that was asked for",
    How.HOST: "a name below the domain that was asked for",
    How.NETWORK: "an address in the network that was asked for, or a network around the address",
    How.BEGINNING: "a value that begins so",
    How.NAME: "the words stand in a name or alias",
    How.WORDS: "the words stand in any text",
}


def page() -> str:
    """Parameters, answers, files, limits."""
    return filled(
        "search.md",
        operations="\n\n".join(_operation(op) for op in OPERATIONS if op.tag in TAGS),
        answers="\n\n".join(_shape(shape) for shape in _shapes()),
        hows=table(("`how`", "meaning"), [(f"`{k.name.lower()}`", v) for k, v in _HOWS.items()]),
        files=_files(),
        limits=_limits(),
    )


def _operation(op: Operation) -> str:
    parts = [f"### {op.method} /api/v1{op.path}", f"{op.summary}."]
    if op.answer:
        parts[-1] += f" Answers [`{op.answer.__name__}`](#{op.answer.__name__.lower()})."
    if op.body:
        parts[-1] += f" Takes [`{op.body.__name__}`](#{op.body.__name__.lower()})"
        parts[-1] += ", or a value in each line of `text/plain`." if op.text_body else "."
    if op.params:
        rows = [(f"`{p.name}`", _takes(p), _default(p), p.meaning) for p in op.params]
        parts.append(table(("parameter", "takes", "default", "meaning"), rows))
    return "\n\n".join(parts)


def _takes(param: Param) -> str:
    if param.bounds:
        return f"{param.bounds[0]} to {param.bounds[1]}"
    found = codes(param.choices) if param.choices else "text"
    return f"{found}; repeatable" if param.repeated else found


def _default(param: Param) -> str:
    return "" if param.default in {"", None} else f"`{param.default}`"


def _shapes() -> Iterator[type[msgspec.Struct]]:
    """Bodies and answers, each with what is inside of it behind it."""
    heap = [s for op in OPERATIONS if op.tag in TAGS for s in (op.body, op.answer) if s]
    seen: set[type] = set()
    while heap:
        shape = heap.pop(0)
        if shape not in seen:
            seen.add(shape)
            yield shape
            inner = [s for f in msgspec.structs.fields(shape) for s in _inside(f.type)]
            heap = [*inner, *heap]


def _inside(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in get_args(hint):
        yield from _inside(part)


def _shape(shape: type[msgspec.Struct]) -> str:
    notes = notes_of(shape)
    rows = [
        (f"`{field.name}`", _kind(field.type), notes.get(field.name, ""))
        for field in msgspec.structs.fields(shape)
    ]
    title = (shape.__doc__ or "").strip()
    return f"### {shape.__name__}\n\n{title}\n\n{table(('member', 'type', 'meaning'), rows)}"


def _kind(hint: Any) -> str:
    named = {shapes.Instant: "timestamp", shapes.Stix: "STIX object"} | _PLAIN
    if hint in named:
        return named[hint]
    if hasattr(hint, "__metadata__"):
        return _kind(hint.__origin__)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return f"[`{hint.__name__}`](#{hint.__name__.lower()})"
    return _several(get_origin(hint), get_args(hint))


def _several(origin: Any, args: tuple[Any, ...]) -> str:
    if origin is list:
        return f"list of {_kind(args[0])}"
    if origin is Literal:
        return codes(args)
    return " or ".join(map(_kind, args))


def _files() -> str:
    rows = [
        (f"`{name}`", f"`{form.media_type}`", (form.write.__doc__ or "").strip())
        for name, form in export.FORMS.items()
    ]
    return table(("`format`", "media type", "what it is"), rows)


def _limits() -> str:
    rows = [
        ("objects of a page", f"{search.MOST_HITS:,}"),
        ("values of a look-up", f"{lookup.MOST_VALUES:,}, in {objects.MOST_BYTES:,} bytes"),
        ("related objects, and those that share a value", f"{related.MOST:,}"),
        ("values of an object that are compared with others", f"{related.MOST_VALUES:,}"),
        ("columns of a histogram", f"{MOST_BARS:,}"),
        ("saved searches of an account", f"{saved.MOST:,}"),
    ]
    return table(("limit of", "value"), rows)
