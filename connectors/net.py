"""The one way out: HTTP and plain sockets to addresses that were checked, with limits on everything.

- A name is resolved once, every address of it is checked, and the connection goes to the address
  that was checked: another answer of DNS a moment later changes nothing. Redirects are followed by
  hand, each checked like the first; credentials never follow to another origin.
- Private, loopback, link-local and other special addresses are refused, unless the feed names their
  network in `networks`.
- A whole answer has a time limit and a size limit, before and after it is unpacked.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import NamedTuple

from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

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


class Net:
    """The way out for one feed.

    Args:
        limits: What it may do.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - immutable
        self._limits = limits

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        auth: AuthBase | None = None,
        known: Known = Known(),  # noqa: B008 - immutable
    ) -> Answer:
        """The body behind an address, http or https.

        Raises:
            Unsafe: It leads where this feed may not go.
            RemoteError: Another of its kinds, with the reason in words.
        """
        raise NotImplementedError

    def adapter(self) -> HTTPAdapter:
        """What a session of requests (taxii2-client, PyMISP) mounts: the same checks and limits."""
        raise NotImplementedError

    def connect(self, host: str, port: int) -> socket.socket:
        """A checked TCP connection with time limits, for mail, syslog and the like.

        Raises:
            Unsafe, Unreachable: As `get`.
        """
        raise NotImplementedError
