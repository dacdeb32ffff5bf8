"""A selection as a directory of CSAF 2.0 documents (section 7.1): its lists, and its documents.

All of them are made of the whole selection at once, and the same way each time, so a document that a
list names is there. What stands in a document is decided by `hub.service.outlet.advisory`.

The folder has the lists, the objects, and of each document which objects it is written from: so it is
not larger than the selection, however many reports name the same vulnerabilities.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.service.outlet.advisory import LABELS, Draft, Origin, Part, part_of, written
from hub.service.outlet.folder import Folder
from hub.service.outlet.press import Format, Leaf, Press, Selection
from hub.service.outlet.wish import Left

_JSON, _TEXT, _CSV = "application/json", "text/plain; charset=utf-8", "text/csv; charset=utf-8"
_METADATA, _INDEX, _CHANGES = "csaf/provider-metadata.json", "csaf/index.txt", "csaf/changes.csv"
_LISTS: Mapping[str, tuple[str, str]] = {
    _METADATA: ("Who provides the documents", _JSON),
    _INDEX: ("The paths of all documents", _TEXT),
    _CHANGES: ("The paths and dates of all documents", _CSV),
}
NAMES = (*_LISTS, "csaf/YEAR/ID.json")
"""Addresses of a directory, below that of its collection or search; digests are beside documents"""

CEILING = max(LABELS)
QUERY = "type:report OR type:vulnerability"

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DOCUMENT = re.compile(
    rf"csaf/([0-9]{{4}}/(?:report|vulnerability)--{_UUID}\.json)(?:\.(sha256|sha512))?"
)

_encode = msgspec.msgpack.Encoder().encode
_draft = msgspec.msgpack.Decoder(Draft).decode


def form_of(name: str, path: str) -> Format | None:
    """The format behind an address; None: it is none of a directory of CSAF.

    Args:
        name: The address, below that of the collection or search.
        path: Below `/export`: of the collection or search, by its id.
    """
    if name in _LISTS:
        return _format(name, *_LISTS[name], path)
    if match := _DOCUMENT.fullmatch(name):
        media_type = _TEXT if match[2] else _JSON
        return _format(name, "A CSAF document or its digest", media_type, path)
    return None


def _format(name: str, meaning: str, media_type: str, path: str) -> Format:
    leaf = Leaf("csaf", partial(_fill, path), partial(_read, path))
    return Format(name, meaning, media_type, CEILING, leaf, query=QUERY)


def _fill(path: str, selection: Selection, press: Press, folder: Folder) -> None:
    """Who may see what, and what is live, is decided where the selection comes from."""
    dates: dict[str, int] = {}
    for draft in _drafts(selection, press, folder):
        folder.put(draft.path, [_encode(draft)])
        dates[draft.path] = draft.changed_us
    made = _metadata(_origin(press, path), max(dates.values(), default=0))
    folder.put(_METADATA, [msgspec.json.encode(made) + b"\n"])
    folder.put(_INDEX, (f"{place}\n".encode() for place in sorted(dates)))
    newest = sorted(dates, key=lambda place: (-dates[place], place))
    lines = (f'"{place}","{format_us(dates[place])}"\n' for place in newest)
    folder.put(_CHANGES, (line.encode() for line in lines))


def _metadata(origin: Origin, newest_us: int) -> dict[str, Any]:
    """What stands in provider-metadata.json.

    The role is the one that claims least: nothing is signed, and no aggregator is to list what
    cannot be read without a credential.
    """
    return {
        "canonical_url": f"{origin.folder}provider-metadata.json",
        "distributions": [{"directory_url": origin.folder}],
        "last_updated": format_us(newest_us),
        "list_on_CSAF_aggregators": False,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": False,
        "publisher": {
            "category": "other",
            "name": urlsplit(origin.namespace).hostname or "hub",
            "namespace": origin.namespace,
        },
        "role": "csaf_publisher",
    }


def _drafts(selection: Selection, press: Press, folder: Folder) -> Iterator[Draft]:
    """All documents, without what stands in them: that goes into the folder, by the objects' ids.

    Args:
        selection: Reports and vulnerabilities.
        press: Counts what fits into no document.
        folder: Takes the objects.
    """
    reports: list[tuple[Part, tuple[str, ...]]] = []
    flaws: dict[str, Part] = {}
    for piece in selection.objects():
        obj = msgspec.json.decode(piece.raw)
        part = part_of(piece, obj)._replace(obj={})
        folder.put(piece.object_id, [piece.raw])
        if piece.type == "report":
            reports.append((part, _refs(obj)))
        elif part.cve:
            flaws[part.id] = part
        else:
            press.left[Left.FORM] += 1
    yield from (Draft(part, [part]) for part in flaws.values())
    for part, refs in reports:
        named = [flaws[ref] for ref in refs if ref in flaws]
        if named:
            yield Draft(part, named)
        else:
            press.left[Left.FORM] += 1


def _read(path: str, folder: Folder, name: str, press: Press) -> Iterator[bytes]:
    match = _DOCUMENT.fullmatch(name)
    found = folder.read(match[1] if match else name)
    if found is None:
        raise HubError(
            Fault.ABSENT,
            f"there is no document {name.removeprefix('csaf/')} in this directory",
            field="path",
            remedy="Read index.txt again: it names all that there are.",
        )
    if match is None:
        return found
    draft = _draft(b"".join(found))
    parts = [_filled(part, folder) for part in draft.flaws]
    raw = written(Draft(_filled(draft.head, folder), parts), _origin(press, path))
    return iter([_digest(match[1], raw, match[2]) if match[2] else raw])


def _digest(place: str, raw: bytes, algorithm: str) -> bytes:
    """As `sha256sum` and `sha512sum` write it."""
    digest = hashlib.new(algorithm, raw).hexdigest()
    return f"{digest}  {place.rpartition('/')[2]}\n".encode()


def _refs(obj: dict[str, Any]) -> tuple[str, ...]:
    """The vulnerabilities that a report names, each once, in order."""
    found = obj.get("object_refs")
    texts = [x for x in found if isinstance(x, str)] if isinstance(found, list) else []
    return tuple(sorted({ref for ref in texts if ref.startswith("vulnerability--")}))


def _filled(part: Part, folder: Folder) -> Part:
    return part._replace(obj=msgspec.json.decode(b"".join(folder.read(part.id) or ())))


def _origin(press: Press, path: str) -> Origin:
    return Origin(f"{press.url}/export/{path}/csaf/", press.url)
