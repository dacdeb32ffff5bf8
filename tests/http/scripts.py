"""What hypothesis makes the scripts of `tests.http.twins` from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from hub.model.clock import format_us
from hub.model.party import Role, Subject
from hub.model.tlp import Tlp
from tests import fakes
from tests.http import cast
from tests.http.cast import AUTHORS, COLLECTIONS, Viewer
from tests.http.looking import LOOK_AROUND, LOOKS, OPENED, PAGES_OF_CONSOLE
from tests.http.pieces import ALONE, MARKS, NUMBERS, PARTS, Piece, id_of, pieces, version_of
from tests.http.twins import ALL, Erase, Line, Post, Publish, objects
from tests.http.worlds import Ask, Walk, status_id

SUBJECTS: tuple[Subject, ...] = (
    *(("org", org) for org in cast.ORGS),
    *(cast.CASE, cast.CASE, cast.CASE, cast.CASE, cast.CASE),
    *(cast.ENERGY, cast.ENERGY, cast.SECTOR),
)
ALIASES = st.sampled_from(("shared", *COLLECTIONS, "shared", "shared", "shared", "shared"))
PLACES = st.sampled_from(("shared", *COLLECTIONS, "nowhere", "shared", "shared", "shared"))
IDS = st.sampled_from(
    [id_of(number) for number in NUMBERS] + [id_of(1).replace("-4000-", "-5000-")]
)
VERSIONS = [version_of(version) for version in range(3)]


_FULL = (Tlp.RED, False)
_TOKENS = [_FULL] * 5 + [
    (Tlp.AMBER, False),
    (Tlp.GREEN, False),
    (Tlp.CLEAR, False),
    (Tlp.RED, True),
]


def viewers(*orgs: str, clearances: Sequence[Tlp] = (Tlp.RED, Tlp.RED, *Tlp)) -> Any:
    """Mostly those who see much: what is hidden from them is hidden for a reason of its own."""
    return st.builds(
        lambda org, clearance, role, token: Viewer(org, clearance, role, *token),
        st.sampled_from(orgs),
        st.sampled_from(clearances),
        st.sampled_from([Role.PUBLISHER, Role.PUBLISHER, Role.COORDINATOR, Role.READER]),
        st.sampled_from(_TOKENS),
    )


NOBODY = st.just(cast.ANYBODY)
VIEWERS = st.integers(0, 14).flatmap(lambda n: viewers(*cast.VIEWING) if n else NOBODY)


class Case(NamedTuple):
    """A viewer and a script."""

    viewer: Viewer
    script: list[Line]


@st.composite
def publishes(draw: Any, numbers: Sequence[int] = ALONE) -> Publish:
    """A publish whose audience its author may name."""
    author, alias = draw(st.sampled_from(AUTHORS)), draw(ALIASES)
    own = cast.belongs(author)
    wanted = draw(st.just(()) | st.sets(st.sampled_from(SUBJECTS), min_size=1, max_size=2))
    audience = {
        who for who in wanted if (who[0] == "org" or who in own) and cast.reads(who, alias)
    }
    found = draw(st.lists(pieces(numbers=numbers), min_size=1, max_size=3))
    if not any("w" in right.rights and right.subject in own for right in cast.RIGHTS[alias]):
        alias = "shared"
    return Publish(author, alias, frozenset(audience), tuple(found))


POSTS = st.builds(
    Post,
    ALIASES,
    st.sampled_from(("", "", "org:ministry", "group:case", "org:near, org:far", "community:no")),
    st.lists(pieces(stated=True), min_size=1, max_size=3).map(tuple),
)

_SELECTS = {
    "match[version]": [
        *("all", "first", "last", "first,last"),
        VERSIONS[1],
        f"last,{VERSIONS[0]}",
    ],
    "match[spec_version]": ["2.0", "2.1", "2.0,2.1"],
    "match[type]": ["campaign", "campaign,tool", "marking-definition,ipv4-addr"],
    "match[id]": [id_of(1), f"{id_of(1)},{id_of(2)},{id_of(3)}"],
    "match[tlp]": ["red", "amber", "amber+strict,red", "green,clear"],
    "match[name]": ["name a", "name b"],
    "match[aliases]": ["first a", "second a,second b"],
    "match[labels]": ["sample"],
    "match[confidence-gte]": ["50"],
    "match[modified-lte]": [VERSIONS[1]],
    "match[value]": ["192.0.2.1"],
    "added_after": [format_us(cast.second(n)) for n in (0, 2, 4, 6)],
    "limit": ["1", "2", "3"],
    "match[nothing]": ["x"],
    "next": ["x"],
}


@st.composite
def queries(draw: Any, fields: tuple[str, ...] = tuple(_SELECTS)) -> str:
    """Up to three filters; those that are wrong are seldom."""
    names = draw(st.lists(st.sampled_from(fields), max_size=3, unique=True))
    return "&".join(f"{name}={draw(st.sampled_from(_SELECTS[name]))}" for name in names)


OF_OBJECT = ("match[version]", "match[spec_version]", "limit", "added_after", "match[type]")
_PAGED = st.tuples(PLACES, st.sampled_from(("objects/", "objects/", "manifest/")), queries()).map(
    lambda drawn: Walk(objects(drawn[0]).replace("objects/", drawn[1]), drawn[2])
)
_OF_ONE = st.tuples(PLACES, IDS, st.sampled_from(("", "versions/")), queries(OF_OBJECT)).map(
    lambda drawn: Walk(f"{objects(drawn[0])}{drawn[1]}/{drawn[2]}", drawn[3])
)
RESOURCES = (
    *("/taxii2/", f"/{fakes.ROOT}/", f"/{fakes.ROOT}/collections/", "/nothing/"),
    *("/api/v1/me", "/api/v1/groups", "/api/v1/communities", "/api/v1/why"),
    *(f"/{fakes.ROOT}/collections/{alias}/" for alias in (*COLLECTIONS, "nowhere")),
    *(f"/{fakes.ROOT}/status/{status_id(number)}/" for number in range(12)),
)
_RESOURCES = st.tuples(st.sampled_from(("GET", "GET", "HEAD")), st.sampled_from(RESOURCES)).map(
    lambda drawn: Ask(*drawn)
)
_RESUMED = ALIASES.map(lambda alias: Walk(objects(alias), resumes=True))
READS = st.one_of(_PAGED, _PAGED, _PAGED, _OF_ONE, _OF_ONE, _RESOURCES, _RESUMED)
DELETES = st.tuples(PLACES, IDS, queries(("match[version]", "match[spec_version]"))).map(
    lambda drawn: Ask("DELETE", f"{objects(drawn[0])}{drawn[1]}/", drawn[2])
)
LINES = st.one_of(publishes(), POSTS, DELETES, READS, st.just(Erase()))

SWEEP: tuple[Line, ...] = (
    Walk(objects("shared"), "limit=2"),
    Walk(objects("shared"), ALL),
    Walk(objects("shared"), f"match[tlp]=green,amber,amber+strict,red&{ALL}"),
    Walk(f"/{fakes.ROOT}/collections/shared/manifest/", "match[version]=first"),
    *(Walk(objects(alias), "match[version]=all") for alias in COLLECTIONS[1:]),
)
"""What every viewer reads at the end of every script, and again when it has deleted things."""


@st.composite
def endings(draw: Any) -> list[Line]:
    """What a viewer tries when the history is over."""
    probes = draw(st.lists(st.one_of(READS, READS, POSTS, DELETES), min_size=2, max_size=6))
    looks = draw(st.lists(LOOKS, min_size=2, max_size=6))
    asked = f"/{fakes.ROOT}/status/{status_id(draw(st.integers(0, 9)))}/"
    kept = draw(queries(("match[version]", "match[spec_version]")))
    gone = [Ask("DELETE", f"{objects('shared')}{id_of(number)}/", kept) for number in (1, 2)]
    seen = [*SWEEP, *LOOK_AROUND, *looks]
    return [*SWEEP[:2], *probes, *seen, Ask("GET", asked), *gone, *SWEEP[1:2], *LOOK_AROUND[:1]]


@st.composite
def echoes(draw: Any, earlier: list[Line]) -> Line:
    """Something like an earlier publish: by another, for others, or a little changed."""
    line: Publish = draw(st.sampled_from([x for x in earlier if isinstance(x, Publish)]))
    again = tuple(draw(changed(piece)) for piece in line.pieces)
    form = draw(st.integers(0, 4))
    if form == 0:
        # As much as an account may publish that sees little.
        plain = [piece.changed(tlp=draw(st.sampled_from((None, Tlp.CLEAR)))) for piece in again]
        return Post(line.alias, "", tuple(piece.changed(parts=()) for piece in plain))
    other: Publish = draw(publishes())
    if form <= 2:
        return line._replace(pieces=again)
    return other._replace(pieces=again) if form == 3 else other


@st.composite
def changed(draw: Any, piece: Piece) -> Piece:
    """The piece, or one that differs in a field."""
    field = draw(st.sampled_from(("", "inner", "inner", "tlp", "parts", "version", "content")))
    values = {
        "inner": st.just("y" if piece.inner == "x" else "x"),
        "tlp": MARKS,
        "parts": PARTS,
        "version": st.integers(0, 2),
        "content": st.sampled_from("ab"),
    }
    return piece.changed(**{field: draw(values[field])}) if field else piece


SCRIPTS = st.lists(publishes(), min_size=1, max_size=8)
"""Publishes alone."""


@st.composite
def histories(draw: Any, numbers: Sequence[int] = ALONE) -> list[Line]:
    """Lines that have to do with each other."""
    lines: list[Line] = [draw(publishes(numbers))]
    others = (
        LINES if numbers is ALONE else st.one_of(LINES, publishes(numbers), publishes(numbers))
    )
    for _ in range(draw(st.integers(1, 8))):
        lines.append(draw(st.one_of(others, echoes(lines), echoes(lines))))
    return lines


@st.composite
def cases(draw: Any, viewers: Any = VIEWERS) -> Case:
    """A viewer with a script in which it meets what it may not see."""
    return Case(draw(viewers), [*draw(histories()), *draw(endings())])


@st.composite
def visits(draw: Any, viewers: Any = VIEWERS) -> Case:
    """A viewer who opens pages of the console where there is something that it may not see."""
    pages = draw(st.lists(PAGES_OF_CONSOLE, min_size=2, max_size=6))
    return Case(draw(viewers), [*draw(histories()), *pages, *OPENED])
