"""What a feed says about another party's TAXII server."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from connectors.base import Run
from connectors.taxii.messages import Credentials
from hub.model.clock import DAY_US, format_us, parse_us

_SCHEMES = ("http", "https")


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What both versions of TAXII have in common."""

    url: Annotated[
        str,
        Meta(
            description="Address of the server, of its discovery, of an API root or of a collection"
        ),
    ]
    urls: Annotated[
        tuple[str, ...], Meta(description="Further addresses that are read with the same log-in")
    ] = ()
    roots: Annotated[
        tuple[str, ...],
        Meta(
            description="API roots that are read: address, last part of the path, or title;"
            " empty: all that the discovery names on the same host"
        ),
    ] = ()
    collections: Annotated[
        tuple[str, ...],
        Meta(
            description="Collections that are read: id, alias or title; empty: all that may be read"
        ),
    ] = ()
    user: Annotated[str, Meta(description="Account for HTTP Basic; empty: none")] = ""
    password: Annotated[
        str, Meta(description="Reference of its password, `env:NAME` or `file:PATH`")
    ] = ""
    token: Annotated[
        str, Meta(description="Reference of a token, `env:NAME` or `file:PATH`; empty: none")
    ] = ""
    scheme: Annotated[
        Literal["Bearer", "Token"], Meta(description="What stands before the token")
    ] = "Bearer"
    added_after: Annotated[
        str,
        Meta(description="The first pull begins after this date added; empty: at the beginning"),
    ] = ""
    newest_days: Annotated[
        int, Meta(ge=0, description="The first pull takes the last days only; 0: everything")
    ] = 0
    types: Annotated[
        tuple[str, ...],
        Meta(description="Types that are asked for, such as `indicator`; empty: all"),
    ] = ()
    page: Annotated[
        int, Meta(ge=1, le=10_000, description="Objects that are asked for at once")
    ] = 500
    most: Annotated[
        int, Meta(ge=1, description="Objects of a run; what is beyond comes with the next one")
    ] = 100_000
    deletions_hours: Annotated[
        float,
        Meta(
            ge=0,
            description="How often it is looked for what the server has no more, in hours;"
            " that is deleted here. 0: never",
        ),
    ] = 24
    deletions_most: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            description="Of what the server had, as many percent are deleted at once;"
            " if more are missing, none is, and the feed says so",
        ),
    ] = 50

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ValueError: With the reason; msgspec names the place.
        """
        for fault in self._faults():
            raise ValueError(fault)

    def _faults(self) -> Iterator[str]:
        for url in (self.url, *self.urls, *(root for root in self.roots if "://" in root)):
            yield from _of_address(url)
        if self.added_after and not _is_timestamp(self.added_after):
            yield "`added_after` is no timestamp such as 2026-01-31T00:00:00Z"
        if bool(self.user) != bool(self.password):
            yield "`user` and `password` go together"
        if self.user and self.token:
            yield "give a `user` or a `token`, not both"

    def credentials(self, run: Run) -> Credentials:
        """Whom to appear as.

        Raises:
            ConfigError: A secret cannot be read.
        """
        return Credentials(
            self.user,
            run.secret(self.password) if self.password else "",
            run.secret(self.token) if self.token else "",
            bearer=self.scheme == "Bearer",
        )

    def digest(self) -> str:
        """What tells these settings from others that read something else."""
        said = repr((self.url, self.urls, self.roots, self.collections))
        return sha256(said.encode()).hexdigest()[:16]

    def start(self, run: Run) -> str:
        """Where the first pull begins: a date added, or nothing."""
        if self.newest_days:
            newest = format_us(max(run.started_us - self.newest_days * DAY_US, 0))
            return max(newest, self.added_after)
        return self.added_after


class Settings(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The [source] of a feed from a TAXII 2.1 server."""

    versions: Annotated[
        Literal["last", "all"], Meta(description="Versions of an object that are asked for")
    ] = "last"
    spec_versions: Annotated[
        tuple[Literal["2.0", "2.1"], ...],
        Meta(
            description="Versions of STIX that are asked for; empty: what the server gives unasked"
        ),
    ] = ()
    overlap_seconds: Annotated[
        int,
        Meta(
            ge=0,
            description="Each pull begins so much before the end of the one before: for servers"
            " that date objects before these can be seen",
        ),
    ] = 0

    def query(self) -> dict[str, str]:
        """The parameters of every page."""
        matches = {
            "match[type]": ",".join(self.types),
            "match[version]": self.versions if self.versions != "last" else "",
            "match[spec_version]": ",".join(self.spec_versions),
        }
        return {"limit": str(self.page)} | {name: said for name, said in matches.items() if said}


class Settings20(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The [source] of a feed from a TAXII 2.0 server."""

    again_hours: Annotated[
        float,
        Meta(
            ge=0,
            description="How often everything is read from the beginning, in hours: there are"
            " servers that give a new version the date of the first. 0: never",
        ),
    ] = 24

    def query(self) -> dict[str, str]:
        """The parameters of every page."""
        return {"match[type]": ",".join(self.types)} if self.types else {}


def _of_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in _SCHEMES:
        yield f"{url[:200]!r} is no address with http:// or https://"
    elif parts.username is not None or parts.password is not None:
        yield "no log-in in an address; give `user` and `password`, or `token`"
    elif parts.query or parts.fragment:
        yield "no ? and # in an address; filters are settings of their own"


def _is_timestamp(text: str) -> bool:
    try:
        parse_us(text)
    except ValueError:
        return False
    return True
