"""A CSAF provider: each new or changed advisory becomes a report with its vulnerabilities.

Digests (SHA-512, SHA-256) are checked where the provider has them; OpenPGP signatures are not. The
documents are read in the order of their changes, so a run that was cut off goes on where it was.
Changes of the last days are compared twice, as lists are not always in order; what could not be
read is asked for again by the next run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from connectors.advisory import instant_us, mark, public, published, remembered
from connectors.base import Run
from connectors.csaf.advisory import read_document
from connectors.csaf.listing import Listed, decoded, listed
from connectors.errors import Absent, NotUnderstood, RemoteError, Unreachable
from connectors.found import Batch, Found, Left, State
from connectors.source import Source
from connectors.web import asked
from hub.errors import ConfigError
from hub.model.clock import DAY_US

_OVERLAP_US = 7 * DAY_US
_MOST_AGAIN = 50
_MOST_AWAY = 3
"""Documents in a row that cannot be reached: then it is the provider that is away"""
_HASHES = {128: "sha512", 64: "sha256"}


class Settings(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a CSAF provider."""

    since: Annotated[
        str, Meta(description="Only what changed from this day on, such as `2026-01-01`")
    ] = ""
    most: Annotated[int, Meta(description="Documents of one run", ge=1, le=10_000)] = 500


class _Made(NamedTuple):
    """What became of a document."""

    found: tuple[Found, ...] = ()
    left: tuple[Left, ...] = ()
    again: bool = False
    """It may be all right next time."""
    away: Unreachable | None = None
    """It could not be reached."""


class Provider:
    """Providers of CSAF documents."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """Advisories that are new or have changed, each in a batch of its own."""
        if not settings.url:
            raise ConfigError("`source.url`: a provider of CSAF has an address")
        source = _Source(settings, run)
        stand = _Stand(state, _since_us(settings))
        waiting = [e for e in listed(settings.url, source.body) if stand.wants(e)]
        if len(waiting) > settings.most:
            run.notice(f"{len(waiting)} documents wait; this run reads {settings.most}")
        if any(entry.signed for entry in waiting):
            run.notice("signatures (OpenPGP) of the documents are not checked, digests are")
        away = 0
        for entry in waiting[: settings.most]:
            made = source.made(entry)
            away = away + 1 if made.away else 0
            if made.away and away >= min(_MOST_AWAY, len(waiting)):
                raise made.away
            stand.past(entry, again=made.again)
            yield Batch(made.found, stand.state(), made.left)


class _Stand:
    """Which documents are known."""

    def __init__(self, state: State, since_us: int) -> None:
        self._newest_us = int(state.get("newest", 0))
        self._from_us = max(since_us, self._newest_us - _OVERLAP_US)
        self._again = dict.fromkeys(state.get("again", []))
        self._seen: dict[str, str] = dict(state.get("seen", {}))

    def wants(self, entry: Listed) -> bool:
        """Whether a document is new, has changed, or could not be read before."""
        if mark(entry.url) in self._again:
            return True
        if entry.changed_us and entry.changed_us < self._from_us:
            return False
        return self._seen.get(mark(entry.url)) != str(entry.changed_us)

    def past(self, entry: Listed, *, again: bool) -> None:
        """A document was looked at."""
        name = mark(entry.url)
        self._newest_us = max(self._newest_us, entry.changed_us)
        self._again.pop(name, None)
        self._seen.pop(name, None)
        if again:
            self._again[name] = None
        else:
            self._seen[name] = str(entry.changed_us)

    def state(self) -> State:
        """To go on from."""
        return {
            "newest": self._newest_us,
            "again": list(self._again)[-_MOST_AGAIN:],
            "seen": remembered(self._seen),
        }


class _Source:
    """The documents of one provider."""

    def __init__(self, settings: Settings, run: Run) -> None:
        self._settings = settings
        self._run = run
        self._origin = urlsplit(settings.url)[:2]

    def body(self, url: str) -> bytes:
        """What is behind an address; credentials go to the provider's own alone."""
        if urlsplit(url)[:2] != self._origin:
            return self._run.net.get(url).body
        whole, headers, auth = asked(msgspec.structs.replace(self._settings, url=url), self._run)
        return self._run.net.get(whole, headers=headers, auth=auth).body

    def made(self, entry: Listed) -> _Made:
        """The objects of a document, or why there are none."""
        origin = public(entry.url)
        try:
            raw = self.body(entry.url)
            self._check(raw, entry)
            read = read_document(decoded(raw, "the document"), origin)
        except RemoteError as error:
            again = not isinstance(error, Absent)
            away = error if isinstance(error, Unreachable) else None
            return _Made((), (Left(origin, error.reason, origin),), again, away)
        found = published(self._run, read.advisory, read.items)
        left = read.left or (
            () if found else (Left(origin, "it names no vulnerability with a CVE number", origin),)
        )
        return _Made(tuple(found), left)

    def _check(self, raw: bytes, entry: Listed) -> None:
        """Compare a document with the strongest digest that there is; some have none.

        Raises:
            NotUnderstood: It is another document than the digest was made of.
        """
        for url in entry.digests:
            try:
                said = self.body(url).decode("ascii", "replace").split()
            except Absent:
                continue
            digest = said[0].lower() if said else ""
            name = _HASHES.get(len(digest))
            if name is None or hashlib.new(name, raw).hexdigest() != digest:
                raise NotUnderstood("its digest is not the one that the provider names")
            return


def _since_us(settings: Settings) -> int:
    if not settings.since:
        return 0
    found = instant_us(settings.since)
    if not found:
        raise ConfigError(f"`source.since`: {settings.since!r} is no day, such as 2026-01-01")
    return found


SETTINGS: type[msgspec.Struct] = Settings
CONNECTOR = Provider()
