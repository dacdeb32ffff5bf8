"""TAXII 2.1 resources as JSON bytes. Objects are joined as they are stored, never rebuilt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hub.config import Config, RootSettings
from hub.http.errors import MEDIA_TYPE
from hub.model.clock import format_us
from hub.model.party import Collection
from hub.model.query import Entry, EntryPage, ObjectPage
from hub.model.record import KEPT, Outcome, Status, Verdict
from hub.policy import Rights

EMPTY = b"{}"
_encode = msgspec.json.Encoder().encode


def discovery(config: Config) -> bytes:
    """Section 4.1.1."""
    taxii = config.taxii
    roots = [root_url(config, root.name) for root in taxii.roots]
    default = taxii.default_root or taxii.roots[0].name
    return _encode(
        _filled(
            title=taxii.title,
            description=taxii.description,
            contact=taxii.contact,
            default=root_url(config, default),
            api_roots=roots,
        )
    )


def root_url(config: Config, name: str) -> str:
    """The address of an API root: absolute when the public one is known, else relative.

    It ends with a slash (section 3.1), and http is not an absolute address that section 4.1.1
    knows: a relative one is right on loopback and behind any proxy.
    """
    return f"{config.server.public_url.rstrip('/')}/{name}/"


def api_root(root: RootSettings, max_content_length: int) -> bytes:
    """Section 4.2.1."""
    return _encode(
        _filled(
            title=root.title,
            description=root.description,
            versions=[MEDIA_TYPE],
            max_content_length=max_content_length,
        )
    )


def collection(item: Collection, rights: Rights) -> dict[str, Any]:
    """Section 5.2.1."""
    return _filled(
        id=item.id,
        title=item.title,
        description=item.description,
        alias=item.alias,
        media_types=list(item.media_types),
    ) | {"can_read": rights.read, "can_write": rights.write}


def collections(items: list[dict[str, Any]]) -> bytes:
    """Section 5.1.1; `{}` when there is none."""
    return _encode({"collections": items}) if items else EMPTY


def one_collection(item: dict[str, Any]) -> bytes:
    """Section 5.2.1."""
    return _encode(item)


def status(item: Status) -> bytes:
    """Section 4.3.1. The publish is complete when it is answered, so nothing is pending."""
    done = [_detail(verdict) for verdict in item.verdicts if verdict.outcome in KEPT]
    failed = [_detail(verdict) for verdict in item.verdicts if verdict.outcome not in KEPT]
    return _encode(
        {
            "id": item.id,
            "status": "complete",
            "request_timestamp": format_us(item.requested_us),
            "total_count": len(item.verdicts),
            "success_count": len(done),
            **({"successes": done} if done else {}),
            "failure_count": len(failed),
            **({"failures": failed} if failed else {}),
            "pending_count": 0,
        }
    )


_EVIDENT = frozenset({Outcome.NEW, Outcome.VERSION, Outcome.REFUSED, Outcome.CONFLICT})


def _detail(verdict: Verdict) -> dict[str, str]:
    detail = {"id": verdict.id, "version": verdict.version}
    said = "" if verdict.outcome in _EVIDENT else verdict.outcome.value
    message = ": ".join(filter(None, [said, verdict.message]))
    return detail | ({"message": message} if message else {})


def envelope(page: ObjectPage, cursor: str) -> bytes:
    """Section 3.7; `{}` when there is nothing."""
    return _page(b"objects", b",".join(page.raws), cursor)


def manifest(page: EntryPage, cursor: str) -> bytes:
    """Section 5.3.1."""
    return _page(b"objects", _list([_record(entry) for entry in page.entries]), cursor)


def versions(page: EntryPage, cursor: str) -> bytes:
    """Section 5.8.1."""
    return _page(b"versions", _list([entry.version for entry in page.entries]), cursor)


def _record(entry: Entry) -> Mapping[str, str]:
    return {
        "id": entry.object_id,
        "date_added": format_us(entry.added_us),
        "version": entry.version,
        "media_type": f"application/stix+json;version={entry.stix}",
    }


def _list(items: list[Any]) -> bytes:
    return _encode(items)[1:-1]


def _page(name: bytes, items: bytes, cursor: str) -> bytes:
    """`next` stands only beside `more: true`: some clients follow it whatever `more` says."""
    if not items:
        return EMPTY
    head = b'{"more":true,"next":"%b",' % cursor.encode() if cursor else b'{"more":false,'
    return b'%b"%b":[%b]}' % (head, name, items)


def _filled(**values: Any) -> dict[str, Any]:
    """Without empty texts: an optional property is left out, not empty."""
    return {name: value for name, value in values.items() if value != ""}
