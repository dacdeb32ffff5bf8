"""What one feed may do on its way out, and what comes back, as plain data."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

Network = IPv4Network | IPv6Network


class Limits(NamedTuple):
    """What one feed may do."""

    networks: tuple[Network, ...] = ()
    """Special networks that it may reach, such as that of a server in the same building"""
    proxy: str = ""
    """Of HTTP, without credentials in it; empty: none. What the environment says is not used."""
    ca_file: str = ""
    """CAs to trust in place of the system's, PEM"""
    certificate: tuple[str, str] | None = None
    """Files of a client certificate and its key, PEM"""
    connect_s: float = 10.0
    read_s: float = 30.0
    """For each piece"""
    whole_s: float = 300.0
    """For a whole answer"""
    most_bytes: int = 64_000_000
    """Of an answer, unpacked"""


class Known(NamedTuple):
    """What an earlier answer was recognised by."""

    etag: str = ""
    modified: str = ""


class Answer(NamedTuple):
    """What came."""

    url: str
    """From where, after redirects"""
    body: bytes
    """Unpacked; empty when it is unchanged"""
    media_type: str
    """Without parameters, in lower case"""
    charset: str
    """As the header names it; empty: it does not"""
    known: Known
    unchanged: bool
    """304: the earlier answer still holds."""
