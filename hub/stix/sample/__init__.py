"""Demonstration objects: made-up stories of attacks, the same for the same time and parties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.sample import shared
from hub.stix.sample.story import Story, Teller

STORIES = 20
DAYS = 90
Audience = Literal["national", "warning", "public"]
_AUDIENCES: tuple[Audience, ...] = ("national", "warning", "national", "public", "warning")
_COLOURS: dict[Audience, tuple[Tlp, ...]] = {
    "national": (Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.GREEN),
    "warning": (Tlp.GREEN, Tlp.AMBER),
    "public": (Tlp.CLEAR,),
}
# Who saw the same attack: for whom they write, which of the authors, marking, days before the end.
_WITNESSES: tuple[tuple[Audience, int, Tlp, int], ...] = (
    ("warning", 0, Tlp.GREEN, 9),
    ("national", 1, Tlp.AMBER, 5),
    ("national", 2, Tlp.AMBER_STRICT, 2),
)


class Sample(NamedTuple):
    """One object and where it belongs."""

    audience: Audience
    org: str
    """Slug of the organisation that publishes it."""
    raw: bytes


def samples(
    orgs: Mapping[str, Organisation], authors: Mapping[Audience, tuple[str, ...]], until: datetime
) -> Iterator[Sample]:
    """All demonstration objects, in the order of their publishing.

    Args:
        orgs: Organisations by slug.
        authors: Slugs of those who publish for each audience.
        until: When the newest story ends; the oldest begins 90 days before.
    """
    seen: set[tuple[Audience, bytes]] = set()
    for audience, author, raw in _told(orgs, authors, until):
        if (audience, raw) not in seen:
            seen.add((audience, raw))
            yield Sample(audience, author.slug, raw)


def _told(
    orgs: Mapping[str, Organisation], authors: Mapping[Audience, tuple[str, ...]], until: datetime
) -> Iterator[tuple[Audience, Organisation, bytes]]:
    for number in range(STORIES):
        audience = _AUDIENCES[number % len(_AUDIENCES)]
        author = orgs[authors[audience][number % len(authors[audience])]]
        colour = _COLOURS[audience][number % len(_COLOURS[audience])]
        language: Literal["en", "vi"] = "en" if audience == "warning" else "vi"
        begin = until - timedelta(days=DAYS * (1 - number / STORIES))
        story = Story(Teller(number, audience, author, colour, language, begin))
        for raw in story.raws():
            yield audience, author, raw
    for audience, number, colour, days in _WITNESSES:
        author = orgs[authors[audience][number % len(authors[audience])]]
        moment = until - timedelta(days=days)
        witness = shared.Witness(audience, author, colour, audience == "national", moment)
        for raw in shared.raws(witness):
            yield audience, author, raw
