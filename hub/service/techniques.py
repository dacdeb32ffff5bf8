"""Which ATT&CK techniques the records of a query name: a matrix of tactics and techniques.

- The techniques are those of the attack patterns that the caller sees; the hub has no list of its
  own. What is revoked or deprecated is left out.
- A record counts for a technique when it names its number, as `attack:T1566 -type:attack-pattern`
  finds: an attack pattern says what a technique is, and not that somebody used it.
- Both are bounded: the newest `MOST_PATTERNS` attack patterns are looked at, and numbers come from
  one facet, which a finder counts in its time or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hub.language.resolve import all_of
from hub.language.values import read
from hub.model.search import AllOf, Has, Node, Not
from hub.service.search import Question
from hub.store.base import Log
from hub.store.search import Finder

MOST_PATTERNS = 3000
_MOST_NUMBERS = 3000
_TECHNIQUE = re.compile(r"t\d{4}(?:\.\d{3})?")
_DESCRIBES = Has("type", ("attack-pattern",))
_PATTERNS = AllOf((_DESCRIBES, Has("revoked", ("false",))))
# Most records name none: a search engine passes over them without looking.
_NAMES_ONE: tuple[Node, ...] = (Has("has", ("attack",)), Not(_DESCRIBES))
_CHAINS = "mitre-"
"""What the kill chains of ATT&CK begin with"""


class Technique(NamedTuple):
    """A technique or, with a point in its number, a sub-technique."""

    number: str
    """Such as `T1566.002`"""
    name: str
    object_id: str
    """Of the newest attack pattern that describes it; empty: the caller sees none"""
    records: int | None
    """That name it; None: not counted"""
    parts: tuple[Technique, ...] = ()
    """Its sub-techniques, by number"""

    @property
    def most(self) -> int:
        """Records of the technique or of that of its parts which has most."""
        return max(self.records or 0, *(part.records or 0 for part in self.parts), 0)


class Tactic(NamedTuple):
    """A column."""

    phase: str
    """Of the kill chain, such as `initial-access`"""
    techniques: list[Technique]
    """By number"""


class Matrix(NamedTuple):
    """What there is of one kill chain."""

    chain: str
    """Such as `mitre-attack`"""
    tactics: list[Tactic]
    """By name; who shows them knows their order"""


def named_by(node: Node, number: str) -> Node:
    """What finds the records that count for a technique.

    Args:
        node: The query.
        number: Of the technique, in small letters.
    """
    return all_of([node, Has("attack", (number,)), Not(_DESCRIBES)])


class Techniques(NamedTuple):
    """The answer."""

    matrices: list[Matrix]
    """By the name of the chain"""
    others: list[Technique]
    """That are named, and that no attack pattern gives a place"""
    is_counted: bool
    is_whole: bool
    """False: there are more attack patterns than are looked at"""


class _Phase(msgspec.Struct):
    kill_chain_name: str = ""
    phase_name: str = ""


class _Reference(msgspec.Struct):
    source_name: str = ""
    external_id: str = ""


class _Pattern(msgspec.Struct):
    """What counts of an attack pattern."""

    id: str
    name: str = ""
    kill_chain_phases: list[_Phase] = []
    external_references: list[_Reference] = []
    x_mitre_deprecated: bool = False


class _Known(NamedTuple):
    """A technique as an attack pattern describes it."""

    number: str
    name: str
    object_id: str
    places: frozenset[tuple[str, str]]
    """Chain and phase"""


_decode = msgspec.json.Decoder(_Pattern).decode


def techniques(finder: Finder, log: Log, question: Question) -> Techniques:
    """The matrix over a query.

    Args:
        finder: Finds attack patterns, and counts.
        log: Gives their bytes, and looks at the scope once more.
        question: What is asked for.

    Raises:
        HubError: BAD_QUERY, SEARCH_DOWN as the finder says.
    """
    counts = _counts(finder, question)
    hits = finder.find(question.scope, _PATTERNS, 0, MOST_PATTERNS)
    known: dict[str, _Known] = {}
    for piece in log.pick(question.scope, hits.keys):
        for each in _described(piece.raw):
            # The newest comes first.
            known.setdefault(each.number, each)
    placed = {number for number, each in known.items() if each.places}
    named = (counts or {}).keys() | known.keys()
    others = [_technique(number, known, counts) for number in sorted(named - placed)]
    return Techniques(_matrices(known, counts), others, counts is not None, not hits.more)


def _counts(finder: Finder, question: Question) -> dict[str, int] | None:
    """Records by number, of techniques alone."""
    node = AllOf((question.node, *_NAMES_ONE))
    (facet,) = finder.facets(question.scope, node, ("attack",), _MOST_NUMBERS)
    if facet.counts is None:
        return None
    return {item.key: item.records for item in facet.counts if _TECHNIQUE.fullmatch(item.key)}


def _described(raw: bytes) -> Iterable[_Known]:
    """The techniques that an attack pattern describes: one, and none when it is of an odd form."""
    try:
        pattern = _decode(raw)
    except msgspec.MsgspecError:
        return
    places = frozenset(
        (phase.kill_chain_name, phase.phase_name)
        for phase in pattern.kill_chain_phases
        if phase.kill_chain_name.startswith(_CHAINS)
    )
    for reference in () if pattern.x_mitre_deprecated else pattern.external_references:
        number = _number(reference)
        if number:
            yield _Known(number, pattern.name, pattern.id, places)
            return


def _number(reference: _Reference) -> str:
    """The number that a reference to ATT&CK gives; empty: it is none."""
    source = reference.source_name.lower()
    is_attack = source.startswith("mitre-") and source.endswith("attack")
    found = read("attack", reference.external_id) if is_attack else None
    return found if found and _TECHNIQUE.fullmatch(found) else ""


def _matrices(known: Mapping[str, _Known], counts: Mapping[str, int] | None) -> list[Matrix]:
    columns: dict[str, dict[str, list[str]]] = {}
    for number, each in known.items():
        for chain, phase in each.places:
            columns.setdefault(chain, {}).setdefault(phase, []).append(number)
    return [
        Matrix(
            chain,
            [
                Tactic(phase, _folded(sorted(numbers), known, counts))
                for phase, numbers in sorted(phases.items())
            ],
        )
        for chain, phases in sorted(columns.items())
    ]


def _folded(
    numbers: Sequence[str], known: Mapping[str, _Known], counts: Mapping[str, int] | None
) -> list[Technique]:
    """The techniques of a tactic, each with its parts; a part without its whole stands alone."""
    parts: dict[str, list[Technique]] = {}
    there = set(numbers)
    for number in numbers:
        whole = number.partition(".")[0]
        if whole != number and whole in there:
            parts.setdefault(whole, []).append(_technique(number, known, counts))
    inside = {part.number for found in parts.values() for part in found}
    return [
        _technique(number, known, counts)._replace(parts=tuple(parts.get(number, ())))
        for number in numbers
        if number.upper() not in inside
    ]


def _technique(
    number: str, known: Mapping[str, _Known], counts: Mapping[str, int] | None
) -> Technique:
    each = known.get(number, _Known(number, "", "", frozenset()))
    records = None if counts is None else counts.get(number, 0)
    return Technique(number.upper(), each.name, each.object_id, records)
