"""[source] of everything that is one address of the web or one place among the files.

The names are the same in every connector that reads such a source: its SETTINGS build on `Source`.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from connectors.base import Run

_WEB = re.compile(r"https?://", re.IGNORECASE)
TOKEN = "{token}"  # noqa: S105 - a place in an address


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every such source has in common."""

    url: Annotated[
        str,
        Meta(
            description="Address of the source, http or https. Where the source wants its key in "
            "the address, `{token}` stands for it."
        ),
    ] = ""
    path: Annotated[
        str,
        Meta(
            description="File or folder in place of an address; a relative one begins at the folder "
            "of the feeds and stays in it."
        ),
    ] = ""
    user: Annotated[str, Meta(description="Name for HTTP Basic")] = ""
    password: Annotated[
        str, Meta(description="Reference to the password for HTTP Basic: env:NAME or file:PATH")
    ] = ""
    token: Annotated[
        str,
        Meta(
            description="Reference to a token, env:NAME or file:PATH. It is sent as `Authorization: "
            "Bearer`, or stands where the address says `{token}`."
        ),
    ] = ""
    headers: Annotated[
        dict[str, str],
        Meta(
            description="Further headers that hold keys: name, and a reference env:NAME or file:PATH"
        ),
    ] = {}

    def __post_init__(self) -> None:
        """Say what does not go together.

        Raises:
            ValueError: msgspec shows it with its place.
        """
        if bool(self.url) == bool(self.path):
            raise ValueError("one of `url` and `path` is needed, and only one")
        if self.url and not _WEB.match(self.url):
            raise ValueError("`url` begins with http:// or https://; a file is named by `path`")
        if self.user and not self.password:
            raise ValueError("`user` needs `password`")
        if TOKEN in self.url and not self.token:
            raise ValueError("`url` has a place for a token, and `token` is not set")


class Piece(NamedTuple):
    """One file, or what is behind an address."""

    name: str
    """For people: the name of the file or host, without what may be secret"""
    body: bytes
    """Unpacked if it was gzip"""
    stamp: str
    """Of this file in this state; empty: it is what is behind an address."""


def mark(source: Source, run: Run) -> str:
    """What settings and terms are recognised by: when they change, everything is read again."""
    return hashlib.sha256(repr((source, run.maker.terms)).encode()).hexdigest()[:16]
