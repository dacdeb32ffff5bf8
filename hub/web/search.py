"""The search page: query, result, facets, time; its whole state is its address."""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.http.errors import TABLE
from hub.language.edit import Draft
from hub.language.fields import FIELDS, INSTANTS
from hub.language.parser import MAX_LENGTH, Setting
from hub.language.pasted import pasted
from hub.language.problem import QueryError
from hub.model.clock import format_us
from hub.model.search import AllOf, Has, Survey
from hub.service.changes import bad
from hub.service.search import Page as Found
from hub.service.search import Question, Searcher, keys_of
from hub.stix.ids import is_id
from hub.web import asked
from hub.web.address import query
from hub.web.asked import Asked
from hub.web.bars import HEIGHT, LEAST_SLOTS, WIDTH
from hub.web.frame import Answer, Console, Page
from hub.web.narrow import Narrower, Shelf
from hub.web.results import Row, as_typed, row_of
from hub.web.timeline import Time, timeline
from hub.web.visit import Visit

ROWS = 40
_MOST_VALUES = 10
_MOST_OPENED = 50
_LINK = "relationship"
_SOON = ("type", "tlp", "publisher", "collection", "label", "sector")
"""Facets that are counted as far as that is soon done"""

_LATER = ("attack", "cve", "source", "relation", "language", "has")
"""Facets that are counted when somebody asks for them"""

_WORD = re.compile(r"[^\s()\"“”]+")


class Trouble(NamedTuple):
    """Why there is no result."""

    problem: str
    """In the language of the page"""
    where: tuple[str, str, str] = ("", "", "")
    """The query before, in and behind the place that is wrong"""
    is_down: bool = False
    """Search does not answer"""


class Beside(NamedTuple):
    """What stands beside the rows."""

    total: int | None
    shelves: list[Shelf]
    later: tuple[str, ...]
    """Facets that nobody has asked for yet"""
    time: Time


class Links(NamedTuple):
    """The result without its relationships, which are more than all else and say little in a row."""

    out: str = ""
    """Its address; empty: they are asked for, are none, or no query says that"""
    records: int | None = None
    """How many they are; None: not counted"""


def pages(console: Console) -> list[Page]:
    """`/search`."""
    del console
    return [Page("search", _search)]


def _search(visit: Visit) -> Answer:
    wish = asked.read(visit.args)
    if wish.take:
        return _take(visit, wish)
    try:
        draft = Draft(wish.query, setting(visit))
    except QueryError as error:
        return _refused(visit, wish, error), 400
    question = Question(visit.scope, draft.node, visit.now_us)
    try:
        return _found(visit, wish, draft, question)
    except HubError as error:
        if error.fault not in {Fault.BAD_QUERY, Fault.SEARCH_DOWN}:
            raise
        is_down = error.fault is Fault.SEARCH_DOWN
        page = _bare(visit, wish, draft.shown, Trouble(visit.problem(error), is_down=is_down))
        return page, TABLE[error.fault].status


def setting(visit: Visit) -> Setting:
    """What the meaning of a query of this person depends on."""
    return Setting(visit.now_us, keys_of(visit.scope, visit.directory))


def _found(visit: Visit, wish: Asked, draft: Draft, question: Question) -> str:
    """The page of a query that can be run."""
    rising = wish.rising != wish.is_back
    page = visit.console.searcher.page(question, wish.edge_us, ROWS, rising=rising)
    rows = [row_of(hit) for hit in page.hits]
    if wish.is_back:
        rows.reverse()
    narrow = Narrower(visit, draft)
    beside = _beside(visit, wish, _known(question, wish, page), narrow)
    total = beside.total
    if total is None and not wish.edge_us and not page.more:
        total = len(rows)
    return visit.render(
        "search/page.html",
        wish=wish,
        shown=_shown(visit, wish, rows),
        query=draft.shown,
        rows=rows,
        total=total,
        beside=beside,
        narrow=narrow,
        chips=narrow.chips(),
        wider=_wider(draft, narrow),
        listed=[each.text for each in draft.conditions if pasted(each.text)],
        turns=_turns(visit, wish, page, rows),
        files=_files(wish),
        trouble=None,
        as_typed=as_typed(draft.shown),
        copying=visit.text("Copy defanged"),
        leaving=visit.text("Leave out"),
        links=_without_links(draft, narrow, beside),
        **_fixed(),
    )


def _known(question: Question, wish: Asked, page: Found) -> Question:
    """What is counted: a result that is all on this page is not searched for again."""
    if page.more or wish.edge_us:
        return question
    ids = tuple({hit.piece.object_id.lower() for hit in page.hits})
    return question._replace(node=AllOf((question.node, Has("id", ids))))


def _shown(visit: Visit, wish: Asked, rows: list[Row]) -> tuple[str, ...]:
    """The columns; of those that nobody chose without the one that says nothing here."""
    is_silent = "cols" not in visit.args and not any(row.reasons for row in rows)
    return tuple(name for name in wish.columns if name != "matched" or not is_silent)


def _fixed() -> dict[str, object]:
    """What every form of the page has."""
    return {
        "fields": FIELDS,
        "columns": asked.COLUMNS,
        "instants": INSTANTS,
        "forms": asked.FORMS,
        "picture": (WIDTH, HEIGHT),
        "least": LEAST_SLOTS,
        "widest": _MOST_OPENED,
        "most": MAX_LENGTH,
    }


def _beside(visit: Visit, wish: Asked, question: Question, narrow: Narrower) -> Beside:
    """Counts, as far as they are soon done or were asked for."""
    searcher, opened = visit.console.searcher, wish.opened
    soon = [name for name in _SOON if name not in opened]
    survey = searcher.survey(question, soon, _MOST_VALUES, instant=wish.by)
    facets = {facet.field: facet for facet in survey.facets}
    wanted = [name for name in (*_SOON, *_LATER) if name in opened]
    facets |= {each.field: each for each in searcher.facets(question, wanted, _MOST_OPENED)}
    shelves = [
        narrow.shelf(facets[name], is_open=name in opened)
        for name in (*_SOON, *_LATER)
        if name in facets
    ]
    return Beside(
        _total(searcher, question, survey, wish),
        shelves,
        tuple(name for name in _LATER if name not in facets),
        timeline(visit.console.finder, question, wish, survey.bars, narrow),
    )


def _without_links(draft: Draft, narrow: Narrower, beside: Beside) -> Links:
    """What leaves out relationships, where they drown what else was found."""
    if any("type:" in condition.text for condition in draft.conditions):
        return Links()
    shelf = next((each for each in beside.shelves if each.field == "type"), None)
    if shelf is None or shelf.choices is None:
        return Links(narrow.out("type", _LINK))
    found = next((each for each in shelf.choices if each.key == _LINK), None)
    if found is None or found.records == beside.total:
        return Links()
    return Links(found.out, found.records)


def _total(searcher: Searcher, question: Question, survey: Survey, wish: Asked) -> int | None:
    if survey.total is None and "total" in wish.opened:
        return searcher.count(question)
    return survey.total


def _turns(visit: Visit, wish: Asked, page: Found, rows: list[Row]) -> tuple[str, str]:
    """The addresses of the newer and the older page; empty where there is none."""
    if not rows:
        # Whoever stands behind the end goes back to the beginning.
        start = visit.here(before=None, after=None) if wish.edge_us else ""
        return ("", start) if wish.rising else (start, "")
    has_next = page.more or wish.is_back
    has_past = page.more if wish.is_back else bool(wish.edge_us)
    newest, oldest = max(row.added_us for row in rows), min(row.added_us for row in rows)
    has_newer, has_older = (has_next, has_past) if wish.rising else (has_past, has_next)
    newer = visit.here(after=format_us(newest), before=None) if has_newer else ""
    older = visit.here(before=format_us(oldest), after=None) if has_older else ""
    return newer, older


def _files(wish: Asked) -> dict[str, str]:
    """The addresses of the whole result as files."""
    return {
        form: f"/api/v1/search{query({'q': wish.query, 'format': form})}" for form in asked.FORMS
    }


def _wider(draft: Draft, narrow: Narrower) -> list[tuple[str, str]]:
    """Values of the query that are limited to a field, and where they are searched in all."""
    found: list[tuple[str, str]] = []
    for place, condition in enumerate(draft.conditions):
        field, mark, value = condition.text.partition(":")
        if mark and field.lower() in FIELDS and _WORD.fullmatch(value):
            left = draft.without(place)
            if left is not None:
                found.append((value, narrow.search(f"{left} {value}".strip())))
    return found


def _refused(visit: Visit, wish: Asked, error: QueryError) -> str:
    """The page of a query that cannot be understood, with the place."""
    text, start, end = wish.query, error.start, error.end
    where = (text[:start], text[start:end], text[end:])
    shown = re.sub(r"[\r\n]+", " ", text)
    return _bare(visit, wish, shown, Trouble(error.say(visit.lang), where))


def _bare(visit: Visit, wish: Asked, shown: str, trouble: Trouble) -> str:
    """The page without a result."""
    return visit.render("search/bare.html", wish=wish, query=shown, trouble=trouble, **_fixed())


def _take(visit: Visit, wish: Asked) -> Answer:
    """The selected objects as a file, or as a result of their own."""
    if not wish.chosen:
        visit.say(visit.text("Nothing is selected."), "warn")
        return visit.to(visit.here(take=None, id=None))
    text = f"id:({' OR '.join(wish.chosen)})"
    if not all(map(is_id, wish.chosen)):
        raise bad("id", "this is no id of an object", "Select rows of a result.")
    try:
        Draft(text, setting(visit))
    except QueryError as error:
        raise bad("id", "these objects cannot be taken together", "Select fewer.") from error
    if wish.take == "page":
        return visit.go("search", q=text)
    return visit.to(f"/api/v1/search{query({'q': text, 'format': wish.take})}")
