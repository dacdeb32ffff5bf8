"""Deliveries: everything once committed arrives, in order, at least once, whatever goes wrong."""

from __future__ import annotations

import pytest

from hub.model.job import Hold, Memory, Step
from hub.model.party import Role
from hub.model.tlp import Tlp
from hub.service.deliveries.due import DueDeliveries
from hub.service.deliveries.hand import Hand
from hub.store.base import Act
from tests import fakes
from tests.connectors.sending.receivers import Said
from tests.deliveries.sites import dead

ACT = Act("console", "", "test", "test")
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


def ids(*numbers):
    return [fakes.indicator(number)["id"] for number in numbers]


def test_what_is_new_arrives_once_and_what_was_sent_does_not_come_again(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1), fakes.indicator(2))
    assert site.run(delivery).outcome == "well"
    assert site.run(delivery).outcome == "well"
    site.publish(fakes.indicator(1, 1), fakes.indicator(3))
    site.run(delivery)
    assert receiver.ids() == ids(1, 2, 1, 3)
    assert receiver.bodies[1]["objects"][0]["modified"] == fakes.indicator(1, 1)["modified"]
    assert [counts["sent"] for _, counts in site.history(delivery)] == [2, 0, 2]


def test_a_delivery_begins_with_what_is_new_unless_it_says_otherwise(site, receiver):
    site.webhook(receiver.url)
    text = (site.folder / "partner.toml").read_text().replace('start = "all"\n', "", 1)
    now = site.define(text)
    site.publish(fakes.indicator(1))
    site.run(now)
    site.publish(fakes.indicator(2))
    site.run(now)
    assert receiver.ids() == ids(2)


def test_parcels_are_as_large_as_they_may_be(site, receiver):
    delivery = site.webhook(receiver.url, "parcel = 4")
    site.publish(*(fakes.indicator(n) for n in range(10)))
    site.run(delivery)
    assert [len(body["objects"]) for body in receiver.bodies] == [4, 4, 2]
    assert len({body["id"] for body in receiver.bodies}) == 3
    large = site.webhook(receiver.url, "parcel_bytes = 10000", name="large")
    receiver.bodies.clear()
    site.publish(*(fakes.indicator(n, 1, description="x" * 4000) for n in range(5)))
    site.run(large)
    assert max(len(raw) for raw in receiver.raws) < 14_000
    assert len(receiver.ids()) == 10


@pytest.mark.parametrize(
    ("more", "numbers"),
    [
        ('collections = ["bulletins"]', [5]),
        ('types = ["malware"]', [6]),
        ('not_types = ["malware"]', [1, 2, 3, 4, 5]),
        ("min_confidence = 50", [1, 3, 5, 6]),
        ('query = "confidence:>=70 OR type:malware"', [3, 6]),
        ('query = "collection:shared"', [1, 2, 3, 4, 6]),
        ('publishers = ["grid"]', [4]),
        ('not_publishers = ["grid"]', [1, 2, 3, 5, 6]),
        ('ceiling = "clear"', []),
    ],
)
def test_filters(more, numbers, site, receiver):
    malware = {"type": "malware", "is_family": False, "name": "M"}
    one = fakes.indicator(6) | {"id": f"malware--{fakes.uuid_of(6)}"} | malware
    for name in ("pattern", "pattern_type", "valid_from"):
        del one[name]
    site.publish(
        fakes.indicator(1), fakes.indicator(2, confidence=20), fakes.indicator(3, confidence=80)
    )
    site.publish(fakes.indicator(4, confidence=30), by="partner")
    site.publish(fakes.indicator(5), alias="bulletins")
    site.publish(one)
    site.run(site.webhook(receiver.url, more))
    assert [int(found[-2:], 16) for found in receiver.ids()] == numbers


def test_markings_above_the_ceiling_stay_here(site, receiver):
    site.publish(
        fakes.indicator(1, object_marking_refs=[GREEN]),
        fakes.indicator(2, object_marking_refs=[AMBER]),
    )
    site.run(site.webhook(receiver.url))
    assert receiver.ids() == ids(1)
    site.run(site.webhook(receiver.url, 'ceiling = "amber"', name="other"))
    assert receiver.ids() == ids(1, 1, 2)


def test_an_audience_stays_here_unless_the_delivery_names_it(site, receiver):
    site.publish(fakes.indicator(1))
    site.publish(fakes.indicator(2), audience=frozenset({("org", "ministry"), ("org", "grid")}))
    site.run(site.webhook(receiver.url))
    assert receiver.ids() == ids(1)
    site.run(site.webhook(receiver.url, 'audiences = ["org:grid"]', name="grid"))
    assert receiver.ids() == ids(1, 1, 2)


def test_the_scope_counts_at_the_moment_of_sending(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1))
    receiver.answers.append(Said(503))
    assert site.run(delivery).outcome == "failed"
    reader = site.store.directory().accounts["reader"]
    site.put(fakes.Account("reader", "ministry", reader.roles, clearance=Tlp.CLEAR))
    site.run(delivery)
    assert receiver.bodies == []


def test_an_account_that_is_switched_off_sends_nothing(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1), alias="public")
    site.put(fakes.Account("reader", "ministry", frozenset({Role.READER}), disabled=True))
    ending = site.run(delivery)
    assert ending.outcome == "failed"
    assert "switched off" in ending.words
    assert not receiver.raws


@pytest.mark.parametrize("said", [Said(503), Said(500), Said(401), Said(404), Said(stall_s=60)])
def test_a_failure_keeps_the_parcel_and_sends_the_same_again(said, site, receiver):
    delivery = site.webhook(receiver.url, read_s=5 if said.stall_s else 30)
    site.publish(fakes.indicator(1))
    receiver.answers.append(said)
    assert site.run(delivery).outcome == "failed"
    # What came meanwhile is another parcel.
    site.publish(fakes.indicator(2))
    assert site.run(delivery).outcome == "well"
    assert receiver.raws[0] == receiver.raws[1]
    assert receiver.ids()[-2:] == ids(1, 2)
    assert dead(site.store, delivery) == []


def test_waits_grow_and_are_as_long_as_the_other_side_asks(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1))
    receiver.answers += [Said(503)] * 4 + [Said(429, {"Retry-After": "4321"})]
    waits = [site.run(delivery).wait_us / 1e6 for _ in range(5)]
    assert waits[0] < 80 < waits[2] < waits[3]
    assert waits[4] == 4321
    job = site.store.job(delivery.job())
    assert job.failures == 5
    assert "4321" in job.error
    assert site.deliverer.run(delivery) is None  # not due


def test_what_the_other_side_refuses_by_object_is_a_dead_letter_and_can_be_revived(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(*(fakes.indicator(n) for n in (1, 2, 3)))
    [bad] = ids(2)
    refusal = b'{"refused":[{"id":"%b","reason":"no"}]}' % bad.encode()
    receiver.answers.append(Said(body=refusal))
    site.run(delivery)
    assert dead(site.store, delivery) == [(bad, "no")]
    assert site.history(delivery)[-1][1] == {"sent": 2, "refused": 1, "gone": 0, "parcels": 1}
    [letter] = site.store.dead_letters(delivery.job(), 0, 9)
    site.store.revive_letters(delivery.job(), [letter.number], ACT)
    receiver.answers.append(Said(body=refusal))
    site.run(delivery)
    assert dead(site.store, delivery) == [(bad, "no")]
    [letter] = site.store.dead_letters(delivery.job(), 0, 9)
    site.store.revive_letters(delivery.job(), [letter.number], ACT)
    site.run(delivery)
    assert dead(site.store, delivery) == []
    assert receiver.ids()[-1] == bad


def test_a_dead_letter_of_what_may_not_be_sent_any_more_sends_nothing(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1))
    refusal = b'{"refused":[{"id":"%b","reason":"no"}]}' % ids(1)[0].encode()
    receiver.answers.append(Said(body=refusal))
    site.run(delivery)
    site.delete(*ids(1))
    [letter] = site.store.dead_letters(delivery.job(), 0, 9)
    site.store.revive_letters(delivery.job(), [letter.number], ACT)
    ending = site.run(delivery)
    assert "may not be sent any more" in ending.words
    assert dead(site.store, delivery) == []


def test_one_bad_object_holds_up_no_other(site, receiver):
    delivery = site.webhook(receiver.url, "attempts = 2")
    site.publish(*(fakes.indicator(n) for n in range(1, 6)))
    receiver.refuses = set(ids(4))
    assert site.run(delivery).outcome == "failed"
    assert dead(site.store, delivery) == []
    assert site.run(delivery).outcome == "well"
    assert sorted(receiver.ids()) == ids(1, 2, 3, 5)
    [(key, reason)] = dead(site.store, delivery)
    assert key == ids(4)[0]
    assert "422" in reason


def test_parcels_that_are_too_large_are_halved_at_once(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(*(fakes.indicator(n) for n in range(1, 9)))
    receiver.most = 3
    assert site.run(delivery).outcome == "well"
    assert sorted(receiver.ids()) == ids(*range(1, 9))
    assert max(len(body["objects"]) for body in receiver.bodies) <= 3
    assert dead(site.store, delivery) == []


def test_deletions_are_told_of_what_was_sent_and_is_nowhere_any_more(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1), fakes.indicator(2), fakes.indicator(3))
    site.publish(fakes.indicator(3), alias="bulletins")
    site.run(delivery)
    site.publish(fakes.indicator(4))
    for number in (1, 3, 4):
        site.delete(*ids(number))
    site.run(delivery)
    assert receiver.bodies[-1]["gone"] == ids(1)
    assert receiver.bodies[-1]["objects"] == []


def test_what_came_from_there_is_not_sent_back_but_a_newer_version_is(site, receiver):
    site.publish(fakes.indicator(1), fakes.indicator(2))
    hold = Hold("feed:there", "test", 60_000_000)
    site.store.take_job(hold)
    known = Memory(ids(1)[0], b"", fakes.START_US, fakes.START_US, own=True)
    site.store.step_job(hold, Step(remember=(known,)))
    delivery = site.webhook(receiver.url, 'not_from = ["there"]')
    site.run(delivery)
    assert receiver.ids() == ids(2)
    site.publish(fakes.indicator(1, 1))
    site.run(delivery)
    assert receiver.ids() == ids(2, 1)


def test_a_pause_ends_the_run_between_two_parcels_and_nothing_is_lost(site, receiver):
    delivery = site.webhook(receiver.url, "parcel = 1")
    site.publish(*(fakes.indicator(n) for n in (1, 2, 3)))
    receiver.before = lambda: site.store.pause_job(delivery.job(), ACT, paused=True)
    ending = site.run(delivery)
    assert ending.outcome == "stopped"
    assert receiver.ids() == ids(1)
    receiver.before = lambda: None
    site.store.pause_job(delivery.job(), ACT, paused=False)
    site.run(delivery)
    assert receiver.ids() == ids(1, 2, 3)


def test_a_clock_that_was_set_back_holds_up_nothing(site, receiver):
    site.run(site.webhook(receiver.url))
    ended_us = site.store.job("delivery:partner").ended_us
    due = DueDeliveries(site.depot, site.folder, str)
    site.clock.now = ended_us + 1
    assert list(due()) == []
    site.clock.now = ended_us - 1
    assert [task.name for task in due()] == ["delivery:partner"]


def test_two_processes_do_not_do_it_at_once(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1))
    tried = []
    receiver.before = lambda: tried.append(site.deliverer.run(delivery, only_due=False))
    site.run(delivery)
    assert tried == [None]
    assert receiver.ids() == ids(1)


def test_each_parcel_is_in_the_audit_log_and_the_last_one_is_known(site, receiver):
    delivery = site.webhook(receiver.url)
    site.publish(fakes.indicator(1))
    site.run(delivery)
    [(_, act)] = [line for line in fakes.acts(site.store, 5) if line[1].action == "delivery.send"]
    assert (act.account, act.org, act.target) == ("reader", "ministry", "partner")
    assert act.detail == "1 sent, 0 refused, 0 gone"


def test_no_secret_is_in_what_a_run_says(site, receiver):
    delivery = site.webhook(receiver.url)
    (site.folder / "hook.key").chmod(0o644)
    site.publish(fakes.indicator(1))
    words = site.run(delivery).words
    assert "chmod 600" in words
    (site.folder / "hook.key").write_text("not a secret of the right form")
    (site.folder / "hook.key").chmod(0o600)
    words = site.run(delivery).words
    assert "whsec_" in words
    assert "right form" not in words


def test_what_was_sent_is_in_the_audit_log_though_the_account_ended_meanwhile(
    site, receiver, monkeypatch
):
    """And nothing more is sent: rights count anew for each parcel."""
    delivery = site.webhook(receiver.url, "parcel = 2")
    site.publish(*(fakes.indicator(n) for n in range(4)))
    over = Hand.over

    def end(hand, parcel, *, apart=False):
        receipt = over(hand, parcel, apart=apart)
        site.put(fakes.Account("reader", "ministry", frozenset({Role.READER}), disabled=True))
        return receipt

    monkeypatch.setattr(Hand, "over", end)
    ending = site.run(delivery)
    assert ending.outcome == "failed"
    assert "switched off" in ending.words
    assert receiver.ids() == ids(0, 1)
    acts = [act for _, act in fakes.acts(site.store, 9) if act.action == "delivery.send"]
    assert [(act.account, act.org, act.detail) for act in acts] == [
        ("reader", "ministry", "2 sent, 0 refused, 0 gone")
    ]
