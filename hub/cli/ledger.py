"""The whole hub as lines of JSON, in a form of its own that no engine dictates: what a line holds.

The first line says what follows, the last one how much there was, with the SHA-256 of all bytes
before it. Between them come the parties and then the change log, in order, each change with its
record. `hub.cli.transfer` writes and reads the file; what stands in it is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from hub.model.clock import format_us, parse_us
from hub.model.party import (
    Account,
    Collection,
    Community,
    Directory,
    Grant,
    Group,
    Organisation,
    Party,
    WarningList,
    subject_of,
)
from hub.model.query import Label
from hub.model.record import Candidate
from hub.model.tlp import Tlp
from hub.store.base import Change, Logged

FORMAT = 2
"""To be raised with every field that an older program must not overlook."""

START = b'{"line":"head","hub_export":'
"""What every export begins with."""

_OPEN: Mapping[type, frozenset[str]] = {
    Organisation: frozenset({"slug", "id", "name_vi", "name_en", "kind", "country", "sector"}),
    Community: frozenset({"name", "title", "members", "terms"}),
    Group: frozenset({"name", "title", "owner", "members", "terms"}),
    Account: frozenset({"name", "org", "roles", "disabled", "clearance", "certificate_only"}),
    Collection: frozenset(
        (
            *("key", "id", "root", "alias", "title", "description", "public", "strict"),
            *("media_types", "ceiling", "default", "screened"),
        )
    ),
    Grant: frozenset({"collection", "subject", "read", "write", "ceiling", "since_us"}),
    WarningList: frozenset({"owner", "lines"}),
}
"""Fields that are no secrets. Any other field, and any other kind of party, counts as one."""

_KINDS: Mapping[str, type[Party]] = {kind.__name__.lower(): kind for kind in get_args(Party)}


class Head(msgspec.Struct, frozen=True, tag_field="line", tag="head", forbid_unknown_fields=True):
    """The first line."""

    hub_export: int
    """The format"""
    hub: str
    """Version of the program that wrote it"""
    created: str
    with_secrets: bool


class PartyLine(
    msgspec.Struct, frozen=True, tag_field="line", tag="party", forbid_unknown_fields=True
):
    """One organisation, community, account, token, collection or grant."""

    kind: str
    fields: dict[str, Any]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An object as it was published, and what the hub knows of it."""

    publisher: str
    """Slug of the organisation"""
    type: str
    id: str
    version: str
    stix: str
    digest: bytes
    """Of its content, in Base64"""
    terms: str = ""
    """What the extended match filters find it by"""
    warnings: Sequence[str] = ()
    tlp: str = "red"
    """Its marking"""
    audience: Sequence[str] = ()
    """Who may see it, such as `org:grid`; none: whoever may read the collection"""
    origin: str = ""
    """Date added of the first record of its publish"""
    part: int = 0
    """0: the whole object; else a view of it"""
    gone: bool = False
    """It was replaced or deleted since; its bytes are not kept."""
    raw: str | None = None
    """The bytes in which it came, which are UTF-8"""
    raw_base64: bytes | None = None
    """The same, if they are not"""


class ChangeLine(
    msgspec.Struct,
    frozen=True,
    tag_field="line",
    tag="change",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """One change."""

    ordinal: int
    change: Literal["add", "replace", "delete"]
    at: str
    """When, RFC 3339 with six digits"""
    added: str
    """Date added of the record"""
    key: int
    """Of the collection"""
    collection: str
    """Its UUID"""
    record: Record | None = None
    """None: the change brought none, such as a delete."""


class End(msgspec.Struct, frozen=True, tag_field="line", tag="end", forbid_unknown_fields=True):
    """The last line."""

    parties: int
    changes: int
    sha256: str
    """Of all bytes before this line, in hex"""


Line = Head | PartyLine | ChangeLine | End


def everybody(directory: Directory) -> Iterator[Party]:
    """The parties in a directory, of whatever kind."""
    for field in msgspec.structs.fields(directory):
        value = getattr(directory, field.name)
        if isinstance(value, (dict, tuple)):
            yield from value.values() if isinstance(value, dict) else value


def party_line(party: Party, *, with_secrets: bool) -> PartyLine | None:
    """The line of a party; None for one that is nothing without its secret, as a token is."""
    fields: dict[str, Any] = msgspec.to_builtins(party, order="deterministic")
    if not with_secrets:
        allowed = _OPEN.get(type(party), frozenset())
        for field in msgspec.structs.fields(party):
            if field.name not in allowed:
                if field.required:
                    return None
                del fields[field.name]
    return PartyLine(type(party).__name__.lower(), fields)


def party_of(line: PartyLine) -> Party:
    """The party of a line.

    Raises:
        ValueError: There is no such kind, or it has other fields.
    """
    kind = _KINDS.get(line.kind)
    if kind is None:
        raise ValueError(f"no party is a {line.kind}")
    if strange := line.fields.keys() - {field.name for field in msgspec.structs.fields(kind)}:
        raise ValueError(f"{line.kind} has no field {min(strange)}")
    return msgspec.convert(line.fields, kind)


def change_line(item: Logged, collection: str) -> ChangeLine:
    """The line of a change; `collection` is the UUID of its collection."""
    change = item.change
    return ChangeLine(
        change.ordinal,
        change.kind,
        format_us(change.at_us),
        format_us(change.added_us),
        change.collection,
        collection,
        _record(item.record, item) if item.record else None,
    )


def _record(found: Candidate, item: Logged) -> Record:
    raw: dict[str, Any] = {}
    if not item.gone:
        try:
            raw["raw"] = found.raw.decode()
        except UnicodeDecodeError:
            raw["raw_base64"] = found.raw
    audience = item.label.audience if item.label else ()
    return Record(
        item.publisher,
        found.type,
        found.object_id,
        found.version,
        found.stix,
        found.digest,
        found.terms,
        found.warnings,
        found.tlp.text,
        sorted(":".join(subject) for subject in audience),
        format_us(item.origin_us),
        item.part,
        item.gone,
        **raw,
    )


def change_of(line: ChangeLine) -> Logged:
    """The change of a line, with its record.

    Raises:
        ValueError: A timestamp is none, or the record is missing or too much.
    """
    change = Change(line.ordinal, line.change, parse_us(line.at), parse_us(line.added), line.key)
    found = line.record
    if (found is None) != (change.at_us != change.added_us):
        raise ValueError("a record belongs to the change that brought it, and to no other")
    if found is None:
        return Logged(change)
    raw = found.raw.encode() if found.raw is not None else found.raw_base64
    if (raw is None) != found.gone:
        raise ValueError("a record has its bytes unless it is gone")
    record = Candidate(
        raw=raw or b"",
        object_id=found.id,
        type=found.type,
        version=found.version,
        version_us=parse_us(found.version),
        stix=found.stix,
        digest=found.digest,
        terms=found.terms,
        warnings=tuple(found.warnings),
        tlp=Tlp.named(found.tlp),
    )
    audience = frozenset(map(subject_of, found.audience))
    return Logged(
        change,
        found.publisher,
        record,
        found.gone,
        Label(line.key, record.tlp, audience),
        parse_us(found.origin),
        found.part,
    )
