"""The one door for data: rights first, then a verdict for each object, then one transaction."""

import json
import time
import uuid

import msgspec
import pytest

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Caller, Directory
from hub.model.query import Query
from hub.model.record import Outcome
from hub.model.tlp import Tlp
from hub.service.fetch import Reader
from hub.service.fetch import collection as named
from hub.service.fetch import collections as listed
from hub.service.publish import Publisher
from hub.stix.check import Limits
from tests.conformance.builders import EVERY, select, version_us
from tests.fakes import KEYS, ROOT, acts, collection, indicator, parties, uuid_of
from tests.unit.stix.marked import OF, SAMPLES, STATEMENT, UNKNOWN
from tests.unit.stix.samples import LATER

DIRECTORY = Directory.of(1, parties())
SHARED, DROPBOX = collection("shared"), collection("dropbox")


def scope_of(name):
    account = DIRECTORY.accounts[name]
    return policy.scope(Caller(name, account.org, account.roles), DIRECTORY)


PUBLISHER, PARTNER, READER = map(scope_of, ("publisher", "partner", "reader"))
COORDINATOR = scope_of("coordinator")


def raw(*args, **changes):
    return json.dumps(indicator(*args, **changes)).encode()


@pytest.fixture
def publisher(hub_store):
    return Publisher(hub_store, Limits(object_bytes=2000))


@pytest.fixture
def reader(hub_store):
    return Reader(hub_store)


def outcomes(status):
    return [verdict.outcome for verdict in status.verdicts]


class TestPublish:
    def test_keeps_the_bytes_and_says_so(self, publisher, reader):
        sent = raw(1).replace(b'": ', b'" :\t')
        status = publisher.publish(PUBLISHER, SHARED, [sent])
        assert outcomes(status) == [Outcome.NEW]
        assert reader.objects(PUBLISHER, SHARED, EVERY, (0, 10)).raws == [sent]
        assert reader.status(PUBLISHER, ROOT, status.id) == status

    def test_takes_views_of_a_body(self, publisher, reader):
        publisher.publish(PUBLISHER, SHARED, [memoryview(raw(1))])
        assert reader.objects(PUBLISHER, SHARED, EVERY, (0, 10)).raws == [raw(1)]

    def test_refuses_each_object_by_itself_and_names_its_place(self, publisher):
        sent = [raw(1), b"{}", b"nonsense", raw(2), raw(3, name="x" * 3000)]
        status = publisher.publish(PUBLISHER, SHARED, sent)
        assert outcomes(status) == ["new", "refused", "refused", "new", "refused"]
        for place in (1, 2, 4):
            assert status.verdicts[place].message.startswith(f"objects[{place}]")

    def test_ids_of_statuses_are_random(self, publisher):
        made = {publisher.publish(PUBLISHER, SHARED, [raw(1)]).id for _ in range(3)}
        assert len(made) == 3
        assert all(uuid.UUID(text).version == 4 for text in made)

    def test_is_audited_with_account_and_organisation(self, publisher, hub_store):
        publisher.publish(PARTNER, SHARED, [raw(1), raw(2)])
        (_, act), *_ = acts(hub_store, 1)
        assert (act.account, act.org, act.action) == ("partner", "grid", "publish")
        assert (act.target, act.detail) == (SHARED.id, "2 objects")

    @pytest.mark.parametrize("alias", ["bulletins", "hidden", "public"])
    def test_needs_the_right_to_write(self, publisher, hub_store, alias):
        before = hub_store.changes(0, 10), acts(hub_store, 10)
        with pytest.raises(HubError) as caught:
            publisher.publish(PARTNER, collection(alias), [raw(1)])
        assert caught.value.fault is Fault.DENIED
        assert (hub_store.changes(0, 10), acts(hub_store, 10)) == before

    def test_readers_do_not_publish(self, publisher):
        with pytest.raises(HubError):
            publisher.publish(READER, SHARED, [raw(1)])

    def test_a_collection_that_may_only_be_written(self, publisher, reader):
        status = publisher.publish(PARTNER, DROPBOX, [raw(1)])
        assert outcomes(status) == [Outcome.NEW]
        assert reader.status(PARTNER, ROOT, status.id) == status
        with pytest.raises(HubError) as caught:
            reader.objects(PARTNER, DROPBOX, select(EVERY, collection=3), (0, 10))
        assert caught.value.fault is Fault.DENIED


GREEN = ["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]
NOT_STRICT = {
    "no TLP marking": {},
    "unknown property": {"object_marking_refs": GREEN, "colour": "red"},
    "confidence out of range": {"object_marking_refs": GREEN, "confidence": 101},
}


def test_checking_costs_a_bounded_time(hub_store):
    """Each of these patterns has a shape of its own, which the grammar reads in milliseconds."""
    pattern = " OR ".join(["[file:name = 'a']"] * 30)
    hostile = [raw(n, pattern=pattern.replace("file:name", f"x-{n}:name", 1)) for n in range(2000)]
    with pytest.raises(HubError) as caught:
        Publisher(hub_store, Limits(), seconds=0.2).publish(PUBLISHER, SHARED, hostile)
    assert caught.value.fault is Fault.TOO_LARGE
    assert hub_store.changes(0, 1) == []


def test_grading_costs_a_bounded_time(hub_store):
    """To cut an object into views takes longer than to check it."""
    labels = [f"l{n}" for n in range(1000)]
    refs = [OF[tlp] for tlp in (Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT)]
    parts = [
        {"marking_ref": ref, "selectors": [f"labels.[{n}]" for n in range(place, 999, 3)]}
        for place, ref in enumerate(refs)
    ]
    hostile = [
        raw(n, labels=labels, object_marking_refs=[OF[Tlp.CLEAR]], granular_markings=parts)
        for n in range(25)
    ]
    with pytest.raises(HubError) as caught:
        Publisher(hub_store, Limits(), seconds=0.2).publish(PUBLISHER, SHARED, hostile)
    assert caught.value.fault is Fault.TOO_LARGE
    assert hub_store.changes(0, 1) == []
    start = time.thread_time()
    status = Publisher(hub_store, Limits()).publish(PUBLISHER, SHARED, hostile)
    assert time.thread_time() - start > 0.2, "it would have taken longer"
    assert outcomes(status) == [Outcome.NEW] * 25


CASES = collection("shared", ceiling=Tlp.RED)
FIRST = indicator(1)["id"]
FOR_GRID = frozenset({("org", "grid"), ("org", "ministry")})


def marked(*refs, number=1, **changes):
    return raw(number, object_marking_refs=[OF.get(ref, ref) for ref in refs], **changes)


def definition(ref=STATEMENT, **changes):
    """A marking that says how something may be used, and nothing about who may see it."""
    return json.dumps(SAMPLES["statement"] | {"id": ref} | changes).encode()


@pytest.fixture
def labels(hub_store):
    """How the records of an object are labelled: marking and audience of each."""

    def of(object_id=FIRST, where=SHARED):
        found = hub_store.labels(where.key, object_id)
        return [(label.tlp, label.audience) for label, _, _ in found]

    return of


def cleared(name, clearance):
    """The scope of an account with another clearance."""
    account = msgspec.structs.replace(DIRECTORY.accounts[name], clearance=clearance)
    found = msgspec.structs.replace(DIRECTORY, accounts=DIRECTORY.accounts | {name: account})
    return policy.scope(Caller(name, account.org, account.roles), found)


class TestMarkings:
    """Under which marking an object is kept, or why it is not."""

    @pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT])
    def test_it_is_kept_under_its_own(self, publisher, labels, tlp):
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [marked(tlp)])) == ["new"]
        assert labels() == [(tlp, frozenset())]

    @pytest.mark.parametrize("default", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER])
    def test_without_one_the_default_of_the_collection_counts(self, publisher, labels, default):
        where = collection("shared", default=default)
        publisher.publish(PUBLISHER, where, [raw(1)])
        assert labels() == [(default, frozenset())]

    def test_above_the_ceiling_of_the_collection(self, publisher):
        where = collection("shared", ceiling=Tlp.GREEN)
        sent = [marked(Tlp.GREEN), marked(Tlp.AMBER, number=2), marked(Tlp.RED, number=3)]
        status = publisher.publish(cleared("publisher", Tlp.RED), where, sent)
        assert outcomes(status) == ["new", "refused", "refused"]
        assert status.verdicts[1].message == (
            "objects[1]: its effective marking is TLP:AMBER, and this collection takes markings"
            " up to TLP:GREEN; publish it in a collection that takes it"
        )

    def test_above_the_clearance_of_the_account(self, publisher):
        scope = cleared("publisher", Tlp.GREEN)
        status = publisher.publish(scope, SHARED, [marked(Tlp.AMBER), marked(Tlp.GREEN, number=2)])
        assert outcomes(status) == ["refused", "new"]
        assert "this account is cleared up to TLP:GREEN" in status.verdicts[0].message

    def test_red_needs_named_recipients(self, publisher, reader, labels):
        scope = cleared("publisher", Tlp.RED)
        status = publisher.publish(scope, CASES, [marked(Tlp.RED)])
        assert outcomes(status) == ["refused"]
        assert "TLP:RED has named recipients" in status.verdicts[0].message
        assert outcomes(publisher.publish(scope, CASES, [marked(Tlp.RED)], FOR_GRID)) == ["new"]
        assert labels() == [(Tlp.RED, FOR_GRID)]
        seen = [
            len(reader.objects(who, CASES, EVERY, (0, 9)).raws)
            for who in (scope, PUBLISHER, PARTNER, cleared("partner", Tlp.RED))
        ]
        assert seen == [1, 0, 0, 1]

    def test_two_colours(self, publisher):
        status = publisher.publish(PUBLISHER, SHARED, [marked(Tlp.GREEN, Tlp.AMBER), raw(2)])
        assert outcomes(status) == ["refused", "new"]
        assert status.verdicts[0].message == (
            "objects[0].object_marking_refs: it is marked TLP:GREEN and TLP:AMBER at once;"
            " leave one of them"
        )

    def test_an_audience_is_kept_with_the_object(self, publisher, reader, labels):
        publisher.publish(PUBLISHER, SHARED, [raw(1)], FOR_GRID)
        assert labels() == [(Tlp.GREEN, FOR_GRID)]
        publisher.publish(PUBLISHER, SHARED, [raw(2)], frozenset({("org", "ministry")}))
        assert reader.objects(PARTNER, SHARED, EVERY, (0, 9)).raws == [raw(1)]
        assert reader.objects(PUBLISHER, SHARED, EVERY, (0, 9)).raws == [raw(1), raw(2)]

    def test_parts_give_views(self, publisher, reader, labels):
        parts = [{"marking_ref": OF[Tlp.AMBER], "selectors": ["name"]}]
        sent = marked(Tlp.CLEAR, granular_markings=parts)
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [sent])) == ["new"]
        assert sorted(labels()) == [(Tlp.CLEAR, frozenset()), (Tlp.AMBER, frozenset())]
        assert reader.objects(PUBLISHER, SHARED, EVERY, (0, 9)).raws == [sent]
        (view,) = reader.objects(cleared("partner", Tlp.GREEN), SHARED, EVERY, (0, 9)).raws
        expected = json.loads(sent)
        del expected["name"], expected["granular_markings"]
        assert json.loads(view) == expected

    def test_parts_above_the_ceiling_refuse_the_whole(self, publisher):
        """What is left would not be what the producer sent."""
        parts = [{"marking_ref": OF[Tlp.RED], "selectors": ["name"]}]
        sent = marked(Tlp.CLEAR, granular_markings=parts)
        status = publisher.publish(PUBLISHER, SHARED, [sent])
        assert outcomes(status) == ["refused"]
        assert "its effective marking is TLP:RED" in status.verdicts[0].message


NO_STATEMENTS = {
    "another type with its id": raw(9),
    "a TLP marking of its own": definition(definition_type="tlp", definition={"tlp": "red"}),
    "one that calls itself TLP": definition(name="TLP:GREEN"),
    "another kind": definition(definition_type="x-secret"),
    "a refused one": definition(created="yesterday"),
}


class TestStatements:
    """A marking that is no TLP: a statement if its definition is at hand, else TLP:RED."""

    def test_unknown_it_counts_as_red_and_is_named(self, publisher):
        status = publisher.publish(PUBLISHER, SHARED, [marked(UNKNOWN, Tlp.GREEN)])
        (verdict,) = status.verdicts
        assert verdict.outcome == "refused"
        assert f"({UNKNOWN} is not known here and counts as TLP:RED)" in verdict.message
        assert verdict.message.endswith(
            "or send the marking's definition along if it is a statement"
        )

    def test_unknown_for_a_part_it_is_named_as_well(self, publisher):
        parts = [{"marking_ref": UNKNOWN, "selectors": ["name"]}]
        status = publisher.publish(PUBLISHER, SHARED, [raw(1, granular_markings=parts)])
        assert f"({UNKNOWN} is not known here" in status.verdicts[0].message

    def test_only_what_is_unknown_is_named(self, publisher):
        publisher.publish(PUBLISHER, SHARED, [definition()])
        sent = marked(STATEMENT, Tlp.RED)
        (verdict,) = publisher.publish(PUBLISHER, SHARED, [sent]).verdicts
        assert verdict.outcome == "refused"
        assert "is not known" not in verdict.message

    def test_unknown_it_may_go_to_named_recipients(self, publisher, labels):
        scope = cleared("publisher", Tlp.RED)
        assert outcomes(publisher.publish(scope, CASES, [marked(UNKNOWN)], FOR_GRID)) == ["new"]
        assert labels() == [(Tlp.RED, FOR_GRID)]

    @pytest.mark.parametrize("place", [0, 1], ids=["before", "behind"])
    def test_its_definition_comes_along(self, publisher, labels, place):
        sent = [marked(STATEMENT, Tlp.AMBER), raw(2)]
        sent.insert(2 * place, definition())
        assert outcomes(publisher.publish(PUBLISHER, SHARED, sent)) == ["new"] * 3
        assert labels() == [(Tlp.AMBER, frozenset())]
        assert labels(STATEMENT) == [(Tlp.CLEAR, frozenset())]

    def test_alone_it_leaves_the_default(self, publisher, labels):
        where = collection("shared", default=Tlp.AMBER)
        publisher.publish(PUBLISHER, where, [definition(), marked(STATEMENT)])
        assert labels() == [(Tlp.AMBER, frozenset())]

    def test_its_own_organisation_published_it_earlier(self, publisher, labels):
        publisher.publish(COORDINATOR, SHARED, [definition()])
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])) == ["new"]
        assert labels() == [(Tlp.GREEN, frozenset())]

    def test_another_organisation_published_it(self, publisher):
        """Or it could make a marking count for nothing that others use."""
        publisher.publish(PARTNER, SHARED, [definition()])
        status = publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])
        assert outcomes(status) == ["refused"]
        assert f"{STATEMENT} is not known here" in status.verdicts[0].message

    def test_another_organisation_published_it_as_well(self, publisher):
        publisher.publish(PARTNER, SHARED, [definition()])
        publisher.publish(PUBLISHER, SHARED, [definition(name="Ours", created=LATER)])
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])) == ["new"]

    def test_it_was_published_in_another_collection(self, publisher):
        publisher.publish(PUBLISHER, collection("bulletins"), [definition()])
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])) == ["refused"]

    def test_it_was_deleted(self, publisher):
        publisher.publish(PUBLISHER, SHARED, [definition()])
        publisher.delete(PUBLISHER, SHARED, select(EVERY, ids=(STATEMENT,)))
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])) == ["refused"]

    @pytest.mark.parametrize("other", NO_STATEMENTS.values(), ids=NO_STATEMENTS)
    def test_what_is_no_statement_does_not_count(self, publisher, other):
        status = publisher.publish(PUBLISHER, SHARED, [other, marked(STATEMENT)])
        assert status.verdicts[1].outcome == "refused"
        status = publisher.publish(PUBLISHER, SHARED, [marked(STATEMENT)])
        assert outcomes(status) == ["refused"]

    @pytest.mark.parametrize("along", [True, False], ids=["along", "earlier"])
    def test_tlp_is_not_defined_anew(self, publisher, hub_store, along):
        """By a partner's feed that the organisation itself publishes, for example."""
        trap = definition(OF[Tlp.RED])
        parts = [{"marking_ref": OF[Tlp.RED], "selectors": ["name"]}]
        sent = marked(Tlp.CLEAR, granular_markings=parts)
        if not along:
            publisher.publish(PUBLISHER, SHARED, [trap])
        status = publisher.publish(PUBLISHER, SHARED, [trap, sent] if along else [sent])
        assert status.verdicts[-1].outcome == "refused"
        assert "its effective marking is TLP:RED" in status.verdicts[-1].message

    def test_many_are_looked_up(self, publisher):
        ids = [f"marking-definition--{uuid_of(n)}" for n in range(1200)]
        publisher.publish(PUBLISHER, SHARED, [definition(ref) for ref in ids])
        big = Publisher(publisher._log, Limits())
        sent = [marked(*ids), marked(*ids, UNKNOWN, number=2)]
        assert outcomes(big.publish(PUBLISHER, SHARED, sent)) == ["new", "refused"]

    def test_in_a_drop_box_its_definition_comes_along(self, publisher):
        """Nothing is read there, not even what the publisher sent itself."""
        sent = [definition(), marked(STATEMENT)]
        assert outcomes(publisher.publish(PARTNER, DROPBOX, sent)) == ["new", "new"]


class TestStrict:
    STRICT = collection("strict")

    def test_takes_what_follows_the_letter(self, publisher):
        status = publisher.publish(PUBLISHER, self.STRICT, [raw(1, object_marking_refs=GREEN)])
        assert outcomes(status) == [Outcome.NEW]

    @pytest.mark.parametrize("changes", NOT_STRICT.values(), ids=NOT_STRICT)
    def test_refuses_what_another_collection_takes(self, publisher, changes):
        sent = raw(1, **changes)
        assert outcomes(publisher.publish(PUBLISHER, SHARED, [sent])) == [Outcome.NEW]
        status = publisher.publish(PUBLISHER, self.STRICT, [sent])
        assert outcomes(status) == [Outcome.REFUSED]
        assert "strict" in status.verdicts[0].message

    def test_what_is_no_object_at_all_is_refused_once(self, publisher):
        status = publisher.publish(PUBLISHER, self.STRICT, [b"[]"])
        assert outcomes(status) == [Outcome.REFUSED]
        assert "strict" not in status.verdicts[0].message


class TestDelete:
    ONE = select(EVERY, ids=(indicator(1)["id"],))

    def test_own_versions(self, publisher, reader):
        publisher.publish(PUBLISHER, SHARED, [raw(1), raw(1, 1), raw(2)])
        assert publisher.delete(PUBLISHER, SHARED, self.ONE) == 2
        assert reader.objects(PUBLISHER, SHARED, EVERY, (0, 10)).raws == [raw(2)]

    def test_reaches_all_stix_versions_unless_one_is_named(self, publisher):
        two = raw(1).replace(b'"spec_version": "2.1", ', b"")
        publisher.publish(PUBLISHER, SHARED, [two, raw(1, 1)])
        only = select(self.ONE, stix=("2.0",))
        assert publisher.delete(PUBLISHER, SHARED, only) == 1
        publisher.publish(PUBLISHER, SHARED, [two])
        assert publisher.delete(PUBLISHER, SHARED, select(self.ONE, stix=())) == 2

    def test_of_others_needs_a_coordinator(self, publisher):
        publisher.publish(PARTNER, SHARED, [raw(1)])
        with pytest.raises(HubError) as caught:
            publisher.delete(PUBLISHER, SHARED, self.ONE)
        assert caught.value.fault is Fault.DENIED
        assert publisher.delete(COORDINATOR, SHARED, self.ONE) == 1

    def test_needs_the_right_to_write(self, publisher):
        with pytest.raises(HubError):
            publisher.delete(READER, SHARED, self.ONE)

    def test_needs_the_right_to_read(self, publisher, hub_store):
        publisher.publish(PARTNER, DROPBOX, [raw(1)])
        with pytest.raises(HubError) as caught:
            publisher.delete(PARTNER, DROPBOX, select(self.ONE, collection=DROPBOX.key))
        assert caught.value.fault is Fault.DENIED
        assert len(hub_store.changes(0, 10)) == 1

    def test_is_audited_with_the_object(self, publisher, hub_store):
        publisher.publish(PUBLISHER, SHARED, [raw(1)])
        publisher.delete(PUBLISHER, SHARED, self.ONE)
        (_, act), *_ = acts(hub_store, 1)
        assert (act.action, act.target, act.detail) == ("delete", SHARED.id, indicator(1)["id"])


class TestFetch:
    def test_lists_what_exists_for_the_caller_in_one_order(self):
        aliases = [found.alias for found in listed(PARTNER, DIRECTORY, ROOT)]
        assert aliases == ["shared", "bulletins", "dropbox", "public", "strict", "notices"]
        assert listed(PARTNER, DIRECTORY, "another") == []

    @pytest.mark.parametrize("name", [SHARED.alias, SHARED.id])
    def test_finds_a_collection_by_alias_and_id(self, name):
        assert named(PARTNER, DIRECTORY, ROOT, name) == SHARED

    def test_a_hidden_collection_is_no_different_from_none(self):
        errors = []
        for name in ("hidden", collection("hidden").id, "no-such"):
            with pytest.raises(HubError) as caught:
                named(PARTNER, DIRECTORY, ROOT, name)
            errors.append((caught.value.fault, caught.value.reason, caught.value.remedy))
        assert len(set(errors)) == 1
        assert errors[0][0] is Fault.ABSENT

    def test_a_collection_of_another_root_is_absent(self):
        with pytest.raises(HubError):
            named(PARTNER, DIRECTORY, "another", SHARED.alias)

    def test_objects_and_entries_are_the_same_page(self, publisher, reader):
        publisher.publish(PUBLISHER, SHARED, [raw(n) for n in range(5)])
        objects = reader.objects(PARTNER, SHARED, EVERY, (0, 3))
        entries = reader.entries(PARTNER, SHARED, EVERY, (0, 3))
        assert objects.raws == [raw(n) for n in range(3)]
        assert objects.last_us == entries.entries[-1].added_us
        assert objects.more is entries.more is True

    @pytest.mark.parametrize("method", ["objects", "entries"])
    def test_pages_need_the_right_to_read(self, reader, method):
        with pytest.raises(HubError) as caught:
            getattr(reader, method)(PARTNER, DROPBOX, Query(DROPBOX.key), (0, 10))
        assert caught.value.fault is Fault.DENIED

    def test_require_object(self, publisher, reader):
        two = raw(1).replace(b'"spec_version": "2.1", ', b"")
        publisher.publish(PUBLISHER, SHARED, [two, raw(1, 1)])
        gone = select(EVERY, ids=(indicator(1)["id"],), edges=(), versions_us=(version_us(9),))
        assert reader.require_object(PARTNER, gone) is None, "some version is there"
        with pytest.raises(HubError) as caught:
            reader.require_object(PARTNER, select(gone, ids=(indicator(2)["id"],)))
        assert caught.value.fault is Fault.ABSENT

    def test_a_status_of_others_is_no_different_from_none(self, publisher, reader):
        status = publisher.publish(PARTNER, SHARED, [raw(1)])
        errors = []
        for scope, found in ((PUBLISHER, status.id), (PARTNER, "no-such")):
            with pytest.raises(HubError) as caught:
                reader.status(scope, ROOT, found)
            errors.append((caught.value.fault, caught.value.reason))
        assert errors[0] == errors[1]

    def test_scopes_are_data(self):
        """A scope that is worked out twice is the same, so that it can be remembered."""
        assert scope_of("partner") == PARTNER
        assert KEYS["hidden"] not in PARTNER.readable
