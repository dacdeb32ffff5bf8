"""A selection as a directory of CSAF 2.0 documents (section 7.1): its lists, and its documents.

All of them are made of the whole selection, the same way each time, so a document that a list names
is there. What stands in a document is decided by `hub.service.outlet.advisory`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.service.outlet.advisory import LABELS, Draft, Origin, Part, part_of, written
from hub.service.outlet.press import Format, Press, Selection
from hub.service.outlet.wish import Left

NAMES = (
    "csaf/provider-metadata.json",
    "csaf/index.txt",
    "csaf/changes.csv",
    "csaf/YEAR/ID.json",
)
"""Addresses of a directory, below that of its collection or search; digests are beside documents"""

CEILING = max(LABELS)
QUERY = "type:report OR type:vulnerability"

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DOCUMENT = re.compile(
    rf"csaf/([0-9]{{4}}/((?:report|vulnerability)--{_UUID})\.json)(?:\.(sha256|sha512))?"
)
_JSON, _TEXT, _CSV = "application/json", "text/plain; charset=utf-8", "text/csv; charset=utf-8"

Write = Callable[[Selection, Press], Iterator[bytes]]


class _Shelf(NamedTuple):
    """The documents of a selection, without what stands in them."""

    drafts: dict[str, Draft]
    """By path"""
    objects: dict[str, dict[str, Any]]
    """Members of the objects of one document, by id"""


def form_of(name: str, path: str) -> Format | None:
    """The format behind an address; None: it is none of a directory of CSAF.

    Args:
        name: The address, below that of the collection or search.
        path: Below `/export`: of the collection or search, by its id.
    """
    if name == NAMES[0]:
        return _format(name, "Who provides the documents", _JSON, _metadata(path))
    if name == NAMES[1]:
        return _format(name, "The paths of all documents", _TEXT, index)
    if name == NAMES[2]:
        return _format(name, "The paths and dates of all documents", _CSV, changes)
    if match := _DOCUMENT.fullmatch(name):
        media, write = (_TEXT if match[3] else _JSON), _document(path, *match.groups())
        return _format(name, "A CSAF document or its digest", media, write)
    return None


def _format(name: str, meaning: str, media_type: str, write: Write) -> Format:
    return Format(name, meaning, media_type, CEILING, write, query=QUERY)


def index(selection: Selection, press: Press) -> Iterator[bytes]:
    """The file index.txt."""
    for path in sorted(_shelf(selection, press).drafts):
        yield f"{path}\n".encode()


def changes(selection: Selection, press: Press) -> Iterator[bytes]:
    """The file changes.csv, newest first."""
    drafts = _shelf(selection, press).drafts
    for path in sorted(drafts, key=lambda path: (-drafts[path].changed_us, path)):
        yield f'"{path}","{format_us(drafts[path].changed_us)}"\n'.encode()


def _metadata(path: str) -> Write:
    """What writes provider-metadata.json.

    The role is the one that claims least: nothing is signed, and no aggregator is to list what
    cannot be read without a credential.
    """

    def write(selection: Selection, press: Press) -> Iterator[bytes]:
        origin = _origin(press, path)
        dates = [draft.changed_us for draft in _shelf(selection, press).drafts.values()]
        made = {
            "canonical_url": f"{origin.folder}provider-metadata.json",
            "distributions": [{"directory_url": origin.folder}],
            "last_updated": format_us(max(dates, default=0)),
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
        yield msgspec.json.encode(made) + b"\n"

    return write


def _document(path: str, place: str, object_id: str, algorithm: str | None) -> Write:
    """What writes a document, or its digest as `sha256sum` and `sha512sum` do."""

    def write(selection: Selection, press: Press) -> Iterator[bytes]:
        shelf = _shelf(selection, press, object_id)
        draft = shelf.drafts.get(place)
        if draft is None:
            raise HubError(
                Fault.ABSENT,
                f"there is no document {place} in this directory",
                field="path",
                remedy="Read index.txt again: it names all that there are.",
            )
        parts = (_filled(part, shelf) for part in draft.flaws)
        raw = written(Draft(_filled(draft.head, shelf), list(parts)), _origin(press, path))
        if algorithm:
            digest = hashlib.new(algorithm, raw).hexdigest()
            raw = f"{digest}  {place.rpartition('/')[2]}\n".encode()
        yield raw

    return write


def _shelf(selection: Selection, press: Press, wanted: str = "") -> _Shelf:
    """All documents. Who may see what, and what is live, is decided where the selection comes from.

    Args:
        selection: Reports and vulnerabilities.
        press: Counts what fits into no document.
        wanted: Id of the object whose document is written: what it needs is kept whole.
    """
    reports: list[tuple[Part, tuple[str, ...]]] = []
    flaws: dict[str, Part] = {}
    kept: dict[str, dict[str, Any]] = {}
    needed = {wanted}
    for piece in selection.objects():
        obj = msgspec.json.decode(piece.raw)
        part = part_of(piece, obj)._replace(obj={})
        refs = _refs(obj) if piece.type == "report" else ()
        # Ids are in order, so a report comes before the vulnerabilities that it names.
        needed.update(refs if piece.object_id == wanted else ())
        if piece.object_id in needed:
            kept[piece.object_id] = obj
        if piece.type == "report":
            reports.append((part, refs))
        elif part.cve:
            flaws[part.id] = part
        else:
            press.left[Left.FORM] += 1
    drafts = [Draft(part, [part]) for part in flaws.values()]
    for part, refs in reports:
        named = [flaws[ref] for ref in refs if ref in flaws]
        if named:
            drafts.append(Draft(part, named))
        else:
            press.left[Left.FORM] += 1
    return _Shelf({draft.path: draft for draft in drafts}, kept)


def _refs(obj: dict[str, Any]) -> tuple[str, ...]:
    """The vulnerabilities that a report names, each once, in order."""
    found = obj.get("object_refs")
    texts = [x for x in found if isinstance(x, str)] if isinstance(found, list) else []
    return tuple(sorted({ref for ref in texts if ref.startswith("vulnerability--")}))


def _filled(part: Part, shelf: _Shelf) -> Part:
    return part._replace(obj=shelf.objects[part.id])


def _origin(press: Press, path: str) -> Origin:
    return Origin(f"{press.url}/export/{path}/csaf/", press.url)
