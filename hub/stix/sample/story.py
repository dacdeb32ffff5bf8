"""One made-up attack as STIX 2.1 objects: a campaign, what it uses, and what became known of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from stix2 import v21

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.sample import cast, values
from hub.stix.sample.themes import THEMES

_SPACE = uuid.UUID("4a2f6c52-8d0f-5a55-9c1e-7f0f5a3b1c90")
_TEXTS = frozenset({"name", "content"})
_PATTERNS = (values.address, values.host, values.file, values.url)


class Teller(NamedTuple):
    """Who tells a story to whom."""

    number: int
    """Of the story; it decides about everything that looks like chance."""
    audience: str
    """Objects of different audiences have different ids."""
    author: Organisation
    colour: Tlp
    """Of the Traffic Light Protocol."""
    language: Literal["en", "vi"]
    begin: datetime


class Story:
    """One attack.

    Args:
        teller: Who tells it to whom.
    """

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._random = random.Random(teller.number)  # noqa: S311 - the same story every time
        self._theme = THEMES[teller.number % len(THEMES)]
        self._made = 0

    def raws(self) -> Iterator[bytes]:
        """The objects as JSON, each after those that it names."""
        for obj in self._objects():
            yield obj.serialize(ensure_ascii=False).encode()

    def _objects(self) -> Iterator[Any]:
        author = cast.identity(self._teller.author)
        yield from (cast.marking(Tlp.CLEAR), cast.marking(self._teller.colour), author)
        attack = list(self._attack())
        yield from attack
        yield from self._aftermath([author, *attack])

    def _attack(self) -> Iterator[Any]:
        theme = self._theme
        campaign = self._make("campaign", name=self._title(), description=self._text())
        group = self._make(
            "intrusion-set",
            name=f"Nhóm {theme.malware}",
            description=self._said("Nhóm giả định, để minh hoạ.", "An invented group."),
        )
        malware = self._make(
            "malware",
            name=theme.malware,
            malware_types=[theme.malware_type],
            is_family=True,
            description=self._text(),
        )
        technique = cast.technique(
            self._theme.technique, self._id("attack-pattern", theme.technique)
        )
        yield from (campaign, group, malware, technique)
        yield self._link(campaign, "attributed-to", group)
        yield self._link(campaign, "uses", malware)
        yield self._link(malware, "uses", technique)
        for number, pattern in enumerate(_PATTERNS, start=1):
            indicator = self._indicator(number, pattern(self._random, theme.lures))
            yield indicator
            yield self._link(indicator, "indicates", malware)
        if theme.cve:
            weakness = self._make(
                "vulnerability",
                name=theme.cve,
                description=self._said("Số hiệu giả định.", "An invented number."),
                external_references=[{"source_name": "cve", "external_id": theme.cve}],
            )
            yield weakness
            yield self._link(campaign, "targets", weakness)

    def _aftermath(self, known: list[Any]) -> Iterator[Any]:
        """Where it was seen, what happened, what was written about it."""
        yield self._sighting(next(obj for obj in known if obj["type"] == "indicator"))
        incident = self._make("incident", name=self._title(), description=self._text())
        report = self._report([*known, incident])
        yield from (incident, report, self._translation(report))
        yield self._make(
            "note",
            content=self._said(
                "Đề nghị các đơn vị rà soát nhật ký theo các dấu hiệu kèm theo.",
                "Please search your logs for the indicators.",
            ),
            object_refs=[incident["id"]],
        )
        if self._teller.number % 3 == 0:
            closed = self._said("Sự cố đã được xử lý.", "The incident is closed.")
            yield incident.new_version(
                modified=self._teller.begin + timedelta(days=3),
                description=f"{self._text()} {closed}",
            )

    def _sighting(self, indicator: Any) -> Any:
        begin = self._teller.begin
        return self._make(
            "sighting",
            sighting_of_ref=indicator["id"],
            where_sighted_refs=[self._teller.author.id],
            first_seen=begin,
            last_seen=begin + timedelta(hours=6),
            count=self._random.randint(1, 40),
        )

    def _report(self, found: list[Any]) -> Any:
        note = self._said("Dữ liệu minh hoạ.", "Sample data.")
        return self._make(
            "report",
            name=self._title(),
            description=f"{self._text()} {note}",
            report_types=["threat-report"],
            published=self._teller.begin,
            object_refs=[obj["id"] for obj in found],
        )

    def _translation(self, report: Any) -> Any:
        """The report's text in the other language (STIX 2.1 section 7.1)."""
        theme = self._theme
        if self._teller.language == "vi":
            contents = {"en": {"name": theme.name_en, "description": theme.text_en}}
        else:
            contents = {"vi": {"name": theme.name_vi, "description": theme.text_vi}}
        return self._make(
            "language-content",
            object_ref=report["id"],
            object_modified=report["modified"],
            contents=contents,
        )

    def _indicator(self, number: int, pattern: str) -> Any:
        return self._make(
            "indicator",
            name=f"{self._theme.malware} {number}",
            description=self._title(),
            indicator_types=["malicious-activity"],
            pattern=pattern,
            pattern_type="stix",
            valid_from=self._teller.begin,
            valid_until=self._teller.begin + timedelta(days=180),
            confidence=self._random.choice((50, 70, 85)),
        )

    def _link(self, source: Any, kind: str, target: Any) -> Any:
        return self._make(
            "relationship", source_ref=source, relationship_type=kind, target_ref=target
        )

    def _make(self, kind: str, **members: Any) -> Any:
        self._made += 1
        moment = self._teller.begin + timedelta(minutes=self._made)
        common = {
            "id": self._id(kind, f"{self._teller.number}/{self._made}"),
            "created_by_ref": self._teller.author.id,
            "created": moment,
            "modified": moment,
            "object_marking_refs": [cast.MARKING[self._teller.colour]],
        }
        if _TEXTS & members.keys():
            common["lang"] = self._teller.language
        return v21.OBJ_MAP[kind](**(common | members))

    def _id(self, kind: str, key: str) -> str:
        """An id that is the same every time. Objects with versions have UUIDs of version 4."""
        made = uuid.uuid5(_SPACE, f"{self._teller.audience}/{key}")
        return f"{kind}--{uuid.UUID(bytes=made.bytes, version=4)}"

    def _title(self) -> str:
        return self._said(self._theme.name_vi, self._theme.name_en)

    def _text(self) -> str:
        return self._said(self._theme.text_vi, self._theme.text_en)

    def _said(self, vietnamese: str, english: str) -> str:
        return vietnamese if self._teller.language == "vi" else english
