"""Whom a mail is from, as far as that can be said.

`From` proves nothing. The hub checks no DKIM signature itself: it reads what the agency's own mail
server has found out and written into `Authentication-Results` (RFC 8601), if the feed names that
server. Without it, whoever can send a mail to the mailbox can write any address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_RESULT = re.compile(r"\b(dmarc|dkim)\s*=\s*pass\b([^;]*)", re.IGNORECASE)
_DOMAIN = re.compile(r"\bheader\.(?:d|i)\s*=\s*\"?@?([a-z0-9.-]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")


def is_from(sender: str, senders: Iterable[str]) -> bool:
    """Whether an address is one of a list.

    Args:
        sender: In lower case.
        senders: Addresses, or domains that begin with `@`.
    """
    domain = f"@{sender.rpartition('@')[2]}"
    allowed = {entry.strip().lower() for entry in senders}
    return bool(sender) and (sender in allowed or domain in allowed)


def is_vouched(fields: Iterable[str], sender: str, server: str) -> bool:
    """Whether this server says that the mail comes from the domain of its sender.

    Only the topmost field of that server counts: others may have come with the mail.

    Args:
        fields: Those of `Authentication-Results`, the topmost first.
        sender: Its address of `From`, in lower case.
        server: As it names itself in the field (authserv-id).
    """
    for field in fields:
        said = _COMMENT.sub(" ", " ".join(field.split()))
        name, _, results = said.partition(";")
        if name.split()[:1] and name.split()[0].lower() == server.lower():
            return _passes(results, sender.rpartition("@")[2])
    return False


def _passes(results: str, domain: str) -> bool:
    for result in _RESULT.finditer(results):
        if result[1].lower() == "dmarc":
            return True
        signer = _DOMAIN.search(result[2])
        if signer and (domain == signer[1].lower() or domain.endswith(f".{signer[1].lower()}")):
            return True
    return False
