"""Requests per minute, objects per day, and whom an address stands for."""

import pytest

from hub.config import LimitSettings
from hub.errors import Fault, HubError, StoreDown, Throttled
from hub.model.party import Caller, Role
from hub.model.record import Outcome, Status, Verdict
from hub.service.limits import Quota, Throttle, network_of
from hub.store.local import LocalCounters
from tests.fakes import Clock

SETTINGS = LimitSettings(
    requests_per_minute=60,
    request_burst=5,
    anonymous_per_minute=30,
    anonymous_burst=3,
    objects_per_day=100,
)
DAY_S = 86_400


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counters():
    return LocalCounters()


@pytest.fixture
def throttle(counters, clock):
    return Throttle(counters, SETTINGS, clock=clock)


@pytest.fixture
def quota(counters, clock):
    return Quota(counters, SETTINGS, clock=clock)


def caller(account="soc", credential="password"):
    return Caller(account, "ministry", frozenset({Role.READER}), credential=credential)


def count(ask, tries=20):
    """How many were let through, and what the next one was told to wait."""
    for number in range(tries):
        try:
            ask()
        except Throttled as error:
            return number, error.retry_after_s
    return tries, 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("192.0.2.7, 198.51.100.1", "unknown"),
    ],
)
def test_network_of(address, network):
    assert network_of(address) == network


class TestRequests:
    def test_of_one_credential(self, throttle, clock):
        assert count(lambda: throttle.request(caller())) == (5, 1)
        clock.advance(2)
        assert count(lambda: throttle.request(caller())) == (2, 1)

    def test_each_credential_counts_for_itself(self, throttle):
        for who in (
            caller("soc"),
            caller("other"),
            caller("soc", "token:one"),
            caller("soc", "token:two"),
            # An account may be called like a token.
            caller("token:one"),
        ):
            assert count(lambda who=who: throttle.request(who)) == (5, 1)

    def test_a_token_is_the_same_whoever_has_it(self, throttle):
        count(lambda: throttle.request(caller("soc", "token:one")))
        assert count(lambda: throttle.request(caller("renamed", "token:one"))) == (0, 1)

    def test_a_token_is_the_same_whatever_certificate_comes_with_it(self, throttle):
        count(lambda: throttle.request(caller(credential="token:one+certificate:a")))
        for credential in ("token:one", "token:one+certificate:b"):
            assert count(lambda c=credential: throttle.request(caller(credential=c)))[0] == 0

    def test_without_credentials_by_network(self, throttle, clock):
        assert count(lambda: throttle.anonymous("192.0.2.7")) == (3, 2)
        assert count(lambda: throttle.anonymous("192.0.2.8")) == (3, 2)
        assert count(lambda: throttle.anonymous("2001:db8::1")) == (3, 2)
        assert count(lambda: throttle.anonymous("2001:db8::2")) == (0, 2)
        assert count(lambda: throttle.request(caller())) == (5, 1)
        clock.advance(6)
        assert count(lambda: throttle.anonymous("192.0.2.7")) == (3, 2)

    def test_off(self, counters):
        off = LimitSettings(requests_per_minute=0, anonymous_per_minute=0)
        throttle = Throttle(counters, off)
        assert count(lambda: throttle.request(caller()), 20_000) == (20_000, 0)
        assert count(lambda: throttle.anonymous("192.0.2.7"), 20_000) == (20_000, 0)
        assert not counters._rows

    def test_a_first_full_pull_of_ten_million_objects_passes(self, counters, clock):
        """In pages of a thousand, as fast as the hub can answer."""
        throttle = Throttle(counters, LimitSettings(), clock=clock)
        assert count(lambda: throttle.request(caller()), 10_000) == (10_000, 0)
        throttle = Throttle(LocalCounters(), LimitSettings(), clock=clock)
        assert count(lambda: throttle.anonymous("192.0.2.7"), 2000) == (2000, 0)


def published(*outcomes):
    verdicts = tuple(Verdict("x--1", "v", outcome) for outcome in outcomes)
    return Status("s", "root", "ministry", 0, verdicts)


def publish(quota, *outcomes, org="ministry"):
    return quota.metered(org, len(outcomes), lambda: published(*outcomes))


def room(quota, org="ministry"):
    """Objects that the organisation may still publish."""
    return next((number for number in range(100, 0, -1) if fits(quota, org, number)), 0)


def fits(quota, org, number):
    try:
        publish(quota, *[Outcome.REFUSED] * number, org=org)
    except Throttled:
        return False
    return True


class TestQuota:
    def test_counts_what_was_stored(self, quota):
        publish(quota, Outcome.NEW, Outcome.VERSION, Outcome.REPLACED)
        assert room(quota) == 97
        publish(quota, Outcome.UNCHANGED, Outcome.CONFLICT, Outcome.REFUSED)
        assert room(quota) == 97

    def test_gives_out_what_publishing_gives(self, quota):
        assert publish(quota, Outcome.NEW) == published(Outcome.NEW)

    def test_an_envelope_that_does_not_fit_is_refused_as_a_whole(self, quota):
        publish(quota, *[Outcome.NEW] * 95)
        called = []
        with pytest.raises(Throttled) as caught:
            quota.metered("ministry", 6, lambda: called.append(1))
        assert caught.value.retry_after_s == DAY_S // 100
        assert called == []
        publish(quota, *[Outcome.NEW] * 5)

    def test_room_is_taken_before_publishing(self, quota):
        """Two workers cannot both have the last of it."""

        def meanwhile():
            with pytest.raises(Throttled):
                publish(quota, Outcome.NEW)
            return published(*[Outcome.NEW] * 50, *[Outcome.REFUSED] * 50)

        quota.metered("ministry", 100, meanwhile)
        assert room(quota) == 50

    def test_a_failure_costs_nothing(self, quota):
        def fail():
            raise StoreDown("disk full")

        with pytest.raises(StoreDown):
            quota.metered("ministry", 100, fail)
        assert room(quota) == 100

    def test_says_before_the_body_that_there_is_none(self, quota, clock):
        quota.require_room("ministry")
        publish(quota, *[Outcome.NEW] * 99)
        quota.require_room("ministry")
        publish(quota, Outcome.NEW)
        with pytest.raises(Throttled) as caught:
            quota.require_room("ministry")
        assert caught.value.retry_after_s == DAY_S // 100
        clock.advance(DAY_S // 100)
        quota.require_room("ministry")

    def test_refills_evenly(self, quota, clock):
        publish(quota, *[Outcome.NEW] * 100)
        clock.advance(DAY_S / 4)
        assert room(quota) == 25
        clock.advance(DAY_S)
        assert room(quota) == 100

    def test_of_each_organisation_by_itself(self, quota):
        publish(quota, *[Outcome.NEW] * 100)
        assert (room(quota), room(quota, "grid")) == (0, 100)

    def test_what_never_fits_is_too_large(self, quota):
        with pytest.raises(HubError) as caught:
            publish(quota, *[Outcome.NEW] * 101)
        assert caught.value.fault is Fault.TOO_LARGE
        assert room(quota) == 100

    def test_off(self, counters, clock):
        quota = Quota(counters, LimitSettings(objects_per_day=0), clock=clock)
        quota.require_room("ministry")
        for _ in range(3):
            publish(quota, *[Outcome.NEW] * 10_000)
        assert not counters._rows


def test_retry_after_is_whole_seconds_and_never_too_short():
    waits = {1: 1, 999_999: 1, 1_000_000: 1, 1_000_001: 2, 59_000_001: 60}
    found = {us: Throttled("x", us, remedy="y").retry_after_s for us in waits}
    assert found == waits
    assert Throttled("x", 1, remedy="y").fault is Fault.TOO_MANY
