"""Warning lists: of the person's own organisation, and of the hub."""

from __future__ import annotations

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Role, WarningList
from hub.service.screening import WarningLists
from hub.web.admin.forms import Form, mark, unchanged
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

_BOTH = ("GET", "POST")
_MOST = 2_000_000
_HUB = ""


def pages(console: Console) -> list[Page]:
    """`/warning-list` and `/admin/warning-list`."""
    del console
    only = frozenset({Role.ADMINISTRATOR})
    return [
        Page("warnings", _own, _BOTH, section="submit", most=_MOST),
        Page("admin_warnings", _of_hub, _BOTH, only, "admin", _MOST),
    ]


def _own(visit: Visit) -> Answer:
    return _list(visit, visit.caller.org, "warnings")


def _of_hub(visit: Visit) -> Answer:
    return _list(visit, _HUB, "admin_warnings")


def _list(visit: Visit, owner: str, page: str) -> Answer:
    stored = visit.directory.warnings.get(owner)
    known = stored or WarningList(owner)
    words = {
        "page": page,
        "is_hub": owner == _HUB,
        "decides": policy.decides(visit.caller, owner),
        "seen": mark(stored),
    }
    if visit.request.method != "POST":
        given = {"lines": "\n".join(known.lines)}
        return visit.render("submit/warnings.html", given=given, errors={}, **words)
    form = Form(visit)
    guard = unchanged(visit, lambda directory: directory.warnings.get(owner))
    lines = visit.form.get("lines", "").split("\n")
    try:
        WarningLists(visit.console.store, visit.caller, guard).put(owner, lines)
    except HubError as error:
        if error.fault is Fault.DENIED:
            raise
        form.refuse(error)
        return form.again("submit/warnings.html", **words)
    visit.say(visit.text("The warning list is stored."))
    return visit.go(page)
