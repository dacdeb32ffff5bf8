"""What the forms of the submit pages say."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
from werkzeug.datastructures import MultiDict

from hub.intake.concerns import weighed
from hub.intake.reading import LONGEST_TEXT, take_text
from hub.language.harvest import shown_value
from hub.language.pasted import pasted
from hub.language.refang import refang
from hub.model.intake import Item, Taken
from hub.model.party import Collection
from hub.model.query import Label
from hub.model.tlp import Tlp
from hub.service.delivery import delivery
from hub.service.drafts import LONGEST_TITLE, Content, findings, fresh
from hub.service.screening import benign_for, looked_through, looked_up
from hub.service.scrub import Own
from hub.stix.compose import makes, plain
from hub.web.visit import Visit
from hub.web.vocabulary import order

SEVERITIES = ("low", "medium", "high", "critical")
_MOST_LABELS = 20
_LONGEST_LABEL = 60
_MOST_CONFIDENCE = 100
_MOST_SCRUBBED = 200
_PARSED = MappingProxyType(
    {"confidence": "confidence", "until": "valid_until_us", "since": "since_us"}
)
"""Fields whose text is read as something else, and what of a draft that is"""


def filled(form: MultiDict[str, str]) -> dict[str, str]:
    """The fields of a form as they were filled in."""
    return {name: value.replace("\r\n", "\n") for name, value in form.items()}


def indicator_of(visit: Visit, own: Sequence[str]) -> Content | dict[str, str]:
    """The short form for one indicator."""
    errors: dict[str, str] = {}
    text = plain(visit.form.get("value", ""))
    item = _one_value(text)
    if item is None:
        errors["value"] = (
            visit.text(
                "The hub does not understand this value. It knows addresses, domains, URLs, hashes,"
                " e-mail addresses, file names, CVE and ATT&CK numbers; defanged is fine."
            )
            if text
            else visit.text("Fill in a value.")
        )
    said = _said(visit, errors, "indicator-")
    note = _written(visit, errors, "indicator-text", LONGEST_TEXT)
    if errors or item is None:
        return errors
    # What somebody typed as the one value is wanted, whatever may be said against it.
    benign = benign_for(visit.directory, visit.scope.org)
    warned = looked_up(weighed(item, own), benign)
    kept = msgspec.structs.replace(warned, note=note, keep=True)
    content = fresh(Taken("indicator", (kept,)), visit.now_us)
    return msgspec.structs.replace(content, **said)


def incident_of(visit: Visit) -> Content | dict[str, str]:
    """The short form for an incident; values in its text are found as in any text."""
    errors: dict[str, str] = {}
    title = _written(visit, errors, "incident-title", LONGEST_TITLE)
    text = _written(visit, errors, "incident-text", LONGEST_TEXT)
    if not title:
        errors["incident-title"] = visit.text("An incident has a title.")
    since_us = _instant(visit, errors, "incident-since")
    if errors:
        return errors
    taken = take_text(text, visit.console.config.submit.own_domains)
    taken = looked_through(taken, benign_for(visit.directory, visit.scope.org))
    taken = msgspec.structs.replace(taken, source="incident", title="", text="")
    content = fresh(taken, visit.now_us)
    return msgspec.structs.replace(
        content,
        group="incident",
        title=title,
        text=text,
        since_us=since_us,
        sector=_known(visit.form.get("incident-sector", ""), order("industry-sector-ov")),
        severity=_known(visit.form.get("incident-severity", ""), SEVERITIES),
    )


def start_values(visit: Visit, content: Content, last: int) -> Content:
    """Where it is published and how it is marked, until somebody says otherwise.

    The collection is where the account published last, or else the one that reaches the fewest;
    the marking is what the objects say, or else the collection's own.

    Args:
        visit: Who submits.
        content: A new draft.
        last: Key of the collection where the account published last; 0: none is known.
    """
    writable = [
        item for key, item in visit.directory.collections.items() if key in visit.scope.writable
    ]
    if not writable:
        return content
    collection = min(
        writable, key=lambda item: (item.key != last, _reach(visit, item), item.title)
    )
    tlp = content.tlp or min(collection.default, visit.scope.clearance).text
    return msgspec.structs.replace(content, collection=collection.key, tlp=tlp)


def _reach(visit: Visit, collection: Collection) -> tuple[bool, bool, int]:
    """Whether nobody else or everybody receives what is published there as usual, and how many do."""
    label = Label(collection.key, collection.default, frozenset())
    found = delivery(visit.scope, visit.directory, label, visit.now_us)
    return len(found.orgs) < 2, found.public, len(found.orgs)  # noqa: PLR2004 - its own and others


def changed(visit: Visit, before: Content) -> tuple[Content, dict[str, str]]:
    """A draft as the form of its page says, and what is wrong with it by field."""
    form = visit.form
    errors: dict[str, str] = {}
    values: dict[str, Any] = _said(visit, errors, "")
    # Places are those of one reading of a table: of another one, they would tick other values.
    if form.get("reading", "0") == str(before.readings):
        values["taken"] = _ticked(before.taken, set(form.getlist("keep")))
    values |= {
        "group": _known(form.get("group", before.group), ("report", "incident")) or before.group,
        "title": _written(visit, errors, "title", LONGEST_TITLE, before.title),
        "text": _written(visit, errors, "text", LONGEST_TEXT, before.text),
        "labels": _labels(visit, errors),
        "sector": _known(form.get("sector", ""), order("industry-sector-ov")),
        "severity": _known(form.get("severity", ""), SEVERITIES),
        "since_us": _instant(visit, errors, "since"),
        "collection": _collection(visit),
        "tlp": _known(form.get("tlp", ""), [tlp.text for tlp in Tlp]),
        "named": form.get("whom") == "named",
        "audience": tuple(dict.fromkeys(form.getlist("audience")[:_MOST_SCRUBBED])),
    }
    # What cannot be understood changes nothing.
    values |= {name: getattr(before, name) for at, name in _PARSED.items() if at in errors}
    content = msgspec.structs.replace(before, **values)
    chosen = set(form.getlist("scrub"))
    scrub = {
        item.found: item.replacement
        for item in findings(content, own_of(visit))
        if item.found in chosen
    }
    return msgspec.structs.replace(content, scrub=scrub), errors


def _ticked(taken: Taken, kept: Container[str]) -> Taken:
    """What was found, with what is chosen of it, by place."""
    return msgspec.structs.replace(
        taken,
        items=tuple(
            msgspec.structs.replace(item, keep=str(place) in kept and makes(item))
            for place, item in enumerate(taken.items)
        ),
        stix=tuple(
            msgspec.structs.replace(item, keep=str(place) in kept)
            for place, item in enumerate(taken.stix)
        ),
    )


def own_of(visit: Visit) -> Own:
    """What tells of the person's own organisation."""
    org = visit.directory.orgs.get(visit.scope.org)
    names = tuple(filter(None, (org.name_vi, org.name_en))) if org else ()
    return Own(names, visit.console.config.submit.own_domains)


def _said(visit: Visit, errors: dict[str, str], prefix: str) -> dict[str, Any]:
    """What is said about indicators."""
    form = visit.form
    kind = _known(form.get(f"{prefix}types", ""), order("indicator-type-ov"))
    return {
        "types": (kind,) if kind else (),
        "confidence": _confidence(visit, errors, f"{prefix}confidence"),
        "valid_until_us": _instant(visit, errors, f"{prefix}until"),
    }


def _one_value(text: str) -> Item | None:
    for term in pasted(text):
        value = shown_value(term, refang(text)) if term.field in {"url", "file"} else ""
        item = Item(term.field, term.key, value or shown_value(term, term.key))
        if makes(item):
            return item
    return None


def _confidence(visit: Visit, errors: dict[str, str], name: str) -> int | None:
    text = visit.form.get(name, "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= _MOST_CONFIDENCE:  # noqa: PLR2004
        return int(text)
    errors[name] = visit.text("A confidence is a whole number from 0 to 100.")
    return None


def _instant(visit: Visit, errors: dict[str, str], name: str) -> int:
    """A date, or a date with a time in UTC; 0 for none."""
    text = visit.form.get(name, "").strip()
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
        at_s = int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())
    except (ValueError, OverflowError):
        at_s = -1
    if at_s < 0:
        errors[name] = visit.text("A date is written like 2026-11-22, or 2026-11-22 08:30.")
    return max(0, at_s) * 1_000_000


def _written(visit: Visit, errors: dict[str, str], name: str, most: int, before: str = "") -> str:
    """A text; of one that is too long, the beginning, until somebody has made it shorter."""
    text = plain(visit.form.get(name, before))
    if len(text) > most:
        errors[name] = visit.plural(
            "At most %(num)s character.", "At most %(num)s characters.", most
        )
    return text[:most]


def _labels(visit: Visit, errors: dict[str, str]) -> tuple[str, ...]:
    parts = visit.form.get("labels", "").replace("\n", ",").split(",")
    found = tuple(dict.fromkeys(filter(None, map(plain, parts))))
    if len(found) > _MOST_LABELS or any(len(label) > _LONGEST_LABEL for label in found):
        errors["labels"] = visit.text(
            "At most %(most)s labels, each of at most %(longest)s characters.",
            most=_MOST_LABELS,
            longest=_LONGEST_LABEL,
        )
    return tuple(label[:_LONGEST_LABEL] for label in found[:_MOST_LABELS])


def _collection(visit: Visit) -> int:
    keys = {str(key): key for key in visit.scope.writable}
    return keys.get(visit.form.get("collection", ""), 0)


def _known(text: str, words: Container[str]) -> str:
    return text if text in words else ""
