"""What a viewer may not see changes no byte at any address that the hub serves, and costs no statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.party import Role
from hub.model.query import Scope, Window
from hub.model.tlp import Tlp
from hub.service.around import Surroundings
from hub.service.related import Neighbourhood
from hub.service.saved import id_of
from hub.store.finder import SqliteFinder
from hub.store.sqlite import SqliteStore
from tests.http import cast
from tests.http.cast import VIEWING, WATCHERS, Viewer
from tests.http.doors import APART, DOORS, KEPT, PREPARED, SEARCH, STATUS
from tests.http.linked import OTHER, REPORT
from tests.http.pieces import INDICATORS, WOVEN, Piece
from tests.http.scripts import histories, viewers
from tests.http.twins import Line, Publish, split
from tests.http.worlds import Ask, Pair, World, status_id

PEOPLE = st.one_of(
    viewers(*VIEWING).filter(lambda who: not who.read_only),
    viewers(*VIEWING).filter(lambda who: not who.read_only),
    st.sampled_from(WATCHERS),
)
LEAST = 20
"""Doors of a case"""
EXAMPLES = 40
SOME = st.lists(st.sampled_from(DOORS), min_size=LEAST, max_size=2 * LEAST)


def test_every_address_is_asked_or_said_to_be_apart(tmp_path: Path) -> None:
    world = World(tmp_path / "hub", "hub")
    rules = list(world.app.url_map.iter_rules())
    every = {f"{method} {rule.endpoint}" for rule in rules for method in rule.methods or ()}
    every = {name for name in every if not name.startswith(("HEAD ", "OPTIONS "))}
    urls = world.app.url_map.bind("localhost")
    asked = {f"{ask.method} {urls.match(ask.path, ask.method)[0]}" for ask in (*PREPARED, *DOORS)}
    world.store.close()
    rest = every - asked
    apart = {name: [way for way in APART if fnmatchcase(name, way)] for name in rest}
    assert [name for name, ways in apart.items() if not ways] == []
    assert set(APART) == {way for ways in apart.values() for way in ways}


def asked(ask: Ask, viewer: Viewer, step: int) -> Ask:
    """The request of this viewer, who published something in that step."""
    path = ask.path.replace(SEARCH, id_of(viewer.account, KEPT))
    return ask._replace(path=path.replace(STATUS, status_id(step)))


def compare(pair: Pair, viewer: Viewer, history: Sequence[Line], doors: Sequence[Ask]) -> int:
    """Check that doors answer a viewer the same, and are asked as many statements for it.

    Returns:
        How many parts of the history were hidden.
    """
    published = len(history) + len(PREPARED) - 1
    steps = [asked(ask, viewer, published) for ask in (*PREPARED, *doors)]
    twins = split(viewer, [*history, *steps])
    pair.compare(viewer, twins)
    if pair.full.open_to(viewer) == pair.bare.open_to(viewer):
        full, bare = (world.costs[-len(doors) :] for world in pair)
        assert [costs for costs in zip(full, bare, strict=True) if costs[0] != costs[1]] == []
    return twins.hidden


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair.made(tmp_path, "hub")
    yield made
    made.close()


def history_of(secret: Publish) -> list[Line]:
    """Everything else is seen by whoever reads what is TLP:GREEN, and the secret comes last."""
    gone = {piece.number for piece in secret.pieces if not piece.version}
    shown = tuple(Piece(number, tlp=Tlp.GREEN) for number in sorted({*WOVEN} - gone))
    newer = (Piece(OTHER, 1, "b", tlp=Tlp.GREEN),)
    seen = [Publish("ministry", "shared", frozenset(), pieces) for pieces in (shown, newer)]
    return [*seen, secret]


def secrets() -> Iterator[Publish]:
    """Something that is hidden, in each way."""
    named = frozenset({("org", "grid")})
    for number in sorted({*WOVEN}):
        yield Publish("ministry", "shared", frozenset(), (Piece(number, tlp=Tlp.AMBER),))
    for number in (OTHER, REPORT, INDICATORS[0]):
        newer = Piece(number, 2, "b", tlp=Tlp.AMBER)
        yield Publish("ministry", "shared", frozenset(), (newer,))
    # Of whom nothing else is seen.
    yield Publish("cert", "shared", named, (Piece(1), Piece(REPORT)))


def hide_each(pair: Pair) -> None:
    """Hide one thing after the other, and ask at all doors."""
    for number, secret in enumerate(secrets()):
        role = (Role.COORDINATOR, Role.READER)[number % 2]
        assert compare(pair, Viewer("near", Tlp.GREEN, role), history_of(secret), DOORS)


def test_no_door_tells_that_one_object_is_hidden(pair: Pair) -> None:
    hide_each(pair)


def test_every_door_answers_the_same_without_what_is_hidden(pair: Pair) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES)
    @given(viewer=PEOPLE, history=histories(WOVEN), doors=SOME)
    def check(viewer: Viewer, history: list[Line], doors: list[Ask]) -> None:
        counts["with hidden"] += compare(pair, viewer, history, doors) > 0
        counts["answers"] += len(doors)

    check()
    # Else the comparison says nothing.
    assert counts["with hidden"] >= EXAMPLES // 2
    assert counts["answers"] >= EXAMPLES * LEAST


def beyond(kind: type, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Plants a method that is asked within the scope of somebody who sees everything."""
    true = getattr(kind, name)
    every = {("org", org) for org in cast.ORGS} | set(cast.MEMBERS)
    readable = {key: (Window(Tlp.RED, 0),) for key in cast.KEYS.values()}

    def wide(self: Any, scope: Scope, *args: Any, **how: Any) -> Any:
        subjects = dict.fromkeys(every, 0)
        seen = msgspec.structs.replace(
            scope, readable=readable, subjects=subjects, clearance=Tlp.RED
        )
        return true(self, seen, *args, **how)

    return lambda patch: patch.setattr(kind, name, wide)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Surroundings, "_find"),
        (Neighbourhood, "_find"),
        (SqliteFinder, "facets"),
        (SqliteFinder, "summaries"),
        (SqliteFinder, "find"),
        (SqliteStore, "tallies"),
        (SqliteStore, "held"),
    ],
)
def test_what_looks_beyond_the_scope_is_noticed(
    kind: type, name: str, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    beyond(kind, name)(monkeypatch)
    with pytest.raises(AssertionError):
        hide_each(pair)
