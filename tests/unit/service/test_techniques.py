"""The matrix of techniques over a query, on a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest

from hub import policy
from hub.model.party import Caller, Role
from hub.model.query import Scope
from hub.model.record import Outcome
from hub.model.search import Facet
from hub.service import techniques as module
from hub.service.publish import Publisher
from hub.service.search import Searcher
from hub.service.techniques import Technique, Techniques, techniques
from hub.stix.check import Limits
from hub.store.finder import SqliteFinder
from tests import fakes

GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def pattern(number: int, technique: str, *phases: str, **changes: Any) -> dict[str, Any]:
    """An attack pattern; a phase is `chain/phase`, or a phase of `mitre-attack`."""
    places = [phase.rpartition("/") for phase in phases]
    return {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": f"attack-pattern--{fakes.uuid_of(number)}",
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "name": f"Technique {technique}",
        "external_references": [{"source_name": "mitre-attack", "external_id": technique}],
        "kill_chain_phases": [
            {"kill_chain_name": chain or "mitre-attack", "phase_name": phase}
            for chain, _, phase in places
        ],
    } | changes


def names(number: int, *found: str, **changes: Any) -> dict[str, Any]:
    """An indicator that names techniques."""
    references = [{"source_name": "mitre-attack", "external_id": each} for each in found]
    return fakes.indicator(number, external_references=references, **changes)


class Desk:
    """A store with what the tests put there, and who asks."""

    def __init__(self, path: Path) -> None:
        self.store = fakes.open_store(path)
        self.directory = fakes.populate(self.store)
        self.finder = SqliteFinder(self.store.database)
        self._searcher = Searcher(self.finder, self.store)
        self.scope = self.of("publisher", "ministry", Role.PUBLISHER)

    def of(self, account: str, org: str, role: Role) -> Scope:
        return policy.scope(Caller(account, org, frozenset({role})), self.directory)

    def put(self, *objects: dict[str, Any], alias: str = "shared") -> None:
        collections = self.directory.collections.values()
        (place,) = [item for item in collections if item.alias == alias]
        raws = [json.dumps(obj).encode() for obj in objects]
        status = Publisher(self.store, Limits()).publish(self.scope, place, raws)
        assert {verdict.outcome for verdict in status.verdicts} == {Outcome.NEW}

    def ask(self, query: str = "", scope: Scope | None = None) -> Techniques:
        question = self._searcher.ask(scope or self.scope, self.directory, query)
        return techniques(self.finder, self.store, question)

    def search(self, query: str) -> int | None:
        return self._searcher.count(self._searcher.ask(self.scope, self.directory, query))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub.sqlite")
    yield made
    made.store.close()


def flat(found: Techniques) -> dict[str, dict[str, dict[str, int | None]]]:
    """Records by chain, tactic and number, whole or part."""
    return {
        matrix.chain: {
            tactic.phase: {
                each.number: each.records
                for whole in tactic.techniques
                for each in (whole, *whole.parts)
            }
            for tactic in matrix.tactics
        }
        for matrix in found.matrices
    }


class TestMatrix:
    def test_nothing_is_nothing(self, desk: Desk) -> None:
        assert desk.ask() == Techniques([], [], is_counted=True, is_whole=True)

    def test_tactics_come_from_the_phases(self, desk: Desk) -> None:
        desk.put(
            pattern(1, "T1078", "initial-access", "persistence"),
            pattern(2, "T0883", "mitre-ics-attack/initial-access"),
            pattern(3, "T1190", "initial-access"),
            names(10, "T1078", "T0883"),
            names(11, "T1078"),
        )
        assert flat(desk.ask()) == {
            "mitre-attack": {
                "initial-access": {"T1078": 2, "T1190": 0},
                "persistence": {"T1078": 2},
            },
            "mitre-ics-attack": {"initial-access": {"T0883": 1}},
        }

    def test_parts_are_folded_into_their_whole(self, desk: Desk) -> None:
        desk.put(
            pattern(1, "T1566", "initial-access"),
            pattern(2, "T1566.002", "initial-access"),
            pattern(3, "T1566.001", "initial-access"),
            pattern(4, "T1059.001", "execution"),
            names(10, "T1566.002"),
        )
        (matrix,) = desk.ask().matrices
        execution, access = (tactic.techniques for tactic in matrix.tactics)
        (whole,) = access
        assert [part.number for part in whole.parts] == ["T1566.001", "T1566.002"]
        assert (whole.records, whole.most) == (0, 1)
        # Its whole is not there.
        assert [each.number for each in execution] == ["T1059.001"]

    def test_a_technique_is_there_once(self, desk: Desk) -> None:
        desk.put(pattern(1, "T1566", "initial-access", name="Old"))
        desk.put(pattern(2, "T1566", "initial-access", name="New"))
        ((tactic,),) = [matrix.tactics for matrix in desk.ask().matrices]
        assert tactic.techniques == [
            Technique("T1566", "New", f"attack-pattern--{fakes.uuid_of(2)}", 0)
        ]

    @pytest.mark.parametrize(
        "changes",
        [
            {"revoked": True},
            {"x_mitre_deprecated": True},
            {"external_references": [{"source_name": "capec", "external_id": "CAPEC-98"}]},
            {"external_references": [{"source_name": "mitre-attack", "external_id": "G0001"}]},
        ],
    )
    def test_what_is_no_technique_any_more_has_no_place(
        self, desk: Desk, changes: dict[str, Any]
    ) -> None:
        desk.put(pattern(1, "T1566", "initial-access", **changes))
        assert desk.ask().matrices == []

    def test_phases_of_other_chains_are_no_tactics(self, desk: Desk) -> None:
        desk.put(
            pattern(1, "T1566", "lockheed-martin-cyber-kill-chain/delivery"), names(2, "T1566")
        )
        found = desk.ask()
        assert found.matrices == []
        assert [(each.number, each.name, each.records) for each in found.others] == [
            ("T1566", "Technique T1566", 1)
        ]

    def test_a_number_that_nothing_describes_is_told_all_the_same(self, desk: Desk) -> None:
        desk.put(pattern(1, "T1566", "initial-access"), names(2, "T1190", "S0154", "T1566"))
        assert desk.ask().others == [Technique("T1190", "", "", 1)]

    def test_odd_forms_are_left_out(self, desk: Desk) -> None:
        desk.put(
            pattern(1, "T1566", "initial-access"),
            pattern(2, "T1190", "initial-access") | {"kill_chain_phases": ["x"]},
            pattern(3, "T1078", "initial-access") | {"x_mitre_deprecated": "no"},
        )
        assert flat(desk.ask()) == {"mitre-attack": {"initial-access": {"T1566": 0}}}


class TestCounts:
    def test_a_number_is_what_search_finds(self, desk: Desk) -> None:
        desk.put(pattern(1, "T1566", "initial-access"))
        desk.put(*(names(10 + n, "T1566") for n in range(3)))
        ((tactic,),) = [matrix.tactics for matrix in desk.ask().matrices]
        assert tactic.techniques[0].records == 3
        assert desk.search("attack:T1566 -type:attack-pattern") == 3

    def test_the_query_narrows_the_counts_and_not_the_techniques(self, desk: Desk) -> None:
        desk.put(pattern(1, "T1566", "initial-access"), pattern(2, "T1190", "initial-access"))
        desk.put(names(10, "T1566", name="Quetzal"), names(11, "T1566"), names(12, "T1190"))
        assert flat(desk.ask("quetzal")) == {
            "mitre-attack": {"initial-access": {"T1566": 1, "T1190": 0}}
        }

    def test_what_the_caller_may_not_see_changes_nothing(self, desk: Desk) -> None:
        green = {"object_marking_refs": [GREEN]}
        desk.put(pattern(1, "T1566", "initial-access", **green), names(10, "T1566", **green))
        grid = desk.of("partner", "grid", Role.READER)
        before = desk.ask("", grid)
        desk.put(
            pattern(3, "T1566", "initial-access", name="Secret"),
            pattern(2, "T1190", "initial-access"),
            names(11, "T1566", "T1190"),
            alias="bulletins",
        )
        desk.put(names(12, "T1111"), alias="notices")
        shared = fakes.KEYS["shared"]
        hidden = msgspec.structs.replace(grid, readable={shared: grid.readable[shared]})
        assert desk.ask("", hidden) == before
        assert desk.ask("", grid) != before

    def test_what_was_not_counted_has_no_number(self, desk: Desk) -> None:
        desk.put(pattern(1, "T1566", "initial-access"), names(10, "T1190"))
        with mock.patch.object(desk.finder, "facets", _not_in_time):
            found = desk.ask()
        assert not found.is_counted
        assert flat(found) == {"mitre-attack": {"initial-access": {"T1566": None}}}
        assert found.others == []

    def test_more_patterns_than_are_looked_at(self, desk: Desk) -> None:
        desk.put(*(pattern(n, f"T100{n}", "initial-access") for n in range(3)))
        with mock.patch.object(module, "MOST_PATTERNS", 2):
            found = desk.ask()
        assert not found.is_whole
        assert list(flat(found)["mitre-attack"]["initial-access"]) == ["T1001", "T1002"]


def _not_in_time(scope: Scope, node: object, fields: Sequence[str], most: int) -> list[Facet]:
    del scope, node, most
    return [Facet(field, None) for field in fields]
