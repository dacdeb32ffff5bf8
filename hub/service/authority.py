"""The hub's own certificate authority: client certificates, requests for them, revocation lists.

It issues certificates for clients alone, directly and with a short life: no intermediate CAs, no
server names (RFC 5280). Keys are P-256, which every TLS library speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.config.authorities import UNREADABLE
from hub.model.party import Certificate
from hub.service.changes import bad
from hub.service.keys import ClientKey, new_key

_SKEW = timedelta(hours=1)
"""Certificates and lists begin this long ago: clocks of clients and proxies may be behind."""

_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Authority(NamedTuple):
    """A CA certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def new_authority(name: str, days: int) -> Authority:
    """A CA that vouches for itself.

    Args:
        name: Its common name, at most 64 characters.
        days: How long it lasts.

    Raises:
        HubError: BAD_REQUEST for a name that no certificate can hold.
    """
    key, now = new_key(), _now()
    subject = _name(name)
    made = (
        _begun(subject, subject, key.public_key(), (now - _SKEW, now + timedelta(days=days)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return Authority(made.sign(key, hashes.SHA256()), key)


def opened(certificate: bytes, key: bytes, passphrase: str) -> Authority:
    """The CA in two PEM files.

    Args:
        certificate: In PEM.
        key: In PEM.
        passphrase: Of the key; empty when it is not encrypted.

    Raises:
        HubError: BAD_REQUEST when they are no CA of this hub, do not belong together, or the
            passphrase is wrong or missing.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
        private = load_pem_private_key(key, passphrase.encode() or None)
        belongs = private.public_key() == found.public_key()
    except UNREADABLE as error:
        # The library's own text may hold pieces of what it read.
        raise bad("ca", "the CA's files cannot be read", "Give the right passphrase.") from error
    if not belongs or not isinstance(private, ec.EllipticCurvePrivateKey):
        raise bad("ca", "the CA's key is not that of its certificate", "Restore the pair.")
    if not is_authority(found):
        raise bad("ca", "the CA's certificate is not one of a CA", "Restore the right one.")
    if found.not_valid_after_utc <= _now():
        raise bad("ca", "the CA has expired", "Make another one with `hub ca init`.")
    return Authority(found, private)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate is one of a CA, with the identifier of its key."""
    try:
        found = certificate.extensions
        constraints = found.get_extension_for_class(x509.BasicConstraints).value
        found.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False
    return constraints.ca


def issue(
    authority: Authority,
    account: str,
    key: ClientKey,
    *,
    days: int,
    at: datetime | None = None,
) -> x509.Certificate:
    """A client certificate; it does not outlive the CA.

    Args:
        authority: Who vouches for it.
        account: Becomes its common name.
        key: The client's.
        days: How long it lasts.
        at: When it is issued, in UTC; now, if not given.
    """
    now = at or _now()
    subject = _name(account)
    until = min(now + timedelta(days=days), authority.certificate.not_valid_after_utc)
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(_identifier(authority))
    made = (
        _begun(subject, authority.certificate.subject, key, (now - _SKEW, until))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        # Verifiers that follow the Web's profile ask for one.
        .add_extension(x509.SubjectAlternativeName([x509.DirectoryName(subject)]), critical=False)
        .add_extension(by, critical=False)
    )
    return made.sign(authority.key, hashes.SHA256())


def revocation_list(
    authority: Authority, revoked: Iterable[Certificate], days: int
) -> x509.CertificateRevocationList:
    """The CRL of a CA (RFC 5280 section 5).

    Args:
        authority: Its CA; certificates of others are left out.
        revoked: Revoked certificates.
        days: When the next list is due.
    """
    now = _now()
    identifier = _identifier(authority)
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - _SKEW)
        .next_update(now + timedelta(days=days))
        .add_extension(by, critical=False)
        # Lists must be numbered in the order they are made (section 5.2.3).
        .add_extension(x509.CRLNumber(_number()), critical=False)
    )
    for item in revoked:
        if item.authority == identifier.digest.hex():
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(item.serial, 16))
                .revocation_date(datetime.fromtimestamp(item.revoked_us // 1_000_000, UTC))
                .build()
            )
    return made.sign(authority.key, hashes.SHA256())


def identifier_of(authority: Authority) -> str:
    """The key identifier of a CA in hex, as `Certificate.authority` has it."""
    return _identifier(authority).digest.hex()


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ClientKey,
    life: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _identifier(authority: Authority) -> x509.SubjectKeyIdentifier:
    return authority.certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value


def _usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def _name(common_name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    except ValueError as error:
        raise bad("ca", str(error), "Use a name of 1 to 64 characters.") from error


def _now() -> datetime:
    # Certificates count whole seconds.
    return datetime.now(UTC).replace(microsecond=0)


def _number() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)
