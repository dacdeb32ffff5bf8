"""What becomes of an object that meets records of the same id: rules without I/O.

- Versions are equal when their instants are equal in microseconds (STIX 2.1 section 3.6).
- Equal version, content and label is no change: publishing twice is publishing once.
- Equal version and other content or label replaces the old record when the same organisation
  publishes it, under a new date added, so that every subscriber receives it; producers do this
  (ATT&CK releases hold 1,890 such pairs). All that the organisation published of the version is
  replaced. Only whole objects count: who publishes what is in a view of its own object takes the
  rest back. Another organisation's other content is a conflict and changes nothing; its equal
  content for another audience is a record of its own.
- Only records that the publisher may know take part: what it cannot see changes no answer. So
  several records of one version may stand side by side, and who sees several gets one of them.
- Of the records that a reader sees of one object, the best is the newest STIX version (TAXII 2.1
  section 3.4.1), then the newest version, then the one with the least taken out, then the one
  that was published first. When a record was added does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from hub.model.record import Candidate, Outcome
from hub.model.tlp import Tlp


class Standing(IntEnum):
    """How a record stands among the records of its object, in its collection."""

    GONE = 0
    """Deleted, or replaced by other content of the same version."""
    OLDER = 1
    """Whoever sees it sees a better one."""
    UNSURE = 2
    """There is a better one, which some who see this may not see."""
    LAST = 3
    """The best of all: the latest version for whoever sees it."""
    ONLY = 4
    """The only one."""


@dataclass(slots=True)
class Known:
    """A record as far as the rules need it."""

    added_us: int
    version_us: int
    digest: bytes
    publisher: str
    stix: str
    standing: int
    label: int
    origin_us: int
    """Date added of the first record of this publish, and of what it replaced: one for all the
    views of an object, from its first publish on"""
    part: int
    """0: the whole object; else a view of it, the smaller the more is left (`part_of`)"""

    def rank(self) -> tuple[str, int, int, int]:
        """The greater, the better."""
        return (self.stix, self.version_us, -self.part, -self.origin_us)


def part_of(whole: Tlp, form: Tlp) -> int:
    """`Known.part` of a form by its marking; of a view, the whole's marking plays no part."""
    return 0 if form is whole else Tlp.RED + 1 - form


def meet(
    known: Iterable[Known], candidate: Candidate, publisher: str, label: int
) -> tuple[Outcome, frozenset[int]]:
    """What becomes of the candidate.

    Args:
        known: Records of the object that the publisher may know.
        candidate: What is published.
        publisher: Slug of the organisation.
        label: Key of the label it would get.

    Returns:
        The outcome, and the origins of the publishes that it replaces.
    """
    live = [record for record in known if record.standing != Standing.GONE]
    rivals = [record for record in live if record.version_us == candidate.version_us]
    own = [record for record in rivals if record.publisher == publisher and record.part == 0]
    if any(r.digest == candidate.digest and r.label == label for r in own or rivals):
        return Outcome.UNCHANGED, frozenset()
    if own:
        return Outcome.REPLACED, frozenset(record.origin_us for record in own)
    if any(r.digest != candidate.digest and r.publisher != publisher for r in rivals):
        return Outcome.CONFLICT, frozenset()
    return (Outcome.VERSION if live else Outcome.NEW), frozenset()


def rank(known: Iterable[Known]) -> None:
    """Set the standing of every record of one object."""
    live = [record for record in known if record.standing != Standing.GONE]
    if len(live) > 1:
        live.sort(key=Known.rank, reverse=True)
    newest: dict[int, int] = {}
    for place, record in enumerate(live):
        if place == 0:
            record.standing = Standing.LAST if len(live) > 1 else Standing.ONLY
        else:
            # Who sees this record sees what has its label and was added later.
            hidden = newest.get(record.label, -1) < record.added_us
            record.standing = Standing.UNSURE if hidden else Standing.OLDER
        newest[record.label] = max(newest.get(record.label, -1), record.added_us)
