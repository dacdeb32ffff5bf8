"""What the page of a draft shows: values, findings, choices, and who will receive it."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, NamedTuple

from flask import Response

from hub.errors import HubError
from hub.intake.reading import LONGEST_TEXT
from hub.language.defang import defang
from hub.model.intake import ReadColumn
from hub.model.record import Refusal
from hub.model.tlp import Tlp
from hub.policy import may_address, neighbours, readers
from hub.service.drafts import Content, Desk, Outlook, Sheet, findings, lacks
from hub.service.publish import MeteredPublisher
from hub.stix.compose import makes
from hub.web.problems import say_text
from hub.web.submit_form import own_of
from hub.web.submit_words import shown
from hub.web.visit import Visit


class Preview(NamedTuple):
    """What a publish would do, and how a form says that this was seen."""

    outlook: Outlook | None
    digest: str
    creator: str
    problem: str = ""


def desk_of(visit: Visit) -> Desk:
    """Drafts and how they are published."""
    console = visit.console
    metered = MeteredPublisher(console.publisher, console.quota)
    return Desk(console.store, console.publisher, metered, console.clock)


def where(visit: Visit, sheet: Sheet) -> Response:
    """A draft that was published leads to its receipt."""
    if sheet.head.status_id:
        return visit.go("receipt", status_id=sheet.head.status_id)
    return visit.go("draft", draft_id=sheet.head.id)


def version_of(visit: Visit) -> int:
    """The version of the draft that a form was made of; 0: it does not say."""
    text = visit.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def previewed(visit: Visit, desk: Desk, sheet: Sheet) -> Preview:
    """What a publish would do now.

    Raises:
        HubError: As `Desk.outlook`.
    """
    org = visit.directory.orgs[visit.scope.org]
    outlook = desk.outlook(visit.scope, visit.directory, sheet, org.id)
    seen = [sheet.content.collection, sheet.content.named, *sorted(sheet.content.audience)]
    seen += [(reach.tlp, reach.delivery) for reach in outlook.reaches]
    digest = hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()
    return Preview(outlook, digest, org.id)


def look(visit: Visit, desk: Desk, sheet: Sheet, other: Content | None) -> dict[str, Any]:
    """Everything that the template needs."""
    content = sheet.content
    missing = lacks(content, visit.scope)
    preview = Preview(None, "", "")
    if not missing:
        try:
            preview = previewed(visit, desk, sheet)
        except HubError as error:
            preview = Preview(None, "", "", visit.problem(error))
    return {
        "head": sheet.head,
        "content": content,
        "other": _differences(visit, content, other) if other else None,
        "items": [(place, item, makes(item)) for place, item in enumerate(content.taken.items)],
        "defanged": lambda item: defang(item.field, item.value),
        "doubts": _doubts(visit, content),
        "left": _left(content),
        "findings": findings(content, own_of(visit)),
        "preview": preview,
        "refused": _refused(visit, preview.outlook),
        "details": lambda text: say_text(text, visit.lang) if text else "",
        "collections": _collections(visit),
        "levels": [(tlp.text, tlp <= visit.scope.clearance) for tlp in Tlp],
        "people": _people(visit, content.collection),
        "labels": shown(visit),
        "longest": LONGEST_TEXT,
    }


def _refused(visit: Visit, outlook: Outlook | None) -> dict[str, int]:
    """Why objects would be refused, and how many each time."""
    counts: Counter[str] = Counter()
    for item in outlook.made if outlook else ():
        if isinstance(item, Refusal):
            counts[say_text(item.reason.partition(": ")[2], visit.lang)] += 1
    return dict(counts.most_common(20))


def _doubts(visit: Visit, content: Content) -> list[tuple[ReadColumn, str]]:
    """Columns of a table that may have been read wrongly, and why."""
    columns = content.taken.table.columns if content.taken.table else ()
    return [(column, say_text(column.doubt, visit.lang)) for column in columns if column.doubt]


def _left(content: Content) -> dict[str, int]:
    """How much was left out, by reason."""
    counts: Counter[str] = Counter()
    for item in content.taken.left:
        counts[item.reason] += item.count
    return dict(counts.most_common())


def _collections(visit: Visit) -> list[Any]:
    found = [
        item for key, item in visit.directory.collections.items() if key in visit.scope.writable
    ]
    return sorted(found, key=lambda item: (item.title, item.key))


def _people(visit: Visit, key: int) -> list[tuple[str, str]]:
    """Organisations and circles that may be named as audience, each with what it is called.

    Organisations are those that read the collection, of a public one also those that the account
    knows of; circles those that it may address.
    """
    directory = visit.directory
    if key not in visit.scope.writable:
        return []
    collection = directory.collections[key]
    reading = readers(directory, collection)
    known = neighbours(visit.caller, directory) if collection.public else frozenset()
    orgs = [
        (f"org:{slug}", visit.org_name(slug))
        for slug in sorted(directory.orgs)
        if slug in known or ("org", slug) in reading
    ]
    circles = [
        (":".join(subject), circle.title)
        for subject, circle in sorted(directory.circles().items())
        if may_address(visit.scope, directory, subject)
    ]
    return orgs + circles


def _differences(visit: Visit, mine: Content, other: Content) -> list[tuple[str, str, str]]:
    """What another tab saved otherwise: name of the field, mine, the other's."""
    names = {
        "title": visit.text("Title"),
        "text": visit.text("Text"),
        "tlp": visit.text("Marking"),
        "audience": visit.text("Recipients"),
        "collection": visit.text("Collection"),
        "confidence": visit.text("Confidence"),
        "labels": visit.text("Labels"),
    }
    found = []
    for field, name in names.items():
        one, two = (_told(visit, getattr(content, field)) for content in (mine, other))
        if one != two:
            found.append((name, one, two))
    if mine.taken != other.taken:
        found.append((visit.text("Chosen values"), _chosen(visit, mine), _chosen(visit, other)))
    return found


def _chosen(visit: Visit, content: Content) -> str:
    kept = [item.keep for item in content.taken.items]
    kept += [item.keep for item in content.taken.stix]
    return visit.words.number(sum(kept))


def _told(visit: Visit, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, int) and value in visit.directory.collections:
        return visit.directory.collections[value].title
    return "" if value is None else str(value)
