"""What administrators see of deliveries, and what they do about them."""

from __future__ import annotations

import pytest

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Caller, Role
from hub.model.query import Scope
from hub.model.tlp import Tlp
from hub.service.deliveries.health import Deliveries
from tests import fakes
from tests.connectors.sending.receivers import Said

AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
ADMIN = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def deliveries(site):
    return Deliveries(site.store, site.folder)


def test_a_delivery_from_its_file_to_its_failure(site, receiver, deliveries):
    delivery = site.webhook(receiver.url)
    [before] = deliveries.health(ADMIN, "partner")
    assert (before.condition, before.sent_us, before.target) == ("new", 0, "127.0.0.1")
    site.publish(fakes.indicator(1), fakes.indicator(2))
    site.run(delivery)
    [well] = deliveries.health(ADMIN, "partner")
    assert (well.condition, well.sent, well.sent_us) == ("well", 2, site.clock.now)
    receiver.answers.append(Said(503))
    site.publish(fakes.indicator(3))
    site.run(delivery)
    [failing] = deliveries.health(ADMIN, "partner")
    assert (failing.condition, failing.failures, failing.sent) == ("failing", 1, 2)
    assert "503" in failing.error
    assert "s3cret" not in repr(failing)
    assert [run.outcome for run in deliveries.past(ADMIN, "partner")] == ["failed", "well"]
    assert deliveries.past(ADMIN, "partner")[1].totals.sent == 2


def test_pause_resume_and_run_at_once(site, receiver, deliveries):
    site.webhook(receiver.url)
    deliveries.pause(ADMIN, "partner", paused=True)
    assert deliveries.health(ADMIN, "partner")[0].condition == "paused"
    deliveries.wish(ADMIN, "partner")
    assert site.store.job("delivery:partner").wished
    deliveries.pause(ADMIN, "partner", paused=False)
    assert deliveries.health(ADMIN, "partner")[0].condition == "new"
    acts = [act.action for _, act in fakes.acts(site.store, 3)]
    assert acts == ["delivery.resume", "delivery.run", "delivery.pause"]


def test_dead_letters_tell_an_object_to_those_who_see_it_alone(site, receiver, deliveries):
    delivery = site.webhook(receiver.url)
    obj = fakes.indicator(1)
    site.publish(obj)
    refusal = b'{"refused":[{"id":"%b","reason":"evil.example is ours"}]}' % obj["id"].encode()
    receiver.answers.append(Said(body=refusal))
    site.run(delivery)
    [seen] = deliveries.dead(ADMIN, site.scope("reader"), "partner")
    assert (seen.object_id, seen.objects, seen.reason) == (obj["id"], 1, "evil.example is ours")
    [hidden] = deliveries.dead(ADMIN, Scope(), "partner")
    assert (hidden.object_id, hidden.objects, hidden.reason) == ("", 1, "")
    assert deliveries.health(ADMIN, "partner")[0].dead == 1
    assert deliveries.retry(ADMIN, "partner") == 1
    assert deliveries.dead(ADMIN, None, "partner")[0].revived
    assert site.store.job("delivery:partner").wished
    site.run(delivery)
    assert receiver.ids() == [obj["id"]] * 2
    assert deliveries.dead(ADMIN, None, "partner") == []


def test_who_sees_less_of_an_object_than_was_sent_is_not_told_what_was_said_of_it(
    site, receiver, deliveries
):
    delivery = site.webhook(receiver.url, 'ceiling = "amber"')
    parts = [{"marking_ref": AMBER, "selectors": ["description"]}]
    obj = fakes.indicator(1, description="of the bank", granular_markings=parts)
    site.publish(obj)
    refusal = b'{"refused":[{"id":"%b","reason":"it says: of the bank"}]}' % obj["id"].encode()
    receiver.answers.append(Said(body=refusal))
    site.run(delivery)
    reader = site.store.directory().accounts["reader"]
    narrow = Caller("reader", reader.org, reader.roles, ceiling=Tlp.GREEN)
    less = policy.scope(narrow, site.store.directory())
    [piece] = site.store.held(less, obj["id"])
    assert b"description" not in piece.raw
    [hidden] = deliveries.dead(ADMIN, less, "partner")
    assert (hidden.object_id, hidden.objects, hidden.reason) == ("", 1, "")
    [seen] = deliveries.dead(ADMIN, site.scope("reader"), "partner")
    assert (seen.object_id, seen.reason) == (obj["id"], "it says: of the bank")


def test_who_sees_an_object_sees_the_letter_of_its_lesser_form(site, receiver, deliveries):
    delivery = site.webhook(receiver.url, 'ceiling = "green"')
    parts = [{"marking_ref": AMBER, "selectors": ["description"]}]
    obj = fakes.indicator(1, description="of the bank", granular_markings=parts)
    site.publish(obj)
    receiver.answers.append(Said(body=b'{"refused":[{"id":"%b"}]}' % obj["id"].encode()))
    site.run(delivery)
    assert b"description" not in receiver.raws[0]
    [seen] = deliveries.dead(ADMIN, site.scope("reader"), "partner")
    assert seen.object_id == obj["id"]


def test_letters_are_dropped_by_number_or_all(site, receiver, deliveries):
    delivery = site.webhook(receiver.url, "attempts = 1")
    site.publish(*(fakes.indicator(n) for n in (1, 2, 3)))
    receiver.refuses = {fakes.indicator(n)["id"] for n in (1, 2, 3)}
    site.run(delivery)
    first, *_ = deliveries.dead(ADMIN, None, "partner")
    assert deliveries.drop(ADMIN, "partner", [first.number]) == 1
    assert deliveries.drop(ADMIN, "partner") == 2
    assert deliveries.dead(ADMIN, None, "partner") == []


def test_files_that_are_wrong_are_told(site, receiver, deliveries):
    site.webhook(receiver.url)
    (site.folder / "half.toml").write_text("connector = ")
    found, faulty = deliveries.every(ADMIN)
    assert [item.name for item in found] == ["partner"]
    assert [item.name for item in faulty] == ["half"]
    with pytest.raises(HubError, match=r"half\.toml") as caught:
        deliveries.find(ADMIN, "half")
    assert caught.value.fault is Fault.BAD_REQUEST


@pytest.mark.parametrize("roles", [frozenset(), frozenset({Role.READER, Role.PUBLISHER})])
def test_others_neither_see_nor_do_anything(roles, site, receiver, deliveries):
    site.webhook(receiver.url)
    caller = Caller("reader", "ministry", roles)
    for deed in (
        lambda: deliveries.every(caller),
        lambda: deliveries.health(caller, "partner"),
        lambda: deliveries.past(caller, "partner"),
        lambda: deliveries.dead(caller, Scope(), "partner"),
        lambda: deliveries.pause(caller, "partner", paused=True),
        lambda: deliveries.wish(caller, "partner"),
        lambda: deliveries.retry(caller, "partner"),
        lambda: deliveries.drop(caller, "partner"),
    ):
        with pytest.raises(HubError) as caught:
            deed()
        assert caught.value.fault is Fault.DENIED
    assert site.store.jobs() == []
