"""What the CA issues, judged by two other verifiers: cryptography's own and OpenSSL's program."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.service import authority as ca
from hub.service import keys
from tests import pki

PASSPHRASE = "correct horse battery staple"
NOW = datetime.now(UTC)


def extension(certificate: x509.Certificate, kind):
    found = certificate.extensions.get_extension_for_class(kind)
    return found.critical, found.value


def refused(call, *arguments) -> HubError:
    with pytest.raises(HubError) as caught:
        call(*arguments)
    assert caught.value.fault is Fault.BAD_REQUEST
    return caught.value


class TestAuthority:
    def test_what_it_is(self):
        made = pki.AUTHORITY.certificate
        assert extension(made, x509.BasicConstraints) == (True, x509.BasicConstraints(True, 0))
        critical, usage = extension(made, x509.KeyUsage)
        assert critical
        assert (usage.key_cert_sign, usage.crl_sign) == (True, True)
        assert (usage.digital_signature, usage.key_encipherment) == (False, False)
        _, identifier = extension(made, x509.SubjectKeyIdentifier)
        assert identifier.digest.hex() == ca.identifier_of(pki.AUTHORITY)
        assert made.subject == made.issuer
        assert isinstance(made.public_key().curve, ec.SECP256R1)
        made.verify_directly_issued_by(made)
        assert made.not_valid_after_utc - NOW > timedelta(days=3649)

    def test_no_two_are_alike(self):
        one, other = pki.AUTHORITY, pki.STRANGER
        assert one.certificate.serial_number != other.certificate.serial_number
        assert ca.identifier_of(one) != ca.identifier_of(other)

    @pytest.mark.parametrize("name", ["", "x" * 65])
    def test_a_name_that_no_certificate_can_hold(self, name):
        assert "64 characters" in refused(ca.new_authority, name, 10).text()

    @pytest.mark.parametrize("passphrase", ["", PASSPHRASE, "mật khẩu rất dài"])
    def test_comes_back_from_its_files(self, passphrase):
        pem = keys.pem_of_key(pki.AUTHORITY.key, passphrase)
        assert keys.is_encrypted(pem) is bool(passphrase)
        found = ca.opened(pki.pem_of(pki.AUTHORITY.certificate).encode(), pem, passphrase)
        assert found.certificate == pki.AUTHORITY.certificate

    @pytest.mark.parametrize("given", ["", "another passphrase"])
    def test_not_without_its_passphrase(self, given):
        pem = keys.pem_of_key(pki.AUTHORITY.key, PASSPHRASE)
        error = refused(ca.opened, pki.pem_of(pki.AUTHORITY.certificate).encode(), pem, given)
        assert "passphrase" in error.remedy
        assert PASSPHRASE not in error.text()

    def test_no_others_key_and_no_clients_certificate(self):
        mine = pki.pem_of(pki.AUTHORITY.certificate).encode()
        error = refused(ca.opened, mine, keys.pem_of_key(pki.STRANGER.key), "")
        assert "not that of its certificate" in error.text()
        client = pki.Client()
        error = refused(ca.opened, client.pem.encode(), keys.pem_of_key(client.key), "")
        assert "not one of a CA" in error.text()
        for broken in (b"", b"nonsense", mine):
            refused(ca.opened, mine, broken, "")
            refused(ca.opened, b"", keys.pem_of_key(pki.STRANGER.key), "")

    def test_not_when_it_has_expired(self):
        old = ca.new_authority("Old", 0)
        pem = pki.pem_of(old.certificate).encode()
        assert "expired" in refused(ca.opened, pem, keys.pem_of_key(old.key), "").text()


class TestClient:
    def test_what_it_is(self):
        client = pki.Client("grid-soc")
        made = client.certificate
        assert [(item.oid, item.value) for item in made.subject] == [
            (NameOID.COMMON_NAME, "grid-soc")
        ]
        assert made.issuer == pki.AUTHORITY.certificate.subject
        assert extension(made, x509.BasicConstraints) == (True, x509.BasicConstraints(False, None))
        critical, usage = extension(made, x509.KeyUsage)
        assert (critical, usage.digital_signature, usage.key_cert_sign) == (True, True, False)
        _, uses = extension(made, x509.ExtendedKeyUsage)
        assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
        _, by = extension(made, x509.AuthorityKeyIdentifier)
        assert by.key_identifier.hex() == ca.identifier_of(pki.AUTHORITY)
        _, own = extension(made, x509.SubjectKeyIdentifier)
        assert own == x509.SubjectKeyIdentifier.from_public_key(client.key.public_key())
        assert made.public_key() == client.key.public_key()
        made.verify_directly_issued_by(pki.AUTHORITY.certificate)

    def test_serials_are_random(self):
        # RFC 5280 section 4.1.2.2: positive and at most 20 octets; 64 random bits at least.
        serials = {pki.Client().certificate.serial_number for _ in range(20)}
        assert len(serials) == 20
        assert all(0 < serial < 1 << 159 for serial in serials)
        assert max(serials) > 1 << 64

    def test_its_life(self):
        at = datetime(2026, 1, 31, 8, tzinfo=UTC)
        made = ca.issue(pki.AUTHORITY, "a", keys.new_key().public_key(), days=397, at=at)
        assert made.not_valid_before_utc == at - timedelta(hours=1)
        assert made.not_valid_after_utc == at + timedelta(days=397)

    def test_it_does_not_outlive_its_authority(self):
        short = ca.new_authority("Short", 5)
        made = ca.issue(short, "a", keys.new_key().public_key(), days=397)
        assert made.not_valid_after_utc == short.certificate.not_valid_after_utc

    def test_verified_by_the_rules_of_the_web(self):
        verifier = PolicyBuilder().store(Store([pki.AUTHORITY.certificate]))
        chain = verifier.build_client_verifier().verify(pki.Client().certificate, []).chain
        assert len(chain) == 2
        for client in (pki.Client(by=pki.STRANGER), pki.expired(), pki.early()):
            with pytest.raises(VerificationError):
                verifier.build_client_verifier().verify(client.certificate, [])
        server = verifier.build_server_verifier(x509.DNSName("publisher"))
        with pytest.raises(VerificationError):
            server.verify(pki.Client().certificate, [])

    def test_it_issues_nothing_itself(self):
        client = pki.Client()
        below = ca.issue(
            ca.Authority(client.certificate, client.key),
            "below",
            keys.new_key().public_key(),
            days=5,
        )
        verifier = PolicyBuilder().store(Store([pki.AUTHORITY.certificate]))
        with pytest.raises(VerificationError):
            verifier.build_client_verifier().verify(below, [client.certificate])

    def test_pkcs12(self):
        client = pki.Client("publisher")
        raw = keys.bundle(client.key, client.certificate, PASSPHRASE)
        key, certificate, others = pkcs12.load_key_and_certificates(raw, PASSPHRASE.encode())
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert key.public_key().public_bytes(*form) == client.key.public_key().public_bytes(*form)
        assert (certificate, others) == (client.certificate, [])
        with pytest.raises(ValueError, match="password"):
            pkcs12.load_key_and_certificates(raw, b"")


def request(key, *, name: str = "Not for me", extensions=()) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for item in extensions:
        made = made.add_extension(item, critical=False)
    plain = isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    return made.sign(key, None if plain else hashes.SHA256())


def in_pem(made: x509.CertificateSigningRequest) -> bytes:
    return made.public_bytes(Encoding.PEM)


class TestRequest:
    @pytest.mark.parametrize(
        "key",
        [
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP384R1()),
            ec.generate_private_key(ec.SECP521R1()),
            ed25519.Ed25519PrivateKey.generate(),
            rsa.generate_private_key(65537, 2048),
        ],
        ids=["P-256", "P-384", "P-521", "Ed25519", "RSA 2048"],
    )
    def test_good_keys(self, key):
        for form in (Encoding.PEM, Encoding.DER):
            found = keys.requested_key(request(key).public_bytes(form))
            assert found == key.public_key()
            made = ca.issue(pki.AUTHORITY, "publisher", found, days=5)
            made.verify_directly_issued_by(pki.AUTHORITY.certificate)

    @pytest.mark.parametrize(
        "key",
        [
            ec.generate_private_key(ec.SECP192R1()),
            ec.generate_private_key(ec.SECP256K1()),
            ec.generate_private_key(ec.BrainpoolP256R1()),
            ed448.Ed448PrivateKey.generate(),
            dsa.generate_private_key(2048),
            rsa.generate_private_key(65537, 1024),
            rsa.generate_private_key(3, 2048),
        ],
        ids=["P-192", "secp256k1", "Brainpool", "Ed448", "DSA", "RSA 1024", "exponent 3"],
    )
    def test_weak_and_unusual_keys(self, key):
        error = refused(keys.requested_key, in_pem(request(key)))
        assert error.field == "csr"
        assert "P-256" in error.remedy

    def test_nothing_but_the_key_is_taken(self):
        key = keys.new_key()
        wish = request(key, name="root", extensions=[x509.BasicConstraints(True, None)])
        made = ca.issue(pki.AUTHORITY, "publisher", keys.requested_key(in_pem(wish)), days=5)
        assert made.subject.rfc4514_string() == "CN=publisher"
        assert extension(made, x509.BasicConstraints)[1].ca is False

    def test_its_signature_counts(self):
        forged = bytearray(request(keys.new_key()).public_bytes(Encoding.DER))
        place = forged.index(b"Not for me")
        forged[place : place + 3] = b"All"
        assert "signature" in refused(keys.requested_key, bytes(forged)).text()

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"nonsense",
            b"-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n",
            pki.Client().pem.encode(),
            keys.pem_of_key(keys.new_key()),
            request(keys.new_key()).public_bytes(Encoding.DER)[:-1],
            bytes(1000),
        ],
        ids=["empty", "text", "empty PEM", "a certificate", "a key", "cut", "zeros"],
    )
    def test_what_is_none(self, raw):
        assert refused(keys.requested_key, raw).field == "csr"

    def test_no_cut_and_no_changed_byte_gives_another_key(self):
        key = keys.new_key()
        raw = request(key).public_bytes(Encoding.DER)
        for place in range(len(raw)):
            assert refused(keys.requested_key, raw[:place]).field == "csr"
            for byte in {0, 255, raw[place] ^ 1} - {raw[place]}:
                try:
                    found = keys.requested_key(raw[:place] + bytes([byte]) + raw[place + 1 :])
                except HubError:
                    continue
                # Bits that no one counts, around the signature.
                assert found == key.public_key()


class TestRevocationList:
    def test_lists_what_this_authority_issued(self):
        gone, other = pki.Client(), pki.Client(by=pki.STRANGER)
        at = now_us()
        revoked = [item.record(revoked_us=at) for item in (gone, other)]
        made = ca.revocation_list(pki.AUTHORITY, revoked, 7)
        assert [item.serial_number for item in made] == [gone.certificate.serial_number]
        (entry,) = made
        assert int(entry.revocation_date_utc.timestamp()) == at // 1_000_000
        assert made.is_signature_valid(pki.AUTHORITY.certificate.public_key())
        assert made.issuer == pki.AUTHORITY.certificate.subject
        assert made.last_update_utc < NOW + timedelta(hours=1)
        assert timedelta(days=6) < made.next_update_utc - NOW < timedelta(days=8)
        _, by = extension(made, x509.AuthorityKeyIdentifier)
        assert by.key_identifier.hex() == ca.identifier_of(pki.AUTHORITY)

    def test_numbers_rise(self):
        lists = [ca.revocation_list(pki.AUTHORITY, [], 7) for _ in range(3)]
        numbers = [extension(item, x509.CRLNumber)[1].crl_number for item in lists]
        assert numbers == sorted(set(numbers))
        assert list(lists[0]) == []


OPENSSL = shutil.which("openssl")


@pytest.mark.skipif(not OPENSSL, reason="the program openssl is not installed")
class TestOpenssl:
    def verdict(self, folder: Path, certificate: x509.Certificate, *options: str) -> str:
        (folder / "ca.pem").write_text(pki.pem_of(pki.AUTHORITY.certificate), encoding="ascii")
        (folder / "leaf.pem").write_text(pki.pem_of(certificate), encoding="ascii")
        command = [OPENSSL, "verify", "-x509_strict", "-CAfile", "ca.pem", *options, "leaf.pem"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def test_good_for_clients_and_not_for_servers(self, tmp_path):
        client = pki.Client().certificate
        found = self.verdict(tmp_path, client, "-purpose", "sslclient")
        assert found == "leaf.pem: OK\n"
        assert "purpose" in self.verdict(tmp_path, client, "-purpose", "sslserver")

    def test_the_others(self, tmp_path):
        for client, said in (
            (pki.Client(by=pki.STRANGER), "unable to get local issuer certificate"),
            (pki.expired(), "certificate has expired"),
            (pki.early(), "certificate is not yet valid"),
        ):
            assert said in self.verdict(tmp_path, client.certificate)

    def test_a_revocation_list(self, tmp_path):
        gone, good = pki.Client(), pki.Client()
        made = ca.revocation_list(pki.AUTHORITY, [gone.record(revoked_us=now_us())], 7)
        (tmp_path / "crl.pem").write_bytes(made.public_bytes(Encoding.PEM))
        options = ("-crl_check", "-CRLfile", "crl.pem")
        assert self.verdict(tmp_path, good.certificate, *options) == "leaf.pem: OK\n"
        assert "certificate revoked" in self.verdict(tmp_path, gone.certificate, *options)

    def test_a_request_that_openssl_made(self, tmp_path):
        words = keys._HOW_TO_ASK.partition(": ")[2].split()
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
        key = keys.requested_key((tmp_path / "client.csr").read_bytes())
        made = ca.issue(pki.AUTHORITY, "publisher", key, days=5)
        assert self.verdict(tmp_path, made) == "leaf.pem: OK\n"
