"""Parties and rights: read as a whole, changed by compare-and-set, every change audited."""

import msgspec
import pytest

from hub.model.audit import Sought
from hub.model.party import (
    Account,
    Certificate,
    Collection,
    Community,
    Directory,
    Grant,
    Group,
    Organisation,
    Role,
    Token,
    WarningList,
)
from hub.store.base import Act, Stale
from tests.conformance.builders import ACT, candidate, publish
from tests.fakes import acts, members, parties, populate, uuid_of

ORG = Organisation("cert", f"identity--{uuid_of(1)}", "Trung tâm ứng cứu", "Response Centre")
PARTIES = {
    "organisation": ORG,
    "organisation in full": Organisation("x", "identity--x", "a", "b", "operator", "LA", "energy"),
    "community": Community("energy", "Năng lượng", members("cert", "grid")),
    "group": Group("case-12", "Vụ 12", "cert", members("grid", since_us=5), "terms"),
    "empty community": Community("nobody", "Nobody"),
    "account": Account("an", "cert", frozenset(Role), "$argon2id$v=19$x", disabled=True),
    "account without rights": Account("binh", "cert", frozenset()),
    "token": Token(
        "t1", "an", bytes(range(32)), 2**53 + 1, True, ("192.0.2.0/24", "::1/128"), "MISP"
    ),
    "collection": Collection(
        3, str(uuid_of(3)), "hub", "c", "Chỉ báo", "mô tả\n", True, True, media_types=()
    ),
    "account that demands a certificate": Account("chi", "cert", certificate_only=True),
    "certificate": Certificate(
        "c1",
        "an",
        bytes(range(32)),
        "7f" * 20,
        "CN=Cơ quan\\, Mẫu",
        1,
        2**53 + 1,
        "ab" * 20,
        "MISP",
    ),
    "revoked certificate": Certificate("c2", "an", bytes(32), "1", "CN=x", 1, 2, revoked_us=1),
    "warning list": WarningList("cert", ("gov.example # của ta", "192.0.2.0/24")),
    "warning list of the hub": WarningList("", ("example.org",)),
    "grant to an organisation": Grant(3, ("org", "cert"), read=True),
    "grant to a community": Grant(3, ("community", "cert"), write=True),
}


def held(directory: Directory):
    """All parties of a directory."""
    groups = (
        directory.orgs,
        directory.communities,
        directory.groups,
        directory.accounts,
        directory.tokens,
        directory.certificates,
        directory.revoked,
        directory.collections,
        directory.warnings,
    )
    return [*(party for group in groups for party in group.values()), *directory.grants]


def texts(found):
    """The same for the same parties in any order."""
    return sorted(msgspec.json.encode(party, order="deterministic") for party in found)


def write(store, puts=(), drops=(), act=ACT):
    return store.write(puts, drops, act, epoch=store.epoch())


class TestRegistry:
    def test_now_is_above_every_date_also_when_the_clock_steps_back(self, store, clock):
        assert store.now() == clock.now
        publish(store, candidate(1), candidate(2))
        clock.advance(-3600)
        assert store.now() > store.changes(0, 10)[-1].at_us
        clock.advance(7200)
        assert store.now() == clock.now

    def test_begins_empty(self, store):
        assert held(store.directory()) == []
        assert store.directory().epoch == store.epoch()

    @pytest.mark.parametrize("party", PARTIES.values(), ids=PARTIES)
    def test_keeps_a_party_as_it_is(self, store, party):
        written = write(store, [party])
        assert held(written) == [party]
        assert store.directory() == written

    def test_keeps_all_kinds_at_once(self, store):
        written = populate(store)
        assert store.directory() == written
        assert {type(party) for party in held(written)} == {type(party) for party in parties()}
        assert texts(held(written)) == texts(parties())

    def test_kinds_have_names_of_their_own(self, store):
        same = [Community("cert", "t"), ORG, Account("cert", "cert")]
        assert len(held(write(store, same))) == 3

    def test_replaces_a_party_of_the_same_name(self, store):
        write(store, [ORG])
        changed = msgspec.structs.replace(ORG, name_en="Another")
        assert held(write(store, [changed])) == [changed]

    def test_grants_differ_by_collection_and_subject(self, store):
        grants = [
            Grant(collection, (kind, "cert"), read=True)
            for collection in (1, 11)
            for kind in ("org", "community")
        ]
        assert len(write(store, grants).grants) == 4
        assert len(write(store, [msgspec.structs.replace(grants[0], write=True)]).grants) == 4

    @pytest.mark.parametrize("party", PARTIES.values(), ids=PARTIES)
    def test_drops_a_party_and_no_other(self, store, party):
        others = [other for other in PARTIES.values() if other != party]
        write(store, PARTIES.values())
        left = write(store, drops=[party])
        assert texts(held(left)) == texts(others)

    def test_dropping_what_is_not_there_changes_nothing(self, store):
        assert held(write(store, [ORG], [Account("nobody", "cert")])) == [ORG]

    def test_drops_come_before_puts(self, store):
        write(store, [ORG])
        assert held(write(store, [ORG], [ORG])) == [ORG]

    def test_outlives_the_handle(self, engine, place, store, clock):
        written = populate(store)
        other = engine.open(place, clock)
        assert other.directory() == written
        other.close()


class TestEpoch:
    def test_rises_with_every_change(self, store):
        epochs = [store.epoch()]
        for _ in range(3):
            epochs.append(write(store, [ORG]).epoch)
            assert store.epoch() == epochs[-1]
        assert epochs == sorted(set(epochs))

    def test_stays_when_objects_are_published(self, store):
        before = store.epoch()
        publish(store, candidate())
        store.probe()
        assert store.epoch() == before

    def test_a_stale_writer_changes_nothing(self, store):
        old = store.epoch()
        write(store, [ORG])
        before = store.directory(), acts(store, 10)
        with pytest.raises(Stale):
            store.write([Community("late", "Late")], [ORG], ACT, epoch=old)
        assert (store.directory(), acts(store, 10)) == before

    def test_of_two_writers_one_wins(self, engine, place, store, clock):
        other = engine.open(place, clock)
        seen = store.epoch(), other.epoch()
        store.write([ORG], [], ACT, epoch=seen[0])
        with pytest.raises(Stale):
            other.write([], [ORG], ACT, epoch=seen[1])
        assert held(other.directory()) == [ORG]
        other.close()

    def test_an_epoch_that_never_was_is_stale(self, store):
        with pytest.raises(Stale):
            store.write([ORG], [], ACT, epoch=store.epoch() + 1)


class TestAudit:
    def test_newest_first_with_their_instants(self, store, clock):
        lines = [Act("a", "cert", "act", str(n), "chi tiết\n") for n in range(5)]
        for line in lines:
            clock.advance(1)
            write(store, act=line)
        found = acts(store, 3)
        assert [act for _, act in found] == [lines[4], lines[3], lines[2]]
        assert [at for at, _ in found] == [clock.now - n * 1_000_000 for n in range(3)]

    def test_begins_empty(self, store):
        assert store.audit(Sought(), 0, 10) == []

    def test_pages_follow_each_other_without_gap_or_repetition(self, store, clock):
        for number in range(5):
            write(store, act=Act("a", "cert", "act", str(number)))
        first = store.audit(Sought(), 0, 2)
        write(store, act=Act("a", "cert", "act", "later"))
        second = store.audit(Sought(), first[-1].number, 2)
        third = store.audit(Sought(), second[-1].number, 2)
        shown = [line.act.target for line in (*first, *second, *third)]
        assert shown == ["4", "3", "2", "1", "0"]
        assert {line.at_us for line in first} == {clock.now}

    @pytest.mark.parametrize(
        ("sought", "targets"),
        [
            (Sought(), ["d", "c", "b", "a"]),
            (Sought(account="lan"), ["c", "a"]),
            (Sought(action="token"), ["c", "b"]),
            (Sought(action="token.issue"), ["b"]),
            (Sought(action="tok"), []),
            (Sought(action="token%"), []),
            (Sought(target="a"), ["a"]),
            (Sought(account="lan", action="token"), ["c"]),
            (Sought(from_us=2), ["d", "c"]),
            (Sought(until_us=2), ["b", "a"]),
            (Sought(from_us=1, until_us=3), ["c", "b"]),
            (Sought(account="lan", until_us=1), ["a"]),
        ],
    )
    def test_only_what_is_sought(self, store, clock, sought, targets):
        start = clock.now
        lines = [
            ("lan", "tokens", "a"),
            ("minh", "token.issue", "b"),
            ("lan", "token.revoke", "c"),
            ("minh", "account.add", "d"),
        ]
        for account, action, target in lines:
            clock.advance(1)
            write(store, act=Act(account, "cert", action, target))
        dated = sought._replace(
            from_us=sought.from_us and start + (sought.from_us + 1) * 1_000_000,
            until_us=sought.until_us and start + (sought.until_us + 1) * 1_000_000,
        )
        assert [line.act.target for line in store.audit(dated, 0, 10)] == targets
