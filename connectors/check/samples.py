"""The kit's own objects: named as tests, about documentation addresses, never to be acted upon.

Every id is new in each run, so nothing of anybody else is changed or deleted. Indicators are
`benign`, point to RFC 5737 addresses, and expire within the hour.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from hub.model.clock import HOUR_US, format_us, now_us

LABEL = "hub-check-test"
_NAME = "Conformance test, safe to delete (Đối tượng kiểm thử, xoá được)"
# STIX 2.1 section 2.9: the ids of observables are made of their values.
_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


class Samples:
    """Objects of one run."""

    def __init__(self) -> None:
        self.run = uuid.uuid4().hex[:12]
        self._start_us = now_us() // 1000 * 1000
        self._count = 0

    def object(self, kind: str, **more: Any) -> dict[str, Any]:
        """A domain object; each one is a second younger than the one before."""
        self._count += 1
        at = format_us(self._start_us + self._count * 1_000_000)[:23] + "Z"
        named: dict[str, Any] = {
            "type": kind,
            "spec_version": "2.1",
            "id": f"{kind}--{uuid.uuid4()}",
        }
        named |= {"created": at, "modified": at, "name": f"{_NAME} {self.run}", "labels": [LABEL]}
        return named | more

    def identity(self) -> dict[str, Any]:
        """Somebody who is nobody."""
        return self.object("identity", identity_class="system")

    def indicator(self) -> dict[str, Any]:
        """An indicator of an address that belongs to documents."""
        host = self._count % 250 + 1
        return self.object(
            "indicator",
            indicator_types=["benign"],
            pattern=f"[ipv4-addr:value = '192.0.2.{host}']",
            pattern_type="stix",
            valid_from=format_us(self._start_us),
            valid_until=format_us(self._start_us + HOUR_US),
        )

    def malware(self) -> dict[str, Any]:
        """A malware that does nothing."""
        return self.object("malware", is_family=False)

    def domain(self) -> dict[str, Any]:
        """An observable, which has neither created nor modified."""
        self._count += 1
        value = f"check-{self.run}-{self._count}.example.com"
        name = json.dumps({"value": value}, separators=(",", ":"))
        made = f"domain-name--{uuid.uuid5(_OBSERVABLES, name)}"
        return {"type": "domain-name", "spec_version": "2.1", "id": made, "value": value}

    def versioned(self) -> list[dict[str, Any]]:
        """Objects whose `version` is no version of TAXII."""
        extension = self.object(
            "extension-definition",
            schema="https://example.com/schema.json",
            version="1.0.0",
            extension_types=["property-extension"],
            created_by_ref=f"identity--{uuid.uuid4()}",
        )
        value = {"name": f"check-{self.run}", "version": "1.0.0"}
        name = json.dumps(value, separators=(",", ":"))
        made = f"software--{uuid.uuid5(_OBSERVABLES, name)}"
        return [extension, {"type": "software", "spec_version": "2.1", "id": made, **value}]

    def later(self, item: dict[str, Any], seconds: int, micro: int = 0) -> dict[str, Any]:
        """The same object in a version that is younger by so much."""
        at = format_us(self._start_us + (seconds + 1000) * 1_000_000 + micro)
        return item | {"modified": at if micro else f"{at[:23]}Z"}


def raw(item: dict[str, Any]) -> bytes:
    """An object as it is sent, with spaces that say whether the bytes are kept."""
    return json.dumps(item, ensure_ascii=False, separators=(" ,", ":  ")).encode()


def envelope(*items: dict[str, Any]) -> bytes:
    """A body with these objects."""
    return b'{"objects": [' + b", ".join(map(raw, items)) + b"]}"
