"""The step between a table and its draft: how each column is read, and what comes of it.

Nothing changes before it is asked for: a preview shows the first rows as they would be read. Then
the same table is read again, and what was typed or ticked in the draft stays.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hub.errors import Fault, HubError
from hub.intake.columns import USES, Column
from hub.intake.dates import Order
from hub.intake.preview import Preview, preview
from hub.intake.records import SEPARATORS
from hub.intake.table import text_of
from hub.language.defang import defang
from hub.language.fold import INVISIBLE
from hub.model.intake import Wish
from hub.service.drafts import Desk, Sheet
from hub.service.rereading import reread
from hub.service.screening import benign_for
from hub.store.base import Stale
from hub.web.frame import Answer
from hub.web.problems import say_text
from hub.web.submit_page import desk_of, version_of, where
from hub.web.submit_words import shown
from hub.web.visit import Visit

_USE = "use-"
_LONGEST_NAMED = 80
_HEADINGS: dict[str, bool | None] = {"": None, "yes": True, "no": False}
_ORDERS: dict[str, Order] = {"": "", "ymd": "ymd", "dmy": "dmy", "mdy": "mdy"}
_REMEDY = "Open the draft again, and choose among what its page offers."


def view(visit: Visit, draft_id: str) -> Answer:
    """`/submit/<draft_id>/columns`."""
    desk = desk_of(visit)
    sheet = desk.open(visit.scope, draft_id)
    table = sheet.content.taken.table
    if sheet.head.status_id or table is None or not table.packed:
        return where(visit, sheet)
    if visit.request.method != "POST":
        return _page(visit, sheet, table.wish)
    return _changed(visit, desk, sheet, table.wish)


def _changed(visit: Visit, desk: Desk, sheet: Sheet, before: Wish) -> Answer:
    """Preview what the form says, or read the table so."""
    try:
        wish = _wish(visit)
        if visit.form.get("action") != "apply":
            return _page(visit, sheet, wish)
        return _applied(visit, desk, sheet, wish)
    except HubError as error:
        if error.fault not in {Fault.BAD_BODY, Fault.TOO_LARGE}:
            raise
        return _page(visit, sheet, before, visit.problem(error)), 400


def _applied(visit: Visit, desk: Desk, sheet: Sheet, wish: Wish) -> Answer:
    own = visit.console.config.submit.own_domains
    benign = benign_for(visit.directory, visit.scope.org)
    taken = reread(sheet.content.taken, wish, own, benign)
    table = taken.table
    if table is None or not any(column.use == "value" for column in table.columns):
        problem = visit.text("No column is read as values. Choose at least one that holds them.")
        return _page(visit, sheet, wish, problem), 400
    content = msgspec.structs.replace(
        sheet.content, taken=taken, readings=sheet.content.readings + 1
    )
    head = msgspec.structs.replace(sheet.head, version=version_of(visit))
    try:
        desk.save(visit.scope, head, content)
    except Stale:
        sheet = desk.open(visit.scope, head.id)
        if sheet.head.status_id:
            return where(visit, sheet)
        note = visit.text(
            "This draft was changed in another window. Nothing was read again: look at the preview,"
            " then press once more."
        )
        return _page(visit, sheet, wish, note), 409
    visit.say(visit.text("The table was read again. What you had filled in and ticked is kept."))
    return visit.go("draft", draft_id=sheet.head.id)


def _wish(visit: Visit) -> Wish:
    """What the form says.

    Raises:
        HubError: BAD_BODY for what no page offers.
    """
    form = visit.form
    separator, order = form.get("separator", ""), form.get("order", "")
    heading = form.get("heading", "")
    if separator not in {"", *SEPARATORS}:
        raise _bad("no table has this separator")
    if order not in _ORDERS:
        raise _bad("no date is written in this order")
    if heading not in _HEADINGS:
        raise _bad("a first row names the columns, or it does not")
    is_other = separator != form.get("separated", separator)
    wish = Wish(separator, _HEADINGS[heading], _ORDERS[order])
    if is_other or form.get("action") == "guess":
        return wish
    return msgspec.structs.replace(wish, uses=_uses(visit))


def _uses(visit: Visit) -> tuple[str, ...]:
    """The use of each column; none: the form names none."""
    given = {name: use for name, use in visit.form.items() if name.startswith(_USE)}
    uses = tuple(given.pop(f"{_USE}{at + 1}", "") for at in range(len(given)))
    if given:
        named = ", ".join(name.removeprefix(_USE) for name in given)
        raise _bad(f"there is no column {named[:_LONGEST_NAMED]} in this table")
    return uses


def _bad(reason: str) -> HubError:
    return HubError(Fault.BAD_BODY, reason, field="columns", remedy=_REMEDY)


def _page(visit: Visit, sheet: Sheet, wish: Wish, problem: str = "") -> str:
    found = preview(text_of(sheet.content.taken.table), wish)
    found = msgspec.structs.replace(found, columns=tuple(map(_visible, found.columns)))
    return visit.render(
        "submit/columns.html",
        head=sheet.head,
        encoding=sheet.content.taken.encoding,
        defanged=lambda item: defang(item.field, item.value),
        found=found,
        problem=problem,
        is_tried=visit.request.method == "POST" and not problem,
        labels=shown(visit),
        **_choices(visit, found, wish),
    )


def _visible(column: Column) -> Column:
    """A column whose heading and cells cannot be turned around, or look like another's."""
    sample = tuple(INVISIBLE.sub("", cell) for cell in column.sample)
    return msgspec.structs.replace(
        column, name=INVISIBLE.sub("", column.name) or "-", sample=sample
    )


def _choices(visit: Visit, found: Preview, wish: Wish) -> dict[str, Any]:
    headings = {True: "yes", False: "no", None: ""}
    names = (visit.text("comma"), visit.text("semicolon"), visit.text("tab"), visit.text("bar"))
    signs = {",": 0, ";": 1, "\t": 2, "|": 3}
    return {
        "separators": [
            (sign, names[at] if sign == "\t" else f"{names[at]} {sign}")
            for sign, at in signs.items()
        ],
        "headings": [
            ("", visit.text("found out")),
            ("yes", visit.text("names the columns")),
            ("no", visit.text("is a row like the others")),
        ],
        "orders": [
            ("", visit.text("found out")),
            ("ymd", visit.text("year, month, day")),
            ("dmy", visit.text("day, month, year")),
            ("mdy", visit.text("month, day, year")),
        ],
        "heading": headings[wish.heading],
        "order": wish.order,
        "uses": USES,
        "doubts": [
            (column, say_text(column.doubt, visit.lang))
            for column in found.columns
            if column.doubt
        ],
    }
