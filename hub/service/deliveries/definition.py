"""What a delivery is: one TOML file in the folder `feeds.deliveries`, named for it.

A file that cannot be used is said and left out; the others go on. Nothing in it is a secret: those
are named by reference, `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from connectors.senders import Sending, sending
from hub.errors import ConfigError
from hub.model.party import Subject, subject_of
from hub.model.tlp import Tlp
from hub.service.jobs.declared import Way, converted, of_way, read, span_us, wrong

_SHORTEST_US = 60_000_000
_ADDRESS = r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[recipients]]: who may switch on a digest. Nobody gets one who did not."""

    account: Annotated[str, Meta(description="account of this hub, whose scope counts")]
    address: Annotated[str, Meta(pattern=_ADDRESS, description="where its messages go")]
    language: Annotated[Literal["vi", "en"], Meta(description="of its messages")] = "vi"


class Definition(Way, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file of a delivery."""

    connector: Annotated[
        str, Meta(description="how it is sent: taxii, webhook, mail, syslog, misp")
    ]
    title: Annotated[str, Meta(description="what people call it; empty: its name")] = ""
    enabled: Annotated[bool, Meta(description="whether it is done at all")] = False
    every: Annotated[
        str, Meta(description='how often, such as "5m", "1h" or "1d"; at least "1m"')
    ] = "5m"
    account: Annotated[
        str,
        Meta(
            description="account whose scope counts, at the moment of sending; for mail it is "
            "that of each reader"
        ),
    ] = ""
    collections: Annotated[
        tuple[str, ...],
        Meta(description="aliases or ids; none: all that the account reads"),
    ] = ()
    query: Annotated[
        str, Meta(description="query that an object has to match, as in a search")
    ] = ""
    types: Annotated[tuple[str, ...], Meta(description="STIX types; none: all")] = ()
    not_types: Annotated[tuple[str, ...], Meta(description="STIX types that stay here")] = ()
    min_confidence: Annotated[
        int,
        Meta(ge=0, le=100, description="objects that name a lower confidence stay here"),
    ] = 0
    ceiling: Annotated[
        str,
        Meta(
            description="strictest marking that is sent: clear, green, amber, amber+strict; "
            "empty: that of the connector"
        ),
    ] = ""
    audiences: Annotated[
        tuple[str, ...],
        Meta(
            description="objects for a named audience stay here unless one of these is in it, "
            "such as org:grid or community:energy"
        ),
    ] = ()
    publishers: Annotated[
        tuple[str, ...],
        Meta(description="organisations whose objects are sent; none: all"),
    ] = ()
    not_publishers: Annotated[
        tuple[str, ...], Meta(description="organisations whose objects stay here")
    ] = ()
    not_from: Annotated[
        tuple[str, ...],
        Meta(
            description="feeds from the same place: what one of them knows in this version or a "
            "newer one is not sent back"
        ),
    ] = ()
    start: Annotated[
        Literal["now", "all"],
        Meta(description="whether the first run sends what is there already"),
    ] = "now"
    parcel: Annotated[int, Meta(ge=1, le=10_000, description="objects that are sent at once")] = (
        200
    )
    parcel_bytes: Annotated[
        int, Meta(ge=10_000, le=64_000_000, description="bytes of objects at once")
    ] = 4_000_000
    attempts: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            description="how often something is sent that the other side refuses as a whole, "
            "until it is sent object by object and what is refused then becomes a dead letter",
        ),
    ] = 5
    target: Annotated[
        dict[str, Any], Meta(description="where to; the fields are those of the connector")
    ]
    recipients: Annotated[
        tuple[Recipient, ...], Meta(description="for mail: who may switch it on")
    ] = ()


class Delivery(NamedTuple):
    """A delivery that can be done."""

    name: str
    """Stem of its file"""
    folder: Path
    """Relative paths in it start here."""
    said: Definition
    kind: Sending
    target: msgspec.Struct
    """[target], decoded"""
    ceiling: Tlp
    """The strictest marking that it sends"""
    every_us: int

    @property
    def title(self) -> str:
        """What people call it."""
        return self.said.title or self.name

    @property
    def audiences(self) -> frozenset[Subject]:
        """Audiences whose objects are sent."""
        return frozenset(subject_of(text) for text in self.said.audiences)

    def job(self, reader: str = "") -> str:
        """The name of its job, or of that of one reader."""
        return f"delivery:{self.name}/{reader}" if reader else f"delivery:{self.name}"


class Faulty(NamedTuple):
    """A file that is no delivery."""

    name: str
    reason: str


def load(path: Path) -> Delivery:
    """The delivery of a file.

    Raises:
        ConfigError: Names the file, the line and field, what is wrong, and what is allowed.
    """
    said, text = read(path, Definition)
    try:
        found = sending(said.connector)
    except ConfigError as unknown:
        raise wrong(path, text, "connector", str(unknown)) from unknown
    for place, reason in _faults(said, found):
        raise wrong(path, text, place, reason)
    return Delivery(
        name=path.stem,
        folder=path.parent,
        said=said,
        kind=found,
        target=converted(path, text, said.target, found.settings, "target"),
        ceiling=Tlp.named(said.ceiling) if said.ceiling else found.channel.ceiling,
        every_us=span_us(said.every) or 0,
    )


def load_all(folder: Path) -> tuple[dict[str, Delivery], list[Faulty]]:
    """The deliveries of a folder by name, and the files that are none. No folder: none."""
    found: dict[str, Delivery] = {}
    faulty: list[Faulty] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            found[path.stem] = load(path)
        except ConfigError as error:
            faulty.append(Faulty(path.stem, str(error)))
    return found, faulty


def _faults(said: Definition, found: Sending) -> Iterator[tuple[str, str]]:
    """What the types cannot say."""
    yield from of_way(said)
    every = span_us(said.every)
    if every is None or every < _SHORTEST_US:
        yield "every", 'it is a span such as "5m", "1h" or "1d", and at least "1m"'
    yield from _of_ceiling(said, found)
    yield from _of_readers(said, found)
    for text in said.audiences:
        try:
            subject_of(text)
        except ValueError:
            yield (
                "audiences",
                f"{text!r} is not of the form org:NAME, community:NAME or group:NAME",
            )


def _of_ceiling(said: Definition, found: Sending) -> Iterator[tuple[str, str]]:
    highest = found.channel.highest
    fits = [tlp.text for tlp in Tlp if tlp <= highest]
    if said.ceiling and said.ceiling not in fits:
        yield "ceiling", f"{said.connector} may hold one of {', '.join(fits)}"


def _of_readers(said: Definition, found: Sending) -> Iterator[tuple[str, str]]:
    if found.channel.personal and said.account:
        yield "account", "what is for people is within the scope of each: name `recipients`"
    if not found.channel.personal and said.recipients:
        yield "recipients", "they are for mail alone"
    if not found.channel.personal and said.enabled and not said.account:
        yield "account", "a delivery that is enabled needs one: its scope is what is sent"
    accounts = [item.account for item in said.recipients]
    if len(set(accounts)) < len(accounts):
        yield "recipients", "an account stands there twice"
