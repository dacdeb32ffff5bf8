"""Sigma rules as they came, each a document of one YAML stream.

A rule is left out unless it is one YAML document without aliases, and its members are what Sigma says
of them: a reader stops at the first document that is wrong. Whether a value fits its modifiers, such
as a regular expression, is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import starmap
from typing import Annotated, Any
from uuid import UUID

import msgspec
import yaml
from msgspec import Meta

from hub.service.outlet.press import Press, Selection, remark, said
from hub.service.outlet.wish import Left

LANGUAGE = "sigma"
SIGN = "#"
LONGEST = 65_536
"""Characters of a rule"""

_DEEPEST = 50
"""Lists and tables in one another: of deeper ones PyYAML reads each sign at every depth again"""

_MODIFIERS = frozenset(
    [
        "all",
        "base64",
        "base64offset",
        "cased",
        "cidr",
        "contains",
        "day",
        "dotall",
        "endswith",
        "exists",
        "expand",
        "fieldref",
        "gt",
        "gte",
        "hour",
        "i",
        "ignorecase",
        "lt",
        "lte",
        "m",
        "minute",
        "month",
        "multiline",
        "neq",
        "re",
        "s",
        "startswith",
        "utf16",
        "utf16be",
        "utf16le",
        "week",
        "wide",
        "windash",
        "year",
    ]
)
_PLAIN = (str, int, float, type(None))
_Text = Annotated[str, Meta(min_length=1)]
_Day = Annotated[
    str, Meta(pattern=r"^[1-3]\d{3}(?:-[01]\d-[0-3]\d|/(?:0?\d|1[0-2])/(?:[0-2]?\d|3[01]))$")
]

_MARKS = ("---", "...", "%")
_FAILURES = (
    msgspec.ValidationError,
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    ValueError,
)
"""What PyYAML raises; some of it for values that are not what their tag says"""


class _LogSource(msgspec.Struct):
    category: str | None = None
    product: str | None = None
    service: str | None = None
    definition: str | None = None


class _Related(msgspec.Struct):
    id: UUID
    type: Annotated[
        str, Meta(pattern=r"^(?i:correlation|derived|merged|obsolete|renamed|similar)$")
    ]


class _Rule(msgspec.Struct):
    """The members of a rule that Sigma knows; others are free."""

    title: Annotated[str, Meta(min_length=1, max_length=256)]
    logsource: _LogSource
    detection: dict[str, Any]
    action: msgspec.UnsetType = msgspec.UNSET
    """This, and the two below, would make it something else, which speaks of the rules behind it."""
    correlation: msgspec.UnsetType = msgspec.UNSET
    filter: msgspec.UnsetType = msgspec.UNSET
    id: UUID | None = None
    name: _Text | None = None
    taxonomy: _Text | None = None
    related: list[_Related] | None = None
    status: (
        Annotated[str, Meta(pattern=r"^(?i:unsupported|deprecated|experimental|test|stable)$")]
        | None
    ) = None
    level: (
        Annotated[str, Meta(pattern=r"^(?i:informational|low|medium|high|critical)$")] | None
    ) = None
    tags: list[Annotated[str, Meta(pattern=r"\.")]] | None = None
    date: _Day | None = None
    modified: _Day | None = None
    fields: list[Any] | None = None
    falsepositives: list[Any] | None = None
    references: list[Any] | None = None
    scope: list[Any] | None = None
    author: str | None = None
    description: str | None = None
    license: str | None = None


class _Loader(yaml.SafeLoader):
    """Takes no table in which a name stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """See `yaml.constructor.SafeConstructor.construct_mapping`."""
        found = super().construct_mapping(node, deep=deep)
        if len(found) < len(node.value):
            raise yaml.YAMLError("a name stands twice in one table")
        return found


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """All rules, each once by its text and by its id."""
    seen: dict[str, int] = {}
    for rule in selection.rules():
        # Within a stream, a byte order mark would be part of the first name.
        text = rule.text.replace("\r\n", "\n").replace("\r", "\n").strip("\ufeff\n")
        text = text.removeprefix("---\n")
        name = rule_id(text)
        if name is None:
            press.left[Left.RULE] += 1
            continue
        if name in seen:
            # The same rule again, or another one that says that it is this one.
            press.left[Left.RULE] += seen[name] != hash(text)
            continue
        seen[name] = hash(text)
        yield b"---\n"
        if press.wish.comments:
            yield remark(SIGN, said(rule.source))
        yield text.encode("utf-8", "replace") + b"\n"


def rule_id(text: str) -> str | None:
    """What tells a rule from others: its id, or else all of it; None: it is no rule."""
    if len(text) > LONGEST or any(line.startswith(_MARKS) for line in text.split("\n")):
        return None
    try:
        if not _is_plain(text):
            return None
        # Safe: the loader is a `SafeLoader`.
        rule = _read(yaml.load(text, _Loader))  # noqa: S506
    except _FAILURES:
        return None
    if not _has_detection(rule):
        return None
    return str(rule.id) if rule.id else text


def _is_plain(text: str) -> bool:
    """Without aliases, which make much of little, and not deep; no rule needs either."""
    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            return False
    return True


def _read(found: Any) -> _Rule:
    """The rule of a document; raises msgspec.ValidationError."""
    if isinstance(found, dict):
        # YAML has read these already.
        found = {name: value for name, value in found.items() if not isinstance(value, date)}
    return msgspec.convert(found, _Rule)


def _has_detection(rule: _Rule) -> bool:
    """Whether it says where to look, for what, and how that is joined."""
    source, what = rule.logsource, dict(rule.detection)
    condition = what.pop("condition", None)
    conditions = condition if isinstance(condition, list) else [condition]
    is_joined = conditions and all(isinstance(item, str) for item in conditions)
    is_placed = not source.category is source.product is source.service is None
    return bool(is_joined and is_placed and what) and all(map(_is_detection, what.values()))


def _is_detection(value: Any) -> bool:
    """Whether it says something, of plain values, with modifiers that there are."""
    if isinstance(value, list):
        return all(map(_is_detection, value))
    if not isinstance(value, dict):
        return isinstance(value, _PLAIN)
    return bool(value) and all(starmap(_is_field, value.items()))


def _is_field(name: Any, value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return (
        isinstance(name, str)
        and _MODIFIERS.issuperset(name.split("|")[1:])
        and all(isinstance(item, _PLAIN) for item in values)
    )
