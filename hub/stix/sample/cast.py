"""What many objects refer to: markings, organisations, places, victims, techniques.

A collection gets each of them when something in it refers to it for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from hub.stix.marking import TLP_EXTENSION
from hub.stix.sample.attack import ICS, MOBILE, TECHNIQUES, Technique
from hub.stix.sample.pen import Obj, id_of, stamp
from hub.stix.sample.plot import Text

_MARKED = "2022-10-01T00:00:00.000Z"
_KNOWN = stamp(datetime(2026, 1, 1, tzinfo=UTC))
_ADDRESS = "https://attack.mitre.org/techniques/"
_PLACES = {
    "VN": "Việt Nam",
    "LA": "Laos",
    "MY": "Malaysia",
    "PH": "Philippines",
    "SG": "Singapore",
    "TH": "Thailand",
    "ID": "Indonesia",
}
VICTIMS = {
    "education": Text("Trường đại học", "Universities"),
    "energy": Text("Đơn vị điện lực", "Power utilities"),
    "financial-services": Text("Ngân hàng và khách hàng", "Banks and their customers"),
    "government-national": Text("Cơ quan nhà nước", "National agencies"),
    "government-public-services": Text("Người dùng dịch vụ công", "Users of public services"),
    "government-regional": Text("Cổng thông tin của địa phương", "Regional portals"),
    "healthcare": Text("Bệnh viện", "Hospitals"),
    "manufacturing": Text("Doanh nghiệp xuất khẩu", "Exporters"),
    "technology": Text("Nhà cung cấp phần mềm", "Software vendors"),
    "telecommunications": Text("Nhà mạng và thuê bao", "Providers and their subscribers"),
}
"""By sector of the STIX 2.1 industry-sector-ov"""
_CHAINS = {MOBILE: "mobile", ICS: "ics"}


def everything(orgs: Iterable[Organisation]) -> Iterator[Obj]:
    """All that may be referred to, in an order in which nothing refers to what follows."""
    yield from (marking(colour) for colour in Tlp)
    yield from (identity(org) for org in orgs)
    yield from (place(country) for country in _PLACES)
    yield from (victims(sector) for sector in VICTIMS)
    yield from (technique(number) for number in TECHNIQUES)


def marking(colour: Tlp) -> Obj:
    """The TLP 2.0 marking of a colour, as OASIS publishes it."""
    told = {"extension_type": "property-extension", "tlp_2_0": colour.text}
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKING_OF[colour],
        "created": _MARKED,
        "name": str(colour),
        "extensions": {TLP_EXTENSION: told},
    }


def identity(org: Organisation) -> Obj:
    """An organisation."""
    made = _known("identity", org.id, name=org.name_en, description=org.name_vi)
    return made | {"identity_class": "organization", "sectors": [org.sector], "roles": [org.kind]}


def place(country: str) -> Obj:
    """A country, by its ISO 3166-1 alpha-2 code."""
    made = id_of("location", country)
    return _known(
        "location", made, name=_PLACES[country], country=country, region="south-eastern-asia"
    )


def victims(sector: str) -> Obj:
    """A class of victims."""
    text = VICTIMS[sector]
    made = _known("identity", id_of("identity", sector), name=text.vi, description=text.en)
    return made | {"identity_class": "class", "sectors": [sector], "lang": "vi"}


def technique(number: str) -> Obj:
    """A technique of ATT&CK, by its number."""
    told = TECHNIQUES[number]
    made = _known("attack-pattern", id_of("attack-pattern", number), name=told.name)
    phases = [{"kill_chain_name": told.chain, "phase_name": phase} for phase in told.tactics]
    labels = [_CHAINS[told.chain]] if told.chain in _CHAINS else ["enterprise"]
    return made | {
        "kill_chain_phases": phases,
        "external_references": [reference(told)],
        "labels": labels,
    }


def reference(told: Technique) -> Obj:
    """Names a technique in whatever speaks of it."""
    address = _ADDRESS + told.number.replace(".", "/")
    return {"source_name": "mitre-attack", "external_id": told.number, "url": address}


def _known(kind: str, object_id: str, **members: str) -> Obj:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": object_id,
        "created": _KNOWN,
        "modified": _KNOWN,
        "object_marking_refs": [MARKING_OF[Tlp.CLEAR]],
        **members,
    }
