"""What an invented attack is described by; `plots_home` and `plots_abroad` describe them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from hub.model.party import Organisation
from hub.model.tlp import Tlp

CASE = "case-2026-11"
"""The sharing group that gets what is TLP:RED"""

Language = Literal["en", "vi"]


class Text(NamedTuple):
    """The same in Vietnamese and in English."""

    vi: str
    en: str

    def said(self, language: Language) -> str:
        """The text in one language."""
        return self.vi if language == "vi" else self.en


class Wave(NamedTuple):
    """One publish of somebody who saw the attack."""

    days: float
    """Before the end of the demonstration"""
    org: str
    """Slug of who publishes"""
    alias: str
    """Of the collection"""
    colour: Tlp
    language: Language = "vi"
    size: int = 7
    """Indicators"""


class Plot(NamedTuple):
    """One attack, from the first sign to the last."""

    key: str
    title: Text
    text: Text
    turns: tuple[Text, ...]
    """Headlines of its reports, in turn"""
    group: str
    """Name of the intrusion set"""
    alias: str
    """Another name of it"""
    malware: str
    malware_type: str
    """STIX 2.1 malware-type-ov"""
    tool: str
    tool_type: str
    """STIX 2.1 tool-type-ov"""
    techniques: tuple[str, ...]
    """Numbers in ATT&CK"""
    lures: tuple[str, ...]
    """First parts of host names"""
    sector: str
    """STIX 2.1 industry-sector-ov, of the victims"""
    motive: str
    """STIX 2.1 attack-motivation-ov"""
    advice: Text
    """The course of action"""
    waves: tuple[Wave, ...]
    """Oldest first; the first publisher leads the analysis"""
    cve: str = ""
    """Of the year 2099: nobody has given it out. Another one is a real, public one."""
    profile: Tlp = Tlp.GREEN
    """Marking of what the attack is described by: group, malware, campaign, ..."""


class Setting(NamedTuple):
    """Among whom the attacks are told."""

    orgs: Mapping[str, Organisation]
    """By slug"""
    writers: Mapping[str, tuple[str, ...]]
    """Slugs of who publishes in a collection, by its alias"""
    until: datetime
    """When the newest object is published"""


class Leaf(NamedTuple):
    """One object, and who publishes it where and when."""

    at: datetime
    alias: str
    """Of the collection"""
    org: str
    """Slug"""
    audience: tuple[str, ...]
    """Subjects, such as `group:case-12`; empty: whoever reads the collection"""
    obj: dict[str, Any]
