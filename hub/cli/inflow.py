"""Feeds and deliveries of the demonstration: real files that are read, and servers that are away."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from hub.model.party import Account, Role
from hub.model.tlp import Tlp
from hub.service.admin import Admin

COLLECTION = "open-sources"
FEEDER = "feed-open-sources"
_ROWS = 48
_FAMILIES = ("SonLaRAT", "KhoaTre", "NhaNoi", "GioBac", "MuaRao")
_TABLE = """\
title = "Vendor table of the week"
connector = "csv"
enabled = true
every = "15m"
account = "{account}"
collection = "{collection}"
marking = "clear"
confidence = 55
reliability = "C"
licence = "Invented for the demonstration"

[source]
path = "incoming/vendor-table.csv"

[filters]
warning_lists = "stop"
"""
_BUNDLES = """\
title = "Bundles of a partner"
connector = "stix"
enabled = true
every = "15m"
account = "{account}"
collection = "{collection}"
licence = "Invented for the demonstration"

[source]
path = "incoming/bundles"
"""
_AWAY = """\
# Nobody listens there: so the page of feeds shows what a failure looks like.
title = "Partner server under repair"
connector = "taxii"
enabled = true
every = "1h"
account = "{account}"
collection = "{collection}"
networks = ["127.0.0.0/8"]

[source]
url = "http://127.0.0.1:9/taxii2/"
"""

_SIEM = """\
# Nobody listens there, either.
title = "SIEM that is being moved"
connector = "syslog"
enabled = true
every = "1h"
account = "{account}"
collections = ["{collection}"]
start = "all"
networks = ["127.0.0.0/8"]

[target]
host = "127.0.0.1"
port = 9
transport = "tcp"
"""


def lay(folder: Path, admin: Admin, org: str) -> None:
    """Write definitions and files, and make the account that publishes.

    Args:
        folder: Of the demonstration.
        admin: Makes the account.
        org: Slug of its organisation.
    """
    admin.add_account(Account(FEEDER, org, frozenset({Role.PUBLISHER}), clearance=Tlp.GREEN))
    feeds = folder / "feeds"
    bundles = feeds / "incoming" / "bundles"
    bundles.mkdir(parents=True)
    for name, text in (("vendor-table", _TABLE), ("partner-bundles", _BUNDLES), ("away", _AWAY)):
        told = text.format(account=FEEDER, collection=COLLECTION)
        (feeds / f"{name}.toml").write_text(told, encoding="utf-8")
    deliveries = folder / "deliveries"
    deliveries.mkdir()
    told = _SIEM.format(account=FEEDER, collection=COLLECTION)
    (deliveries / "siem.toml").write_text(told, encoding="utf-8")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = ["First seen;Type;Indicator;Family;Confidence", *_rows(today)]
    (feeds / "incoming" / "vendor-table.csv").write_text("\r\n".join(lines), encoding="utf-8-sig")
    (bundles / "week.json").write_bytes(_bundle(today))


def _rows(today: datetime) -> Iterator[str]:
    """A table as vendors write them: defanged, with values that nobody should block."""
    for number in range(_ROWS):
        family = _FAMILIES[number % len(_FAMILIES)]
        mark = hashlib.sha256(f"vendor {number}".encode()).hexdigest()
        kind, value = (
            ("domain", f"cdn-{mark[:6]}[.]{family.lower()}.example"),
            ("ip", f"198[.]51[.]100[.]{number + 20}"),
            ("url", f"hxxps://update-{mark[:5]}[.]example[.]net/{family.lower()}/stage{number}"),
            ("sha256", mark),
        )[number % 4]
        seen = (today - timedelta(days=number % 14)).date().isoformat()
        yield f"{seen};{kind};{value};{family};{50 + number % 5 * 10}"
    yield f"{today.date().isoformat()};ip;8.8.8.8;resolver;90"
    yield f"{today.date().isoformat()};domain;google.com;popular;90"
    yield f"{today.date().isoformat()};domain;not a value;GioBac;40"


def _bundle(today: datetime) -> bytes:
    """Objects as another system would have made them."""
    at = today.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    objects = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{uuid.UUID(bytes=mark[:16], version=4)}",
            "created": at,
            "modified": at,
            "name": f"Login page of a bank, imitated ({number})",
            "indicator_types": ["malicious-activity"],
            "pattern": f"[url:value = 'https://secure-{mark.hex()[:6]}.example.org/login']",
            "pattern_type": "stix",
            "valid_from": at,
        }
        for number in range(1, 13)
        for mark in [hashlib.sha256(f"partner {number}".encode()).digest()]
    ]
    return msgspec.json.encode(
        {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": objects}
    )
