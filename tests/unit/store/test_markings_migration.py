"""From version 1 of the schema to markings, audiences and circles: nothing is lost, nothing opens."""

import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from typing import NamedTuple

import msgspec
import pytest

from hub import policy
from hub.model.party import Caller, Grant, Member, Role
from hub.model.query import BOTH_STIX, Query, Scope, Window
from hub.model.record import Status
from hub.model.tlp import Tlp
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.database import migrate, schema_version
from hub.store.sqlite import SqliteStore
from tests.fakes import START_US, indicator
from tests.tools.growth import assert_grows
from tests.unit.stix.marked import OF, OLD, SAMPLES, STATEMENT, UNKNOWN, part
from tests.unit.stix.samples import encoded
from tests.unit.store.old_schema import OldStore

CLEAR, GREEN, AMBER, STRICT, RED = Tlp
SHARED, OPEN = 1, 2
LARGE = 100_000
GONE_STATEMENT = STATEMENT.replace("f1e2", "f1e3")
FAR_STATEMENT = STATEMENT.replace("f1e2", "f1e4")


def marked(number, *refs, version=0, **changes):
    refs = [OF.get(ref, ref) for ref in refs]
    more = {"object_marking_refs": refs} if refs else {}
    return encoded(indicator(number, version, **(more | changes)))


def definition(ref=STATEMENT, **changes):
    return encoded(SAMPLES["statement"] | {"id": ref} | changes)


# Reason: bytes, and how strictly they are marked in a collection for few and in a public one.
MARKED = {
    "no marking": (marked(1), GREEN, CLEAR),
    **{f"TLP 2.0 {tlp.text}": (marked(10 + tlp, tlp), tlp, tlp) for tlp in Tlp},
    **{
        f"TLP 1.0 {tlp.text}": (marked(20 + tlp, OLD[tlp]), tlp, tlp)
        for tlp in (CLEAR, GREEN, AMBER, RED)
    },
    "written with escapes": (
        marked(30, RED).replace(b"marking", b"m\\u0061rking"),
        RED,
        RED,
    ),
    "a stricter part": (marked(31, CLEAR, granular_markings=[part(AMBER, "name")]), AMBER, AMBER),
    "only a part": (marked(32, granular_markings=[part(RED, "name")]), RED, RED),
    "a part in a language": (
        marked(33, granular_markings=[{"lang": "vi", "selectors": ["name"]}]),
        GREEN,
        CLEAR,
    ),
    "an unknown marking": (marked(34, CLEAR, UNKNOWN), RED, RED),
    "an unknown marking of a part": (
        marked(35, CLEAR, granular_markings=[part(UNKNOWN, "name")]),
        RED,
        RED,
    ),
    "a statement": (marked(36, STATEMENT), GREEN, CLEAR),
    "a statement and a colour": (marked(37, STATEMENT, AMBER), AMBER, AMBER),
    "a statement of a part": (
        marked(38, AMBER, granular_markings=[part(STATEMENT, "name")]),
        AMBER,
        AMBER,
    ),
    "a statement that was deleted": (marked(39, GONE_STATEMENT), RED, RED),
    "a statement in another collection": (marked(40, FAR_STATEMENT), RED, RED),
    "two colours": (marked(41, GREEN, RED), RED, RED),
    "markings of parts that make no sense": (marked(42, granular_markings={}), RED, RED),
    "STIX 2.0": (
        encoded({k: v for k, v in indicator(43).items() if k != "spec_version"}),
        GREEN,
        CLEAR,
    ),
    "an observable": (encoded(SAMPLES["file"]), GREEN, CLEAR),
    "a definition": (definition(), CLEAR, CLEAR),
    "a marking of TLP": (definition(OF[AMBER], name="TLP:AMBER"), CLEAR, CLEAR),
    "a statement that takes the id of TLP:RED": (definition(OF[RED]), CLEAR, CLEAR),
    "a text about markings": (marked(44, description="marking-definition"), GREEN, CLEAR),
}


class Row(NamedTuple):
    """What has to be the same afterwards."""

    added_us: int
    collection: int
    version_us: int
    stix: str
    type: str
    object_id: str
    version: str
    publisher: str
    digest: bytes
    terms: str
    warnings: str
    raw: bytes


COLUMNS = ", ".join(Row._fields)
STATUS = Status("status-1", "hub", "ministry", START_US, ())


def write(path):
    """A hub with two collections, in which two organisations published in turn."""
    old = OldStore(path)
    old.parties(["ministry", "grid", "lone"], {"partners": ["grid", "ministry"], "empty": []})
    for collection in (SHARED, OPEN):
        gone = old.publish(collection, definition(GONE_STATEMENT))
        for number, (raw, *_) in enumerate(MARKED.values()):
            old.publish(collection, raw, ("ministry", "grid")[number % 2])
        old.publish(collection, marked(100, version=1))
        old.publish(collection, marked(100).replace(b'"spec_version": "2.1", ', b""))
        old.publish(collection, marked(100, version=2))
        old.publish(collection, marked(101, version=3))
        old.publish(collection, marked(101, version=1), "grid")
        old.publish(collection, marked(102, GREEN, version=1))
        old.publish(collection, marked(102, RED, version=2), "grid")
        old.delete(gone)
        old.delete(old.publish(collection, marked(103, RED)))
        first = old.publish(collection, marked(104, AMBER))
        old.publish(collection, marked(104, AMBER, version=1))
        old.delete(first)
    old.publish(3, definition(FAR_STATEMENT))
    old.connection.execute(
        "INSERT INTO audit VALUES (1, 5, 'publisher', 'ministry', 'publish', 'x', 'y')"
    )
    old.connection.execute(
        "INSERT INTO status VALUES (?,?,?,?)",
        (STATUS.id, STATUS.requested_us, STATUS.org, msgspec.json.encode(STATUS)),
    )
    old.close()


def rows(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A file of schema 1; tests copy it before they change it."""
    path = tmp_path_factory.mktemp("old") / "hub.sqlite"
    write(path)
    return path


@pytest.fixture
def file(old, tmp_path):
    target = tmp_path / "hub.sqlite"
    target.write_bytes(old.read_bytes())
    return target


@pytest.fixture
def store(file):
    """The same hub after the migration."""
    opened = SqliteStore(file)
    migrate(opened.database)
    yield opened
    opened.close()


def cleared(slug, clearance=RED):
    """What the organisation's account may see once it is cleared up to a colour."""

    def scope(store):
        found = store.directory()
        account = msgspec.structs.replace(found.accounts[slug], clearance=clearance)
        found = msgspec.structs.replace(found, accounts=found.accounts | {slug: account})
        return policy.scope(Caller(slug, slug, account.roles), found)

    return scope


def everything(collection, **changes):
    return msgspec.structs.replace(Query(collection, edges=("all",), stix=BOTH_STIX), **changes)


def raws(store, scope, query):
    return store.objects(scope, query, -1, LARGE).raws


def test_the_old_file_is_of_version_1(old):
    assert rows(old, "PRAGMA user_version") == [(1,)]
    assert {s for (s,) in rows(old, "SELECT DISTINCT standing FROM record")} == {0, 1, 2, 3}


@pytest.mark.parametrize("collection", [SHARED, OPEN], ids=["for few", "public"])
@pytest.mark.parametrize(("raw", "few", "public"), MARKED.values(), ids=MARKED)
def test_each_record_is_labelled_by_its_marking(store, collection, raw, few, public):
    found = store.labels(collection, json.loads(raw)["id"])
    tlp = few if collection == SHARED else public
    assert [label.tlp for label, _, _ in found] == [tlp]
    ((label, added_us, _),) = found
    ((publisher,),) = rows(
        store.database.path, f"SELECT publisher FROM record WHERE added_us = {added_us}"
    )
    audience = frozenset({("org", publisher)}) if tlp is RED else frozenset()
    assert (label.collection, label.audience) == (collection, audience)


def test_nothing_is_lost_and_nothing_is_touched(old, store):
    for sql in (
        f"SELECT {COLUMNS} FROM record ORDER BY added_us",
        "SELECT * FROM change ORDER BY ordinal",
        "SELECT * FROM audit ORDER BY id",
        "SELECT last_us, ordinal, probe FROM clock",
        "SELECT id, requested_us, org, body FROM status",
        "SELECT added_us FROM record WHERE standing = 0 ORDER BY added_us",
        "SELECT name, body FROM party WHERE kind NOT IN ('community', 'collection') ORDER BY 1",
    ):
        before = rows(old, sql)
        assert before
        assert rows(store.database.path, sql) == before


def test_the_laws_hold(store):
    assert store.faults() == []
    connection = store.database.connection()
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT * FROM sqlite_temp_schema").fetchall() == []


def test_tables_and_indexes_are_those_of_a_new_file(store, tmp_path):
    new = SqliteStore(tmp_path / "new.sqlite")
    migrate(new.database)
    schemas = [
        sorted(rows(item.database.path, "SELECT type, name, tbl_name, sql FROM sqlite_schema"))
        for item in (store, new)
    ]
    assert schemas[0] == schemas[1]
    new.close()


@pytest.mark.parametrize("slug", ["ministry", "grid"])
@pytest.mark.parametrize("collection", [SHARED, OPEN])
def test_readers_see_what_they_saw_but_what_is_red_and_not_their_own(old, store, slug, collection):
    red = {raw for raw, tlp, _ in MARKED.values() if tlp is RED} | {marked(102, RED, version=2)}
    before = rows(
        old,
        "SELECT raw, publisher FROM record WHERE standing > 0"
        f" AND collection = {collection} ORDER BY added_us",
    )
    expected = [raw for raw, publisher in before if raw not in red or publisher == slug]
    assert raws(store, cleared(slug)(store), everything(collection)) == expected
    assert len(expected) < len(before)


def test_red_is_seen_by_nobody_until_somebody_is_cleared_for_it(store):
    for slug in ("ministry", "grid"):
        scope = policy.scope(Caller(slug, slug, frozenset({Role.READER})), store.directory())
        assert scope.clearance is STRICT
        assert marked(14, RED) not in raws(store, scope, everything(SHARED))
    assert marked(14, RED) in [
        raw
        for slug in ("ministry", "grid")
        for raw in raws(store, cleared(slug)(store), everything(SHARED))
    ]


def test_the_public_sees_what_is_clear_or_not_marked(store):
    scope = policy.scope(Caller("x", "x", frozenset()), store.directory())
    seen = raws(store, scope, everything(OPEN))
    clear = [raw for raw, _, tlp in MARKED.values() if tlp is CLEAR]
    assert [raw for raw in seen if raw in clear] == clear
    for raw, _, tlp in MARKED.values():
        assert (raw in seen) == (tlp is CLEAR)
    assert raws(store, scope, everything(SHARED)) == []


def test_the_latest_versions_are_the_same(old, store):
    """Of those who see all versions of an object."""
    windows = {key: (Window(RED, 0),) for key in (SHARED, OPEN)}
    subjects = {("org", slug): 0 for slug in ("ministry", "grid")}
    scope = Scope("a", "ministry", windows, clearance=RED, subjects=subjects)
    for collection in (SHARED, OPEN):
        before = rows(
            old,
            "SELECT raw FROM record WHERE standing = 3"
            f" AND collection = {collection} ORDER BY added_us",
        )
        assert raws(store, scope, Query(collection)) == [raw for (raw,) in before]


def test_who_may_not_see_the_latest_version_gets_the_one_before(store):
    ids = (indicator(102)["id"],)
    latest = Query(SHARED, ids=ids)
    assert raws(store, cleared("grid")(store), latest) == [marked(102, RED, version=2)]
    assert raws(store, cleared("ministry")(store), latest) == [marked(102, GREEN, version=1)]
    assert raws(store, cleared("grid", GREEN)(store), latest) == [marked(102, GREEN, version=1)]


@pytest.mark.parametrize("edges", [("last",), ("all",), ("first",)])
@pytest.mark.parametrize("limit", [1, 7, LARGE])
def test_a_poller_goes_on_where_it_was(old, store, edges, limit):
    """Its cursor is the date of the last object it received, from before or after."""
    scope = cleared("ministry")(store)
    query = everything(SHARED, edges=edges)
    whole = store.entries(scope, query, -1, LARGE).entries
    dates = [added for (added,) in rows(old, "SELECT added_us FROM record ORDER BY 1")]
    for cursor in (*dates[::5], dates[-1]):
        found, after, more = [], cursor, True
        while more:
            page = store.entries(scope, query, after, limit)
            found += page.entries
            after, more = (page.entries[-1].added_us if page.entries else after), page.more
        assert found == [entry for entry in whole if entry.added_us > cursor]


def test_new_dates_are_above_the_old_ones(store):
    last_us = rows(store.database.path, "SELECT last_us FROM clock")[0][0]
    assert publish(store, "ministry", marked(200)) == ["new"]
    added = store.labels(SHARED, indicator(200)["id"])[0][1]
    assert added > last_us
    assert store.faults() == []


def publish(store, slug, *sent, clearance=STRICT, where=SHARED):
    """As the organisation, in the collection; what becomes of each object."""
    found = store.directory()
    full = Grant(where, ("org", slug), read=True, write=True)
    account = msgspec.structs.replace(found.accounts[slug], clearance=clearance)
    found = msgspec.structs.replace(
        found, grants=(*found.grants, full), accounts=found.accounts | {slug: account}
    )
    scope = policy.scope(Caller(slug, slug, account.roles), found)
    status = Publisher(store, Limits()).publish(scope, found.collections[where], sent)
    return [verdict.outcome for verdict in status.verdicts]


def test_publishing_again_changes_nothing(store):
    """Labels are those that a publish gives today."""
    sent = [raw for raw, tlp, _ in MARKED.values() if tlp < RED and b'"granular' not in raw]
    definitions_first = sorted(sent, key=lambda raw: b'"marking-definition"' not in raw)
    before = store.changes(0, LARGE)
    for slug in ("ministry", "grid"):
        found = publish(store, slug, *definitions_first)
        assert set(found) == {"unchanged"}, dict(zip(definitions_first, found, strict=True))
    assert store.changes(0, LARGE) == before


def test_objects_go_on_as_they_did(store):
    """A further version, a correction, a delete."""
    assert publish(store, "ministry", marked(100, version=3)) == ["version"]
    assert publish(store, "ministry", marked(100, version=2, name="Other")) == ["replaced"]
    assert publish(store, "grid", marked(100, version=2)) == ["conflict"]
    assert publish(store, "ministry", marked(103)) == ["new"], "it was deleted"
    scope = cleared("ministry")(store)
    latest = raws(store, scope, Query(SHARED, ids=(indicator(100)["id"],)))
    assert latest == [marked(100, version=3)]
    assert store.faults() == []


def test_members_of_communities_keep_seeing_all(store):
    found = store.directory()
    partners = found.communities["partners"]
    assert set(partners.members) == {Member(("org", "grid")), Member(("org", "ministry"))}
    assert (partners.title, partners.terms) == ("Partners", "")
    assert found.communities["empty"].members == ()
    assert found.groups == {}
    scope = policy.scope(Caller("grid", "grid", frozenset()), found)
    assert {window.since_us for window in scope.readable[SHARED]} == {0}
    lone = policy.scope(Caller("lone", "lone", frozenset()), found)
    assert lone.readable.keys() == {OPEN}


def test_collections_take_what_they_took_and_treat_it_as_it_was_seen(store):
    found = store.directory().collections
    assert (found[SHARED].default, found[OPEN].default) == (GREEN, CLEAR)
    assert found[SHARED].ceiling is found[OPEN].ceiling is STRICT
    assert found[OPEN].public
    assert store.directory().epoch == 18, "what is remembered of the directory is old"


def test_the_old_file_is_kept(file, old):
    store = SqliteStore(file)
    backup = migrate(store.database)
    store.close()
    assert backup == file.with_name("hub.sqlite.schema-1.bak")
    assert backup.stat().st_mode & 0o077 == 0
    assert rows(backup, "PRAGMA user_version") == [(1,)]
    everything = "SELECT * FROM record ORDER BY added_us"
    assert rows(backup, everything) == rows(old, everything)
    assert rows(file, "PRAGMA user_version") == [(schema_version(),)]


def test_it_is_done_once(file):
    store = SqliteStore(file)
    migrate(store.database)
    before = rows(file, "SELECT * FROM record"), rows(file, "SELECT * FROM label")
    assert migrate(store.database) is None
    assert (rows(file, "SELECT * FROM record"), rows(file, "SELECT * FROM label")) == before
    store.close()


def test_a_store_without_any_record(tmp_path):
    empty = OldStore(tmp_path / "hub.sqlite")
    empty.close()
    store = SqliteStore(tmp_path / "hub.sqlite")
    migrate(store.database)
    assert store.faults() == []
    assert store.directory().epoch == 17
    assert store.holdings() == []
    store.close()


def test_many_statements_cost_little(tmp_path):
    """What they are is worked out once, and not for each record."""

    def migrating(size):
        file = tmp_path / f"{size}.sqlite"
        old = OldStore(file)
        for number in range(size):
            old.publish(SHARED, definition(f"marking-definition--{number:08x}{STATEMENT[28:]}"))
            old.publish(SHARED, marked(number))
        old.close()
        copies = itertools.count()

        def work():
            copy = shutil.copy(file, tmp_path / f"{size}-{next(copies)}.sqlite")
            store = SqliteStore(copy)
            migrate(store.database, copy=False)
            store.close()

        return work

    assert_grows(migrating, 150)
