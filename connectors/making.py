"""Makes STIX objects of values, on the terms of a feed.

The same value in the same feed is the same object: its id is made of both. Its version is the
instant of the run in which what it says was new, which the runner decides by `Found.digest`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from connectors.found import Found
from hub.intake.lifetime import lifetime_us
from hub.model.intake import Item
from hub.model.tlp import Tlp
from hub.stix.compose import Making, compose, makes

_SPACE = uuid.UUID("5f0f3b0a-7a4d-4c57-9f0c-0d5f5a8f3e11")
_HALF = 2


class Terms(NamedTuple):
    """What a feed says about all that it makes."""

    feed: str
    creator: str
    """identity--UUID of the organisation that the feed publishes for"""
    tlp: Tlp
    confidence: int | None = None
    labels: tuple[str, ...] = ()
    lifetime_us: int = 0
    """How long an indicator holds; 0: as `hub.intake.lifetime` has it for its type; below 0: without end"""
    lifetimes: tuple[tuple[str, int], ...] = ()
    """The same for values of one field, such as `ip`, in place of `lifetime_us`"""


class Said(NamedTuple):
    """What a source says of one value, beyond what the feed says of all."""

    confidence: int | None = None
    """0 to 100; None: as the feed says of all"""
    references: tuple[str, ...] = ()
    """Addresses of where to read more"""


class Maker:
    """Objects of one run.

    Args:
        terms: Of the feed.
        started_us: The instant of the run.
    """

    def __init__(self, terms: Terms, started_us: int) -> None:
        self._terms = terms
        self._started_us = started_us

    @property
    def terms(self) -> Terms:
        """What the feed says about what it makes."""
        return self._terms

    def seed(self, *parts: str) -> uuid.UUID:
        """The seed of ids that belong together, such as those of one advisory."""
        return uuid.uuid5(_SPACE, "\0".join((self._terms.feed, *parts)))

    def indicator(
        self,
        item: Item,
        origin: str,
        *,
        types: tuple[str, ...] = (),
        seen_us: int = 0,
        said: Said = Said(),  # noqa: B008 - immutable
    ) -> Found | None:
        """The object of a value; None: there is none for its kind.

        An indicator that ends is made anew when half of its time is over and the source still
        has it, so that it never ends while it is listed.

        Args:
            item: The value.
            origin: Where it stood.
            types: indicator-type-ov.
            seen_us: When the source says it was seen or added; 0: it does not say.
            said: What else it says of this value.
        """
        if not makes(item):
            return None
        life_us = self._life_us(item.field)
        # What was seen at some instant ends by that, however often it is made.
        renew_us = life_us // _HALF if life_us > 0 and not seen_us else 0
        start_us = seen_us or self._started_us
        making = self._making(
            self.seed(item.field, item.key),
            types=types,
            valid_until_us=max(start_us + life_us, 0) if life_us > 0 else 0,
        )
        # What was seen long ago held from then on, and may be over: it says so.
        making = msgspec.structs.replace(
            making,
            valid_from_us=seen_us,
            confidence=making.confidence if said.confidence is None else said.confidence,
            references=said.references,
        )
        [raw] = compose(making, [item])
        all_said = (item.field, item.key, item.note, types, self._terms[1:], seen_us, *said)
        digest = hashlib.sha256(repr(all_said).encode()).digest()
        item = msgspec.structs.replace(item, confidence=said.confidence)
        return Found(raw, origin, digest, item, made=True, renew_us=renew_us)

    def report(
        self, key: str, title: str, text: str, items: Sequence[Item], origin: str
    ) -> list[Found]:
        """A report with its values, each behind those that it names; without a value none.

        Args:
            key: What tells this advisory from the others of the feed.
            title: Its name.
            text: Its description.
            items: Its values.
            origin: Where it stood.
        """
        wanted = [item for item in items if makes(item)]
        making = self._making(self.seed("report", key), title=title, text=text)
        said = (title, text, [(i.field, i.key, i.note) for i in wanted], self._terms[1:])
        digest = hashlib.sha256(repr(said).encode()).digest()
        by_place = [*wanted, *[None] * len(wanted)]
        return [
            Found(raw, origin, digest, item, made=True)
            for raw, item in zip(compose(making, wanted), by_place, strict=False)
        ]

    def _life_us(self, field: str) -> int:
        said = dict(self._terms.lifetimes).get(field, self._terms.lifetime_us)
        return said or lifetime_us(field)

    def _making(self, seed: uuid.UUID, **said: object) -> Making:
        terms = self._terms
        base = Making(
            seed=seed,
            made_us=self._started_us,
            creator=terms.creator,
            tlp=terms.tlp,
            confidence=terms.confidence,
            labels=terms.labels,
        )
        return msgspec.structs.replace(base, **said)
