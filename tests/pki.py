"""Certificates of clients for the tests: good ones, and those that must not be let in."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from hub.model.party import Certificate
from hub.service.authority import Authority, identifier_of, issue, new_authority
from hub.service.certificates import new_record
from hub.service.keys import new_key, pem_of_key

AUTHORITY = new_authority("Sample CA", 3650)
STRANGER = new_authority("Sample CA", 3650)
"""A CA of the same name with another key."""


def _issuing() -> Authority:
    """A CA below another one that nobody sees, with as little in it as such CAs often have."""
    key, now = new_key(), datetime.now(UTC)
    name, above = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        for text in ("Issuing CA", "Root CA")
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=100))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(made.sign(new_key(), hashes.SHA256()), key)


ISSUING = _issuing()
"""A partner's CA that is below another one."""


class Client:
    """A client's certificate and key.

    Args:
        account: Its common name.
        by: Who issued it.
        starts: When it was issued, from now.
        lasts: Its life from then on, in whole days.
    """

    def __init__(
        self,
        account: str = "publisher",
        by: Authority = AUTHORITY,
        starts: timedelta = timedelta(0),
        lasts: int = 30,
    ) -> None:
        self.account = account
        self._by = by
        self.key = new_key()
        now = datetime.now(UTC).replace(microsecond=0)
        self.certificate = issue(by, account, self.key.public_key(), days=lasts, at=now + starts)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def record(self, **changes: Any) -> Certificate:
        """What binds it to its account."""
        made = new_record(self.certificate, self.account, authority=identifier_of(self._by))
        return msgspec.structs.replace(made, **changes)

    def write(self, folder: Path) -> tuple[str, str]:
        """The files of certificate and key."""
        stem = folder / f"client-{secrets.token_hex(4)}"
        cert, key = stem.with_suffix(".pem"), stem.with_suffix(".key")
        cert.write_text(self.pem, encoding="ascii")
        key.touch(mode=0o600)
        key.write_bytes(pem_of_key(self.key))
        return str(cert), str(key)


def expired() -> Client:
    """Ended some days ago."""
    return Client(starts=timedelta(days=-40))


def early() -> Client:
    """Begins in some hours."""
    return Client(starts=timedelta(hours=5))


def ending(seconds: float) -> Client:
    """Valid for some seconds more."""
    return Client(starts=timedelta(days=-1, seconds=seconds), lasts=1)


def pem_of(*certificates: x509.Certificate) -> str:
    """Certificates as one text."""
    return "".join(item.public_bytes(Encoding.PEM).decode() for item in certificates)
