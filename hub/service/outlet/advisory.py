"""One CSAF 2.0 document (OASIS, November 2022): a vulnerability, or a report with those it names.

It says what the objects say: no product is affected or fixed by guess, and no severity is made up.
Its version follows from the newest date in it, so the same objects make the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from hub.language.fold import INVISIBLE
from hub.model.clock import format_us
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.stix.instant import instant_us

LABELS: Mapping[Tlp, str] = {Tlp.CLEAR: "WHITE", Tlp.GREEN: "GREEN"}
"""Markings that a document may have, as CSAF 2.0 names them, which knows TLP 1.0"""

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?")
_URL = re.compile(
    r"https?://[A-Za-z0-9](?:[!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*(?:#[!$&-;=?-Z_a-z~]*)?"
)
"""With the signs of RFC 3986; an address of IPv6 is none that a document refers to"""
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_URL = 1_000, 30_000, 2_000


class Part(NamedTuple):
    """What a document needs of a vulnerability or a report."""

    id: str
    publisher: str
    """Slug of the organisation"""
    tlp: Tlp
    created_us: int
    changed_us: int
    cve: str
    """Empty: it is a report, or has none"""
    obj: Mapping[str, Any]
    """Its members; empty where dates are enough"""


class Origin(NamedTuple):
    """Where documents come from."""

    folder: str
    """Address of all of them, with a slash at its end"""
    namespace: str
    """Address of the hub: ids are unique there"""


class Draft(NamedTuple):
    """What a document is made of."""

    head: Part
    """What it is named after"""
    flaws: Sequence[Part]
    """Its vulnerabilities: at least one, each with its number"""

    @property
    def path(self) -> str:
        """YEAR/ID.json, as CSAF 2.0 names files (sections 5.1 and 7.1.11)."""
        return f"{format_us(self.head.created_us)[:4]}/{self.head.id}.json"

    @property
    def changed_us(self) -> int:
        """The newest date in it."""
        return max(part.changed_us for part in (self.head, *self.flaws))


def part_of(piece: Piece, obj: Mapping[str, Any]) -> Part:
    """What a document needs of an object."""
    created = instant_us(obj.get("created")) or 0
    changed = max(created, instant_us(obj.get("modified")) or 0)
    cve = _number(obj) if piece.type == "vulnerability" else ""
    return Part(piece.object_id, piece.publisher, piece.tlp, created, changed, cve, obj)


def written(draft: Draft, origin: Origin) -> bytes:
    """The document, as its file holds it."""
    head = draft.head
    made: dict[str, Any] = {
        "category": "csaf_base",
        "csaf_version": "2.0",
        "distribution": {"tlp": {"label": LABELS[max(p.tlp for p in (head, *draft.flaws))]}},
    }
    if (lang := head.obj.get("lang")) and isinstance(lang, str) and _LANGUAGE.fullmatch(lang):
        made["lang"] = lang
    # What a vulnerability says stands with its number.
    own = [] if head.cve else [head]
    made |= _some("notes", [note for part in own for note in _notes(part)])
    made |= {
        "publisher": {"category": "other", "name": head.publisher, "namespace": origin.namespace},
        "references": [
            {"category": "self", "summary": head.id, "url": f"{origin.folder}{draft.path}"},
            *_references(own),
        ],
        "title": _title(head) or head.cve or head.id,
        "tracking": _tracking(draft),
    }
    return msgspec.json.encode({"document": made, "vulnerabilities": list(_flaws(draft))}) + b"\n"


def _tracking(draft: Draft) -> dict[str, Any]:
    first, last = draft.head.created_us, draft.changed_us
    history = [{"date": format_us(first), "number": "1.0.0", "summary": "First published"}]
    if last > first:
        # Major versions may have no gaps (section 6.1.21); minor ones may, and always rise.
        number = f"1.{last - first}.0"
        history.append({"date": format_us(last), "number": number, "summary": "Newest change"})
    return {
        "current_release_date": format_us(last),
        "id": draft.head.id,
        "initial_release_date": format_us(first),
        "revision_history": history,
        "status": "final",
        "version": history[-1]["number"],
    }


def _flaws(draft: Draft) -> Iterator[dict[str, Any]]:
    """Each number once (section 6.1.23), with what all sources say of it."""
    by_cve: dict[str, list[Part]] = {}
    for part in draft.flaws:
        by_cve.setdefault(part.cve, []).append(part)
    for cve, parts in sorted(by_cve.items()):
        notes = [note for part in parts for note in _notes(part)]
        title = next(filter(None, map(_title, parts)), cve)
        yield (
            {"cve": cve}
            | _some("notes", notes)
            | _some("references", list(_references(parts)))
            | {"title": title}
        )


def _number(obj: Mapping[str, Any]) -> str:
    """The CVE number: of its references, or else its name."""
    given = [entry.get("external_id") for entry in _entries(obj)]
    for text in (*given, obj.get("name")):
        if isinstance(text, str) and _CVE.fullmatch(text.strip().upper()):
            return text.strip().upper()
    return ""


def _notes(part: Part) -> list[dict[str, str]]:
    text = _clean(part.obj.get("description"), _LONGEST_TEXT)
    if not text:
        return []
    kind = "description" if part.cve else "summary"
    return [{"category": kind, "text": text, "title": part.publisher}]


def _references(parts: Iterable[Part]) -> Iterator[dict[str, str]]:
    """Addresses that a browser opens; each once."""
    seen: set[str] = set()
    for entry in (entry for part in parts for entry in _entries(part.obj)):
        url = entry.get("url")
        if not isinstance(url, str) or url in seen or not _is_address(url):
            continue
        seen.add(url)
        named = _clean(entry.get("description"), _LONGEST_TITLE)
        summary = named or _clean(entry.get("source_name"), _LONGEST_TITLE) or url
        yield {"category": "external", "summary": summary, "url": url}


def _is_address(url: str) -> bool:
    return len(url) <= _LONGEST_URL and _URL.fullmatch(url) is not None


def _entries(obj: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = obj.get("external_references")
    return [x for x in found if isinstance(x, dict)] if isinstance(found, list) else []


def _title(part: Part) -> str:
    return " ".join(_clean(part.obj.get("name"), _LONGEST_TITLE).split())


def _clean(found: Any, longest: int) -> str:
    """A text without what hides or turns other text; of anything else nothing."""
    return INVISIBLE.sub("", found).strip()[:longest] if isinstance(found, str) else ""


def _some(name: str, found: Sequence[Any]) -> dict[str, Any]:
    """A member, unless it would be an empty list, which the schema forbids."""
    return {name: found} if found else {}
