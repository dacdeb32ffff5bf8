"""Managing client certificates: bound to accounts, revoked, required."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from hub import policy
from hub.config.authorities import UNREADABLE
from hub.model.clock import DAY_US, format_us, now_us
from hub.model.party import Account, Certificate, Directory
from hub.service.admin import Admin
from hub.service.changes import Plan, bad, find
from hub.service.keys import accepted

_KEPT_DAYS = 30
"""A revoked certificate stays on a list that is made after it expired (RFC 5280 section 3.3)."""

_CLIENT_USES = frozenset(
    {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)


class Chain(NamedTuple):
    """A client's certificate and those that lead to its CA."""

    leaf: x509.Certificate
    others: list[x509.Certificate]


def new_record(
    certificate: x509.Certificate, account: str, *, authority: str = "", label: str = ""
) -> Certificate:
    """What the directory keeps of a certificate.

    Args:
        certificate: As it was issued.
        account: Whom it stands for.
        authority: Key identifier of the hub's CA, when that issued it.
        label: What it is for.
    """
    return Certificate(
        uuid.uuid4().hex[:12],
        account,
        hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest(),
        f"{certificate.serial_number:x}",
        certificate.issuer.rfc4514_string(),
        _micros(certificate.not_valid_before_utc),
        _micros(certificate.not_valid_after_utc),
        authority,
        label,
    )


def read_chain(data: bytes) -> Chain:
    """A client's certificate in PEM, first of its file, or in DER.

    Raises:
        HubError: BAD_REQUEST when there is none, or it is none that a client can use.
    """
    try:
        if b"-----BEGIN" in data:
            leaf, *others = x509.load_pem_x509_certificates(data)
        else:
            leaf, others = x509.load_der_x509_certificate(data), []
        key = leaf.public_key()
        flaw = _flaw(leaf.extensions)
        leaf.issuer.rfc4514_string()  # a name is read when it is asked for
    except UNREADABLE as error:
        raise bad("certificate", f"this is no certificate: {error}", "Give it in PEM.") from error
    accepted(key, "certificate")
    if not flaw and _micros(leaf.not_valid_after_utc) <= now_us():
        flaw = "it has expired"
    if flaw:
        raise bad(
            "certificate",
            flaw,
            "Give the client's own certificate, made for clients and still valid.",
        )
    return Chain(leaf, others)


def _flaw(extensions: x509.Extensions) -> str:
    for extension in extensions:
        match extension.value:
            case x509.BasicConstraints(ca=True):
                return "it is the certificate of a CA"
            case x509.ExtendedKeyUsage() as uses if not _CLIENT_USES.intersection(uses):
                return "it is not for clients: clientAuth is not among its uses"
    return ""


class Certificates:
    """Changes on behalf of an administrator; each leaves a line in the audit log."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def add(self, certificate: Certificate, action: str) -> None:
        """Let a certificate stand for its account.

        Args:
            certificate: From `new_record`.
            action: For the audit log, such as `certificate.issue`.

        Raises:
            HubError: ABSENT without its account; BAD_REQUEST when it is known already, revoked
                ones included.
        """

        def plan(directory: Directory) -> Plan:
            find(directory.accounts, certificate.account, "account")
            digest = certificate.digest
            if known := directory.revoked.get(digest) or directory.certificates.get(digest):
                state = "was revoked" if known.revoked_us else f"is bound to {known.account}"
                raise bad(
                    "certificate",
                    f"this certificate {state}: {known.id}",
                    "Use one with a key of its own.",
                )
            detail = (
                f"{certificate.account} until {format_us(certificate.expires_us)}, serial "
                f"{certificate.serial} of {certificate.issuer}, SHA-256 {digest.hex()}"
            )
            return Plan([certificate], [], action, certificate.id, detail)

        self._admin.change(plan)

    def revoke(self, certificate_id: str) -> None:
        """Make a certificate useless at once. It is remembered until it would have expired.

        Raises:
            HubError: ABSENT; DENIED when nobody could manage the hub any more.
        """
        now = now_us()

        def plan(directory: Directory) -> Plan:
            found = by_id(directory, certificate_id)
            revoked = msgspec.structs.replace(found, revoked_us=now)
            old = [
                item
                for item in (revoked, *directory.revoked.values())
                if item.expires_us < now - _KEPT_DAYS * DAY_US
            ]
            puts = [] if revoked in old else [revoked]
            if account := directory.accounts.get(found.account):
                rest = {k: v for k, v in directory.certificates.items() if v.id != found.id}
                after = msgspec.structs.replace(directory, certificates=rest)
                self._require_administrator_left(after, account)
            return Plan(puts, old, "certificate.revoke", found.id, found.account)

        self._admin.change(plan)

    def require(self, account: str, *, required: bool) -> bool:
        """Let an account in only with one of its certificates, or also without.

        Returns:
            Whether it has one that is valid now.

        Raises:
            HubError: ABSENT; DENIED when nobody could manage the hub any more.
        """

        def plan(directory: Directory) -> Plan:
            found = find(directory.accounts, account, "account")
            changed = msgspec.structs.replace(found, certificate_only=required)
            self._require_administrator_left(directory, changed)
            action = "certificate.require" if required else "certificate.require-not"
            return Plan([changed], [], action, account)

        return has_valid(self._admin.change(plan), account)

    def _require_administrator_left(self, directory: Directory, account: Account) -> None:
        """An account that needs a certificate, and has none, is as good as switched off."""
        if account.certificate_only and not has_valid(directory, account.name):
            off = msgspec.structs.replace(account, disabled=True)
            policy.require_administrator_left(self._admin.caller, directory, off)


def has_valid(directory: Directory, account: str) -> bool:
    """Whether an account has a certificate that works now."""
    now = now_us()
    return any(
        item.account == account and item.not_before_us <= now < item.expires_us
        for item in directory.certificates.values()
    )


def by_id(directory: Directory, certificate_id: str) -> Certificate:
    """A certificate that was not revoked.

    Raises:
        HubError: ABSENT.
    """
    known = {item.id: item for item in directory.certificates.values()}
    return find(known, certificate_id, "certificate")


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000
