"""What a delivery is: one TOML file in the folder `feeds.deliveries`, named for it.

A file that cannot be used is said and left out; the others go on. Nothing in it is a secret: those
are named by reference, `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from connectors.net import Limits
from connectors.senders import Sending, sending
from hub.errors import ConfigError
from hub.model.party import Subject, subject_of
from hub.model.tlp import Tlp

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_SECOND_US = 1_000_000
_ADDRESS = r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[recipients]]: who may switch on a digest. Nobody gets one who did not."""

    account: Annotated[str, Meta(description="account of this hub, whose scope counts")]
    address: Annotated[str, Meta(pattern=_ADDRESS, description="where its messages go")]
    language: Annotated[Literal["vi", "en"], Meta(description="of its messages")] = "vi"


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file of a delivery."""

    connector: Annotated[
        str, Meta(description="how it is sent: taxii, webhook, mail, syslog, misp")
    ]
    title: Annotated[str, Meta(description="what people call it; empty: its name")] = ""
    enabled: Annotated[bool, Meta(description="whether it is done at all")] = False
    every: Annotated[
        str,
        Meta(pattern=r"^[1-9][0-9]{0,3}[mhd]$", description="how often, such as 5m, 1h or 1d"),
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
    most: Annotated[int, Meta(ge=1, le=10_000, description="objects that are sent at once")] = 200
    most_bytes: Annotated[
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
    networks: Annotated[
        tuple[str, ...],
        Meta(description="private networks that may be reached, such as 10.1.2.0/24"),
    ] = ()
    proxy: Annotated[str, Meta(description="HTTP proxy; empty: none")] = ""
    ca_file: Annotated[str, Meta(description="CAs that are trusted, PEM; empty: the system's")] = (
        ""
    )
    cert: Annotated[str, Meta(description="client certificate, PEM")] = ""
    key: Annotated[str, Meta(description="its private key, PEM")] = ""
    target: Annotated[
        dict[str, Any], Meta(description="where to; the fields are those of the connector")
    ]
    recipients: Annotated[
        tuple[Recipient, ...], Meta(description="for mail: who may switch it on")
    ] = ()


class Delivery(NamedTuple):
    """A delivery that can be done."""

    name: str
    """That of its file"""
    definition: Definition
    kind: Sending
    target: msgspec.Struct
    """[target], decoded"""
    ceiling: Tlp

    @property
    def title(self) -> str:
        """What people call it."""
        return self.definition.title or self.name

    @property
    def every_us(self) -> int:
        """Microseconds between two runs."""
        text = self.definition.every
        return int(text[:-1]) * _UNITS[text[-1]] * _SECOND_US

    @property
    def audiences(self) -> frozenset[Subject]:
        """Audiences whose objects are sent."""
        return frozenset(subject_of(text) for text in self.definition.audiences)

    def job(self, reader: str = "") -> str:
        """The name of its job, or of that of one reader."""
        return f"delivery:{self.name}/{reader}" if reader else f"delivery:{self.name}"

    def limits(self, folder: Path) -> Limits:
        """What it may do on its way out; relative paths start at the folder."""
        told = self.definition
        return Limits(
            networks=tuple(ipaddress.ip_network(text) for text in told.networks),
            proxy=told.proxy,
            ca_file=str(folder / told.ca_file) if told.ca_file else "",
            certificate=(str(folder / told.cert), str(folder / told.key)) if told.cert else None,
        )


class Faulty(NamedTuple):
    """A file that is no delivery."""

    name: str
    reason: str


def load(path: Path) -> Delivery:
    """Read and check the file of a delivery.

    Raises:
        ConfigError: Names the file, the field and what is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        told = msgspec.convert(tables, Definition)
        found = sending(told.connector)
        target = msgspec.convert(told.target, found.settings)
        _require_whole(path.stem, told, found)
        ceiling = Tlp.named(told.ceiling) if told.ceiling else found.channel.ceiling
    except (OSError, ValueError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return Delivery(path.stem, told, found, target, ceiling)


def load_all(folder: Path) -> tuple[list[Delivery], list[Faulty]]:
    """All deliveries of a folder by name, and the files that are none."""
    found, faulty = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(load(path))
        except ConfigError as error:
            faulty.append(Faulty(path.stem, str(error)))
    return found, faulty


def _require_whole(name: str, told: Definition, found: Sending) -> None:
    for reason in _faults(name, told, found):
        raise ValueError(reason)


def _faults(name: str, told: Definition, found: Sending) -> Iterator[str]:
    """What the types cannot say."""
    if not NAME.fullmatch(name):
        yield "the name of the file has to be of a-z, 0-9 and -"
    yield from _ceiling(told, found)
    if found.channel.personal and told.account:
        yield "`account`: a digest is within the scope of each reader; name `recipients`"
    if not found.channel.personal and (told.recipients or not told.account):
        yield "`account` is needed, and `recipients` are for mail alone"
    accounts = [item.account for item in told.recipients]
    if len(set(accounts)) < len(accounts):
        yield "`recipients`: an account stands there twice"
    if bool(told.cert) != bool(told.key):
        yield "`cert` and `key` go together"
    yield from _forms(told)


def _ceiling(told: Definition, found: Sending) -> Iterator[str]:
    if not told.ceiling:
        return
    highest = found.channel.highest
    try:
        ceiling = Tlp.named(told.ceiling)
    except ValueError:
        yield f"`ceiling`: {told.ceiling!r} is no marking: clear, green, amber, amber+strict"
        return
    if ceiling > highest:
        yield f"`ceiling`: {told.connector} may hold at most {highest}"


def _forms(told: Definition) -> Iterator[str]:
    for text in told.audiences:
        try:
            subject_of(text)
        except ValueError:
            yield f"`audiences`: {text!r} is not like org:NAME, community:NAME or group:NAME"
    for text in told.networks:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            yield f"`networks`: {error}"
