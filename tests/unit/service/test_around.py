"""What is around an object: all kinds of it, however much there is, and with a bound on the work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hub import policy
from hub.model.party import Caller
from hub.model.query import Scope
from hub.model.search import Piece
from hub.service.around import MOST, Surroundings, notes, opinions, sightings
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.database import Database
from hub.store.finder import FUNCTIONS, SqliteFinder
from hub.store.sqlite import SqliteStore
from tests import fakes

MANY = 2 * MOST + 50


def made(kind: str, number: int, **more: Any) -> dict[str, Any]:
    head = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{fakes.uuid_of(number)}"}
    return head | {"created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"} | more


OWN = made("malware", 1, name="Own", is_family=False)
ACTOR = made("threat-actor", 2, name="Actor")
USES = made(
    "relationship", 3, relationship_type="uses", source_ref=ACTOR["id"], target_ref=OWN["id"]
)
SEEN = made("sighting", 4, sighting_of_ref=OWN["id"], count=7, last_seen="2026-02-01T00:00:00Z")
NOT_SEEN = made(
    "sighting", 5, sighting_of_ref=ACTOR["id"], observed_data_refs=[OWN["id"]], count=100
)
ODD = made("sighting", 6, sighting_of_ref=OWN["id"], count=-5, first_seen="soon")
AGREES = made("opinion", 7, opinion="agree", object_refs=[OWN["id"]])
ODD_OPINION = made("opinion", 8, opinion="perhaps", object_refs=[OWN["id"]])
NOTE = made("note", 9, abstract="A note", content="c", object_refs=[OWN["id"]])


class World:
    def __init__(self, folder: Path) -> None:
        self.store: SqliteStore = fakes.open_store(folder / "hub.db")
        directory = fakes.populate(self.store)
        account = directory.accounts["publisher"]
        self.scope: Scope = policy.scope(Caller("publisher", "ministry", account.roles), directory)
        self._shared = directory.collections[fakes.KEYS["shared"]]
        self._publisher = Publisher(self.store, Limits())
        self.finder = SqliteFinder(Database(folder / "hub.db", functions=FUNCTIONS))
        self.around = Surroundings(self.finder, self.store)

    def put(self, *objects: dict[str, Any]) -> None:
        raws = [json.dumps(item).encode() for item in objects]
        self._publisher.publish(self.scope, self._shared, raws)

    def piece(self, obj: dict[str, Any]) -> Piece:
        return self.store.held(self.scope, obj["id"])[0]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made_world = World(tmp_path)
    made_world.put(OWN, ACTOR, USES, SEEN, NOT_SEEN, ODD, AGREES, ODD_OPINION, NOTE)
    yield made_world
    made_world.store.close()


def test_what_is_said_of_it_is_summed_up(world):
    around = world.around.of(world.scope, world.piece(OWN))
    seen = sightings(OWN["id"], around)
    assert (seen.records, seen.times) == (2, 8)
    assert (seen.first_us, seen.last_us) == (1769904000000000, 1769904000000000)
    said = opinions(OWN["id"], around)
    assert (said.total, said.agree) == (1, 1)
    assert [near.title for near in notes(OWN["id"], around)] == ["A note"]
    assert around.near[ACTOR["id"]].title == "Actor"
    assert around.more is False


def test_thousands_of_references_hide_neither_relationships_nor_sightings(world):
    reports = [
        made(
            "report", 1000 + n, name="R", published="2026-01-01T00:00:00Z", object_refs=[OWN["id"]]
        )
        for n in range(MANY)
    ]
    world.put(*reports)
    around = world.around.of(world.scope, world.piece(OWN))
    assert around.more
    assert ACTOR["id"] in around.near
    assert sightings(OWN["id"], around).times == 8
    assert len(around.near) <= 3 * MOST


def test_the_work_does_not_grow_with_what_is_around(world):
    def work() -> tuple[int, int]:
        true_pick, keys = world.store.pick, []

        def pick(scope: Scope, wanted: Any) -> list[Piece]:
            keys.extend(wanted)
            return true_pick(scope, wanted)

        with (
            mock.patch.object(world.store, "pick", pick),
            mock.patch.object(world.finder, "find", wraps=world.finder.find) as find,
        ):
            world.around.of(world.scope, world.piece(OWN))
        return find.call_count, len(keys)

    for start in (10_000, 20_000):
        world.put(
            *(made("note", start + n, content="c", object_refs=[OWN["id"]]) for n in range(MANY))
        )
        finds, picked = work()
        assert finds <= 4
        assert picked <= 4 * MOST


def test_own_references_are_looked_up_to_an_end(world):
    refs = [ACTOR["id"], *(f"tool--{fakes.uuid_of(5000 + n)}" for n in range(10_000))]
    report = made("report", 50, name="R", published="2026-01-01T00:00:00Z", object_refs=refs)
    world.put(report)
    around = world.around.of(world.scope, world.piece(report))
    assert list(around.near) == [ACTOR["id"]]
    assert around.more


def test_a_relationship_stands_between_its_ends(world):
    around = world.around.of(world.scope, world.piece(USES))
    assert {(link.source, link.target) for link in around.links} == {
        (ACTOR["id"], USES["id"]),
        (USES["id"], OWN["id"]),
    }
