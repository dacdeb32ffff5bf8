"""Readers of few and of very many labels are read by other SQL; all of it gives the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store import filters
from tests.conformance.engines import engine_named
from tests.conformance.test_visibility import QUERIES, TestOneRule, scopes, steps

RULE = TestOneRule.test_an_engine_gives_what_the_rule_admits.hypothesis.inner_test
del TestOneRule  # else it would be collected here, too


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "value"), [("_FEW_LABELS", 0), ("_AT_ONCE", 2), ("_MOST_PARTS", 0)]
)
def test_every_way_gives_what_the_rule_admits(monkeypatch, tmp_path, limit, value):
    monkeypatch.setattr(filters, limit, value)

    @settings(max_examples=150)
    @given(
        history=st.lists(steps(), max_size=6),
        viewers=st.lists(scopes(), min_size=1, max_size=3),
        queries=st.lists(QUERIES, min_size=1, max_size=3),
    )
    def check(history, viewers, queries):
        RULE(None, engine_named("sqlite"), tmp_path, history, viewers, queries)

    check()
