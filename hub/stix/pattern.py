"""Whether a STIX pattern is one, by the OASIS grammar, at a price a busy hub can pay.

The grammar takes a quarter of a millisecond for the shortest pattern, and real feeds hold
thousands that differ in nothing but a value. So the verdict is remembered per shape: the pattern
with each value replaced by one of the same class.

* A shape has the verdict of its pattern. Values matter to the OASIS validator only where they are
  compared with hashes, so the class says which of its hash expressions a value fits.
* What cannot be told apart safely (comments, stray quotes) is its own shape.
* The work is bounded before the grammar starts: by length, tokens, comparisons and nesting.
"""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from stix2patterns.inspector import INDEX_STAR
from stix2patterns.v20.pattern import Pattern as Pattern20
from stix2patterns.v21.pattern import Pattern as Pattern21
from stix2patterns.validator import run_validator

from hub.stix.literals import INTEGER, Compared, Path, compared, is_plain

MAX_LENGTH = 65_536
"""Characters"""
MAX_TOKENS = 5_000
MAX_COMPARISONS = 500
"""The grammar nests each one in the one before, and Python's stack ends near 900."""
MAX_NESTING = 100
"""Parentheses in each other"""
_LONGEST_CACHED = 2_000
_LONGEST_ERROR = 200

# The text of a string, and what may stand around one.
_STRING = re.compile(r"'((?:[^'\\]|\\.)*+)(?:'|\Z)", re.DOTALL)
_ASIDE = re.compile(r"'(?:[^'\\]|\\.)*+(?:'|\Z)|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/", re.DOTALL)
# What is closed as it should be. The lexer looks for the end of what is not from every quote on,
# which takes minutes for one long pattern; these quantifiers give nothing back, so this is linear.
_CLOSED = re.compile(
    r"(?:[^'/]|'(?:[^'\\]|\\['\\])*+'|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+", re.DOTALL
)
_REMARKABLE = re.compile(r"[0-9'/]")
_DOUBTFUL = re.compile(r"'|//|/\*")
_TOKEN = re.compile(r"[\w-]+|[^\w\s]")
_HASH = re.compile(
    r"[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{24}|[0-9A-Fa-f]{32}"
    r"|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96})?"
)
_SHORTEST_HASH = 32
_HASH_START = re.compile(r"[0-9A-Fa-f]{32}")
_FUZZY_HASH = re.compile(r"[0-9A-Za-z/+:.]{1,128}")

grammar = Lock()
"""Held while the grammar works: its parsers share tables that they extend as they go."""


class PatternVerdict(NamedTuple):
    """What the grammar says of one pattern."""

    ok: bool
    error: str
    """Where and why it is wrong; empty when it is right."""
    paths: tuple[Path, ...]
    """What it compares: object type and path steps, such as ("file", "hashes", "MD5").

    A step by index is "*".
    """
    places: tuple[Compared | None, ...] = ()
    """What it does with each of its literals, for `hub.stix.literals.values`"""
    plain: bool = False
    """It is nothing but equalities of which any one is enough: see `hub.stix.literals.is_plain`"""


def judge(pattern: str, stix: str) -> PatternVerdict:
    """The verdict of the grammar of a STIX version ("2.0" or "2.1") on a pattern."""
    if not pattern:
        return _wrong("it is empty")
    if len(pattern) > MAX_LENGTH:
        return _wrong(f"it is longer than {MAX_LENGTH} characters")
    if not _CLOSED.fullmatch(pattern):
        return _wrong("a string or comment is not closed, or a string escapes more than ' and \\")
    shape = shape_of(pattern)
    verdict = _of_short(shape, stix) if len(shape) <= _LONGEST_CACHED else _parse(shape, stix)
    # A wrong pattern is read once more as it is, for the position of its own fault.
    return verdict if verdict.ok or shape == pattern else _parse(pattern, stix)


def shape_of(pattern: str) -> str:
    """The pattern with its values replaced by one of their class."""
    # What is outside of strings, and what is inside, in turn.
    parts = _STRING.split(pattern)
    for i in range(0, len(parts), 2):
        if _REMARKABLE.search(parts[i]):
            if _DOUBTFUL.search(parts[i]):
                return pattern
            parts[i] = INTEGER.sub("1", parts[i])
    for i in range(1, len(parts), 2):
        text = parts[i] if _is_no_value(parts[i - 1]) else _class_of(parts[i])
        parts[i] = f"'{text}'"
    return "".join(parts)


def _is_no_value(before: str) -> bool:
    """Whether a string may be a step of a path, or an instant, hex or binary literal."""
    return before.endswith(("t", "h", "b")) or before.rstrip().endswith((".", ":"))


def _class_of(text: str) -> str:
    if len(text) >= _SHORTEST_HASH and _HASH_START.match(text):
        return "0" * len(text) if _HASH.fullmatch(text) else text
    if _FUZZY_HASH.fullmatch(text):
        return "x"
    return text if "\n" in text else "?"


def _parse(pattern: str, stix: str) -> PatternVerdict:
    excess = _excess(_ASIDE.sub(" _ ", pattern))
    if excess:
        return _wrong(excess)
    try:
        with grammar:
            errors = run_validator(pattern, stix)
            return _wrong(errors[0]) if errors else _right(pattern, stix)
    except RecursionError:
        return _wrong("it is nested too deeply")
    except (AttributeError, ValueError):
        # The validator takes the last step below `hashes` for a name.
        return _wrong("a hash is chosen by its name, not by an index")


_of_short = lru_cache(maxsize=4096)(_parse)


def _excess(bare: str) -> str:
    """What a pattern, without its strings, has too much of."""
    if bare.count(":") > MAX_COMPARISONS:
        return f"it has more than {MAX_COMPARISONS} comparisons"
    if sum(1 for _ in _TOKEN.finditer(bare)) > MAX_TOKENS:
        return f"it has more than {MAX_TOKENS} words and signs"
    depth = deepest = 0
    for char in bare:
        depth += (char == "(") - (char == ")")
        deepest = max(depth, deepest)
    return f"it nests more than {MAX_NESTING} parentheses" if deepest > MAX_NESTING else ""


def _right(pattern: str, stix: str) -> PatternVerdict:
    parsed = (Pattern21 if stix == "2.1" else Pattern20)(pattern)
    found = {
        (kind, *("*" if step is INDEX_STAR or type(step) is int else step for step in steps)): None
        for kind, comparisons in parsed.inspect().comparisons.items()
        for steps, _, _ in comparisons
    }
    places, plain = parsed.visit(_Reading(pattern))
    return PatternVerdict(True, "", tuple(found), places, plain)


class _Reading:
    """A visitor, as the parser calls it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def visit(self, tree: Any) -> tuple[tuple[Compared | None, ...], bool]:
        return compared(tree, self._pattern), is_plain(tree)


def _wrong(error: str) -> PatternVerdict:
    text = error.removeprefix("FAIL: ")[:_LONGEST_ERROR]
    return PatternVerdict(False, "".join(c if c.isprintable() else "\ufffd" for c in text), ())
