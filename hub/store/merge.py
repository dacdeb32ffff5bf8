"""What becomes of an object that meets records of the same id: rules without I/O.

- Versions are equal when their instants are equal in microseconds (STIX 2.1 section 3.6).
- Equal version and equal content is no change: publishing twice is publishing once.
- Equal version and other content replaces the old bytes when the same organisation publishes
  it, under a new date added, so that every subscriber receives it; producers do this
  (ATT&CK releases hold 1,890 such pairs). Another organisation gets a conflict and changes nothing.
- The latest version is the one with the newest instant among those of the newest STIX version
  (TAXII 2.1 section 3.4.1); when it was added does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from hub.model.record import Candidate, Outcome


class Standing(IntEnum):
    """How a record stands among the records of its object, in its collection."""

    GONE = 0
    """Deleted, or replaced by other content of the same version."""
    OLDER_SPEC = 1
    """A record of a newer STIX version exists."""
    OLDER = 2
    """A newer version exists."""
    LAST = 3


@dataclass(slots=True)
class Known:
    """A record as far as the rules need it."""

    added_us: int
    version_us: int
    digest: bytes
    publisher: str
    stix: str
    standing: int


def meet(
    known: Iterable[Known], candidate: Candidate, publisher: str
) -> tuple[Outcome, Known | None]:
    """What becomes of the candidate, and the record it replaces, if any."""
    outcome = Outcome.NEW
    for record in known:
        if record.standing == Standing.GONE:
            continue
        outcome = Outcome.VERSION
        if record.version_us != candidate.version_us:
            continue
        if record.digest == candidate.digest:
            return Outcome.UNCHANGED, None
        if record.publisher != publisher:
            return Outcome.CONFLICT, None
        return Outcome.REPLACED, record
    return outcome, None


def rank(known: Iterable[Known]) -> None:
    """Set the standing of every record of one object."""
    live = [record for record in known if record.standing != Standing.GONE]
    if len(live) <= 1:
        for record in live:
            record.standing = Standing.LAST
        return
    newest_spec = max(record.stix for record in live)
    for record in live:
        record.standing = Standing.OLDER if record.stix == newest_spec else Standing.OLDER_SPEC
    current = [record for record in live if record.standing == Standing.OLDER]
    max(current, key=lambda record: record.version_us).standing = Standing.LAST
