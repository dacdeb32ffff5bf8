"""Definitions as files: one TOML for each job, checked as a whole; what is wrong is said with its line.

A secret never stands in one: `env:NAME` or `file:PATH` says where it is.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Meta

from connectors.net.limits import Limits
from hub.config.explain import line_of
from hub.errors import ConfigError
from hub.model.clock import DAY_US, HOUR_US
from hub.service.jobs.secrets import HIDDEN

T = TypeVar("T", bound=msgspec.Struct)

SECRETS = frozenset(
    {"password", "token", "secret", "old_secret", "signing_key", "api_key", "passphrase"}
)
"""Fields that hold the place of a secret, wherever they stand"""

_SECRET_PARAMETER = re.compile(
    r"(?:[a-z0-9]+[-_.])*[a-z0-9]*(?:key|token|secret|password|passwd|pwd|sig|signature)",
    re.IGNORECASE,
)
_LEADING = frozenset({"source.", "target."})
_TOKEN = "{token}"  # noqa: S105 - a place in an address
_REFERENCE = re.compile(r"(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SPAN = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_UNITS = {"s": 1_000_000, "m": 60_000_000, "h": HOUR_US, "d": DAY_US, "w": 7 * DAY_US}
_NO_LITERAL = (
    "a secret must not stand here: write env:NAME or file:PATH, and put it there; and change it "
    "if anybody else could read this file"
)
_PLACE = "write {token} in its place, and name it in `token`"
# What the other ones do with a key: there is no place for it in their addresses.
_PLACES = {
    "taxii": "name it in `token`, or in `user` and `password`",
    "taxii20": "name it in `token`, or in `user` and `password`",
    "misp": "name it in `key`",
}
_AT = re.compile(r"\(at line (\d+), column (\d+)\)\Z")
_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]{24,}")
_RANDOM_64 = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[\w~=-]{20,}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[timeouts]: how long the other side may take, in seconds."""

    connect: Annotated[float, Meta(gt=0, le=300, description="until it is connected")] = 10.0
    read: Annotated[float, Meta(gt=0, le=3600, description="for each piece of an answer")] = 30.0
    whole: Annotated[float, Meta(gt=0, le=86_400, description="for a whole answer")] = 300.0


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a job reaches the other side: the same fields for feeds and deliveries."""

    networks: Annotated[
        tuple[str, ...],
        Meta(
            description="private or other special networks that it may reach, such as "
            '"10.1.2.0/24"; all of them are refused otherwise'
        ),
    ] = ()
    proxy: Annotated[
        str,
        Meta(description="HTTP proxy, without credentials in it; empty: none"),
    ] = ""
    ca_file: Annotated[str, Meta(description="CAs to trust in place of the system's, PEM")] = ""
    cert: Annotated[str, Meta(description="client certificate, PEM")] = ""
    key: Annotated[str, Meta(description="its private key, PEM, readable by the hub alone")] = ""
    most_bytes: Annotated[
        int, Meta(ge=1000, le=4_000_000_000, description="largest answer, in bytes, unpacked")
    ] = 64_000_000
    timeouts: Annotated[
        Timeouts, Meta(description="how long the other side may take, in seconds")
    ] = Timeouts()


def read(path: Path, kind: type[T]) -> tuple[T, str]:
    """A definition, and the text that it was read from.

    Raises:
        ConfigError: Names the file, the line and field, what is wrong, and what is allowed.
    """
    if not _NAME.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: the name {path.stem!r} may have small letters, digits, dots, - and _ alone: "
            "rename the file"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        wire = error.strerror
        raise ConfigError(f"{path} cannot be read: {wire}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is no text in UTF-8: save it as that") from error
    table = _table(path, text)
    way = _PLACES.get(str(table.get("connector")), _PLACE)
    for place, reason in _revealed(table, "", way):
        raise wrong(path, text, place, reason)
    return converted(path, text, table, kind), text


def _table(path: Path, text: str) -> dict[str, Any]:
    """What a definition says. One that is no TOML must not hide the others, whatever is in it."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = _AT.search(str(error))
        if place is None and "end of document" not in str(error):
            raise ConfigError(f"{path}: it holds a number too long or a list too deep") from error
        lines = text.splitlines() or [""]
        line, column = place.groups() if place else (len(lines), len(lines[-1]) + 1)
        raise ConfigError(
            f"{path}: this is no TOML at line {line}, column {column}: a quote, bracket or = is missing, "
            "or a name is there twice"
        ) from error


def converted(path: Path, text: str, table: Any, kind: type[T], section: str = "") -> T:
    """A table of a definition as its struct.

    Args:
        path: The file.
        text: What it holds.
        table: Of it.
        kind: What it should be.
        section: Where the table stands in the file; empty: it is all of it.

    Raises:
        ConfigError: As `read`.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        reason, _, tail = str(error).partition(" - at `$")
        place = ".".join(filter(None, [section, tail.rstrip("`").lstrip(".")]))
        if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", reason):
            known = ", ".join(kind.__struct_fields__) if place == section else ""
            place = f"{place}.{unknown[1]}".lstrip(".")
            reason = f"it is unknown{f'; known are {known}' if known else ''}"
        elif missing := re.fullmatch(r"Object missing required field `(.*)`", reason):
            place = f"{place}.{missing[1]}".lstrip(".")
            reason = "it is required"
        raise wrong(path, text, place, reason) from error


def wrong(path: Path, text: str, place: str, reason: str) -> ConfigError:
    """The error for one field, such as `filters.types`."""
    line = line_of(text, place)
    where = f"{path}:{line}" if line else str(path)
    return ConfigError(f"{where}: `{place}`: {reason}.")


def of_way(way: Way) -> Iterator[tuple[str, str]]:
    """What is wrong with how a job reaches the other side, beyond the types."""
    for network in way.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield "networks", f'{network!r} is no network like "10.1.2.0/24"'
    if way.proxy and not re.fullmatch(r"https?://[^/@?#\s]+/?", way.proxy):
        yield "proxy", "it is not like http://proxy.example:3128, without credentials"
    if bool(way.cert) != bool(way.key):
        yield "cert" if way.cert else "key", "`cert` and `key` go together"


def limits_of(way: Way, folder: Path) -> Limits:
    """What a job may do on its way out."""

    def file(name: str) -> str:
        return str(folder / name) if name else ""

    return Limits(
        networks=tuple(ipaddress.ip_network(network) for network in way.networks),
        proxy=way.proxy,
        ca_file=file(way.ca_file),
        certificate=(file(way.cert), file(way.key)) if way.cert else None,
        connect_s=way.timeouts.connect,
        read_s=way.timeouts.read,
        whole_s=way.timeouts.whole,
        most_bytes=way.most_bytes,
    )


def span_us(text: str) -> int | None:
    """Microseconds of a span such as `15m`, `12h` or `30d`; None: it is none."""
    found = _SPAN.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else None


def _revealed(table: Mapping[str, Any], before: str, way: str) -> Iterator[tuple[str, str]]:
    """Fields that hold a secret itself. What stands in them is not repeated.

    Args:
        table: Of the file.
        before: What its fields begin with.
        way: Where a key goes that stands in an address.
    """
    for name, value in table.items():
        place = f"{before}{name}"
        if isinstance(value, dict):
            yield from _revealed(value, f"{place}.", way)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield from ((place, reason) for reason in _reveals(before, name, text, way))


def _reveals(before: str, name: str, text: str, way: str) -> Iterator[str]:
    is_secret = (
        name.lower() in SECRETS
        or (name == "key" and before != "")  # at the top it is the file of a private key
        or before.endswith("headers.")
    )
    if is_secret:
        if text and not _REFERENCE.fullmatch(text):
            yield _NO_LITERAL
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    if parts.password is not None:
        yield _NO_LITERAL
    elif before not in _LEADING or not parts.netloc:
        return
    elif any(_is_key(*pair) for pair in parse_qsl(parts.query)):
        yield (
            f"a key must not stand in an address: {way}; and change it if anybody else could read "
            "this file"
        )
    elif _TOKEN in text and way != _PLACE:
        yield f"{_TOKEN} means nothing in an address of this connector: {way}"


def _is_key(name: str, value: str) -> bool:
    return bool(_SECRET_PARAMETER.fullmatch(name)) and value != _TOKEN


def shown(table: Mapping[str, Any]) -> dict[str, Any]:
    """Where a job leads, for people: without what is a secret, or may be one in an address."""
    return {
        name: [_veiled(item) for item in value] if isinstance(value, list) else _veiled(value)
        for name, value in table.items()
        if name not in SECRETS and name != "headers"
    }


def keys_in(table: Mapping[str, Any]) -> frozenset[str]:
    """Parts of the paths of addresses that may be keys: long ones that no person would write."""
    found = (
        item
        for value in table.values()
        for item in (value if isinstance(value, list) else [value])
    )
    return frozenset(part for text in found for part in _keys(text))


def _keys(text: object) -> list[str]:
    if not isinstance(text, str) or "://" not in text:
        return []
    address = text.partition("?")[0].partition("#")[0]
    return [part for part in address.split("/")[3:] if _is_random(part)]


def _is_random(part: str) -> bool:
    """Whether nobody can say it aloud; collections and events have UUIDs for names, which stay."""
    is_uuid = _UUID.fullmatch(part) is not None
    return not is_uuid and bool(_RANDOM.fullmatch(part) or _RANDOM_64.fullmatch(part))


def _veiled(value: Any) -> Any:
    if not isinstance(value, str) or "://" not in value:
        return value
    address, mark, query = value.partition("?")
    keys = _keys(value)
    told = "/".join(HIDDEN if part in keys else part for part in address.split("/"))
    return f"{told}?{HIDDEN}" if mark and query else told
