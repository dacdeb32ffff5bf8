"""Media types, methods and what HTTP and TLS have beside them."""

from __future__ import annotations

import socket
import ssl
import warnings
from urllib.parse import urlsplit

from connectors.check.visit import (
    BROKEN,
    NOT_ACCEPTABLE,
    OK,
    Visit,
    is_error,
    is_taxii,
    told,
)
from connectors.check.wire import Asked, Trust, context

_NO_METHOD = 405
_PARTIAL, _NO_RANGE = 206, 416


def accepting(visit: Visit) -> None:
    """What `Accept` may say, at the list of collections."""
    book, at = visit.book, f"{visit.root}collections/"
    plain = visit.get(at, Accept="application/taxii+json")
    book.judge("CN-10", plain.status == OK, told(plain), plain)
    if plain.status == OK:
        book.judge("CN-11", is_taxii(plain), told(plain), plain)
    book.skip("it was not served", "CN-11")
    for check, text in (
        ("CN-12", "application/taxii+json;version=9.9"),
        ("CN-13", "text/html"),
    ):
        answer = visit.get(at, Accept=text)
        book.judge(check, answer.status == NOT_ACCEPTABLE, told(answer), answer)
        if answer.status == NOT_ACCEPTABLE:
            book.judge("CN-22", is_error(answer), told(answer), answer)
    book.skip("no answer was 406", "CN-22")
    for check, text in (
        ("CN-14", "application/taxii+json; version=2.1"),
        ("CN-15", "*/*"),
        ("CN-16", "application/json, application/taxii+json;version=2.1;q=0.9"),
    ):
        answer = visit.get(at, Accept=text)
        book.judge(check, answer.status == OK, told(answer), answer)
    none = visit.get(at, Accept="")
    book.judge("CN-21", none.status in (OK, NOT_ACCEPTABLE), told(none), none)
    old = visit.get(at, Accept="application/vnd.oasis.taxii+json; version=2.0")
    good = old.status == NOT_ACCEPTABLE or "version=2.0" in old.media_type
    book.judge("V0-01", good, told(old), old)


def manners(visit: Visit) -> None:
    """HEAD, PUT, ranges."""
    book, at = visit.book, f"{visit.root}collections/"
    head = visit.ask(Asked(at, "HEAD"))
    book.judge("HT-04", 0 < head.status < BROKEN, told(head), head)
    put = visit.ask(Asked(at, "PUT", body=b"{}"))
    book.judge("ER-05", put.status == _NO_METHOD, told(put), put)
    part = visit.get(at, Range="bytes=0-9")
    good = part.status in (OK, _PARTIAL, _NO_RANGE)
    if part.status == _PARTIAL:
        good = len(part.body) <= 10 and "content-range" in part.headers  # noqa: PLR2004 - asked so
    book.judge("HT-05", good, told(part), part)
    if visit.place is not None:
        items = visit.get(f"{visit.place.url}objects/?limit=1", Range="items 0-1")
        book.judge("V0-03", items.status == OK, told(items), items)


def line(visit: Visit, trust: Trust) -> None:
    """TLS, and what speaks for it."""
    book = visit.book
    if not visit.origin.startswith("https:"):
        book.pass_over("the address is not https", "TL-01", "TL-02", "TL-03", "HT-06")
        return
    # It holds for the whole host, so it may come from where browsers go.
    at = (f"{visit.root}collections/", f"{visit.origin}/")
    answers = [visit.wire.send(Asked(url)) for url in at]
    sent = [one.headers.get("strict-transport-security", "") for one in answers]
    book.judge("HT-06", any(sent), "".join(sent) or "none", *answers)
    for check, version, wanted in (
        ("TL-01", ssl.TLSVersion.TLSv1_2, True),
        ("TL-02", ssl.TLSVersion.TLSv1_3, True),
        ("TL-03", ssl.TLSVersion.TLSv1_1, False),
    ):
        shaken, said = _shake(visit, trust, version)
        if wanted or shaken or "alert" in said.lower():
            book.judge(check, shaken is wanted, said)
        else:
            book.skip(f"this machine cannot ask so: {said}", check)


def _shake(visit: Visit, trust: Trust, version: ssl.TLSVersion) -> tuple[bool, str]:
    """Whether a connection of this version comes about, and what was said."""
    made = context(trust)
    with warnings.catch_warnings():
        # Old versions are what is asked for.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            if version < ssl.TLSVersion.TLSv1_2:
                made.set_ciphers("ALL:@SECLEVEL=0")
            made.minimum_version = made.maximum_version = version
        except (ValueError, ssl.SSLError) as error:
            return False, str(error)
    parts = urlsplit(visit.origin)
    at = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection(at, visit.wire.bounds.answer_s) as plain,
            made.wrap_socket(plain, server_hostname=at[0]) as safe,
        ):
            return True, f"{safe.version()}"
    except OSError as error:
        return False, str(error)[:200]
