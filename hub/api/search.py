"""The doors of search: what is found, how much of it, when, and what may be asked for.

Everything is read in the scope of the caller. A result is read page by page, or whole as a file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint, Response, request

from hub.api import export, shapes
from hub.api.cursor import Position, Positions
from hub.api.params import Param, read
from hub.api.shown import Shower
from hub.api.wire import private, respond
from hub.http.caller import Admitted
from hub.http.session import SessionDoorman
from hub.language.fields import FIELDS, INSTANTS, VALUES
from hub.model.clock import format_us
from hub.service.changes import bad
from hub.service.histogram import STEPS, histogram
from hub.service.search import SUGGESTED, Question, Searcher
from hub.store.search import Finder

MOST_HITS = 200
SORTS = ("newest", "oldest")
_FORMS = ("json", *export.FORMS)

_Q = Param("q", "A query of the query language; empty: everything.")
SEARCH = (
    _Q,
    Param("sort", "By date added.", "newest", choices=SORTS),
    Param("limit", "Objects of a page.", 50, bounds=(1, MOST_HITS)),
    Param("next", "Goes on behind a page of the same query."),
    Param("format", "What is answered; without it, `Accept` decides.", None, choices=_FORMS),
    Param("field", "Of a file with values: only those of these.", choices=VALUES, repeated=True),
)
FACETS = (
    _Q,
    Param("field", "Which values to count.", choices=SUGGESTED, repeated=True),
    Param("limit", "Values of each.", 10, bounds=(1, 100)),
)
HISTOGRAM = (
    _Q,
    Param("field", "Which instant.", "added", choices=INSTANTS),
    Param("step", "Without it: what fits.", choices=STEPS),
)
SUGGEST = (
    Param("field", "Whose values; without it: names of fields.", None, choices=SUGGESTED),
    Param("begin", "How they begin."),
    Param("limit", "At most so many.", 10, bounds=(1, 50)),
)


class Services(NamedTuple):
    """What the doors of search work with."""

    doorman: SessionDoorman
    finder: Finder
    searcher: Searcher
    positions: Positions
    desks: export.Desks


def blueprint(services: Services) -> Blueprint:
    """`/api/v1/search`, `facets`, `histogram` and `suggest`."""
    views = _Views(services)
    made = Blueprint("api_search", __name__, url_prefix="/api/v1")
    addresses: list[tuple[str, Callable[..., Response]]] = [
        ("/search", views.search),
        ("/facets", views.facets),
        ("/histogram", views.histogram),
        ("/suggest", views.suggest),
    ]
    for rule, view in addresses:
        made.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=["GET"])
    made.after_request(private)
    return made


class _Views:
    """One short method per address."""

    def __init__(self, services: Services) -> None:
        self._doorman = services.doorman
        self._finder = services.finder
        self._searcher = services.searcher
        self._positions = services.positions
        self._desks = services.desks

    def search(self) -> Response:
        admitted = self._doorman.admit(request)
        given = read(request, SEARCH)
        form = given["format"] or _accepted()
        response = (
            self._page(admitted, given) if form == "json" else self._file(admitted, given, form)
        )
        response.vary.add("Accept")
        return response

    def _page(self, admitted: Admitted, given: dict[str, Any]) -> Response:
        if given["field"]:
            raise bad("field", "a page has all values of its objects", "Leave it out.")
        rising = given["sort"] == "oldest"
        walk = f"{given['sort']} {given['q']}"
        position = self._positions.read(walk, given["next"])
        question = self._ask(admitted, given["q"], position.asked_us)
        page = self._searcher.page(question, position.edge_us, given["limit"], rising=rising)
        onward = Position(page.last_us, question.now_us)
        following = self._positions.write(walk, onward) if page.more else ""
        shower = Shower(admitted.scope, admitted.directory)
        hits = [shower.hit(hit) for hit in page.hits]
        return respond(shapes.Found(hits, page.more, following))

    def _file(self, admitted: Admitted, given: dict[str, Any], form: str) -> Response:
        for name in ("next", "limit", "sort"):
            if name in request.args:
                reason = f"{form} is the whole result, the newest first"
                raise bad(name, reason, f"Leave {name} out.")
        question = self._ask(admitted, given["q"])
        shower = Shower(admitted.scope, admitted.directory)
        pages = self._searcher.walk(question)
        wish = export.Wish(question.node, shower, given["field"])
        return export.respond(export.FORMS[form], pages, wish, self._desks)

    def facets(self) -> Response:
        admitted = self._doorman.admit(request)
        given = read(request, FACETS)
        question = self._ask(admitted, given["q"])
        fields = list(dict.fromkeys(given["field"]))
        found = self._searcher.facets(question, fields, given["limit"])
        shower = Shower(admitted.scope, admitted.directory)
        counted = [shower.facet(facet) for facet in found]
        return respond(shapes.Facets(self._searcher.count(question), counted))

    def histogram(self) -> Response:
        admitted = self._doorman.admit(request)
        given = read(request, HISTOGRAM)
        question = self._ask(admitted, given["q"])
        found = histogram(self._finder, question, given["field"], given["step"])
        columns = None
        if found.columns is not None:
            columns = [
                shapes.Column(format_us(item.start_us), format_us(item.end_us), item.records)
                for item in found.columns
            ]
        return respond(shapes.Columns(given["field"], found.step, columns))

    def suggest(self) -> Response:
        admitted = self._doorman.admit(request)
        given = read(request, SUGGEST)
        return respond(shapes.Suggestions(self._suggested(admitted, **given)[: given["limit"]]))

    def _suggested(
        self, admitted: Admitted, field: str | None, begin: str, limit: int
    ) -> list[shapes.Suggestion]:
        if not field:
            wanted = begin.strip().lower()
            names = [name for name in FIELDS if name.startswith(wanted)]
            return [shapes.Suggestion(f"{name}:", FIELDS[name].meaning) for name in names]
        shower = Shower(admitted.scope, admitted.directory)
        if field == "collection":
            # People know them by name, and engines by number.
            found = [str(item.key) for item in shower.collections(begin)]
        else:
            found = self._searcher.suggest(admitted.scope, field, begin, limit)
        return [shapes.Suggestion(*shower.named(field, key)) for key in found]

    def _ask(self, admitted: Admitted, query: str, at_us: int = 0) -> Question:
        return self._searcher.ask(admitted.scope, admitted.directory, query, at_us)


def _accepted() -> str:
    """The form that the client likes best; JSON when it does not say, as at the other doors."""
    types = {"application/json": "json"}
    types |= {form.media_type.partition(";")[0]: name for name, form in export.FORMS.items()}
    # `*/*` and the like fit everything: whoever names no type gets JSON.
    for header, quality in request.accept_mimetypes:
        name = header.partition(";")[0].strip().lower()
        if name in types and quality > 0:
            return types[name]
    return "json"
