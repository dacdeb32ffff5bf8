"""One attack that several parties saw, each with its own marking: what search brings together.

The same host, address and file stand in objects of all of them. Who may see the mildest marking
alone finds that the values are known, and not that others know them too.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from stix2 import v21

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.sample import cast

HOST = "dang-nhap.ngan-hang-sen.example"
URL = f"https://{HOST}/xac-thuc"
ADDRESS = "198.51.100.77"
FILE = "3f1d5c9a7b2e4860d1f3a5c7e9b0d2f4861a3c5e7092b4d6f81a3c5e7f90b2d4"
_HASH = f"[file:hashes.'SHA-256' = '{FILE}']"
_HOUR = timedelta(hours=1)
_SPACE = uuid.UUID("8a5e1c0d-3b7f-5a29-9d44-6c2e0b7f1a35")


class Witness(NamedTuple):
    """Who saw it, and how it may be passed on."""

    audience: str
    org: Organisation
    colour: Tlp
    vietnamese: bool
    seen: datetime


def raws(witness: Witness) -> Iterator[bytes]:
    """What a witness publishes, as JSON, each object after those that it names."""
    for obj in _objects(witness):
        yield obj.serialize(ensure_ascii=False).encode()


def _objects(witness: Witness) -> Iterator[Any]:
    yield from (cast.marking(Tlp.CLEAR), cast.marking(witness.colour), cast.identity(witness.org))
    technique = cast.technique("T1566.002 Spearphishing Link", _id(witness, "attack-pattern"))
    malware = _make(
        witness,
        "malware",
        name="SenVàng",
        malware_types=["spyware"],
        is_family=True,
    )
    yield from (technique, malware)
    yield _link(witness, malware, "uses", technique)
    found = [technique, malware]
    for name, pattern in _indicators(witness):
        indicator = _make(
            witness,
            "indicator",
            name=name,
            pattern=pattern,
            pattern_type="stix",
            indicator_types=["malicious-activity"],
            valid_from=witness.seen,
            confidence=80,
        )
        yield indicator
        yield _link(witness, indicator, "indicates", malware)
        found.append(indicator)
    yield _report(witness, found)


def _report(witness: Witness, found: list[Any]) -> Any:
    vietnamese = (
        "Lừa đảo khách hàng ngân hàng qua trang đăng nhập giả",
        f"Khách hàng nhận tin nhắn dẫn tới {HOST}; trang này lấy mật khẩu và mã OTP.",
    )
    english = (
        "Customers of a bank are led to a false log-in page",
        f"Text messages lead customers to {HOST}, which takes passwords and codes.",
    )
    name, text = vietnamese if witness.vietnamese else english
    return _make(
        witness,
        "report",
        name=name,
        description=text,
        lang="vi" if witness.vietnamese else "en",
        report_types=["threat-report"],
        published=witness.seen,
        object_refs=[obj["id"] for obj in found],
    )


def _indicators(witness: Witness) -> Iterator[tuple[str, str]]:
    if witness.vietnamese:
        yield "Trang lừa đảo giả mạo ngân hàng", f"[domain-name:value = '{HOST}']"
        yield "Máy chủ của trang lừa đảo", f"[ipv4-addr:value = '{ADDRESS}']"
        yield "Ứng dụng giả mạo ngân hàng", _HASH
    else:
        yield "Phishing page of a bank", f"[url:value = '{URL}']"
        yield "False banking app", _HASH


def _link(witness: Witness, source: Any, kind: str, target: Any) -> Any:
    return _make(
        witness,
        "relationship",
        source["id"] + kind,
        source_ref=source["id"],
        relationship_type=kind,
        target_ref=target["id"],
    )


def _make(witness: Witness, kind: str, key: str = "", **members: Any) -> Any:
    moment = witness.seen + _HOUR
    common = {
        "id": _id(witness, kind, key or members["name"]),
        "created_by_ref": witness.org.id,
        "created": moment,
        "modified": moment,
        "object_marking_refs": [cast.MARKING[witness.colour]],
    }
    return v21.OBJ_MAP[kind](**(common | members))


def _id(witness: Witness, kind: str, key: str = "") -> str:
    made = uuid.uuid5(_SPACE, f"{witness.audience}/{witness.org.slug}/{key}")
    return f"{kind}--{uuid.UUID(bytes=made.bytes, version=4)}"
