"""The benchmark of search runs to its end, every answer is right, and its judgement is."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub.language.parser import Setting, parse

from . import questions
from .meter import Round
from .objects import Feed
from .report import Table
from .search_goals import EXACT, FACET, INGEST, LAG, LOOKUP, MIX, PROJECT, Goal, goals

ROOT = Path(__file__).parents[2]
FEED = Feed(1)


def run(folder: Path, *arguments: str) -> tuple[dict, str]:
    file = folder / "bench.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.bench.search", "--quick", *arguments),
            *("--json", str(file), "--folder", str(folder)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in folder.iterdir()] == ["bench.json"]
    return json.loads(file.read_text(encoding="utf-8")), done.stdout


@pytest.mark.slow
def test_a_quick_run_measures_search_on_sqlite_without_an_error(tmp_path):
    report, printed = run(tmp_path, "--no-elastic")
    assert not [row for row in report["rows"] if row["errors"]]
    assert {INGEST, MIX, EXACT, FACET, LOOKUP, "disk"} <= {
        row["measure"] for row in report["rows"]
    }
    assert "verdict" in printed


@pytest.mark.slow
@pytest.mark.elastic
@pytest.mark.skipif(not shutil.which("mvn"), reason="a node of Elasticsearch needs Maven")
def test_a_quick_run_measures_both_engines_and_they_agree(tmp_path):
    report, _ = run(tmp_path)
    assert not [row for row in report["rows"] if row["errors"]]
    found = {row["measure"] for row in report["rows"] if row["server"] == "elasticsearch"}
    assert {PROJECT, MIX, EXACT, FACET, LOOKUP, LAG, "memory (PSS)", "disk"} <= found


def test_every_question_is_understood():
    for question in questions.mix(FEED, 2000):
        parse(question.text, Setting(0, {}))
    assert len({question.group for question in questions.mix(FEED, 2000)}) == 9


def test_values_are_different_ones_from_all_over_the_store_and_strangers_are_no_part_of_it():
    known = questions.values(FEED, 20_000, 500)
    assert len(set(known)) == 500
    everything = b"\n".join(FEED.raws(0, 20_000)).decode()
    assert all(value in everything for value in known)
    strange = questions.strangers(FEED, 500)
    assert len(set(strange)) == 500
    assert not [value for value in strange if value in everything]
    last = b"\n".join(FEED.raws(15_000, 20_000)).decode()
    assert [value for value in known if value in last]


def table_of(measure: str, server: str, *walls: float, errors: int = 0) -> Table:
    table = Table()
    done = Round(list(walls), objects=10_000 * len(walls), elapsed=sum(walls), errors=errors)
    table.row(measure, server, 1000).rounds.append(done)
    return table


def judged(table: Table, text: str) -> Goal:
    (goal,) = [goal for goal in goals(table, [1000]) if f": {text}" in goal.text]
    return goal


@pytest.mark.parametrize(("wall", "met"), [(0.0199, True), (0.0201, False)])
def test_a_search_that_takes_too_long_misses_its_goal(wall, met):
    goal = judged(table_of(MIX, "sqlite", 0.001, wall), MIX)
    assert goal.met is met
    assert math.isclose(goal.ratio, 0.02 / wall)


@pytest.mark.parametrize(("wall", "met"), [(1.2, True), (1.3, False)])
def test_an_ingest_that_is_too_slow_misses_its_goal(wall, met):
    goal = judged(table_of(INGEST, "sqlite", wall), INGEST)
    assert goal.met is met
    assert math.isclose(goal.ratio, 10_000 / wall / 8000)


def test_wrong_answers_and_what_was_not_asked_meet_no_goal():
    assert judged(table_of(MIX, "sqlite", 0.001, errors=1), MIX).met is None
    assert judged(table_of(MIX, "sqlite", 0.001), EXACT).met is None


def test_elasticsearch_is_judged_only_where_it_ran():
    assert not [g for g in goals(table_of(MIX, "sqlite", 1), [1000]) if "Elastic" in g.text]
    assert judged(table_of(LAG, "elasticsearch", 1.9), LAG).met
    assert not judged(table_of(LAG, "elasticsearch", 2.1), LAG).met
