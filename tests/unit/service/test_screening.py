"""Screened collections refuse what warning lists have; lists are changed by those whose they are."""

import json

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.intake.benign import Benign
from hub.model.intake import Item, Taken
from hub.model.party import ANONYMOUS, Caller, Directory, Role, WarningList
from hub.model.record import Outcome
from hub.service.publish import Publisher
from hub.service.screening import (
    MOST_LINES,
    WarningLists,
    benign_for,
    looked_through,
    objection,
)
from hub.stix.check import Limits
from tests.fakes import acts, collection, indicator, parties
from tests.unit.service.test_publish import PUBLISHER, SHARED

SCREENED = msgspec.structs.replace(SHARED, screened=True)
OWN = Benign(["agency.example", "relay.mail.example", "45.61.200.0/24"])
BENIGN = (
    "[ipv4-addr:value = '8.8.8.8']",
    "[domain-name:value = 'google.com']",
    "[ipv4-addr:value = '10.1.2.3'] OR [ipv4-addr:value = '127.0.0.1']",
    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
    "[domain-name:value = 'www.agency.example']",
    "[url:value = 'https://agency.example/x']",
    # What has such a value in it, or is so large that it must have.
    "[ipv4-addr:value = '8.8.8.0/24']",
    "[ipv4-addr:value = '0.0.0.0/0']",
    "[ipv4-addr:value = '203.0.0.0/8']",
    "[ipv6-addr:value = '2001:4860::/32']",
    "[ipv6-addr:value = '::ffff:8.8.8.0/120']",
    "[domain-name:value = 'com.vn']",
    "[domain-name:value = 'mail.example']",
    "[ipv4-addr:value = '45.61.192.0/20']",
)
KEPT = (
    "[domain-name:value = 'evil.attacker.net']",
    "[ipv4-addr:value = '8.8.8.8'] OR [domain-name:value = 'evil.attacker.net']",
    "[url:value = 'https://docs.google.com/evil']",
    "[ipv4-addr:value = '8.8.8.8' AND process:pid = 4]",
    "[ipv4-addr:value != '8.8.8.8']",
    "[domain-name:value LIKE '%.google.com']",
    "[ipv4-addr:value = '203.0.113.5']",
    "[ipv4-addr:value = '203.0.113.0/24']",
    "[ipv4-addr:value = '45.61.136.0/22']",
    "[ipv4-addr:value = '8.8.8.0/24'] OR [domain-name:value = 'evil.attacker.net']",
)


@pytest.mark.parametrize("pattern", BENIGN)
def test_what_lists_have_is_objected_to(pattern):
    assert objection(indicator(1, pattern=pattern), OWN)


@pytest.mark.parametrize("pattern", KEPT)
def test_one_value_that_is_on_no_list_is_enough(pattern):
    assert objection(indicator(1, pattern=pattern), OWN) == ""


def test_patterns_in_other_languages_are_not_screened():
    assert objection(indicator(1, pattern="rule x {}", pattern_type="yara"), OWN) == ""


def test_the_door_refuses_the_one_and_keeps_the_other(hub_store):
    door = Publisher(hub_store, Limits(), benign=lambda: OWN)
    raws = [json.dumps(indicator(n, pattern=p)).encode() for n, p in enumerate(BENIGN + KEPT)]
    status = door.publish(PUBLISHER, SCREENED, raws)
    outcomes = [verdict.outcome for verdict in status.verdicts]
    assert outcomes == [Outcome.REFUSED] * len(BENIGN) + [Outcome.NEW] * len(KEPT)
    assert "8.8.8.8 (resolver)" in status.verdicts[0].message
    assert "(listed)" in status.verdicts[4].message


def test_other_collections_take_them(hub_store):
    raws = [json.dumps(indicator(n, pattern=p)).encode() for n, p in enumerate(BENIGN)]
    status = Publisher(hub_store, Limits(), benign=lambda: OWN).publish(PUBLISHER, SHARED, raws)
    assert {verdict.outcome for verdict in status.verdicts} == {Outcome.NEW}


class TestWhoseListsCount:
    DIRECTORY = Directory.of(
        1,
        [
            *parties(),
            WarningList("", ("hub.example",)),
            WarningList("ministry", ("ministry.example",)),
            WarningList("grid", ("partner.example",)),
        ],
    )

    @pytest.mark.parametrize(
        ("org", "found"),
        [
            ("ministry", {"hub.example", "ministry.example"}),
            ("grid", {"hub.example", "partner.example"}),
            ("", {"hub.example"}),
            ("nobody", {"hub.example"}),
        ],
    )
    def test_the_own_and_the_hubs(self, org, found):
        lists = benign_for(self.DIRECTORY, org)
        names = ("hub.example", "ministry.example", "partner.example")
        keys = {name: "".join(f"{x}." for x in reversed(name.split("."))) for name in names}
        assert {name for name in names if lists.has("domain", keys[name])} == found

    def test_a_submission_is_looked_through(self):
        items = (
            Item("domain", "example.ministry.", "ministry.example"),
            Item("ip", "1.2.3.4", ""),
        )
        taken = looked_through(Taken("text", items), benign_for(self.DIRECTORY, "ministry"))
        assert [(item.keep, item.concerns) for item in taken.items] == [
            (False, ("listed",)),
            (True, ()),
        ]


def caller(org, *roles, read_only=False):
    return Caller("somebody", org, frozenset(roles), read_only=read_only)


class TestWhoChangesThem:
    @pytest.mark.parametrize(
        ("who", "owner", "may"),
        [
            (caller("ministry", Role.PUBLISHER), "ministry", True),
            (caller("ministry", Role.READER), "ministry", False),
            (caller("ministry", Role.PUBLISHER, read_only=True), "ministry", False),
            (caller("ministry", Role.PUBLISHER), "partner", False),
            (caller("ministry", Role.PUBLISHER), "", False),
            (caller("ministry", Role.ADMINISTRATOR), "grid", True),
            (caller("ministry", Role.ADMINISTRATOR), "", True),
            (ANONYMOUS, "", False),
        ],
    )
    def test_their_own_or_all(self, hub_store, who, owner, may):
        if may:
            WarningLists(hub_store, who).put(owner, ["a.example # x", ""])
            assert hub_store.directory().warnings[owner].lines == ("a.example # x",)
            assert acts(hub_store, 1)[0][1].action == "warnings.put"
        else:
            with pytest.raises(HubError) as caught:
                WarningLists(hub_store, who).put(owner, ["a.example"])
            assert caught.value.fault is Fault.DENIED
            assert not hub_store.directory().warnings

    def test_without_a_line_there_is_none(self, hub_store):
        lists = WarningLists(hub_store, caller("ministry", Role.PUBLISHER))
        lists.put("ministry", ["a.example"])
        lists.put("ministry", [" ", ""])
        assert "ministry" not in hub_store.directory().warnings

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (["a.example", "no value"], "line 2: 'no value'"),
            (["a.example"] * (MOST_LINES + 1), "are more than"),
            ([f"a.example # {'x' * 2001}"], "2000 characters"),
        ],
    )
    def test_what_cannot_be_stored_is_named(self, hub_store, lines, said):
        with pytest.raises(HubError, match=said) as caught:
            WarningLists(hub_store, caller("ministry", Role.PUBLISHER)).put("ministry", lines)
        assert (caught.value.fault, caught.value.field) == (Fault.BAD_REQUEST, "lines")


def test_screened_is_no_default():
    assert not collection("shared").screened
