"""What a run did, in numbers, with the reasons why something was not published."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import msgspec

_MOST_REASONS = 50
_MOST_SAMPLES = 20
_LONGEST = 300


class Sample(NamedTuple):
    """One thing that was not published."""

    what: str
    origin: str
    reason: str


class Tally(msgspec.Struct, frozen=True):
    """The same as the history of a job keeps it, in JSON."""

    counts: dict[str, int] = {}
    """By the names of `Counts`"""
    reasons: dict[str, int] = {}
    """Why things were left out or refused, the most frequent first"""
    samples: tuple[Sample, ...] = ()


class Counts:
    """Adds up.

    The names: `read` objects that the source gave; of them `known` say nothing new, `new`,
    `versions` and `replaced` were published, `unchanged` were here already, `conflicts` belong to
    somebody else in that version, `refused` were not accepted, `filtered` are not wanted, `deleted`
    were deleted here. `left` is what no object was made of. The source has no more what was deleted
    as `gone`, and what stays as `held` by another feed.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._samples: list[Sample] = []

    def add(self, name: str, count: int = 1) -> None:
        """So many more of a name."""
        if count:
            self.counts[name] += count

    def leave(self, name: str, what: str, origin: str, reason: str) -> None:
        """One that is not published, and why."""
        self.add(name)
        reason = reason[:_LONGEST]
        if reason in self._reasons or len(self._reasons) < _MOST_REASONS:
            self._reasons[reason] += 1
        if len(self._samples) < _MOST_SAMPLES:
            self._samples.append(Sample(what[:_LONGEST], origin[:_LONGEST], reason))

    def tally(self) -> Tally:
        """All of it as it is now."""
        return Tally(dict(self.counts), dict(self._reasons.most_common()), tuple(self._samples))

    def encoded(self) -> bytes:
        """The same in JSON, for the history."""
        return msgspec.json.encode(self.tally())


def decoded(counts: bytes) -> Tally:
    """What a run in the history did. What cannot be read says nothing."""
    try:
        return msgspec.json.decode(counts, type=Tally)
    except msgspec.MsgspecError:
        return Tally()
