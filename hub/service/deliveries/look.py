"""A delivery's eyes: what it may send, with the rights that its account has at this moment."""

from __future__ import annotations

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Account, Caller, Directory
from hub.service.deliveries.definition import Delivery
from hub.service.deliveries.gather import Books, Gatherer, Known


def gatherer(
    books: Books, directory: Directory, delivery: Delivery, reader: str, now_us: int
) -> Gatherer:
    """Gathers for a delivery, or for one of its readers.

    Args:
        books: The record and the jobs.
        directory: As it is now.
        delivery: Whose.
        reader: Account of the reader; empty: the delivery has an account of its own.
        now_us: What `7d` and the like in its query are counted from.

    Raises:
        HubError: DENIED when the account may not act; and as `Gatherer`.
    """
    account = account_of(directory, delivery, reader)
    caller = Caller(
        account.name,
        account.org,
        account.roles,
        read_only=True,
        credential=delivery.job(reader),
        ceiling=delivery.ceiling,
    )
    known = Known(policy.scope(caller, directory), directory, now_us)
    return Gatherer(books, delivery, known, delivery.job(reader))


def account_of(directory: Directory, delivery: Delivery, reader: str) -> Account:
    """The account whose scope counts.

    Raises:
        HubError: DENIED when there is none, or it is switched off.
    """
    name = reader or delivery.said.account
    account = directory.accounts.get(name)
    if account is None or account.disabled:
        raise HubError(
            Fault.DENIED,
            f"there is no account {name[:80]!r}, or it is switched off",
            field="account",
            remedy="Nothing is sent for it. Name another account, or switch this one on.",
        )
    return account
