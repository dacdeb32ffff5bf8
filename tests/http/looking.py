"""Steps of the scripts of `tests.http.scripts` at the doors of search.

The queries ask for what the objects of `tests.http.pieces` hold, whole and in parts: a word that
only stands in a part that is marked more strictly must find nothing for those who lack that part.
"""

from __future__ import annotations

from hypothesis import strategies as st

from hub.language.fields import FIELDS, Kind
from hub.service.histogram import STEPS
from hub.service.outlet import csaf, misp
from hub.service.outlet.table import FORMATS
from hub.service.search import SUGGESTED
from tests.http import cast
from tests.http.cast import COLLECTIONS
from tests.http.pieces import NUMBERS, STATEMENT, id_of
from tests.http.worlds import Ask, Walk

API = "/api/v1"
QUERIES = st.sampled_from(
    (
        *("", "*", "name", "name:a", "description", "description x", "text:y", "first", "second"),
        *("sample", "label:sample", "label:a", "confidence:>50", "-confidence:>50", "statement"),
        *(f"tlp:{tlp}" for tlp in ("clear", "green", "amber", "amber+strict", "red")),
        *("tlp:>=amber", "-tlp:green", "type:campaign", "type:tool", "type:marking-definition"),
        *(f"collection:{alias}" for alias in (*COLLECTIONS, "nowhere")),
        *(f"publisher:{org}" for org in cast.AUTHORS),
        *("192.0.2.1", "192.0.2.0/24", "ip:192.0.2.2", "has:ip", "-has:ip", "added:>=1d"),
        *("added:2023-11-14", "created:<2023-11-15", "NOT (name OR statement)", "first OR x"),
        *(f"id:{id_of(number)}" for number in (1, STATEMENT)),
        f"ref:{id_of(STATEMENT)}",
    )
)
FORMS = st.sampled_from(("csv", "stix", "ndjson", "text"))
_INSTANTS = [name for name, field in FIELDS.items() if field.kind is Kind.INSTANT]
_IDS = st.sampled_from([id_of(number) for number in NUMBERS])
PASTED = "\n".join(["192[.]0[.]2[.]1", "192.0.2.2", "word", *(id_of(n) for n in NUMBERS)])

_PAGES = st.tuples(QUERIES, st.sampled_from((1, 2, 50))).map(
    lambda drawn: Walk(f"{API}/search", f"q={drawn[0]}&limit={drawn[1]}")
)
_FILES = st.tuples(QUERIES, FORMS).map(
    lambda drawn: Ask("GET", f"{API}/search", f"q={drawn[0]}&format={drawn[1]}")
)
_FACETS = st.tuples(QUERIES, st.lists(st.sampled_from(SUGGESTED), max_size=3)).map(
    lambda drawn: Ask("GET", f"{API}/facets", "&".join([f"q={drawn[0]}", *_fields(drawn[1])]))
)
_TIMES = st.tuples(QUERIES, st.sampled_from(_INSTANTS), st.sampled_from(("", *STEPS))).map(
    lambda drawn: Ask("GET", f"{API}/histogram", _histogram(*drawn))
)
_WORDS = st.tuples(st.sampled_from(SUGGESTED), st.sampled_from(("", "a", "s", "c"))).map(
    lambda drawn: Ask("GET", f"{API}/suggest", f"field={drawn[0]}&begin={drawn[1]}")
)
_AROUND = st.tuples(_IDS, st.sampled_from(("", "", "/related", "/same"))).map(
    lambda drawn: Ask("GET", f"{API}/objects/{drawn[0]}{drawn[1]}")
)
_OF_OBJECT = ("", "/versions", "/graph", "/raw")
_PAGES_OF_QUERIES = st.tuples(st.sampled_from(("/search", "/techniques")), QUERIES).map(
    lambda drawn: Ask("GET", drawn[0], f"q={drawn[1]}", is_page=True)
)
_PAGES_OF_OBJECTS = st.tuples(_IDS, st.sampled_from(_OF_OBJECT)).map(
    lambda drawn: Ask("GET", f"/objects/{drawn[0]}{drawn[1]}", is_page=True)
)
PLAIN_PAGES = tuple(
    Ask("GET", path, is_page=True)
    for path in (
        *("/", "/searches", "/collections", "/partners", "/submit", "/account"),
        *(f"/collections/{alias}" for alias in COLLECTIONS),
        *(f"/partners/{org}" for org in cast.AUTHORS),
    )
)
_PAGES_OF_VALUES = st.sampled_from(("", "&show=known-1", "&download=known.csv")).map(
    lambda drawn: Ask("GET", "/lookup", f"v={PASTED}&v=http://192.0.2.2/a{drawn}", is_page=True)
)
PAGES_OF_CONSOLE = st.one_of(
    _PAGES_OF_QUERIES,
    _PAGES_OF_OBJECTS,
    _PAGES_OF_OBJECTS,
    _PAGES_OF_VALUES,
    st.sampled_from(PLAIN_PAGES),
)
_OTHERS = st.sampled_from(
    (Ask("POST", f"{API}/lookup", pasted=PASTED), Ask("GET", f"{API}/searches"))
)
EXPORT = "/export/collections"
_LISTS = (*misp.NAMES[:2], *csaf.NAMES[:3])
_EXPORTS = st.tuples(
    st.sampled_from(("shared", "shared", *COLLECTIONS, "nowhere")),
    st.sampled_from((*FORMATS, *_LISTS, *_LISTS, "nothing.txt")),
    st.sampled_from(("", "tlp=green", "max=1", "min_confidence=50", "types=domain", "comments=1")),
).map(lambda drawn: Ask("GET", f"{EXPORT}/{drawn[0]}/{drawn[1]}", drawn[2]))
LOOKS = st.one_of(
    _PAGES, _PAGES, _EXPORTS, _EXPORTS, _FILES, _FACETS, _TIMES, _WORDS, _AROUND, _AROUND, _OTHERS
)
ALL_FACETS = Ask("GET", f"{API}/facets", "&".join(["q=", *(f"field={f}" for f in SUGGESTED)]))

LOOK_AROUND = (
    Walk(f"{API}/search", "q=&limit=3"),
    Ask("GET", f"{API}/search", "q=description OR second&format=ndjson"),
    ALL_FACETS,
    Ask("POST", f"{API}/lookup", pasted=PASTED),
    *(Ask("GET", f"{EXPORT}/shared/{name}") for name in ("suricata.rules", "values.csv")),
    Ask("GET", f"{EXPORT}/shared/rpz.zone", "comments=1"),
    *(Ask("GET", f"{EXPORT}/shared/{name}") for name in _LISTS),
)
"""What every viewer asks at the end of every script."""

OPENED = (Ask("GET", "/", is_page=True), Ask("GET", "/search", "q=", is_page=True))
"""Pages that every visitor of the console opens."""


def _fields(names: list[str]) -> list[str]:
    return [f"field={name}" for name in names]


def _histogram(query: str, field: str, step: str) -> str:
    return "&".join([f"q={query}", f"field={field}", *([f"step={step}"] if step else [])])
