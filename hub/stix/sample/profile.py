"""What an attack is described by: group, actor, malware, tool, servers, weakness, way to act."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from hub.stix.sample import cast, words
from hub.stix.sample.pen import Obj, Pen, stamp
from hub.stix.sample.plot import Plot

_SERVERS = {"ddos": "botnet", "bot": "botnet", "spyware": "phishing", "trojan": "phishing"}
_ACTORS = {"personal-gain": "crime-syndicate", "notoriety": "hacker", "dominance": "nation-state"}
_NVD = "https://nvd.nist.gov/vuln/detail/"
_INVENTED = "CVE-2099-"


class Profile:
    """The objects, and how they hang together.

    Args:
        plot: The attack.
        pen: Writes as whoever leads the analysis, at its begin.
    """

    def __init__(self, plot: Plot, pen: Pen) -> None:
        self._plot = plot
        self._pen = pen
        self._seen = stamp(pen.at - timedelta(days=3))
        text = plot.text.said(pen.language)
        self.group = self._group()
        self.actor = self._actor()
        self.campaign = self._write(
            "campaign", name=plot.title.said(pen.language), description=text, first_seen=self._seen
        )
        self.malware = self._write(
            "malware",
            name=plot.malware,
            malware_types=[plot.malware_type],
            is_family=True,
            description=text,
            first_seen=self._seen,
        )
        self.tool = self._tool()
        self.servers = self._servers()
        advice = plot.advice.said(pen.language)
        first = re.split(r"[,;]", advice)[0]
        self.advice = self._write("course-of-action", name=first, description=advice)
        self.weakness = self._weakness() if plot.cve else None

    def objects(self) -> list[Obj]:
        """All of them."""
        found = [self.group, self.actor, self.campaign, self.malware]
        found += [self.tool, self.servers, self.advice]
        return [*found, self.weakness] if self.weakness else found

    def links(self) -> Iterator[Obj]:
        """The relationships between them, to victims and to techniques."""
        link = self._pen.link
        yield link(self.group, "attributed-to", self.actor)
        yield link(self.campaign, "attributed-to", self.group)
        yield link(self.campaign, "uses", self.malware)
        yield link(self.group, "uses", self.tool)
        yield link(self.malware, "beacons-to", self.servers)
        yield link(self.advice, "mitigates", self.malware)
        yield link(self.campaign, "targets", cast.victims(self._plot.sector))
        yield link(self.group, "targets", cast.place(self._pen.author.country))
        if self.weakness:
            yield link(self.malware, "exploits", self.weakness)
        for place, number in enumerate(self._plot.techniques):
            user = (self.malware, self.campaign, self.group)[place % 3]
            yield link(user, "uses", cast.technique(number))

    def _group(self) -> Obj:
        return self._write(
            "intrusion-set",
            name=self._plot.group,
            aliases=[self._plot.alias],
            description=words.GROUP.said(self._pen.language),
            first_seen=self._seen,
            primary_motivation=self._plot.motive,
        )

    def _actor(self) -> Obj:
        return self._write(
            "threat-actor",
            name=f"{self._plot.group} ({self._plot.alias})",
            description=words.ACTOR.said(self._pen.language),
            threat_actor_types=[_ACTORS.get(self._plot.motive, "spy")],
            primary_motivation=self._plot.motive,
        )

    def _tool(self) -> Obj:
        return self._write(
            "tool",
            name=self._plot.tool,
            tool_types=[self._plot.tool_type],
            description=words.TOOL.said(self._pen.language),
        )

    def _servers(self) -> Obj:
        return self._write(
            "infrastructure",
            name=words.SERVERS.said(self._pen.language).format(name=self._plot.malware),
            infrastructure_types=[_SERVERS.get(self._plot.malware_type, "command-and-control")],
            first_seen=self._seen,
        )

    def _weakness(self) -> Obj:
        cve = self._plot.cve
        reference = {"source_name": "cve", "external_id": cve}
        said = words.WEAKNESS
        if not cve.startswith(_INVENTED):
            reference["url"] = f"{_NVD}{cve}"
            said = words.REAL_WEAKNESS
        text = said.said(self._pen.language)
        return self._write(
            "vulnerability", name=cve, description=text, external_references=[reference]
        )

    def _write(self, kind: str, **members: object) -> Obj:
        labels = [self._plot.sector]
        return self._pen.write(kind, kind, **members, labels=labels)
