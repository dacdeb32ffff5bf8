"""Objects of the worlds, with what of them may be seen up to which marking, said a second time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from hub.model.clock import format_us
from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF
from tests import fakes
from tests.http import linked
from tests.http.cast import DEFAULTS, second

KINDS = {1: "campaign", 2: "campaign", 3: "tool", 4: "campaign"}
ADDRESS, STATEMENT = 5, 6
INDICATORS = (7, 8)
"""Whose values devices pull; parts of them are not marked"""

NUMBERS = (*KINDS, ADDRESS, STATEMENT, *INDICATORS)
ALONE = (1, 1, 1, 1, 2, 2, STATEMENT, *INDICATORS, *NUMBERS)
"""Those of which most worlds are made, the frequent ones several times"""
WOVEN = (*linked.KINDS, *linked.KINDS, 1, 1, 2, *INDICATORS)
"""Those of worlds in which most objects refer to others"""

VERSIONED = (*KINDS, *INDICATORS, *linked.KINDS)
REF_OF = {tlp: ref for ref, tlp in COLOUR_OF.items()}
"""The id of each marking in TLP 2.0."""

REQUIRED = "name"
SELECTORS = ("description", "description", "aliases.[0]", "aliases.[1]", REQUIRED)


def kind_of(number: int) -> str:
    special = {ADDRESS: "ipv4-addr", STATEMENT: "marking-definition"}
    special |= dict.fromkeys(INDICATORS, "indicator") | linked.KINDS
    return KINDS.get(number) or special[number]


def id_of(number: int) -> str:
    return f"{kind_of(number)}--{fakes.uuid_of(number)}"


def version_of(version: int) -> str:
    return format_us(second(-1000 + version))


class Piece(NamedTuple):
    """One object of a publish."""

    number: int
    version: int = 0
    content: str = "a"
    inner: str = "x"
    """What differs in the description alone."""
    stix: str = "2.1"
    tlp: Tlp | None = None
    """How the whole is marked; None: not at all."""
    parts: tuple[tuple[str, Tlp], ...] = ()
    """How parts of it are marked."""
    stated: bool = False
    """It also carries the statement of the worlds."""

    @property
    def key(self) -> tuple[int, int]:
        """Pieces with the same key are the same version of the same object."""
        return self.number, self.version if self.number in VERSIONED else 0

    def changed(self, **changes: Any) -> Piece:
        """The piece with other fields, as far as its kind has them."""
        return self._replace(**changes) if self.number in KINDS else self

    def levels(self, alias: str) -> list[Tlp]:
        """The markings under which forms of it stand, the strictest last."""
        whole = self.tlp
        if whole is None:
            whole = Tlp.CLEAR if self.number == STATEMENT else DEFAULTS[alias]
        base = max([whole, *(tlp for name, tlp in self.parts if name == REQUIRED)])
        return sorted({base, *(tlp for _, tlp in self.parts if tlp > base)})

    def raw(self, level: Tlp = Tlp.RED) -> bytes:
        """The object as it is sent, without the parts above a level."""
        left = [(name, tlp) for name, tlp in self.parts if tlp <= level or name == REQUIRED]
        gone = {name for name, _ in self.parts}.difference(name for name, _ in left)
        obj = self._members()
        for name in ("aliases.[1]", "aliases.[0]", "description"):
            if name in gone:
                _drop(obj, name)
        if left:
            moved = {"aliases.[1]": "aliases.[0]"} if "aliases.[0]" in gone else {}
            obj["granular_markings"] = [
                {"marking_ref": REF_OF[tlp], "selectors": [moved.get(name, name)]}
                for name, tlp in left
            ]
        return msgspec.json.encode(obj)

    def _members(self) -> dict[str, Any]:
        text = self.content
        head = {"type": kind_of(self.number), "spec_version": "2.1", "id": id_of(self.number)}
        created, modified = version_of(0), version_of(self.version)
        if self.number == ADDRESS:
            rest: dict[str, Any] = {"value": "192.0.2.1", "x_note": text}
        elif self.number in INDICATORS:
            # Both have one value of the same, which is joined, and one of their own.
            own = f"ipv4-addr:value = '192.0.2.{self.number}'"
            rest = {
                "created": created,
                "modified": modified,
                "name": f"name {text}",
                "pattern": f"[domain-name:value = 'host-{text}.example' OR {own}]",
                "pattern_type": "stix",
                "valid_from": created,
                "confidence": 90 if text == "a" else 10,
            }
        elif self.number in linked.KINDS:
            rest = {"created": created, "modified": modified}
            rest |= linked.members(self.number, text, id_of)
        elif self.number == STATEMENT:
            definition = {"statement": f"statement {text}"}
            rest = {
                "created": created,
                "definition_type": "statement",
                "definition": definition,
            }
        else:
            rest = {
                "created": created,
                "modified": modified,
                "name": f"name {text}",
                "description": f"description {self.inner}",
                "aliases": [f"first {text}", f"second {text}"],
                "labels": [text, "sample"],
                "confidence": 90 if text == "a" else 10,
            }
        if self.stix == "2.0" and self.number in KINDS:
            del head["spec_version"], rest["confidence"]
        refs = [REF_OF[self.tlp]] if self.tlp is not None else []
        refs += [id_of(STATEMENT)] if self.stated else []
        return head | rest | ({"object_marking_refs": refs} if refs else {})


def _drop(obj: dict[str, Any], name: str) -> None:
    field, _, place = name.partition(".")
    if place and len(obj[field]) > 1:
        obj[field] = [item for n, item in enumerate(obj[field]) if f"[{n}]" != place]
    else:
        del obj[field]


TLPS = st.sampled_from(list(Tlp))
MARKS = st.sampled_from([None, None, *Tlp])
PARTS = st.dictionaries(st.sampled_from(SELECTORS), TLPS, min_size=1, max_size=3).map(
    lambda parts: tuple(sorted(parts.items()))
)


@st.composite
def pieces(draw: Any, *, stated: bool = False, numbers: Sequence[int] = ALONE) -> Piece:
    """Pieces of few objects and versions, so that they meet."""
    number = draw(st.sampled_from(numbers))
    parts = draw(PARTS) if number in KINDS and draw(st.booleans()) else ()
    return Piece(
        number,
        draw(st.integers(0, 2)),
        draw(st.sampled_from("ab")),
        draw(st.sampled_from("xy")),
        draw(st.sampled_from(("2.1", "2.1", "2.0"))) if number in KINDS else "2.1",
        draw(MARKS),
        parts,
        stated and number != STATEMENT and draw(st.integers(0, 2)) == 0,
    )
