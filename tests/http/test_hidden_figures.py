"""What is hidden changes no figure about partners and no number of the overview.

Others poll meanwhile, and receive what the viewer does not see: what is told of them must not tell.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.party import Role
from tests.http import cast
from tests.http.cast import AUTHORS, COLLECTIONS, VIEWING, Viewer
from tests.http.scripts import histories, viewers
from tests.http.twins import Line, objects, split
from tests.http.worlds import Ask, Pair

PATHS = (
    *("/", "/collections", "/partners"),
    *(f"/collections/{alias}" for alias in COLLECTIONS),
    *(f"/partners/{org}" for org in cast.ORGS),
)
PAGES = [Ask("GET", path, is_page=True) for path in PATHS]
PAGES.append(Ask("GET", "/", "since=month&count=all", is_page=True))
# Of every collection, as they may; whoever may not is answered with an error, which is noted, too.
POLLS = st.builds(
    lambda author, alias: Ask("GET", objects(alias), author=author),
    st.sampled_from(AUTHORS),
    st.sampled_from(("shared", "shared", *COLLECTIONS)),
)
PEOPLE = viewers(*VIEWING).filter(lambda who: not who.read_only)


def test_no_figure_changes(tmp_path: Path) -> None:
    pair = Pair.made(tmp_path, "hub")
    counts: Counter[str] = Counter()

    @settings(max_examples=60)
    @given(
        viewer=PEOPLE,
        before=histories(),
        polls=st.lists(POLLS, min_size=1, max_size=4),
        after=histories(),
    )
    def check(viewer: Viewer, before: list[Line], polls: list[Line], after: list[Line]) -> None:
        twins = split(viewer, [*before, *polls, *after, *PAGES])
        counts["with hidden"] += twins.hidden > 0
        counts["overseers"] += viewer.role is Role.COORDINATOR
        counts["answers"] += pair.compare(viewer, twins)

    check()
    pair.close()
    # Else the comparison says nothing.
    assert counts["with hidden"] >= 45
    assert counts["overseers"] >= 7
    assert counts["answers"] >= 60 * len(PAGES)
