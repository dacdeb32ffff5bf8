"""`faults()` finds what is planted into the file behind the program's back."""

import sqlite3
from contextlib import closing

import pytest

from hub.model.tlp import Tlp
from hub.store.checks import CHECKS
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

MISSING = "ordinals missing from the change log"
RANGE = "change ordinals out of range"
DATES = "dates of changes that do not rise"
UNLOGGED = "records without a change row"
AGAIN = "dates that were given and may be given again"
UNDEAD = "deleted records that can be read"
LABELS = "records without a label"
BEST = "latest versions that are not the best"
LATEST = "objects without exactly one latest version"
PASSED = "records that are passed over though a reader may see none better"
UNKNOWN = "records that search does not know as they are"
FOUND = "records that search knows and that are gone"
WORDLESS = "records without words"
WORDS = "words of records that are gone"
AHEAD = "dates added are 3599 s ahead of the clock"

MADE_UP = (
    "INSERT INTO found (added_us, label, standing, tlp, collection, type, publisher)"
    " VALUES (7, 1, 4, 1, 1, 'tool', 'ministry')"
)

DAMAGE = {
    "a change row is missing": ("DELETE FROM change WHERE ordinal = 3", MISSING),
    "the newest change row is missing": (
        "DELETE FROM change WHERE ordinal = (SELECT max(ordinal) FROM change)",
        MISSING,
    ),
    "a change row is there that was not counted": (
        (
            "INSERT INTO change SELECT ordinal + 1, kind, at_us + 1, added_us, collection"
            " FROM change ORDER BY ordinal DESC LIMIT 1"
        ),
        RANGE,
    ),
    "a number is left out": (
        "UPDATE change SET ordinal = ordinal + 1 WHERE ordinal = (SELECT max(ordinal) FROM change)",
        RANGE,
    ),
    "the counter was set back": ("UPDATE clock SET ordinal = 1", RANGE),
    "dates fall": ("UPDATE change SET at_us = 1 WHERE ordinal = 4", DATES),
    "dates are equal": (
        "UPDATE change SET at_us = (SELECT at_us FROM change WHERE ordinal = 3) WHERE ordinal = 4",
        DATES,
    ),
    "a record that nobody published": (
        (
            "INSERT INTO record SELECT added_us + 1000000, collection, label, 4, version_us, origin_us,"
            " part, stix, type, 'tool--x', version, publisher, digest, terms, warnings, raw"
            " FROM record LIMIT 1"
        ),
        UNLOGGED,
    ),
    "a record vanished": (
        "DELETE FROM record WHERE object_id = (SELECT max(object_id) FROM record)",
        UNLOGGED,
    ),
    "no latest version": ("UPDATE record SET standing = 2 WHERE standing = 3", LATEST),
    "two latest versions": ("UPDATE record SET standing = 3 WHERE standing = 1", BEST),
    "the latest version is not the newest": (
        (
            "UPDATE record SET standing = CASE standing WHEN 1 THEN 3 ELSE 1 END WHERE object_id ="
            " (SELECT object_id FROM record WHERE standing = 1)"
        ),
        BEST,
    ),
    "the only one of several": ("UPDATE record SET standing = 4 WHERE standing = 3", LATEST),
    "the last one of one": ("UPDATE record SET standing = 3 WHERE standing = 4", LATEST),
    "the better one has another label": (
        "UPDATE record SET label = (SELECT max(key) FROM label) WHERE standing = 1",
        PASSED,
    ),
    "the better one was added before": (
        "UPDATE record SET standing = 1 WHERE standing = 2",
        PASSED,
    ),
    "a label vanished": ("DELETE FROM label WHERE tlp = 1", LABELS),
    "a label of another collection": ("UPDATE label SET collection = 2 WHERE tlp = 1", LABELS),
    "dates that are given next were given already": ("UPDATE clock SET last_us = 1", AGAIN),
    "dates are an hour ahead": ("UPDATE clock SET last_us = last_us + 3600000000 - 1000", AHEAD),
    "a deleted record is back": (
        (
            "UPDATE record SET standing = 4"
            " WHERE added_us = (SELECT added_us FROM change WHERE kind = 'delete')"
        ),
        UNDEAD,
    ),
    "search forgot a record": (
        "DELETE FROM found WHERE added_us = (SELECT max(added_us) FROM found)",
        UNKNOWN,
    ),
    "search takes an old version for the last": (
        "UPDATE found SET standing = 3 WHERE standing = 1",
        UNKNOWN,
    ),
    "search takes a record to be for others": ("UPDATE found SET label = label + 1", UNKNOWN),
    "search knows a record that is not there": (MADE_UP, FOUND),
    "a record cannot be found by any word": (MADE_UP, WORDLESS),
    "words that lead nowhere": ("INSERT INTO words (rowid, terms) VALUES (7, '!all')", WORDS),
}


@pytest.fixture
def store(tmp_path):
    """Two versions of one object, the same in the wrong order, one that was replaced, one that
    was deleted, one of another marking, and five others."""
    opened = open_store(tmp_path / "hub.sqlite", clock=Clock())
    publish(opened, candidate(1), candidate(1, 1), *(candidate(n) for n in range(2, 9)))
    publish(opened, candidate(2, content="b"))
    publish(opened, candidate(9, 1), candidate(9))
    publish(opened, candidate(10, tlp=Tlp.AMBER))
    opened.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(3),))))
    yield opened
    opened.close()


def test_good_data_has_none(store):
    assert store.faults() == []


@pytest.mark.parametrize(("damage", "name"), DAMAGE.values(), ids=DAMAGE)
def test_finds(store, damage, name):
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        assert other.execute(damage).rowcount > 0
    assert name in [fault.partition(":")[0] for fault in store.faults()]


def test_every_check_has_its_damage():
    assert {name for _, name in DAMAGE.values()} == {*CHECKS, AHEAD}


def test_each_fault_is_a_sentence_with_its_count(store):
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        other.execute("DELETE FROM change WHERE ordinal IN (2, 3)")
    assert "ordinals missing from the change log: 2" in store.faults()
