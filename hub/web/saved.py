"""Saved searches: of the account, and those that its organisation shares."""

from __future__ import annotations

from hub.errors import Fault, HubError
from hub.http.errors import TABLE
from hub.language.edit import Draft
from hub.language.problem import QueryError
from hub.model.saved import SavedSearch
from hub.service.saved import LONGEST_NAME, Bookmarks
from hub.web.frame import Answer, Console, Page
from hub.web.search import setting
from hub.web.visit import Visit

_AGES = ("1d", "7d", "30d")
_FORMS = frozenset({Fault.BAD_REQUEST, Fault.BAD_QUERY})
"""What is wrong with what was filled in"""


def pages(console: Console) -> list[Page]:
    """`/searches`."""
    del console
    return [Page("searches", _searches, ("GET", "POST"), section="search")]


def _searches(visit: Visit) -> Answer:
    if visit.request.method != "POST":
        return _shown(visit, visit.args.get("q", ""), {})
    if visit.form.get("drop"):
        _bookmarks(visit).drop(visit.caller, visit.scope, visit.form["drop"])
        visit.say(visit.text("The search is deleted."))
        return visit.go("searches")
    return _save(visit)


def _bookmarks(visit: Visit) -> Bookmarks:
    return Bookmarks(visit.console.store, lambda _, text: Draft(text, setting(visit)))


def _save(visit: Visit) -> Answer:
    name, query = visit.form.get("name", ""), visit.form.get("query", "")
    try:
        kept = _bookmarks(visit).save(
            visit.caller, visit.scope, name, query, shared="shared" in visit.form
        )
    except QueryError as error:
        return _shown(visit, query, {"query": error.say(visit.lang)}), 400
    except HubError as error:
        if error.fault not in _FORMS:
            raise
        field = error.field or "name"
        return _shown(visit, query, {field: visit.problem(error)}), TABLE[error.fault].status
    visit.say(visit.text("Saved: %(name)s", name=kept.name))
    return visit.go("searches")


def _shown(visit: Visit, query: str, errors: dict[str, str]) -> str:
    return visit.render(
        "search/saved.html",
        items=[(each, _recent(visit, each)) for each in _bookmarks(visit).list(visit.scope)],
        query=query,
        name=visit.form.get("name", ""),
        shared="shared" in visit.form,
        errors=errors,
        longest=LONGEST_NAME,
    )


def _recent(visit: Visit, item: SavedSearch) -> list[tuple[str, str]]:
    """The query for what came in the last days; none where no text says that."""
    try:
        draft = Draft(item.query, setting(visit))
    except QueryError:
        return []
    found = ((age, draft.within("added", age)) for age in _AGES)
    return [(age, query) for age, query in found if query]
