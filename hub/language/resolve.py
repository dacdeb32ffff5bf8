"""One condition of a query becomes a node: what a value means in its field, and without one.

| written | finds |
| --- | --- |
| a word | the word, in any text |
| a value without a field | the value, or its words in any text |
| a domain | this name and what is below it |
| an address, a network | what shares an address with it |
| an id without a field | the object, and what refers to it |
| `field:*` | what has the field: `Has("has", ...)` for values, `Starts(field, "")` for keywords, `Between(field, None, None)` for what is ordered |
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from hub.language import ordered, prefix, values
from hub.language.fields import ALIASES, FIELDS, VALUES, Kind
from hub.language.fold import fold
from hub.language.leaf import Leaf
from hub.language.lexer import Mark, field_like, known
from hub.language.pasted import BULLET, grouped
from hub.language.problem import QueryError
from hub.model.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Has,
    Node,
    Starts,
    Term,
    Within,
    Words,
)

MAX_WORDS = 128
"""Words of a phrase"""

_ORDERED = frozenset({Kind.INSTANT, Kind.NUMBER, Kind.TLP})
_HASH_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_NEAR = 0.65
"""How like a name of a field is to one that is suggested in its place"""
_WIDEST = {4: 32 - 8, 6: 128 - 16}
_SIGN = re.compile(r"(>=|<=|>|<)(.*)", re.DOTALL)
_BULLET = re.compile(rf"\s*(?:{BULLET}\s+)?(\S+)\s*")
_NO_ENTRY = re.compile(r"[-(].*|.*\*")


class Setting(NamedTuple):
    """What the meaning of a query depends on beside its text."""

    now_us: int
    """The present, for `now` and `7d`"""
    collections: Mapping[str, int] = MappingProxyType({})
    """By alias and by id, case folded: the keys of the collections that the asker may read"""


def all_of(nodes: list[Node]) -> Node:
    """All of the nodes, without a conjunction inside of the conjunction."""
    flat = [n for node in nodes for n in (node.nodes if isinstance(node, AllOf) else (node,))]
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(nodes: Iterable[Node]) -> Node:
    """One of the nodes; keys of one field are put together."""
    keys: dict[str, dict[str, None]] = {}
    flat: dict[Node, None] = {}
    for node in nodes:
        for inner in node.nodes if isinstance(node, AnyOf) else (node,):
            if isinstance(inner, Has):
                keys.setdefault(inner.field, {}).update(dict.fromkeys(inner.keys))
            else:
                flat[inner] = None
    found = [*(Has(field, tuple(of)) for field, of in keys.items()), *flat]
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def resolve(leaf: Leaf, setting: Setting) -> Node:
    """What a condition asks for.

    Raises:
        QueryError: The field does not know the value, or the comparison.
    """
    if not leaf.name:
        return _bare(leaf)
    if not leaf.sign and leaf.value.mark is Mark.WORD and (found := _SIGN.match(leaf.value.text)):
        leaf = leaf._replace(sign=found[1], value=leaf.value._replace(text=found[2]))
        if not found[2]:
            raise leaf.problem("missing-value")
    kind = FIELDS[leaf.field].kind
    if kind in _ORDERED:
        return ordered.between(leaf, kind, setting.now_us)
    if leaf.sign or leaf.value.mark is Mark.RANGE:
        raise leaf.unlike("not-ordered")
    if kind is Kind.TEXT:
        return _text(leaf)
    stem = _stem(leaf)
    if stem is not None:
        return _begins(leaf, stem, setting)
    return _exact(leaf, setting)


def listed(entries: list[str]) -> Node | None:
    """One of the values of a pasted list, or a hash in groups; None: it is neither."""
    if len(entries) == 1:
        digits = grouped(entries[0])
        return _pasted(digits[0]) if digits else None
    found: list[Node] = []
    for entry in entries:
        match = _BULLET.fullmatch(entry)
        if match is None or _NO_ENTRY.fullmatch(match[1]) or known(field_like(match[1])):
            return None
        terms = values.detect(match[1])
        if not terms:
            return None
        found += map(_pasted, terms)
    wide = any(isinstance(node, Within) and not _narrow(node) for node in found)
    return None if wide else any_of(found)


def _bare(leaf: Leaf) -> Node:
    value = leaf.value
    if value.mark is Mark.RANGE:
        raise leaf.problem("bad-range")
    if value.text == "*" and value.mark is Mark.WORD:
        return EVERYTHING
    stem = _stem(leaf)
    text = (value.text if stem is None else stem).removeprefix("*.")
    terms = values.detect(text) if value.mark is Mark.WORD or " " not in text else []
    if value.mark is Mark.WORD and not terms:
        _refuse_unknown_field(leaf)
    if stem is not None:
        network = prefix.network(stem)
        found = _words(leaf, fold(text), begins=True)
        return any_of([network, found]) if network else found
    if not terms:
        return _words(leaf, fold(text))
    # The words as they were pasted, and as they were before they were defanged.
    phrases = [fold(text), fold(values.refang(text))]
    nodes = [_checked(leaf, _pasted(term)) for term in terms]
    return any_of([*nodes, *(Words(tuple(p)) for p in phrases if 0 < len(p) <= MAX_WORDS)])


def _refuse_unknown_field(leaf: Leaf) -> None:
    name = field_like(leaf.value.text)
    if not name:
        return
    start = leaf.value.start
    near = difflib.get_close_matches(name.lower(), [*FIELDS, *ALIASES], 1, _NEAR)
    if near:
        raise QueryError("similar-field", start, start + len(name), field=name, near=near[0])
    raise QueryError(
        "unknown-field", start, start + len(name), field=name, fields=", ".join(FIELDS)
    )


def _stem(leaf: Leaf) -> str | None:
    """What stands before the `*` at the end; None: there is no `*`."""
    value = leaf.value
    if value.mark is Mark.PHRASE:
        return value.text if value.begins else None
    text = value.text
    if "*" not in text or (leaf.field in {"", "domain"} and _is_below(text)):
        return None
    stem = text.removesuffix("*")
    if "*" in values.refang(stem):
        raise leaf.problem("leading-wildcard" if stem.startswith("*") else "inner-wildcard")
    if not stem and not leaf.name:
        raise leaf.problem("leading-wildcard")
    return None if stem == text else stem


def _is_below(text: str) -> bool:
    """Whether it is a domain with `*.` before it, which says what a domain means anyway."""
    terms = values.detect(text[2:]) if text.startswith("*.") and "*" not in text[2:] else []
    return any(term.field == "domain" for term in terms)


def _words(leaf: Leaf, words: list[str], *, begins: bool = False) -> Node:
    if not words:
        raise leaf.problem("no-word")
    if len(words) > MAX_WORDS:
        raise leaf.problem("too-many-words", given=f"{len(words)}", most=f"{MAX_WORDS}")
    single = len(words[-1]) == 1
    if begins and single and not _dense(words[-1]):
        raise leaf.problem("short-prefix", least=f"{prefix.LEAST}")
    # One character of a script without spaces is stored with the one behind it.
    begins = begins or (len(words) == 1 and single and _dense(words[0]))
    return Words(tuple(words), begins=begins, name=leaf.field == "name")


def _dense(char: str) -> bool:
    """Whether one character says enough: those of alphabets, which do not, come before Thai."""
    return char >= "\u0e00"


def _text(leaf: Leaf) -> Node:
    stem = _stem(leaf)
    if stem == "":
        raise leaf.problem("any-text")
    return _words(leaf, fold(leaf.value.text if stem is None else stem), begins=stem is not None)


def _begins(leaf: Leaf, stem: str, setting: Setting) -> Node:
    field = leaf.field
    if not stem:
        if FIELDS[field].kind is Kind.VALUE:
            return Has("has", (field,))
        if field == "collection":
            return EVERYTHING
        return Starts(field, "")
    if field == "collection":
        start = stem.casefold()
        keys = {key for name, key in setting.collections.items() if name.startswith(start)}
        return Has(field, tuple(str(key) for key in sorted(keys)))
    return prefix.begins(leaf, stem)


def _exact(leaf: Leaf, setting: Setting) -> Node:
    field, text = leaf.field, leaf.value.text
    if field == "collection":
        number = setting.collections.get(text.casefold())
        return Has(field, () if number is None else (str(number),))
    if field == "has":
        if not known(text):
            raise leaf.problem("bad-field", fields=", ".join(VALUES))
        return Has(field, (known(text),))
    if field == "domain":
        text = text.removeprefix("*.")
    keys = _keys(field, text)
    if not keys or (field == "revoked" and keys[0] not in {"true", "false"}):
        raise leaf.unlike("bad-value")
    digits = _HASH_DIGITS.get(leaf.name.lower())
    if digits and len(keys[0]) != digits:
        raise leaf.problem("bad-hash", expected=f"{digits}", given=f"{len(keys[0])}")
    return any_of([_checked(leaf, _meant(Term(field, key))) for key in keys])


def _keys(field: str, text: str) -> list[str]:
    """The keys of a value; a URL without its scheme may have either."""
    if field == "url" and "://" not in values.refang(text):
        found = (values.read(field, f"{scheme}{text}") for scheme in prefix.SCHEMES)
    else:
        found = (key for key in [values.read(field, text)])
    return [key for key in found if key]


def _meant(term: Term) -> Node:
    """What a value of a field finds."""
    if term.field == "ip":
        return Within(*values.span(term.key))
    if term.field == "domain":
        return Starts(term.field, term.key)
    return Has(term.field, (term.key,))


def _pasted(term: Term) -> Node:
    """What a value without a field finds."""
    if term.field == "id":
        return AnyOf(tuple(Has(field, (term.key,)) for field in ("id", "ref", "creator")))
    return _meant(term)


def _narrow(node: Within) -> bool:
    return (node.high - node.low + 1).bit_length() - 1 <= _WIDEST[node.version]


def _checked(leaf: Leaf, node: Node) -> Node:
    if isinstance(node, Within) and not _narrow(node):
        raise leaf.problem("wide-network", given=leaf.value.text)
    return node
