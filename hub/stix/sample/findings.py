"""What is found of an attack in one wave: indicators, observables, and what others say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from hub.stix.sample import cast, values, words
from hub.stix.sample.attack import TECHNIQUES
from hub.stix.sample.pen import Obj, Pen, revised, stamp
from hub.stix.sample.plot import Plot, Text
from hub.stix.sample.profile import Profile
from hub.stix.sample.values import Purse, Value

Answer = tuple[str, datetime, Obj]
"""Slug of who answers, when, and what"""
Revision = tuple[datetime, Obj]
_SEEN = 3
"""So many of the indicators of a wave are seen by others."""
_MANY = 9
"""From so many indicators on somebody writes a rule."""
_LONGEST_DELAY_H = 60
_CONFIDENCE = (15, 30, 45, 50, 60, 70, 75, 80, 85, 90, 95)
_OPINIONS = ("strongly-agree", "agree", "agree", "neutral", "disagree", "strongly-disagree")
_DISAGREES = frozenset({"neutral", "disagree", "strongly-disagree"})


class Findings:
    """Of one wave.

    Args:
        plot: The attack.
        profile: What the attack is described by.
        pen: Writes as the publisher of the wave.
        purse: Values of the attack.
    """

    def __init__(self, plot: Plot, profile: Profile, pen: Pen, purse: Purse) -> None:
        self._plot, self._profile, self._pen, self._purse = plot, profile, pen, purse
        self._chance = Random(pen.about)  # noqa: S311 - the same every time
        hours = min(self._chance.expovariate(1 / 7), _LONGEST_DELAY_H)
        self.delay = timedelta(minutes=45, hours=hours)
        """From writing to publishing"""
        self.indicators: list[Obj] = []

    def objects(self, size: int) -> Iterator[Obj]:
        """Indicators with what they point at, and the observables behind them."""
        first = self._chance.randrange(len(values.KINDS))
        found = [
            self._purse.take(values.KINDS[(first + number) % len(values.KINDS)])
            for number in range(size)
        ]
        for number, value in enumerate(found):
            indicator = self._indicator(number, value)
            self.indicators.append(indicator)
            yield indicator
            is_server = value.kind in {"address", "network", "port"}
            points_at = self._profile.servers if is_server else self._profile.malware
            yield self._pen.link(indicator, "indicates", points_at)
        if size >= _MANY:
            rule = self._rule()
            yield rule
            yield self._pen.link(rule, "indicates", self._profile.malware)
        yield from self._observed(found[:4])

    def _indicator(self, number: int, value: Value) -> Obj:
        plot, pen = self._plot, self._pen._replace(at=self._pen.at + timedelta(minutes=3 * number))
        told = TECHNIQUES[plot.techniques[number % len(plot.techniques)]]
        begin = pen.at - timedelta(hours=self._chance.randrange(1, 90))
        turn = plot.turns[number % len(plot.turns)].said(pen.language)
        return pen.write(
            "indicator",
            f"indicator/{number}",
            name=words.INDICATORS[value.kind].said(pen.language).format(name=plot.malware),
            description=words.SEEN.said(pen.language).format(turn=turn),
            indicator_types=["compromised" if value.kind == "network" else "malicious-activity"],
            pattern=values.pattern(value),
            pattern_type="stix",
            valid_from=stamp(begin),
            valid_until=stamp(begin + timedelta(days=self._chance.choice((60, 90, 180, 365)))),
            confidence=self._chance.choice(_CONFIDENCE),
            labels=[plot.sector],
            kill_chain_phases=[
                {"kill_chain_name": told.chain, "phase_name": phase} for phase in told.tactics[:1]
            ],
            external_references=[cast.reference(told)],
        )

    def _rule(self) -> Obj:
        """An indicator in another language than that of STIX."""
        name, pen = self._plot.malware, self._pen
        key = self._plot.key
        text = f'rule {key} {{ strings: $a = "{key}-config-v2" $b = {{ 4D 5A 90 }} condition: all of them }}'
        return pen.write(
            "indicator",
            "rule",
            name=words.INDICATORS["file"].said(pen.language).format(name=f"{name} (YARA)"),
            indicator_types=["malicious-activity"],
            pattern=text,
            pattern_type="yara",
            valid_from=stamp(pen.at),
            confidence=self._chance.choice(_CONFIDENCE),
            labels=[self._plot.sector],
        )

    def _observed(self, found: Sequence[Value]) -> Iterator[Obj]:
        pen = self._pen
        if pen.colour is Tlp.CLEAR:
            return
        # An observable has no versions: it says the same wherever the attack is told.
        marked = {"object_marking_refs": [MARKING_OF[max(self._plot.profile, Tlp.GREEN)]]}
        seen = {item["id"]: item for value in found if (item := values.observable(value))}
        if not seen:
            return
        yield from (item | marked for item in seen.values())
        begin = pen.at - timedelta(hours=30)
        data = pen.write(
            "observed-data",
            "observed",
            first_observed=stamp(begin),
            last_observed=stamp(pen.at - timedelta(hours=1)),
            number_observed=self._chance.randrange(1, 400),
            object_refs=list(seen),
        )
        yield data
        yield pen.link(self.indicators[0], "based-on", data)
        servers = [item for item in seen.values() if item["type"].endswith("addr")]
        yield from (pen.link(self._profile.servers, "consists-of", item) for item in servers)

    def answers(self, orgs: Mapping[str, Organisation], others: Sequence[str]) -> Iterator[Answer]:
        """Sightings and opinions of other organisations, from hours to weeks later."""
        chance = self._chance
        for number, indicator in enumerate(self.indicators[: _SEEN if others else 0]):
            for slug in chance.sample(others, k=min(len(others), 2 - number % 2)):
                at = self._pen.at + timedelta(hours=5 + chance.expovariate(1 / 60))
                pen = self._pen._replace(author=orgs[slug], at=at)
                yield slug, at + timedelta(minutes=30), self._sighting(pen, indicator)
        if others:
            slug = chance.choice(others)
            at = self._pen.at + timedelta(hours=3 + chance.expovariate(1 / 30))
            pen = self._pen._replace(author=orgs[slug], at=at)
            yield slug, at + timedelta(minutes=9), self._opinion(pen)
            slug = chance.choice(others)
            pen = self._pen._replace(
                author=orgs[slug], at=at + timedelta(hours=chance.randrange(2, 40))
            )
            yield slug, pen.at + timedelta(minutes=2), self._reply(pen)

    def _sighting(self, pen: Pen, indicator: Obj) -> Obj:
        begin = pen.at - timedelta(hours=self._chance.randrange(1, 30))
        return pen.write(
            "sighting",
            f"sighting/{indicator['id']}/{pen.author.slug}",
            sighting_of_ref=indicator["id"],
            where_sighted_refs=[pen.author.id],
            first_seen=stamp(begin),
            last_seen=stamp(pen.at),
            count=int(self._chance.lognormvariate(2.2, 1.3)) + 1,
        )

    def _opinion(self, pen: Pen) -> Obj:
        value = self._chance.choice(_OPINIONS)
        said: Text = words.DOUBTS if value in _DISAGREES else words.AGREES
        target = self._chance.choice(self.indicators)
        return pen.write(
            "opinion",
            f"opinion/{pen.author.slug}",
            opinion=value,
            explanation=said.said(pen.language),
            authors=[pen.author.name_vi if pen.language == "vi" else pen.author.name_en],
            object_refs=[target["id"]],
        )

    def _reply(self, pen: Pen) -> Obj:
        return pen.write(
            "note",
            f"reply/{pen.author.slug}",
            content=words.REPLIED.said(pen.language),
            authors=[pen.author.slug],
            object_refs=[obj["id"] for obj in self.indicators[:2]],
        )

    def revisions(self) -> Iterator[Revision]:
        """Newer versions of some indicators: raised, faded, withdrawn."""
        language = self._pen.language
        for indicator in self.indicators:
            turn, days = self._chance.random(), self._chance.uniform(2, 25)
            at = self._pen.at + timedelta(days=days)
            if turn < 0.28:  # noqa: PLR2004 - the share of those that are raised
                text = f"{indicator['description']} {words.CHECKED.said(language)}"
                until = stamp(at + timedelta(days=180))
                more = {"confidence": 95, "valid_until": until, "description": text}
            elif turn < 0.4:  # noqa: PLR2004 - and of those that fade
                text = f"{indicator['description']} {words.FADED.said(language)}"
                more = {"confidence": 20, "valid_until": stamp(at), "description": text}
            elif turn < 0.46:  # noqa: PLR2004 - and of those that are withdrawn
                more = {"revoked": True, "description": words.WITHDRAWN.said(language)}
            else:
                continue
            yield at + timedelta(minutes=4), revised(indicator, at, **more)
