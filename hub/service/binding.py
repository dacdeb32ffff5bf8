"""Whom a client certificate stands for, and whether it goes together with what else was sent.

Whoever presents a certificate has proved, in the TLS handshake, to hold its private key; so it is
told precisely why it is not let in.
"""

from __future__ import annotations

import msgspec

from hub.errors import Fault, HubError
from hub.model.clock import format_us, now_us
from hub.model.party import Caller, Certificate, Directory

FIELD = "client certificate"
_RENEW = "Connect with a certificate that the hub's administrator issued or bound."


def by_certificate(directory: Directory, digest: bytes) -> Caller:
    """The caller behind a certificate. Its dates are looked at every time: connections outlive it.

    Args:
        directory: As it is now.
        digest: SHA-256 of the certificate in DER.

    Raises:
        HubError: UNAUTHENTICATED says why it counts for nothing.
    """
    found = directory.certificates.get(digest)
    if found is None or digest in directory.revoked:
        state = "was revoked" if digest in directory.revoked else "is not bound to an account"
        raise _refused(f"the client certificate with SHA-256 {digest.hex()} {state}", _RENEW)
    if reason := _out_of_date(found):
        raise _refused(f"the client certificate {found.id} {reason}", _RENEW)
    account = directory.accounts.get(found.account)
    if account is None or account.disabled:
        raise _refused(
            f"the account of client certificate {found.id} is switched off",
            "Ask the hub's administrator.",
        )
    return Caller(account.name, account.org, account.roles, credential=f"certificate:{found.id}")


def _out_of_date(certificate: Certificate) -> str:
    now = now_us()
    if now >= certificate.expires_us:
        return f"has expired on {format_us(certificate.expires_us)}"
    if now < certificate.not_before_us:
        return f"is not valid before {format_us(certificate.not_before_us)}"
    return ""


def together(directory: Directory, caller: Caller, holder: Caller | None) -> Caller:
    """The caller, when a certificate does not contradict it and is there if it must be.

    Args:
        directory: As it is now.
        caller: As password, token or certificate proved it.
        holder: Whom a certificate stands for, if one was presented.

    Raises:
        HubError: UNAUTHENTICATED when the accounts differ, or this one needs a certificate.
    """
    if caller is holder:
        return caller
    if holder is None:
        account = directory.accounts.get(caller.account)
        if account and account.certificate_only:
            raise _refused("this account is let in with its client certificate only", _RENEW)
        return caller
    if holder.account != caller.account:
        raise _refused(
            "the client certificate and the Authorization header are of different accounts",
            "Send one of the two, or both of the same account.",
        )
    return msgspec.structs.replace(caller, credential=f"{caller.credential}+{holder.credential}")


def _refused(reason: str, remedy: str) -> HubError:
    return HubError(Fault.UNAUTHENTICATED, reason, field=FIELD, remedy=remedy)
