"""STIX objects on their way in, and what the hub answers about them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from hub.model.search import Document
from hub.model.tlp import Tlp

UNVERSIONED = "1970-01-01T00:00:00.000000Z"
"""The version of an object that carries neither `modified` nor `created`.

TAXII 2.1 section 5.3.1 leaves the value to the server; a constant is the same in the status,
the manifest and every filter, on every engine.
"""


class Candidate(NamedTuple):
    """One object that passed the structural check: its bytes and all that filters need."""

    raw: bytes
    object_id: str
    type: str
    version: str
    """Text of `modified`, else of `created`, else `UNVERSIONED`."""
    version_us: int
    stix: str
    """"2.0" or "2.1"."""
    digest: bytes
    """16 bytes over the canonical form: equal for equal content, whatever its white space."""
    terms: str
    """What the extended match filters see: `hub.stix.terms` says how it is written."""
    warnings: tuple[str, ...]
    marking_refs: tuple[str, ...] = ()
    """Ids of the markings of the whole object"""
    granular: bool = False
    """Parts of it are marked on their own."""
    tlp: Tlp = Tlp.RED
    """Its effective marking: the strictest of object and parts. `hub.stix.grading` sets it."""
    views: tuple[Candidate, ...] = ()
    """What is left of it for those who may not see it whole, each with its own `tlp`."""
    document: Document = Document()
    """What search finds it by (`hub.stix.document`)"""


class Refusal(NamedTuple):
    """One object that cannot be kept."""

    object_id: str
    """As far as it could be read; "unknown" otherwise."""
    version: str
    reason: str
    """Names the place in the request, the field, what is wrong and the way out."""


class Outcome(StrEnum):
    """What became of one object of a publish."""

    NEW = "new"
    """First version of this object in this collection."""
    VERSION = "version"
    """A further version of a known object."""
    REPLACED = "replaced"
    """Same version, other content, same publisher: these bytes took the place of the old ones."""
    UNCHANGED = "unchanged"
    """Same version, same content: nothing to do, and nobody receives it twice."""
    CONFLICT = "conflict"
    """Same version, other content, published by another organisation: not kept."""
    REFUSED = "refused"
    """It did not pass the structural check or the collection's rules."""


KEPT = frozenset({Outcome.NEW, Outcome.VERSION, Outcome.REPLACED, Outcome.UNCHANGED})


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outcome for one object, in the order of the request."""

    id: str
    version: str
    outcome: Outcome
    message: str = ""


class Status(msgspec.Struct, frozen=True):
    """What became of one publish; kept for its owner (TAXII 2.1 section 4.3)."""

    id: str
    root: str
    org: str
    requested_us: int
    verdicts: tuple[Verdict, ...]
    account: str = ""
