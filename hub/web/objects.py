"""The pages of one object: what it says, its versions, what is around it, its bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
from flask import Response

from hub.errors import Fault, HubError
from hub.language.fields import FIELDS
from hub.model.record import UNVERSIONED
from hub.model.search import Piece, Term
from hub.service.around import Surroundings, near_of, notes, opinions, sightings
from hub.service.graph import MOST_OPEN, draw
from hub.service.outlet.age import aged
from hub.service.related import versions_of
from hub.stix.check import spelled, values_of
from hub.stix.difference import difference
from hub.stix.summary import facts
from hub.web.frame import Answer, Console, Page
from hub.web.inert import Room, called
from hub.web.relations import STEP, outward, referring
from hub.web.spoken import Said, audience_of, other_markings, parts_of, term_of, value_of
from hub.web.visit import Visit

_ORDER = tuple(FIELDS)
_SAME = 8
_PLACES = 6
_VALUES = 40
_VERSIONS = 50
_CHANGES = 200
_RAW = 60_000
"""Characters of an object that are shown; the file has all of it."""


def pages(console: Console) -> list[Page]:
    """`/objects/<object_id>` and what is below it."""
    views = _Views(console)
    return [
        Page("object", views.object, section="search"),
        Page("object_versions", views.versions, section="search"),
        Page("object_graph", views.graph, section="search"),
        Page("object_raw", views.raw, section="search"),
    ]


class _Views:
    """One method per address."""

    def __init__(self, console: Console) -> None:
        self._log = console.store
        self._around = Surroundings(console.finder, console.store)

    def object(self, visit: Visit, object_id: str) -> Answer:
        held, piece = self._held(visit, object_id)
        obj = msgspec.json.decode(piece.raw)
        around = self._around.of(visit.scope, piece)
        values = sorted(values_of(piece.raw), key=lambda term: (_ORDER.index(term.field), term))
        twins, more = self._around.same(visit.scope, object_id, values, _SAME)
        return visit.render(
            "object/object.html",
            **_head(held, piece, obj),
            facts=facts(obj),
            age=aged(piece, obj, visit.now_us) if piece.type == "indicator" else None,
            values=_spelled(piece, values[:_VALUES]),
            values_more=max(0, len(values) - _VALUES),
            around=around,
            audience=audience_of(visit, piece),
            marked_parts=parts_of(obj),
            markings=self._around.named(visit.scope, other_markings(obj)[:_VALUES]),
            seen_by=sightings(object_id, around),
            value_of=value_of,
            opinions=opinions(object_id, around),
            notes=notes(object_id, around),
            places=_newest_by_place(held)[:_PLACES],
            twins=[(twin.near, [term_of(term) for term in twin.terms[:3]]) for twin in twins],
            twins_more=more,
            picture=draw(object_id, piece.type, {object_id: around}),
        )

    def versions(self, visit: Visit, object_id: str) -> Answer:
        held, piece = self._held(visit, object_id)
        first = _number(visit, "from")
        before = _before(held)
        old, new = visit.args.get("old", ""), visit.args.get("new", "")
        if old or new:
            # The other one may be on another page of the list.
            new = new or held[0].version
            old = old or before.get(new, "")
        changes = self._changes(visit, object_id, old, new) if old and new else None
        return visit.render(
            "object/versions.html",
            **_head(held, piece, msgspec.json.decode(piece.raw)),
            rows=held[first : first + _VERSIONS],
            first=first,
            step=_VERSIONS,
            has_more=first + _VERSIONS < len(held),
            old=old,
            new=new,
            before=before,
            changes=None if changes is None else changes[:_CHANGES],
            changes_more=max(0, len(changes or ()) - _CHANGES),
        )

    def graph(self, visit: Visit, object_id: str) -> Answer:
        held, piece = self._held(visit, object_id)
        around = self._around.of(visit.scope, piece)
        arounds = {object_id: around}
        wanted = [name for name in dict.fromkeys(visit.args.getlist("open")) if name != object_id]
        for name in wanted[:MOST_OPEN]:
            found = self._log.held(visit.scope, name)
            if found:
                arounds[name] = self._around.of(visit.scope, found[0])
        picture = draw(object_id, piece.type, arounds)
        of, first = visit.args.get("of", ""), _number(visit, "from")
        obj = msgspec.json.decode(piece.raw)
        return visit.render(
            "object/graph.html",
            **_head(held, piece, obj),
            around=around,
            picture=picture,
            left_out=len(wanted) - len(picture.opened),
            of=of,
            first=first,
            step=STEP,
            paged="before" in visit.args,
            outward=outward(self._around, visit.scope, obj, of, first),
            inward=referring(self._around, visit.scope, object_id, of, _number(visit, "before")),
        )

    def raw(self, visit: Visit, object_id: str) -> Answer:
        held, piece = self._held(visit, object_id)
        if visit.args.get("download"):
            return _file(piece)
        text = msgspec.json.format(piece.raw, indent=2).decode()
        return visit.render(
            "object/raw.html",
            **_head(held, piece, msgspec.json.decode(piece.raw)),
            text=text[:_RAW],
            cut=len(text) > _RAW,
            size=len(piece.raw),
        )

    def _held(self, visit: Visit, object_id: str) -> tuple[list[Piece], Piece]:
        """All versions in sight, and the one that is asked for.

        Raises:
            HubError: ABSENT.
        """
        return versions_of(self._log, visit.scope, object_id, visit.args.get("version", ""))

    def _changes(self, visit: Visit, object_id: str, old: str, new: str) -> list[Any]:
        """What differs between two versions that the account sees.

        Raises:
            HubError: ABSENT.
        """
        both = (
            versions_of(self._log, visit.scope, object_id, version)[1] for version in (old, new)
        )
        return difference(*(msgspec.json.decode(piece.raw) for piece in both))


def _head(held: list[Piece], piece: Piece, obj: dict[str, Any]) -> dict[str, Any]:
    """What the head of each of the pages shows."""
    versions = dict.fromkeys(each.version for each in held)
    return {
        "help_page": "object",
        "room": Room(),
        "piece": piece,
        "title": called(near_of(piece, obj)),
        "revoked": obj.get("revoked") is True,
        "versions": len(versions),
        "newest": held[0].version,
        "has_versions": held[0].version != UNVERSIONED,
        "asked_version": piece.version if piece.version != held[0].version else None,
    }


def _spelled(piece: Piece, terms: list[Term]) -> list[tuple[str, Said]]:
    """Values of an object, each whole."""
    texts = zip(terms, spelled(piece.raw, terms), strict=True)
    return [(term.field, value_of(term.field, text)) for term, text in texts]


def _newest_by_place(held: list[Piece]) -> list[Piece]:
    """The newest record of each collection."""
    found: dict[int, Piece] = {}
    for piece in held:
        found.setdefault(piece.collection, piece)
    return list(found.values())


def _before(held: list[Piece]) -> dict[str, str]:
    """Each version with the one before it."""
    versions = list(dict.fromkeys(piece.version for piece in held))
    return dict(pairwise(versions))


def _number(visit: Visit, name: str) -> int:
    """A whole number among the query parameters; 0 when it is not there.

    Raises:
        HubError: BAD_REQUEST.
    """
    text = visit.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004 - SQLite's
        raise HubError(
            Fault.BAD_REQUEST,
            f"{text[:40]!r} is no whole number",
            field=name,
            remedy="Leave it out to begin at the first page.",
        )
    return int(text)


def _file(piece: Piece) -> Response:
    """The bytes as they came."""
    response = Response(piece.raw, content_type="application/stix+json;version=2.1")
    name = f"{piece.object_id}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
