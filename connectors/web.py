"""What is behind an address of the web, if it changed.

At least once a day it is read whole all the same, so that what a list still has does not end while it
is listed.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlsplit

from requests.auth import AuthBase, HTTPBasicAuth

from connectors.base import Run
from connectors.bearer import BearerAuth
from connectors.errors import NotUnderstood
from connectors.found import State
from connectors.net import Known
from connectors.net.body import unpacked
from connectors.source import TOKEN, Piece, Source, mark

GZIP = b"\x1f\x8b"
DAY_US = 86_400_000_000
_QUARTER = 4
_LONGEST = 1_000
_LONGEST_NAME = 80


def fetched(source: Source, state: State, run: Run) -> tuple[Piece, State] | None:
    """What is behind the address of a source, and the state behind it; None: nothing new.

    Args:
        source: Has a `url`.
        state: Of the last time that was published.
        run: Its net.

    Raises:
        RemoteError: One of its kinds.
        ConfigError: A secret is not there.
    """
    url, headers, auth = asked(source, run)
    of = mark(source, run)
    is_due = state.get("of") != of or is_stale(state, run)
    known = Known() if is_due else Known(state.get("etag", ""), state.get("modified", ""))
    answer = run.net.get(url, headers=headers, auth=auth, known=known)
    digest = hashlib.sha256(answer.body).hexdigest()[:16]
    if answer.unchanged or (not is_due and state.get("digest") == digest):
        return None
    after = {
        "of": of,
        "etag": answer.known.etag[:_LONGEST],
        "modified": answer.known.modified[:_LONGEST],
        "digest": digest,
        "read_us": run.started_us,
    }
    return Piece(called(source.url), plain(answer.body, run), ""), after


def is_stale(state: State, run: Run) -> bool:
    """Whether it is time to read all of a source again, changed or not."""
    terms = run.maker.terms
    lives_us = [terms.lifetime_us, *(life_us for _, life_us in terms.lifetimes)]
    again_us = min([DAY_US, *(life_us // _QUARTER for life_us in lives_us if life_us > 0)])
    return bool(run.started_us - state.get("read_us", 0) >= again_us)


def plain(body: bytes, run: Run) -> bytes:
    """A body, unpacked if it is a file that was packed with gzip.

    Raises:
        TooLarge, NotUnderstood: As `connectors.net.body.unpacked`; or there is nothing in it.
    """
    if body.startswith(GZIP):
        body = unpacked(body, run.net.limits.most_bytes)
    if not body.strip():
        raise NotUnderstood("what came is empty")
    return body


def refuse_page(piece: Piece, wanted: str) -> None:
    """Say that a page of the web, which servers send in place of what went wrong, is not wanted.

    Raises:
        NotUnderstood: It is one.
    """
    head = piece.body[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head")):
        raise NotUnderstood(
            f"a page of the web came instead of {wanted}",
            remedy="Check the address; the server may want a log-in.",
        )


def called(url: str) -> str:
    """What to call an address: the name of its file, or its host. Keys stand in neither."""
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    return (last if "." in last and TOKEN not in last else parts.hostname or "")[:_LONGEST_NAME]


def asked(source: Source, run: Run) -> tuple[str, dict[str, str], AuthBase | None]:
    """The address with its key, and what else says who asks.

    Raises:
        ConfigError: A secret is not there.
    """
    headers = {name: run.secret(ref) for name, ref in source.headers.items()}
    token = run.secret(source.token) if source.token else ""
    if TOKEN in source.url:
        return source.url.replace(TOKEN, quote(token, safe="")), headers, None
    if source.user:
        password = run.secret(source.password)
        return source.url, headers, HTTPBasicAuth(source.user.encode(), password.encode())
    return source.url, headers, BearerAuth(token) if token else None
