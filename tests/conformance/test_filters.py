"""The extended match filters: exact terms, bounds on numbers and instants."""

import pytest

from hub.model.query import RangeMatch, TermMatch
from tests.conformance.builders import (
    LAST,
    candidate,
    object_id,
    publish,
    raws,
    select,
    version_us,
)

VALUES = {
    "plain": "wiper",
    "per cent": "100%",
    "only wildcards": "%_%",
    "underscore": "a_b",
    "backslash": "C:\\new\\table",
    "quotes": "'; DROP TABLE record; --\"",
    "equals sign": "a=b=c",
    "line feed": "first\nsecond",
    "carriage return": "first\r\nsecond",
    "leading and trailing blanks": "  x ",
    "Vietnamese": "Phần mềm độc hại",
    "decomposed": "e\u0301",
    "beyond the basic plane": "\U0001f40d",
    "line separators of Unicode": "a\u2028b\u0085c\x1cd",
    "NUL": "a\x00b",
    "100 characters": "x" * 100,
    "101 characters": "x" * 101,
    "a pattern of 5,000": "[file:name = 'ấ']" * 300,
    "empty": "",
}


def holding(field, *values):
    return select(LAST, terms=(TermMatch(field, values),))


class TestTerms:
    @pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
    def test_finds_exactly_its_value(self, store, value):
        """Beside the object stand others whose value differs a little."""
        near = [
            value + "x",
            "x" + value,
            value[:-1],
            value.swapcase(),
            value.replace("%", "anything"),
        ]
        near = [other for other in near if other != value]
        publish(
            store,
            candidate(0, fields=[("name", value)]),
            *(candidate(n, fields=[("name", other)]) for n, other in enumerate(near, start=1)),
        )
        assert raws(store, holding("name", value)) == [candidate(0).raw]

    def test_a_wildcard_finds_only_itself(self, store):
        publish(store, *(candidate(n, fields=[("name", name)]) for n, name in enumerate("abc%")))
        assert raws(store, holding("name", "%")) == [candidate(3).raw]
        assert raws(store, holding("name", "_")) == []

    def test_case_matters(self, store):
        publish(store, candidate(fields=[("name", "Wiper")]))
        assert raws(store, holding("name", "wiper")) == []
        assert raws(store, holding("name", "Wiper")) == [candidate().raw]

    def test_one_of_several_values(self, store):
        publish(store, *(candidate(n, fields=[("name", name)]) for n, name in enumerate("abc")))
        assert raws(store, holding("name", "a", "c")) == [candidate(0).raw, candidate(2).raw]

    def test_one_of_several_terms_of_the_object(self, store):
        publish(store, candidate(fields=[("labels", "a"), ("labels", "b"), ("labels", "c")]))
        for label in "abc":
            assert raws(store, holding("labels", label)) == [candidate().raw]

    def test_several_filters_must_all_hold(self, store):
        publish(
            store,
            candidate(1, fields=[("name", "a"), ("labels", "x")]),
            candidate(2, fields=[("name", "a"), ("labels", "y")]),
            candidate(3, fields=[("name", "b"), ("labels", "x")]),
        )
        both = select(LAST, terms=(TermMatch("labels", ("x",)), TermMatch("name", ("a",))))
        assert raws(store, both) == [candidate(1).raw]

    def test_the_field_matters(self, store):
        publish(store, candidate(fields=[("name", "a"), ("labels", "b")]))
        assert raws(store, holding("labels", "a")) == []
        assert raws(store, holding("ame", "a")) == []

    def test_a_value_cannot_imitate_another_field(self, store):
        publish(store, candidate(fields=[("name", "x\ntlp=clear\n")]))
        assert raws(store, holding("tlp", "clear")) == []

    def test_an_object_without_terms_matches_none(self, store):
        publish(store, candidate())
        assert raws(store, holding("name", "")) == []

    def test_of_the_version_that_is_asked_for(self, store):
        publish(
            store,
            candidate(version=0, fields=[("name", "old")]),
            candidate(version=1, fields=[("name", "new")]),
        )
        assert raws(store, select(holding("name", "old"), edges=("all",))) == [candidate().raw]


NUMBERS = {1: 0, 2: 50, 3: 100, 4: -7, 5: 2**63 - 1, 6: -(2**63)}
BOUNDS = {
    "at least": ("gte", 50, [2, 3, 5]),
    "at least, nothing": ("gte", 101, [5]),
    "at most": ("lte", 50, [1, 2, 4, 6]),
    "at most, negative": ("lte", -1, [4, 6]),
    "largest": ("gte", 2**63 - 1, [5]),
    "smallest": ("lte", -(2**63), [6]),
}


class TestRanges:
    @pytest.fixture
    def numbered(self, store):
        """Six objects with a confidence, and one without."""
        items = [candidate(n, fields=[("confidence", value)]) for n, value in NUMBERS.items()]
        publish(store, *items, candidate(7, fields=[("name", "confidence=50")]))
        return store

    @pytest.mark.parametrize(("op", "bound", "expected"), BOUNDS.values(), ids=BOUNDS)
    def test_bounds_are_inclusive_and_a_missing_field_matches_none(
        self, numbered, op, bound, expected
    ):
        query = select(LAST, ranges=(RangeMatch("confidence", op, bound),))
        assert raws(numbered, query) == [candidate(n).raw for n in expected]

    def test_between(self, numbered):
        between = (RangeMatch("confidence", "gte", 0), RangeMatch("confidence", "lte", 50))
        assert raws(numbered, select(LAST, ranges=between)) == [candidate(n).raw for n in (1, 2)]

    def test_a_field_nobody_has(self, numbered):
        assert raws(numbered, select(LAST, ranges=(RangeMatch("number", "gte", 0),))) == []

    def test_a_text_in_place_of_the_number_matches_none(self, store):
        publish(store, candidate(fields=[("confidence", "high")]))
        for op in ("gte", "lte"):
            assert raws(store, select(LAST, ranges=(RangeMatch("confidence", op, 0),))) == []

    def test_modified_is_the_version(self, store):
        publish(store, *(candidate(n, version=n) for n in range(1, 5)))

        def modified(op, bound):
            return raws(store, select(LAST, ranges=(RangeMatch("modified", op, bound),)))

        assert modified("gte", version_us(3)) == [candidate(n, n).raw for n in (3, 4)]
        assert modified("lte", version_us(3)) == [candidate(n, n).raw for n in (1, 2, 3)]
        assert modified("gte", version_us(4) + 1) == []

    def test_modified_decides_among_the_versions(self, store):
        publish(store, *(candidate(version=version) for version in range(4)))
        query = select(LAST, ranges=(RangeMatch("modified", "lte", version_us(2)),))
        assert raws(store, query) == [candidate(version=2).raw]
        assert raws(store, select(query, ids=(object_id(1),))) == [candidate(version=2).raw]
