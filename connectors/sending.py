"""What every outbound connector is: it hands one parcel to the other side, and says what became of it.

The laws, for every sender (`tests/connectors/sending/test_laws.py` is run over each of them):

- A parcel may come again with the same `Parcel.key`, after a crash or a failure. The same key holds
  the same content; the other side is given the key, where its protocol has a place for one.
- What came back as accepted is there. What the other side refuses for good, object by object, is in
  `Receipt.refused` and is not an error; the rest of the parcel goes on.
- What may succeed later is raised: `Unreachable`, `LoginNeeded` and `Absent` keep the parcel, since
  the other side or an operator can mend it. `TooLarge` asks for smaller parcels. Any other
  `RemoteError` speaks of the parcel as it is. Only errors of `connectors.errors` come out.
- Every way out leads through `Trip.net`, with time limits and the address checked. No redirect is
  followed: what is sent goes to the address that was named, or nowhere.
- No secret stands in an error, a notice or a receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from connectors.net import Net
from hub.model.tlp import Tlp

S_contra = TypeVar("S_contra", bound=msgspec.Struct, contravariant=True)


class Freight(NamedTuple):
    """One object that is sent."""

    raw: bytes
    """As it was published"""
    object_id: str
    type: str
    version: str
    tlp: Tlp
    """Its effective marking"""
    collection: str
    """Alias of the collection here"""
    publisher: str
    """Slug of the organisation"""
    added_us: int
    """When this hub got it"""


class Reader(NamedTuple):
    """A person whom a parcel is for. Other parcels are for whoever stands behind the address."""

    account: str
    address: str
    """Of e-mail"""
    language: str
    """`vi` or `en`"""


class Parcel(NamedTuple):
    """What is sent at once, oldest first."""

    key: str
    """Of its content and delivery, 32 hex digits: the same content has the same key."""
    freight: tuple[Freight, ...]
    gone: tuple[str, ...] = ()
    """Ids of objects that were sent before and that nobody has any more; only for senders whose
    `Channel.retracts`"""
    reader: Reader | None = None
    more: int = 0
    """How many objects are not in it though they belong to it; only in a digest"""


class Undelivered(NamedTuple):
    """An object that the other side will not take, however often it is sent."""

    object_id: str
    version: str
    """Empty: its deletion"""
    reason: str
    """In words for people"""


class Receipt(NamedTuple):
    """What became of a parcel."""

    accepted: int
    """Objects that the other side has now, those that it had already included"""
    refused: tuple[Undelivered, ...] = ()
    note: str = ""
    """What an operator may want to know, such as the number of a status"""


class Trip(NamedTuple):
    """One way to the other side: what a sender is given beside its settings and the parcel."""

    delivery: str
    """Its name"""
    title: str
    """What people call it"""
    started_us: int
    """The instant of the run"""
    net: Net
    secret: Callable[[str], str]
    """The secret behind a reference such as `env:NAME` or `file:PATH`; raises ConfigError."""
    folder: Path
    """Relative paths of the settings start here."""
    console: str
    """Address of this hub's console, without a slash at the end"""
    notice: Callable[[str], None] = lambda _: None
    """Told what an operator may want to know while it runs"""


class Channel(NamedTuple):
    """What a kind of delivery can do, and how far it reaches."""

    ceiling: Tlp
    """The strictest marking that is sent unless the delivery says otherwise"""
    highest: Tlp
    """The strictest that it may say"""
    retracts: bool = False
    """It can tell the other side that an object is gone."""
    personal: bool = False
    """Parcels are for people, each within the scope of that person's account."""


class Sender(Protocol[S_contra]):
    """One kind of delivery."""

    def send(self, settings: S_contra, parcel: Parcel, trip: Trip) -> Receipt:
        """Hand over a parcel, and wait for the answer.

        Args:
            settings: The delivery's [target], decoded.
            parcel: What is sent; never empty.
            trip: What it works with.

        Raises:
            RemoteError: One of its kinds, in words for people.
        """
