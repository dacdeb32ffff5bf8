"""Binding certificates to accounts: what is refused, what is written, and its audit line."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.config.authorities import vouched
from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.party import Caller, Role
from hub.service.admin import Admin
from hub.service.certificates import Certificates, by_id, has_valid, new_record, read_chain
from hub.service.keys import new_key
from tests import fakes, pki

BOSS = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))
DAY_US = 86_400_000_000


@pytest.fixture
def certificates(hub_store):
    return Certificates(Admin(hub_store, BOSS))


def audited(store):
    (_, act), *_ = fakes.acts(store, 1)
    assert (act.account, act.org) == ("administrator", "ministry")
    return act.action, act.target, act.detail


def refused(call, *arguments) -> HubError:
    with pytest.raises(HubError) as caught:
        call(*arguments)
    return caught.value


def test_a_record_says_what_the_certificate_says(hub_store):
    client = pki.Client()
    made = client.record()
    assert made.digest == hashlib.sha256(client.der).digest()
    assert int(made.serial, 16) == client.certificate.serial_number
    assert made.not_before_us == client.certificate.not_valid_before_utc.timestamp() * 1e6
    assert made.expires_us == client.certificate.not_valid_after_utc.timestamp() * 1e6
    assert made.issuer == "CN=Sample CA"


class TestAdd:
    def test_it_is_kept_with_an_audit_line(self, certificates, hub_store):
        made = pki.Client().record()
        certificates.add(made, "certificate.issue")
        assert hub_store.directory().certificates == {made.digest: made}
        action, target, detail = audited(hub_store)
        assert (action, target) == ("certificate.issue", made.id)
        for word in ("publisher", made.serial, made.issuer, made.digest.hex()):
            assert word in detail

    def test_not_for_an_account_that_is_not_there(self, certificates, hub_store):
        before = hub_store.epoch()
        error = refused(certificates.add, pki.Client("nobody").record(), "x")
        assert (error.fault, error.field) == (Fault.ABSENT, "account")
        assert hub_store.epoch() == before

    def test_not_twice_even_for_another_account(self, certificates, hub_store):
        client = pki.Client()
        certificates.add(client.record(), "x")
        for account in ("publisher", "partner"):
            error = refused(certificates.add, client.record(account=account), "x")
            assert error.fault is Fault.BAD_REQUEST
            assert "is bound to publisher" in error.reason

    def test_not_when_it_was_revoked(self, certificates):
        client = pki.Client()
        made = client.record()
        certificates.add(made, "x")
        certificates.revoke(made.id)
        assert "was revoked" in refused(certificates.add, client.record(), "x").reason

    def test_an_account_may_have_several(self, certificates, hub_store):
        for _ in range(3):
            certificates.add(pki.Client().record(), "x")
        assert len(hub_store.directory().certificates) == 3


class TestRevoke:
    def test_it_is_out_and_remembered(self, certificates, hub_store):
        made, other = pki.Client().record(), pki.Client().record()
        for item in (made, other):
            certificates.add(item, "x")
        before = now_us()
        certificates.revoke(made.id)
        assert audited(hub_store) == ("certificate.revoke", made.id, "publisher")
        found = hub_store.directory()
        assert set(found.certificates) == {other.digest}
        (kept,) = found.revoked.values()
        assert before <= kept.revoked_us <= now_us()
        assert msgspec.structs.replace(kept, revoked_us=0) == made

    def test_only_once_and_only_what_is_there(self, certificates):
        made = pki.Client().record()
        certificates.add(made, "x")
        certificates.revoke(made.id)
        for name in (made.id, "nothing", ""):
            assert refused(certificates.revoke, name).fault is Fault.ABSENT

    def test_what_ended_long_ago_is_forgotten(self, certificates, hub_store):
        old, late, fresh = (
            pki.Client().record(expires_us=now_us() - days * DAY_US) for days in (31, 29, -1)
        )
        for item in (old, late, fresh):
            certificates.add(item, "x")
            certificates.revoke(item.id)
        assert set(hub_store.directory().revoked) == {late.digest, fresh.digest}
        # What is remembered goes, too, when its time has come.
        aged = msgspec.structs.replace(late, expires_us=old.expires_us, revoked_us=1)
        hub_store.write([aged], [], fakes.acts(hub_store, 1)[0][1], epoch=hub_store.epoch())
        another = pki.Client().record()
        certificates.add(another, "x")
        certificates.revoke(another.id)
        assert set(hub_store.directory().revoked) == {fresh.digest, another.digest}


class TestRequire:
    def test_on_and_off(self, certificates, hub_store):
        assert certificates.require("publisher", required=True) is False
        assert audited(hub_store)[:2] == ("certificate.require", "publisher")
        assert hub_store.directory().accounts["publisher"].certificate_only
        certificates.add(pki.Client().record(), "x")
        assert certificates.require("publisher", required=False) is True
        assert audited(hub_store)[:2] == ("certificate.require-not", "publisher")
        assert not hub_store.directory().accounts["publisher"].certificate_only

    def test_of_an_account_that_is_there(self, certificates):
        with pytest.raises(HubError) as caught:
            certificates.require("nobody", required=True)
        assert caught.value.fault is Fault.ABSENT

    @pytest.mark.parametrize("client", [pki.expired(), pki.early(), pki.Client("partner")])
    def test_what_does_not_count_as_one(self, certificates, hub_store, client):
        certificates.add(client.record(), "x")
        assert not has_valid(hub_store.directory(), "publisher")


def test_by_id(certificates, hub_store):
    made = pki.Client().record()
    certificates.add(made, "x")
    assert by_id(hub_store.directory(), made.id) == made


def own(key=None, *extensions, days=10):
    """A certificate as somebody makes it by hand."""
    key = key or new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "By hand")])
    start = pki.AUTHORITY.certificate.not_valid_before_utc - timedelta(days=30)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30 + days))
    )
    for item in extensions:
        made = made.add_extension(item, critical=False)
    return made.sign(key, hashes.SHA256())


class TestReadChain:
    def test_pem_and_der(self):
        client = pki.Client()
        assert read_chain(client.der) == (client.certificate, [])
        both = client.pem + pki.pem_of(pki.AUTHORITY.certificate)
        assert read_chain(both.encode()) == (client.certificate, [pki.AUTHORITY.certificate])

    @pytest.mark.parametrize(
        "made",
        [
            own(),
            own(None, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])),
            own(
                None,
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
            ),
            own(rsa.generate_private_key(65537, 2048)),
        ],
        ids=["no extensions", "any use", "both uses", "RSA"],
    )
    def test_what_clients_use(self, made):
        assert read_chain(pki.pem_of(made).encode()).leaf == made

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (pki.pem_of(pki.AUTHORITY.certificate).encode(), "of a CA"),
            (
                own(None, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])).public_bytes(
                    Encoding.PEM
                ),
                "not for clients",
            ),
            (own(days=-1).public_bytes(Encoding.PEM), "expired"),
            (own(rsa.generate_private_key(65537, 1024)).public_bytes(Encoding.PEM), "weak"),
            (b"", "no certificate"),
            (b"nonsense", "no certificate"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"),
            (pki.Client().der[:-1], "no certificate"),
        ],
        ids=["CA", "server", "expired", "weak", "empty", "text", "empty PEM", "cut"],
    )
    def test_what_is_refused(self, raw, said):
        error = refused(read_chain, raw)
        assert (error.fault, error.field) == (Fault.BAD_REQUEST, "certificate")
        assert said in error.reason
        assert error.remedy

    # A changed byte can make a serial number negative, which the library only warns of.
    @pytest.mark.filterwarnings("ignore:Parsed a serial number")
    @pytest.mark.parametrize("change", [lambda _: 0, lambda _: 255, lambda byte: byte ^ 1])
    def test_every_changed_byte_is_refused_or_read(self, change):
        raw = pki.Client().der
        read = 0
        for place in range(len(raw)):
            try:
                chain = read_chain(raw[:place] + bytes([change(raw[place])]) + raw[place + 1 :])
            except HubError:
                continue
            new_record(chain.leaf, "publisher")
            vouched([pki.AUTHORITY.certificate], *chain)
            read += 1
        assert 0 < read < len(raw)


class TestTheLastAdministrator:
    def test_is_not_shut_out_by_needing_a_certificate(self, certificates, hub_store):
        before = hub_store.directory()
        error = refused(lambda: certificates.require("administrator", required=True))
        assert (error.fault, error.field) == (Fault.DENIED, "account")
        assert hub_store.directory() == before

    def test_nor_by_losing_the_only_one(self, certificates, hub_store):
        first = pki.Client().record(account="administrator")
        second = pki.Client().record(account="administrator")
        for item in (first, second):
            certificates.add(item, "certificate.issue")
        assert certificates.require("administrator", required=True)
        certificates.revoke(first.id)
        error = refused(certificates.revoke, second.id)
        assert (error.fault, error.field) == (Fault.DENIED, "account")
        certificates.require("administrator", required=False)
        certificates.revoke(second.id)
        assert hub_store.directory().certificates == {}
