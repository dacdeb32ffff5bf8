"""Submit: what is pasted, dropped or filled in becomes a draft; a draft becomes a publish.

Nothing is published that the person has not seen the recipients of: the form carries a digest of
what the page said about them, and if that is not what a publish would do now, the page is shown
again instead.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hub.errors import Fault, HubError
from hub.intake.documents.values import taken_of
from hub.intake.reading import MOST_BYTES, take
from hub.service.drafts import Content, Desk, Lack, Sheet, fresh, is_id, is_stored, lacks, new_id
from hub.service.rereading import as_before
from hub.service.screening import benign_for, looked_through
from hub.store.base import Stale
from hub.web import receipt, submit_table
from hub.web.address import link
from hub.web.admin.deeds import Deed, ask
from hub.web.frame import Answer, Console, Page
from hub.web.submit_form import changed, filled, incident_of, indicator_of, start_values
from hub.web.submit_page import desk_of, look, previewed, version_of, where
from hub.web.submit_words import shown
from hub.web.visit import Visit

_MOST_START = 2 * MOST_BYTES + 500_000
"""Bytes of a form with a file and a text"""
_MOST_DRAFT = 1_000_000


def pages(console: Console) -> list[Page]:
    """`/submit`, `/submit/<draft_id>` and below, and `/receipts/<status_id>`."""
    del console
    return [
        Page("submit", _start, ("GET", "POST"), most=_MOST_START),
        Page("draft", _draft, ("GET", "POST"), section="submit", most=_MOST_DRAFT),
        Page("draft_delete", _delete, ("GET", "POST"), section="submit"),
        Page("draft_columns", submit_table.view, ("GET", "POST"), section="submit"),
        Page("receipt", receipt.view, section="submit"),
    ]


def _start(visit: Visit) -> Answer:
    if visit.request.method != "POST":
        return _begin_page(visit, {}, {})
    draft_id = visit.form.get("draft", "")
    try:
        content = _content(visit)
        if isinstance(content, dict):
            return _begin_page(visit, filled(visit.form), content), 400
        sheet = desk_of(visit).begin(
            visit.scope, draft_id if is_id(draft_id) else new_id(), content
        )
    except HubError as error:
        if error.fault not in {Fault.BAD_BODY, Fault.BAD_REQUEST, Fault.TOO_LARGE}:
            raise
        field = error.field if error.field in {"text", "drafts"} else "text"
        return _begin_page(visit, filled(visit.form), {field: visit.problem(error)}), 400
    return where(visit, sheet)


def _content(visit: Visit) -> Content | dict[str, str]:
    """What a form of the first page says, or what is wrong with it by field."""
    kind = visit.form.get("form", "text")
    own = visit.console.config.submit.own_domains
    if kind == "indicator":
        found = indicator_of(visit, own)
    elif kind == "incident":
        found = incident_of(visit)
    else:
        file = visit.files.get("file")
        text = visit.form.get("text", "")
        if file and file.filename:
            taken = taken_of(file.stream.read(), file.filename, own)
        else:
            taken = take(text.encode("utf-8", "replace"), own_domains=own)
        benign = benign_for(visit.directory, visit.scope.org)
        taken = looked_through(taken, benign)
        taken = as_before(visit.console.store, visit.scope, taken, own, benign)
        found = fresh(taken, visit.now_us)
    if isinstance(found, dict):
        return found
    return start_values(visit, found, desk_of(visit).last_collection(visit.scope))


def _begin_page(visit: Visit, given: dict[str, str], errors: dict[str, str]) -> str:
    return visit.render(
        "submit/start.html",
        given=given,
        errors=errors,
        new=given.get("draft") or new_id(),
        drafts=desk_of(visit).all(visit.scope),
        writes=bool(visit.scope.writable),
        labels=shown(visit),
    )


def _draft(visit: Visit, draft_id: str) -> Answer:
    desk = desk_of(visit)
    sheet = desk.open(visit.scope, draft_id)
    if sheet.head.status_id:
        return where(visit, sheet)
    if visit.request.method != "POST":
        return _page(visit, sheet)
    return _change(visit, desk, sheet)


def _delete(visit: Visit, draft_id: str) -> Answer:
    """Ask, then delete: its button stands beside the one that saves."""
    desk, text = desk_of(visit), visit.text
    head = desk.open(visit.scope, draft_id).head
    deed = Deed(
        text("Delete this draft?"),
        [
            head.title or text("Without a title"),
            text("What was published of it stays published.")
            if head.status_id
            else text("Nothing of it is published. It cannot be brought back."),
        ],
        text("Delete"),
        link("submit"),
        text("The draft is deleted."),
    )
    return ask(visit, deed, lambda: desk.drop(visit.scope, draft_id))


def _change(visit: Visit, desk: Desk, sheet: Sheet) -> Answer:
    """Keep what the form says; then publish, or show the page again."""
    content, errors = changed(visit, sheet.content)
    head = msgspec.structs.replace(sheet.head, version=version_of(visit))
    try:
        sheet = desk.save(visit.scope, head, content)
    except Stale:
        return _conflict(visit, Sheet(head, content), errors)
    if visit.form.get("action") == "publish":
        return _publish(visit, desk, sheet, errors)
    if visit.form.get("action") == "drop":
        return visit.go("draft_delete", draft_id=sheet.head.id)
    if errors:
        return _page(visit, sheet, errors), 400
    if visit.form.get("action") == "columns":
        return visit.go("draft_columns", draft_id=sheet.head.id)
    if visit.form.get("action") == "save":
        visit.say(visit.text("The draft is saved."))
    return visit.to(f"{visit.request.path}#recipients")


def _publish(visit: Visit, desk: Desk, sheet: Sheet, errors: dict[str, str]) -> Answer:
    """Publish, if all is said and the recipients are those that the page showed."""
    errors = errors | lacking(visit, lacks(sheet.content, visit.scope))
    if errors:
        return _page(visit, sheet, errors), 400
    try:
        preview = previewed(visit, desk, sheet)
        if preview.outlook and not preview.outlook.reaches:
            return _page(visit, sheet, {"publish": _all_refused(visit)}), 400
        if visit.form.get("seen") != preview.digest:
            note = visit.text(
                "Nothing is published yet. Look at who will receive it, then publish once more."
            )
            return _page(visit, sheet, note=note), 409
        status = desk.publish(visit.scope, visit.directory, sheet, preview.creator)
    except HubError as error:
        if error.fault in {Fault.STORE_DOWN, Fault.ABSENT}:
            raise
        field = error.field if error.field in {"audience", "collection"} else "publish"
        page = _page(visit, sheet, {field: visit.problem(error)})
        return page, 429 if error.fault is Fault.TOO_MANY else 400
    if not is_stored(status):
        return _page(visit, sheet, {"publish": _all_refused(visit)}), 400
    return visit.go("receipt", status_id=status.id)


def _all_refused(visit: Visit) -> str:
    return visit.text("Nothing was published: every object was refused. The reasons are below.")


def lacking(visit: Visit, found: list[Lack]) -> dict[str, str]:
    """What is not said yet, by field."""
    words = {
        "items": visit.text("Choose at least one value, or give an incident a title."),
        "title": visit.text("An incident has a title."),
        "collection": visit.text("Choose where it is published."),
        "tlp": visit.text("Choose how far it may be passed on."),
        "audience": visit.text("Choose at least one recipient, or publish for all readers."),
    }
    return {lack.field: words[lack.code] for lack in found}


def _conflict(visit: Visit, mine: Sheet, errors: dict[str, str]) -> Answer:
    """Somebody changed the draft in another tab: both are shown, nothing is overwritten."""
    kept = desk_of(visit).open(visit.scope, mine.head.id)
    if kept.head.status_id:
        return where(visit, kept)
    return _page(visit, Sheet(kept.head, mine.content), errors, kept.content), 409


def _page(
    visit: Visit,
    sheet: Sheet,
    errors: dict[str, str] | None = None,
    other: Content | None = None,
    note: str = "",
) -> str:
    context: dict[str, Any] = look(visit, desk_of(visit), sheet, other)
    errors = errors or {}
    # What is wrong stands in its field as it was typed.
    typed = {name: visit.form[name] for name in errors if name in visit.form}
    return visit.render("submit/draft.html", errors=errors, typed=typed, note=note, **context)
