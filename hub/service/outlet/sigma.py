"""Sigma rules as they came, each a document of one YAML stream.

A rule is left out unless it is one YAML document without aliases, with a title, a log source and a
detection with a condition: a reader stops at the first document that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from hub.service.outlet.press import Press, Selection, remark, said
from hub.service.outlet.wish import Left

LANGUAGE = "sigma"
SIGN = "#"
LONGEST = 65_536
"""Characters of a rule"""

_DEEPEST = 50
"""Lists and tables in one another: of deeper ones PyYAML reads each sign at every depth again"""

_MARKS = ("---", "...", "%")
_FAILURES = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    ValueError,
)
"""What PyYAML raises; some of it for values that are not what their tag says"""


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """All rules, each once by its text and by its id."""
    seen: dict[str, int] = {}
    for rule in selection.rules():
        text = rule.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
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
        found = yaml.safe_load(text)
    except _FAILURES:
        return None
    if not _is_rule(found):
        return None
    name = found.get("id")
    # What is no text may be a number with more digits than are written out.
    return name if isinstance(name, str) and name else text


def _is_plain(text: str) -> bool:
    """Without aliases, which make much of little, and not deep; no rule needs either."""
    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            return False
    return True


def _is_rule(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("title"), str):
        return False
    detection = found.get("detection")
    return (
        isinstance(found.get("logsource"), dict)
        and isinstance(detection, dict)
        and isinstance(detection.get("condition"), str | list)
        and len(detection) > 1
    )
