"""What is written about one wave of an attack: report, translation, incident, notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from hub.stix.sample import cast, words
from hub.stix.sample.attack import TECHNIQUES
from hub.stix.sample.pen import Obj, Pen, revised, stamp
from hub.stix.sample.plot import Plot
from hub.stix.sample.profile import Profile

_PATIENCE = timedelta(days=2)
_CLOSED = timedelta(days=11)
_REAL = frozenset({"national", "banking", "energy", "case-work"})
"""Collections of those who were hit: an incident is theirs"""


class Told(NamedTuple):
    """What is told of one wave."""

    plot: Plot
    profile: Profile
    pen: Pen
    """Writes as the publisher"""
    number: int
    """Of the wave"""
    alias: str
    """Of the collection"""

    def objects(self, indicators: list[Obj]) -> Iterator[Obj]:
        """Report with its translation, incident, victim, and a note that asks for an answer."""
        found = [*indicators, self.profile.malware, self.profile.campaign, self.profile.group]
        if incident := self._incident():
            yield incident
            yield self._note(incident)
            found.append(incident)
            yield self.pen.link(self.profile.campaign, "related-to", incident)
        if self.pen.colour is not Tlp.CLEAR:
            victim = self._victim()
            yield victim
            yield self.pen.link(self.profile.campaign, "targets", victim)
        report = self._report(found)
        yield from (report, self._translation(report))

    def revisions(self) -> Iterator[tuple[datetime, Obj]]:
        """The incident as it goes on."""
        if incident := self._incident():
            text = incident["description"]
            for pause, said in ((_PATIENCE, words.CONTAINED), (_CLOSED, words.CLOSED)):
                text = f"{text} {said.said(self.pen.language)}"
                at = self.pen.at + pause
                yield at + timedelta(minutes=7), revised(incident, at, description=text)

    def _headline(self, language: str) -> str:
        turn = self.plot.turns[self.number % len(self.plot.turns)]
        return turn.vi if language == "vi" else turn.en

    def _report(self, found: list[Obj]) -> Obj:
        pen, plot = self.pen, self.plot
        technique = cast.technique(plot.techniques[self.number % len(plot.techniques)])
        text = f"{plot.text.said(pen.language)} {words.SAMPLE.said(pen.language)}"
        numbers = plot.techniques[self.number % 3 :: 2]
        return pen.write(
            "report",
            "report",
            name=self._headline(pen.language),
            description=text,
            report_types=["threat-report", "campaign"],
            published=stamp(pen.at),
            confidence=(60, 75, 85)[self.number % 3],
            labels=[plot.sector],
            object_refs=[obj["id"] for obj in (*found, technique)],
            external_references=[cast.reference(TECHNIQUES[number]) for number in numbers],
        )

    def _translation(self, report: Obj) -> Obj:
        """The report's text in the other language (STIX 2.1 section 7.1)."""
        other = "en" if self.pen.language == "vi" else "vi"
        text = self.plot.text.en if other == "en" else self.plot.text.vi
        told = {"name": self._headline(other), "description": text}
        return self.pen.write(
            "language-content",
            "translation",
            object_ref=report["id"],
            object_modified=report["modified"],
            contents={other: told},
        )

    def _incident(self) -> Obj | None:
        """Who is not called to the case sees it without the sentence on the team."""
        pen = self.pen
        if self.alias not in _REAL or self.number % 2:
            return None
        text = f"{self.plot.text.said(pen.language)} {words.INTERNAL.said(pen.language)}"
        made = pen.write(
            "incident",
            "incident",
            name=f"{self._headline(pen.language)} ({stamp(pen.at)[:10]})",
            description=text,
            labels=[self.plot.sector],
        )
        if pen.colour in {Tlp.GREEN, Tlp.AMBER}:
            strict = {"marking_ref": MARKING_OF[Tlp.AMBER_STRICT], "selectors": ["description"]}
            made["granular_markings"] = [strict]
        return made

    def _victim(self) -> Obj:
        """Who was hit, without a name."""
        sector = cast.VICTIMS[self.plot.sector].said(self.pen.language)
        name = words.VICTIM.said(self.pen.language).format(sector=sector, number=self.number + 1)
        members = {"identity_class": "organization", "sectors": [self.plot.sector]}
        return self.pen.write("identity", "victim", name=name, **members)

    def _note(self, incident: Obj) -> Obj:
        said = words.SEARCH.said(self.pen.language)
        return self.pen.write(
            "note", "note", content=said, authors=["SOC"], object_refs=[incident["id"]]
        )
