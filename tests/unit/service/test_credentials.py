"""Passwords, tokens, and what is remembered between requests."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import msgspec
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.party import Directory, Role, Token
from hub.model.tlp import Tlp
from hub.service import credentials
from hub.service.credentials import (
    Passwords,
    by_token,
    digest,
    hash_password,
    is_token,
    new_secret,
)
from tests.fakes import PASSWORD, parties, password_hash, token_of, unlimited

SECOND_US = 1_000_000
OTHER = "another good password"
HERE = "192.0.2.7"


@pytest.fixture
def directory():
    return Directory.of(1, parties())


@pytest.fixture
def seconds():
    """A clock that a test sets: `seconds[0] = 60`."""
    return [0.0]


@pytest.fixture
def passwords(seconds):
    return Passwords(unlimited(), clock=lambda: seconds[0])


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were really hashed, in order."""
    found = []
    real = credentials._matches

    def counting(stored, password):
        found.append(password)
        return real(stored, password)

    monkeypatch.setattr(credentials, "_matches", counting)
    return found


def changed(directory, name, **changes):
    account = msgspec.structs.replace(directory.accounts[name], **changes)
    return msgspec.structs.replace(directory, accounts=directory.accounts | {name: account})


# The test program of the Argon2 reference implementation (phc-winner-argon2, src/test.c).
REFERENCE = {
    "one lane": "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "two lanes": "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    "64 MiB": "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
}


class TestHash:
    @pytest.mark.parametrize("stored", REFERENCE.values(), ids=REFERENCE)
    def test_hashes_of_the_reference_implementation(self, stored):
        assert credentials._matches(stored, "password")
        assert not credentials._matches(stored, "passworD")

    def test_vector_of_rfc_9106(self):
        """RFC 9106 section 5.3."""
        kdf = Argon2id(
            salt=b"\x02" * 16,
            length=32,
            iterations=3,
            lanes=4,
            memory_cost=32,
            ad=b"\x04" * 12,
            secret=b"\x03" * 8,
        )
        assert kdf.derive(b"\x01" * 32).hex() == (
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        )

    def test_says_how_it_was_made(self):
        """OWASP's second setting: a later change of it does not lock anybody out."""
        assert password_hash().startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_has_a_salt_of_its_own(self):
        assert hash_password(PASSWORD) != password_hash()

    @pytest.mark.parametrize("password", ["mật khẩu dài", "x" * 1000, "a\x00b" * 5, " blank "])
    def test_any_text(self, password):
        stored = hash_password(password)
        assert credentials._matches(stored, password)
        assert not credentials._matches(stored, password.strip() + "x")

    @pytest.mark.parametrize(
        "stored",
        [
            "x",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=1,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
        ],
    )
    def test_a_damaged_hash_admits_nobody(self, stored):
        assert not credentials._matches(stored, "password")


WRONG = {
    "another password": ("publisher", OTHER),
    "no password": ("publisher", ""),
    "almost": ("publisher", PASSWORD + " "),
    "unknown name": ("nobody", PASSWORD),
    "no name": ("", PASSWORD),
    "name in another case": ("Publisher", PASSWORD),
    "its token": ("publisher", token_of("publisher")),
    "its hash": ("publisher", password_hash()),
    "an account that is switched off": ("disabled", PASSWORD),
    "surrogates": ("publisher\ud800", "\udcff"),
}


class TestPasswords:
    def test_admit(self, passwords, directory):
        caller = passwords.caller(directory, "publisher", PASSWORD, HERE)
        assert (caller.account, caller.org) == ("publisher", "ministry")
        assert caller.roles == {Role.READER, Role.PUBLISHER}
        assert caller.credential == "password"
        assert not caller.read_only

    @pytest.mark.parametrize(("name", "password"), WRONG.values(), ids=WRONG)
    def test_do_not_admit(self, passwords, directory, name, password):
        for _ in range(2):
            assert passwords.caller(directory, name, password, HERE) is None

    def test_an_account_without_a_password_has_none_that_works(self, passwords, directory):
        without = changed(directory, "publisher", password="")
        for password in ("", PASSWORD):
            assert passwords.caller(without, "publisher", password, HERE) is None

    def test_an_unknown_name_costs_a_hash_too(self, passwords, directory, hashed):
        passwords.caller(directory, "nobody", PASSWORD, HERE)
        passwords.caller(changed(directory, "publisher", password=""), "publisher", PASSWORD, HERE)
        assert len(hashed) == 2


class TestRemembering:
    def test_a_poll_costs_no_second_hash(self, passwords, directory, hashed, seconds):
        for second in (0, 1, 150, 299):
            seconds[0] = second
            assert passwords.caller(directory, "publisher", PASSWORD, HERE)
        assert hashed == [PASSWORD]

    def test_a_wrong_password_is_remembered_too(self, passwords, directory, hashed):
        for _ in range(3):
            assert passwords.caller(directory, "publisher", OTHER, HERE) is None
        assert hashed == [OTHER]

    def test_the_right_one_after_a_wrong_one(self, passwords, directory):
        assert passwords.caller(directory, "publisher", OTHER, HERE) is None
        assert passwords.caller(directory, "publisher", PASSWORD, HERE)

    def test_forgets_after_five_minutes(self, passwords, directory, hashed, seconds):
        passwords.caller(directory, "publisher", PASSWORD, HERE)
        seconds[0] = 300
        passwords.caller(directory, "publisher", PASSWORD, HERE)
        assert len(hashed) == 2

    def test_of_each_account_by_itself(self, passwords, directory, hashed):
        assert passwords.caller(directory, "publisher", PASSWORD, HERE).account == "publisher"
        assert passwords.caller(directory, "partner", PASSWORD, HERE).account == "partner"
        assert len(hashed) == 2

    def test_a_changed_password_takes_effect_at_once(self, passwords, directory):
        assert passwords.caller(directory, "publisher", PASSWORD, HERE)
        after = changed(directory, "publisher", password=hash_password(OTHER))
        assert passwords.caller(after, "publisher", PASSWORD, HERE) is None
        assert passwords.caller(after, "publisher", OTHER, HERE)

    def test_a_disabled_account_takes_effect_at_once(self, passwords, directory):
        assert passwords.caller(directory, "publisher", PASSWORD, HERE)
        after = changed(directory, "publisher", disabled=True)
        assert passwords.caller(after, "publisher", PASSWORD, HERE) is None
        assert passwords.caller(directory, "publisher", PASSWORD, HERE)

    def test_changed_roles_take_effect_at_once(self, passwords, directory):
        passwords.caller(directory, "publisher", PASSWORD, HERE)
        after = changed(directory, "publisher", roles=frozenset({Role.READER}))
        assert passwords.caller(after, "publisher", PASSWORD, HERE).roles == {Role.READER}

    def test_a_removed_account_takes_effect_at_once(self, passwords, directory):
        assert passwords.caller(directory, "publisher", PASSWORD, HERE)
        after = msgspec.structs.replace(directory, accounts={})
        assert passwords.caller(after, "publisher", PASSWORD, HERE) is None

    def test_name_and_password_do_not_run_together(self, passwords, directory, hashed):
        passwords.caller(directory, "a", "b\0c", HERE)
        passwords.caller(directory, "a\0b", "c", HERE)
        assert len(hashed) == 2

    def test_keeps_a_bounded_number(self, passwords, directory, monkeypatch):
        monkeypatch.setattr(credentials, "_matches", lambda *_: False)
        for number in range(credentials._REMEMBER_MOST + 50):
            passwords.caller(directory, "publisher", str(number), HERE)
        assert len(passwords._verdicts) == credentials._REMEMBER_MOST

    def test_holds_neither_passwords_nor_hashes(self, passwords, directory):
        passwords.caller(directory, "publisher", PASSWORD, HERE)
        held = repr(vars(passwords))
        assert PASSWORD not in held
        assert hashlib.sha256(PASSWORD.encode()).hexdigest() not in held
        assert passwords._verdicts.keys().isdisjoint(Passwords(unlimited())._verdicts)

    def test_a_few_hashes_at_once_and_the_rest_is_told_to_come_back(
        self, passwords, directory, monkeypatch
    ):
        started, go = threading.Semaphore(0), threading.Event()

        def slow(stored, password):
            started.release()
            return not go.wait(60)

        def log_in(n):
            return passwords.caller(directory, "publisher", str(n), HERE)

        monkeypatch.setattr(credentials, "_matches", slow)
        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(log_in, n) for n in range(3)]
            for _ in range(2):
                assert started.acquire(timeout=60)
            assert not started.acquire(timeout=0.1), "the third waits for its turn"
            with pytest.raises(HubError) as caught:
                log_in(3)
            go.set()
            assert [verdict.result() for verdict in running] == [None] * 3
        assert caught.value.fault is Fault.BUSY
        assert log_in(3) is None


def token(directory, secret="hub_secret", **changes):
    """The directory with one more token of the publisher."""
    values = {
        "id": "t",
        "account": "publisher",
        "digest": digest(secret),
        "expires_us": now_us() + 60 * SECOND_US,
    }
    made = Token(**(values | changes))
    return msgspec.structs.replace(directory, tokens={made.digest: made})


ADDRESSES = {
    "any": ((), "203.0.113.9", True),
    "any, and no address is known": ((), "", True),
    "inside": (("192.0.2.0/24",), "192.0.2.77", True),
    "outside": (("192.0.2.0/24",), "192.0.3.1", False),
    "one of several": (("192.0.2.0/24", "198.51.100.7/32"), "198.51.100.7", True),
    "a single address": (("198.51.100.7/32",), "198.51.100.8", False),
    "version 6": (("2001:db8::/32",), "2001:db8::1", True),
    "outside of version 6": (("2001:db8::/32",), "2001:db9::1", False),
    "version 4 against version 6": (("::/0",), "192.0.2.1", False),
    "version 6 against version 4": (("0.0.0.0/0",), "::1", False),
    "not an address": (("0.0.0.0/0",), "unix", False),
    "no address is known": (("0.0.0.0/0",), "", False),
}


class TestTokens:
    def test_admit(self, directory):
        caller = by_token(directory, token_of("coordinator"), "")
        assert (caller.account, caller.org) == ("coordinator", "ministry")
        assert caller.credential == "token:coordinator-works"
        assert not caller.read_only

    def test_a_read_only_one_says_so(self, directory):
        caller = by_token(directory, token_of("publisher", read_only=True), "")
        assert caller.read_only
        assert caller.roles == {Role.READER, Role.PUBLISHER}

    def test_one_with_a_ceiling_sees_no_further(self, directory):
        """A firewall's token must not fetch what its account may see."""
        found = token(directory, ceiling=Tlp.GREEN)
        caller = by_token(found, "hub_secret", "")
        assert caller.ceiling is Tlp.GREEN
        scope = policy.scope(caller, found)
        assert scope.clearance is Tlp.GREEN
        windows = [window for found in scope.readable.values() for window in found]
        assert windows
        assert max(window.ceiling for window in windows) is Tlp.GREEN

    def test_without_a_ceiling_the_account_s_clearance_counts(self, directory):
        caller = by_token(directory, token_of("publisher"), "")
        assert caller.ceiling is Tlp.RED
        assert policy.scope(caller, directory).clearance is Tlp.AMBER_STRICT

    @pytest.mark.parametrize(
        "secret", ["", "hub_", "hub_unknown", token_of("publisher") + "x", PASSWORD, "hub_ấ\x00"]
    )
    def test_an_unknown_one_admits_nobody(self, directory, secret):
        assert by_token(directory, secret, "") is None

    def test_the_stored_digest_is_no_secret(self, directory):
        stored = next(iter(directory.tokens))
        assert by_token(directory, stored.hex(), "") is None

    def test_of_an_account_that_is_switched_off(self, directory):
        assert by_token(directory, token_of("disabled"), "") is None

    def test_of_an_account_that_is_gone(self, directory):
        after = msgspec.structs.replace(directory, accounts={})
        assert by_token(after, token_of("publisher"), "") is None

    def test_a_password_change_leaves_it(self, directory):
        after = changed(directory, "publisher", password="")
        assert by_token(after, token_of("publisher"), "")

    @pytest.mark.parametrize(
        ("seconds", "admitted"), [(60, True), (1, True), (0, False), (-1, False)]
    )
    def test_expiry(self, directory, monkeypatch, seconds, admitted):
        now = now_us()
        monkeypatch.setattr(credentials, "now_us", lambda: now)
        found = token(directory, expires_us=now + seconds * SECOND_US)
        assert bool(by_token(found, "hub_secret", "")) is admitted

    @pytest.mark.parametrize(
        ("networks", "address", "admitted"), ADDRESSES.values(), ids=ADDRESSES
    )
    def test_addresses(self, directory, networks, address, admitted):
        assert all(ip_network(network) for network in networks)
        found = token(directory, addresses=networks)
        assert bool(by_token(found, "hub_secret", address)) is admitted

    def test_a_version_4_address_that_came_through_a_version_6_socket(self, directory):
        """A hub that listens on `::` sees 192.0.2.7 as ::ffff:192.0.2.7 (RFC 4291 2.5.5.2)."""
        found = token(directory, addresses=("192.0.2.0/24",))
        assert by_token(found, "hub_secret", "::ffff:192.0.2.7")
        assert by_token(found, "hub_secret", "::ffff:192.0.3.7") is None

    def test_new_ones_differ_and_look_like_tokens(self):
        made = {new_secret() for _ in range(100)}
        assert len(made) == 100
        assert all(is_token(secret) and len(secret) == 47 for secret in made)
        assert not any(is_token(text) for text in (PASSWORD, "", "HUB_x", " hub_x"))
