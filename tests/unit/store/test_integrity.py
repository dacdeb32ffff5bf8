"""`faults()` finds what is planted into the file behind the program's back."""

import sqlite3
from contextlib import closing

import pytest

from tests.conformance.builders import (
    EVERY,
    SEES_ALL,
    candidate,
    object_id,
    publish,
    removal,
    select,
)
from tests.fakes import Clock, open_store

DAMAGE = {
    "a change row is missing": "DELETE FROM change WHERE ordinal = 3",
    "the newest change row is missing": (
        "DELETE FROM change WHERE ordinal = (SELECT max(ordinal) FROM change)"
    ),
    "a change row is there that was not counted": (
        "INSERT INTO change SELECT ordinal + 1, kind, at_us + 1, added_us, collection"
        " FROM change ORDER BY ordinal DESC LIMIT 1"
    ),
    "a number is left out": (
        "UPDATE change SET ordinal = ordinal + 1 WHERE ordinal = (SELECT max(ordinal) FROM change)"
    ),
    "the counter was set back": "UPDATE clock SET ordinal = 1",
    "dates fall": "UPDATE change SET at_us = 1 WHERE ordinal = 4",
    "dates are equal": (
        "UPDATE change SET at_us = (SELECT at_us FROM change WHERE ordinal = 3) WHERE ordinal = 4"
    ),
    "a record that nobody published": (
        "INSERT INTO record SELECT added_us + 1000000, collection, 3, version_us, stix, type,"
        " 'tool--x', version, publisher, digest, terms, warnings, raw FROM record LIMIT 1"
    ),
    "a record vanished": "DELETE FROM record WHERE object_id = (SELECT max(object_id) FROM record)",
    "no latest version": "UPDATE record SET standing = 2 WHERE standing = 3",
    "two latest versions": "UPDATE record SET standing = 3 WHERE standing = 2",
    "the latest version is not the newest": (
        "UPDATE record SET standing = CASE standing WHEN 2 THEN 3 ELSE 2 END WHERE object_id ="
        " (SELECT object_id FROM record WHERE standing = 2)"
    ),
    "dates that are given next were given already": "UPDATE clock SET last_us = 1",
    "dates are an hour ahead": "UPDATE clock SET last_us = last_us + 3600000000",
    "a deleted record is back": (
        "UPDATE record SET standing = 3"
        " WHERE added_us = (SELECT added_us FROM change WHERE kind = 'delete')"
    ),
}


@pytest.fixture
def store(tmp_path):
    """Two versions of one object, one that was replaced, one that was deleted, five others."""
    opened = open_store(tmp_path / "hub.sqlite", clock=Clock())
    publish(opened, candidate(1), candidate(1, 1), *(candidate(n) for n in range(2, 9)))
    publish(opened, candidate(2, content="b"))
    opened.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(3),))))
    yield opened
    opened.close()


def test_good_data_has_none(store):
    assert store.faults() == []


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_finds(store, damage):
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        other.execute(damage)
    assert store.faults() != []


def test_each_fault_is_a_sentence_with_its_count(store):
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        other.execute("DELETE FROM change WHERE ordinal IN (2, 3)")
    assert "ordinals missing from the change log: 2" in store.faults()
