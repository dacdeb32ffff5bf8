"""Events of MISP for the tests, and the parts of a run."""

from __future__ import annotations

import uuid
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from connectors.base import Run
from connectors.found import Found
from connectors.making import Maker, Terms
from connectors.net import Limits, Net
from hub.model.tlp import Tlp

STARTED_US = 1_700_000_000_000_000
ORG = "55f6ea5e-51ac-4344-bc8c-4170950d210f"


def uuid_of(number: int) -> str:
    return str(uuid.UUID(int=(0xE0000000 << 96) + (4 << 76) + (8 << 60) + number))


def attribute(number: int, kind: str, value: str, **changes: Any) -> dict[str, Any]:
    made = {
        "uuid": uuid_of(number),
        "type": kind,
        "category": "Network activity",
        "value": value,
        "to_ids": True,
        "comment": "",
        "timestamp": "1600000000",
        "distribution": "5",
    }
    return made | changes


def event(number: int, *attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "uuid": uuid_of(1_000_000 + number),
        "info": f"Event {number}",
        "date": "2020-09-13",
        "threat_level_id": "2",
        "analysis": "2",
        "timestamp": "1600000000",
        "published": True,
        "publish_timestamp": "1600000000",
        "distribution": "3",
        "Orgc": {"name": "CERT A", "uuid": ORG},
        "Attribute": list(attributes),
    }
    return made | changes


def run(folder: Path, ca_file: str = "") -> Run:
    limits = Limits(
        networks=(ip_network("127.0.0.0/8"),),
        ca_file=ca_file,
        read_s=2.0,
        whole_s=10.0,
        most_bytes=2_000_000,
    )
    creator = "identity--11111111-1111-4111-8111-111111111111"
    maker = Maker(Terms("try", creator, Tlp.GREEN), STARTED_US)
    return Run("try", STARTED_US, Net(limits), maker, _secret, folder)


def _secret(reference: str) -> str:
    return Path(reference.removeprefix("file:")).read_text(encoding="utf-8").strip()


def objects(found: tuple[Found, ...]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(each.raw) for each in found]
