"""Digests: each within the scope of its reader, for those alone who switched them on."""

from __future__ import annotations

import email
import email.policy

import pytest

from hub.errors import Fault, HubError
from hub.model.party import Caller, Role
from hub.model.tlp import Tlp
from hub.service.deliveries.digests import digests_of, switch
from hub.service.deliveries.due import DueDeliveries
from tests import fakes
from tests.connectors.sending.receivers import post_office

MAIL = """
connector = "mail"
title = "Daily"
enabled = true
every = "1d"
networks = ["127.0.0.0/8"]
ca_file = "{ca}"
attempts = 2
{more}
[target]
host = "127.0.0.1"
port = {port}
sender = "hub@hub.example.org"
user = "hub"
password = "file:mail.key"
[[recipients]]
account = "reader"
address = "reader@ministry.example"
[[recipients]]
account = "partner"
address = "partner@grid.example"
language = "en"
"""
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


def caller(name, **changes):
    org = "grid" if name == "partner" else "ministry"
    return Caller(name, org, frozenset({Role.READER}), **changes)


@pytest.fixture
def office(tmp_path):
    with post_office(tmp_path) as found:
        yield found


@pytest.fixture
def daily(site, office):
    key = site.folder / "mail.key"
    key.touch(mode=0o600)
    key.write_text("letmein")
    return site.define(MAIL.format(ca=office.ca_file, port=office.port, more=""), "daily")


def round_(site, hours=25):
    """A round of what is due after some hours."""
    with site.store.database.writing() as connection:
        connection.execute("UPDATE job SET next_us = 0")
    site.clock.now = 2 * fakes.START_US + hours
    done = {}
    for task in DueDeliveries(site.depot, site.folder, str)():
        task.do()
        done[task.name] = site.store.job_runs(task.name, 1)[0].outcome
    return done


def read(office):
    """Address and text of the messages, oldest first."""
    messages = [
        email.message_from_bytes(raw, policy=email.policy.default) for raw in office.post.messages
    ]
    return [(m["To"], m.get_body(("plain",)).get_content(), m["Message-ID"]) for m in messages]


def test_nobody_gets_what_nobody_switched_on(site, daily, office):
    site.publish(fakes.indicator(1))
    assert round_(site) == {}
    assert office.post.messages == []


def test_each_reader_gets_what_its_own_scope_shows_at_that_moment(site, daily, office):
    for name in ("reader", "partner"):
        switch(site.store, [daily], caller(name), "daily", on=True)
    assert set(round_(site).values()) == {"well"}
    assert office.post.messages == []  # it begins with what comes from now on
    site.put(
        fakes.Account("reader", "ministry", frozenset({Role.READER}), clearance=Tlp.CLEAR),
    )
    site.publish(fakes.indicator(1, name="in shared"))
    site.publish(fakes.indicator(2, name="public one"), alias="public")
    site.publish(fakes.indicator(3, name="hidden one", object_marking_refs=[AMBER]))
    round_(site)
    by_address = {address: text for address, text, _ in read(office)}
    assert "public one" in by_address["reader@ministry.example"]
    assert "in shared" not in by_address["reader@ministry.example"]
    assert "1 đối tượng" in by_address["reader@ministry.example"]
    assert "in shared" in by_address["partner@grid.example"]
    assert "2 objects" in by_address["partner@grid.example"]
    assert not any("hidden one" in text for text in by_address.values())
    round_(site)
    assert len(office.post.messages) == 2  # nothing new, no message


def test_whoever_switches_it_off_gets_no_more_and_later_only_what_is_new(site, daily, office):
    switch(site.store, [daily], caller("reader"), "daily", on=True)
    round_(site)
    site.publish(fakes.indicator(1))
    round_(site)
    assert len(office.post.messages) == 1
    switch(site.store, [daily], caller("reader"), "daily", on=False)
    site.publish(fakes.indicator(2, name="missed"))
    assert round_(site) == {}
    switch(site.store, [daily], caller("reader"), "daily", on=True)
    round_(site)
    site.publish(fakes.indicator(3, name="new one"))
    round_(site)
    assert len(office.post.messages) == 2
    assert "missed" not in read(office)[1][1]
    acts = [
        act.action for _, act in fakes.acts(site.store, 20) if act.action.startswith("digest.")
    ]
    assert acts == ["digest.on", "digest.on", "digest.off", "digest.on"]


def test_one_address_that_is_refused_is_no_trouble_of_the_others(site, daily, office):
    office.post.refuse["reader@ministry.example"] = "550 no such user"
    for name in ("reader", "partner"):
        switch(site.store, [daily], caller(name), "daily", on=True)
    round_(site)
    site.publish(fakes.indicator(1))
    assert round_(site) == {
        "delivery:daily/reader": "failed",
        "delivery:daily/partner": "well",
    }
    assert round_(site)["delivery:daily/reader"] == "well"
    [letter] = site.store.dead_letters("delivery:daily/reader", 0, 9)
    assert "550" in letter.reason
    office.post.refuse.clear()
    act = fakes.acts(site.store, 1)[0][1]
    site.store.revive_letters("delivery:daily/reader", [letter.number], act)
    round_(site)
    assert office.post.recipients == ["partner@grid.example", "reader@ministry.example"]


def test_a_digest_that_was_not_taken_is_the_same_message_the_next_time(site, daily, office):
    switch(site.store, [daily], caller("partner"), "daily", on=True)
    round_(site)
    site.publish(fakes.indicator(1))
    office.post.answer = "451 later"
    assert round_(site) == {"delivery:daily/partner": "failed"}
    job = site.store.job("delivery:daily/partner")
    office.post.answer = "250 OK"
    site.publish(fakes.indicator(2))
    round_(site)
    assert b'"until":0' in site.store.job(job.name).state
    # What came meanwhile is in a message of its own, so that the first one can be known again.
    assert ["1 object is" in text for _, text, _ in read(office)] == [True, True]
    assert len({message_id for *_, message_id in read(office)}) == 2


def test_what_an_account_may_switch_on(site, daily):
    assert digests_of(site.store, [daily], "publisher") == []
    [found] = digests_of(site.store, [daily], "partner")
    assert found == ("daily", "Daily", "partner@grid.example", "1d", False, 0)
    switch(site.store, [daily], caller("partner"), "daily", on=True)
    assert digests_of(site.store, [daily], "partner")[0].on
    assert not digests_of(site.store, [daily], "reader")[0].on


@pytest.mark.parametrize(
    ("who", "name", "fault"),
    [
        (caller("publisher"), "daily", Fault.ABSENT),
        (caller("reader"), "weekly", Fault.ABSENT),
        (caller("reader", read_only=True), "daily", Fault.DENIED),
        (Caller("", "", frozenset()), "daily", Fault.DENIED),
    ],
)
def test_nobody_switches_on_what_is_of_somebody_else(who, name, fault, site, daily):
    with pytest.raises(HubError) as caught:
        switch(site.store, [daily], who, name, on=True)
    assert caught.value.fault is fault
    assert site.store.jobs("delivery:") == []
