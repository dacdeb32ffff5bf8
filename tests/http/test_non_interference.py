"""What a viewer may not see changes no byte of what it is answered, at any door.

`tests.http.twins` says what is hidden, `tests.http.worlds` what is the same in both worlds. That
these tests notice a leak is shown by `tests/conformance/test_planted.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cli.main import main
from hub.model.tlp import Tlp
from tests.http.cast import COLLECTIONS, VIEWING, Viewer
from tests.http.conftest import FRONTS
from tests.http.copied import in_elastic
from tests.http.scripts import SCRIPTS, VIEWERS, Case, cases, histories, viewers, visits
from tests.http.twins import Publish, borrow, receive, split
from tests.http.worlds import Pair, World


@pytest.fixture(scope="module", params=FRONTS)
def worlds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two empty hubs."""
    pair = Pair.made(tmp_path_factory.mktemp(request.param), request.param)
    yield pair
    pair.close()


def test_every_answer_is_the_same_without_what_is_hidden(worlds: Pair) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=540)
    @given(case=cases())
    def check(case: Case) -> None:
        twins = split(case.viewer, case.script)
        counts["with hidden"] += twins.hidden > 0
        counts["answers"] += worlds.compare(case.viewer, twins)

    check()
    # Else the comparison says nothing.
    assert counts["with hidden"] >= 400
    assert counts["answers"] >= 5000


def test_every_page_is_the_same_without_what_is_hidden(tmp_path: Path) -> None:
    pair = Pair.made(tmp_path, "hub")
    counts: Counter[str] = Counter()

    @settings(max_examples=300)
    @given(case=visits())
    def check(case: Case) -> None:
        twins = split(case.viewer, case.script)
        counts["with hidden"] += twins.hidden > 0
        counts["answers"] += pair.compare(case.viewer, twins)

    check()
    pair.close()
    assert counts["with hidden"] >= 200
    assert counts["answers"] >= 1500


def test_a_viewer_receives_what_it_may_see_and_nothing_else(worlds: Pair) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=200)
    @given(viewer=VIEWERS, script=SCRIPTS)
    def check(viewer: Viewer, script: list[Publish]) -> None:
        counts["received"] += receive(worlds.full, viewer, script)

    check()
    assert counts["received"] >= 100


def test_a_next_of_somebody_else_gives_nothing_more(worlds: Pair) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=60)
    @given(viewer=VIEWERS, script=SCRIPTS)
    def check(viewer: Viewer, script: list[Publish]) -> None:
        counts["tried"] += borrow(worlds.full, viewer, script)

    check()
    assert counts["tried"] >= 100


def test_every_answer_of_a_search_copy_is_the_same(
    elastic_url: str, elastic_prefix: str, tmp_path: Path
) -> None:
    counts: Counter[str] = Counter()
    with in_elastic(elastic_url, elastic_prefix) as engine:
        pair = Pair.made(tmp_path, "hub", engine)

        @settings(max_examples=60)
        @given(case=cases())
        def check(case: Case) -> None:
            twins = split(case.viewer, case.script)
            counts["with hidden"] += twins.hidden > 0
            counts["answers"] += pair.compare(case.viewer, twins)

        check()

        @settings(max_examples=30)
        @given(case=visits())
        def visit(case: Case) -> None:
            counts["answers"] += pair.compare(case.viewer, split(case.viewer, case.script))

        visit()
        pair.close()
    assert counts["with hidden"] >= 40
    assert counts["answers"] >= 650


def on_the_console(viewer: Viewer) -> Viewer:
    """There are accounts on the command line, and no tokens."""
    return viewer._replace(ceiling=Tlp.RED, read_only=False)


def exported(world: World, viewer: Viewer, alias: str, versions: str) -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of `hub export`."""
    config = str(world.config.store_path.parent / "hub.toml")
    options = ["--config", config, "export", alias, "--account", viewer.account]
    found = CliRunner().invoke(main, [*options, "--versions", versions])
    return found.exit_code, found.stdout_bytes, found.stderr


def test_an_export_is_the_same_without_what_is_hidden(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    pair = Pair.made(tmp_path_factory.mktemp("export"), "hub")
    lines: Counter[str] = Counter()

    @settings(max_examples=150)
    @given(
        viewer=viewers(*VIEWING).map(on_the_console),
        history=histories(),
        alias=st.sampled_from(("shared", "shared", "shared", *COLLECTIONS)),
        versions=st.sampled_from(("last", "all")),
    )
    def check(viewer: Viewer, history: list, alias: str, versions: str) -> None:
        twins = split(viewer, history)
        pair.compare(viewer, twins)
        full, bare = (exported(world, viewer, alias, versions) for world in pair)
        assert full == bare
        lines["objects"] += full[1].count(b"\n")

    check()
    pair.close()
    assert lines["objects"] >= 20
