"""One invented attack as STIX 2.1 objects: who publishes what where, wave by wave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from hub.model.tlp import Tlp
from hub.stix.sample import words
from hub.stix.sample.findings import Findings
from hub.stix.sample.pen import Obj, Pen, revised
from hub.stix.sample.plot import CASE, Leaf, Plot, Setting, Wave
from hub.stix.sample.profile import Profile
from hub.stix.sample.report import Told
from hub.stix.sample.values import Purse

_SHARED = {"envoy": "ministry"}
"""Attacks that take their values from another one"""
_LATEST = 0.8
_GREW = (timedelta(days=70), timedelta(days=110))


class Story:
    """One attack.

    Args:
        plot: What happens.
        setting: Among whom.
        purses: Values of the attacks so far; some share them.
    """

    def __init__(self, plot: Plot, setting: Setting, purses: dict[str, Purse]) -> None:
        self._plot = plot
        self._setting = setting
        pen = self._pen(plot.waves[0], plot.key)._replace(colour=plot.profile)
        self._profile = Profile(plot, pen)
        own = purses.setdefault(plot.key, Purse(plot.key, plot.lures))
        self._purse = purses.get(_SHARED.get(plot.key, ""), own)

    def base(self) -> list[Obj]:
        """What the attack is described by; a collection gets each when something refers to it."""
        return self._profile.objects()

    def leaves(self) -> Iterator[Leaf]:
        """Everything that is published until now."""
        for number, wave in enumerate(self._plot.waves):
            yield from self._wave(number, wave)
        yield from self._growth()

    def _wave(self, number: int, wave: Wave) -> Iterator[Leaf]:
        pen = self._pen(wave, f"{self._plot.key}/{number}")
        found = Findings(self._plot, self._profile, pen, self._purse)
        told = Told(self._plot, self._profile, pen, number, wave.alias)
        # Nobody publishes in the future, though it takes them hours.
        at = pen.at + min(found.delay, (self._setting.until - pen.at) * _LATEST)
        yield from (_leaf(wave, wave.org, at, obj) for obj in self._profile.links())
        yield from (_leaf(wave, wave.org, at, obj) for obj in found.objects(wave.size))
        yield from (_leaf(wave, wave.org, at, obj) for obj in told.objects(found.indicators))
        others = [slug for slug in self._setting.writers[wave.alias] if slug != wave.org]
        later = [
            *found.answers(self._setting.orgs, others),
            *((wave.org, *each) for each in [*found.revisions(), *told.revisions()]),
        ]
        for org, when, obj in later:
            if at < when < self._setting.until:
                yield _leaf(wave, org, when, obj)

    def _growth(self) -> Iterator[Leaf]:
        """The malware is understood better later on, where its first publisher is at home."""
        wave, malware = self._plot.waves[0], self._profile.malware
        begin = self._setting.until - timedelta(days=wave.days)
        for number, pause in enumerate(_GREW, start=1):
            text = f"{malware['description']} {words.LARGER.said(wave.language)}"
            names = [f"{self._plot.malware} {each + 1}" for each in range(1, number + 1)]
            malware = revised(malware, begin + pause, description=text, aliases=names)
            yield _leaf(wave, wave.org, begin + pause + timedelta(hours=2), malware)

    def _pen(self, wave: Wave, about: str) -> Pen:
        at: datetime = self._setting.until - timedelta(days=wave.days)
        return Pen(about, self._setting.orgs[wave.org], wave.colour, wave.language, at)


def _leaf(wave: Wave, org: str, at: datetime, obj: Obj) -> Leaf:
    audience = (f"group:{CASE}",) if wave.colour is Tlp.RED else ()
    return Leaf(at, wave.alias, org, audience, obj)
