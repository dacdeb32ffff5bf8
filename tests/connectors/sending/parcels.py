"""Parcels and trips for tests of senders."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

from connectors.net import Limits, Net
from connectors.sending import Freight, Parcel, Reader, Trip
from hub.model.tlp import Tlp
from tests import fakes
from tests.connectors.sending.receivers import SECRET

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
SECRETS = {"env:HOOK": SECRET, "env:PASSWORD": "letmein", "env:TOKEN": "hub_token_of_nobody"}


def freight(number: int, **changes: Any) -> Freight:
    """An indicator of the ministry in the collection `shared`."""
    obj = fakes.indicator(number, **changes)
    return Freight(
        json.dumps(obj, ensure_ascii=False).encode(),
        obj["id"],
        obj["type"],
        obj.get("modified", ""),
        Tlp.GREEN,
        "shared",
        "ministry",
        fakes.START_US + number,
    )


def parcel(*items: Freight, **changes: Any) -> Parcel:
    values: dict[str, Any] = {"key": "0123456789abcdef" * 2, "freight": items} | changes
    return Parcel(**values)


def trip(folder: Path, **limits: Any) -> Trip:
    """A trip that may reach loopback, with time for a slow machine."""
    told = {"networks": LOOPBACK, "connect_s": 30.0, "read_s": 30.0, "whole_s": 60.0} | limits
    return Trip(
        "weekly",
        "Bản tin tuần",
        fakes.START_US,
        Net(Limits(**told)),
        SECRETS.__getitem__,
        folder,
        "https://hub.example.org",
    )


READER = Reader("lan", "lan@agency.example", "vi")
