"""The literals that a STIX pattern compares, by its syntax tree.

The tree is made once for each shape (`hub.stix.pattern`). Patterns of one shape have the same
literals in the same order, so it is enough to know what the tree says of each by its number.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple

Path = tuple[str, ...]
"""Object type and steps, such as ("file", "hashes", "MD5"); a step by index is "*"."""

INTEGER = re.compile(r"(?<![\w.+-])(?:0|[1-9][0-9]*)(?![\w.-])")
# What cannot begin a literal is skipped in one step; every place would be tried otherwise.
_LITERAL = re.compile(
    rf"[^'/0-9]*+(?:'((?:[^'\\]|\\.)*+)'|({INTEGER.pattern})|//[^\r\n]*+"
    r"|/\*(?:[^*]|\*(?!/))*+\*/|['/0-9])",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = 2
_SIGNS = frozenset(":.[]")
_JOINING = frozenset({"[", "]", "(", ")", "OR", "<EOF>"})
_EQUAL = frozenset({"=", "==", "IN"})


class Sense(StrEnum):
    """What a comparison says of a literal."""

    IS = "is"
    """The pattern looks for this very value, or for a network."""
    LIKE = "like"
    """It looks for this value if it holds no wildcard."""
    OTHER = "other"
    """It excludes the value, or looks for what is like it, less or more."""


_SENSES = {"=": Sense.IS, "==": Sense.IS, "IN": Sense.IS, "LIKE": Sense.LIKE}
_SENSES |= {"ISSUBSET": Sense.IS, "ISSUPERSET": Sense.IS}


class Compared(NamedTuple):
    """What a pattern does with one of its literals."""

    path: Path
    sense: Sense


def compared(tree: Any, shape: str) -> tuple[Compared | None, ...]:
    """What a pattern does with each string and whole number in it; None: it compares it not.

    Args:
        tree: The syntax tree of the shape.
        shape: A pattern that follows the grammar.
    """
    found: dict[int, Compared] = {}
    heap = [tree]
    while heap:
        node = heap.pop()
        if hasattr(node, "objectPath"):
            found |= _of_test(node)
        else:
            heap += getattr(node, "children", None) or ()
    starts = [m.start(2) if m.lastindex == _NUMBER else m.start(1) - 1 for m in _literals(shape)]
    return tuple(found.get(start) for start in starts)


def values(pattern: str, places: tuple[Compared | None, ...]) -> list[tuple[Compared, str]]:
    """The literals that a pattern compares, without quotes and escapes, in order.

    Args:
        pattern: One that follows the grammar.
        places: What `compared` says of its shape.
    """
    return [
        (place, unescaped(match[match.lastindex or 0]))
        for place, match in zip(places, _literals(pattern), strict=True)
        if place is not None
    ]


def is_plain(tree: Any) -> bool:
    """Whether a pattern says no more than that one of some values is seen.

    So it is a choice (`OR`) of `=` and `IN`, without anything that binds it: no `AND`, `NOT` or
    `FOLLOWEDBY`, no qualifier. Whoever acts on one of the values does what the pattern means.
    """
    heap = [tree]
    while heap:
        node = heap.pop()
        if hasattr(node, "objectPath"):
            if not _is_equality(node):
                return False
        elif children := getattr(node, "children", None):
            heap += children
        elif node.getText() not in _JOINING:
            return False
    return True


def _is_equality(test: Any) -> bool:
    signs = [child.getText() for child in test.children if not getattr(child, "children", None)]
    return len(signs) == 1 and signs[0] in _EQUAL


def unescaped(text: str) -> str:
    """The text of a string literal without its escapes."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _literals(pattern: str) -> list[re.Match[str]]:
    return [match for match in _LITERAL.finditer(pattern) if match.lastindex]


def _of_test(test: Any) -> dict[int, Compared]:
    """The literals of one comparison by their place."""
    path = _path([leaf.getText() for leaf in _leaves(test.objectPath())])
    rest = [
        leaf
        for child in test.children
        if child is not test.objectPath()
        for leaf in _leaves(child)
    ]
    words = [leaf.getText() for leaf in rest]
    negated = "NOT" in words
    sense = next((_SENSES[w] for w in words if w in _SENSES), Sense.OTHER)
    return {leaf.symbol.start: Compared(path, Sense.OTHER if negated else sense) for leaf in rest}


def _leaves(node: Any) -> list[Any]:
    """The tokens below a node, in order."""
    children = getattr(node, "children", None)
    return [leaf for child in children for leaf in _leaves(child)] if children else [node]


def _path(tokens: list[str]) -> Path:
    steps = []
    for before, token in zip(("", *tokens), tokens, strict=False):
        if before == "[":
            steps.append("*")
        elif token not in _SIGNS:
            steps.append(unescaped(token[1:-1]) if token[0] == "'" else token)
    return tuple(steps)
