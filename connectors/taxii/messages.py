"""What goes to another TAXII server and what comes back, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from taxii2client.v21 import Status


class Credentials(NamedTuple):
    """An account with its password (HTTP Basic), a token, a client certificate, or nothing."""

    account: str = ""
    password: str = ""
    token: str = ""
    certificate: tuple[str, str] | None = None
    """Files of a client certificate and of its key, PEM, not encrypted."""
    bearer: bool = False
    """The token is sent as `Bearer`, not as `Token`."""


class Page(NamedTuple):
    """One answer with objects."""

    raws: list[bytes]
    added_first: str
    """When the first of them was added, in the other side's words; empty if it does not say."""
    added_last: str
    """The same of the last of them."""
    more: bool
    """Another page follows; its first object may have been added at the same instant."""


class Detail(NamedTuple):
    """What the other side says of one object."""

    id: str
    version: str
    message: str


class Receipt(NamedTuple):
    """What became of one envelope."""

    successes: list[Detail]
    failures: list[Detail]
    success_count: int
    failure_count: int
    pending_count: int
    """Objects that were still undecided when the patience ended."""


def slashed(url: str) -> str:
    """The address as the specification writes it: with a slash at the end."""
    return url if url.endswith("/") else f"{url}/"


def following(body: Mapping[str, Any], page: Page) -> dict[str, str]:
    """What leads to the following page (section 3.5)."""
    if body.get("next"):
        return {"next": str(body["next"])}
    return {"added_after": page.added_last} if page.added_last else {}


def receipt(status: Status) -> Receipt:
    """What a status resource (section 4.3.1) says."""
    return Receipt(
        [_detail(item) for item in status.successes],
        [_detail(item) for item in status.failures],
        status.success_count,
        status.failure_count,
        status.pending_count,
    )


def _detail(item: Any) -> Detail:
    found = item if isinstance(item, dict) else {}
    return Detail(*(str(found.get(name, "")) for name in Detail._fields))
