"""Discovery, API root, collections, log-in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.check.visit import (
    BAD,
    MISSING,
    NOBODY,
    OK,
    UNKNOWN,
    Place,
    Visit,
    is_error,
    is_taxii,
    joined,
    listed,
    told,
)
from connectors.check.wire import MEDIA_TYPE, Answer

_DISCOVERY = {"title", "description", "contact", "default", "api_roots"}
_ROOT = {"title", "description", "versions", "max_content_length"}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST_ROOTS = 5
_CLOSED = (UNKNOWN, 403)
_VERSION = re.compile(r"(application/taxii\+json; ?version=\S+|taxii-2\.0)", re.ASCII)
_WRONG = "Basic aHViLWNoZWNrOm5vLXN1Y2gtcGFzc3dvcmQ="


def discovery(visit: Visit) -> None:
    """Section 4.1; finds the API root when the address does not name it."""
    at = f"{visit.origin}/taxii2/"
    answer = visit.get(at)
    book, body = visit.book, answer.resource
    good = answer.status == OK and bool(body)
    book.judge("DI-01", good, told(answer), answer)
    if not good:
        book.skip("there is no discovery resource", *(f"DI-0{n}" for n in range(2, 9)), "CN-01")
        return
    book.judge("CN-01", is_taxii(answer), told(answer), answer)
    book.judge(
        "DI-02", isinstance(body.get("title"), str), f"title: {body.get('title')!r}", answer
    )
    roots = body.get("api_roots", [])
    texts = [body.get(k, "") for k in ("description", "contact", "default")]
    good = isinstance(roots, list) and all(isinstance(one, str) for one in [*roots, *texts])
    good = good and (bool(roots) or "api_roots" not in body)
    book.judge("DI-03", good, f"api_roots: {str(roots)[:100]}", answer)
    names = [one for one in roots if isinstance(one, str)] if isinstance(roots, list) else []
    _roots(visit, answer, names)


def _roots(visit: Visit, answer: Answer, names: list[str]) -> None:
    book, body = visit.book, answer.resource
    if default := body.get("default"):
        book.judge("DI-04", default in names, f"default: {str(default)[:100]}", answer)
    book.pass_over("there is no default", "DI-04")
    odd = [name for name in body if name not in _DISCOVERY and not name.startswith("x_")]
    book.judge("DI-08", not odd, f"other names: {odd}", answer)
    if not names:
        book.pass_over("no API root is listed", "DI-05", "DI-06", "DI-07")
        return
    wrong = [name for name in names if not _is_address(name)]
    book.judge("DI-05", not wrong, f"not so: {wrong}" if wrong else str(names)[:200], answer)
    wrong = [name for name in names if not name.endswith("/")]
    book.judge("DI-06", not wrong, f"without: {wrong}" if wrong else "all do", answer)
    for name in names[:_MOST_ROOTS]:
        url = joined(f"{visit.origin}/taxii2/", name)
        if url.startswith(f"{visit.origin}/"):
            root = visit.get(url)
            book.judge("DI-07", root.status == OK, f"{name}: {told(root)}", root)
    book.pass_over("every API root is on another host", "DI-07")
    if not visit.root:
        _choose(visit, [*([default] if default in names else []), *names])


def _choose(visit: Visit, names: list[str]) -> None:
    """The first API root on this host: credentials are for no other."""
    urls = [joined(f"{visit.origin}/taxii2/", name) for name in names if _is_address(name)]
    here = (url for url in urls if url.startswith(f"{visit.origin}/"))
    visit.root = _slashed(next(here, ""))


def _is_address(text: str) -> bool:
    if not (text.isascii() and text.isprintable()) or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.query or parts.fragment:
        return False
    if not parts.scheme:
        return text.startswith("/") and not text.startswith("//")
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def api_root(visit: Visit) -> None:
    """Section 4.2."""
    book = visit.book
    answer = visit.get(visit.root)
    body = answer.resource
    if answer.status != OK:
        name = "AU-01" if answer.status in _CLOSED else "AR-01"
        book.judge(name, False, f"the API root: {told(answer)}", answer)
        return
    book.judge("CN-02", is_taxii(answer), told(answer), answer)
    book.judge(
        "AR-01", isinstance(body.get("title"), str), f"title: {body.get('title')!r}", answer
    )
    versions = body.get("versions")
    said = f"versions: {str(versions)[:200]}"
    found = versions if isinstance(versions, list) else []
    plain = [str(one).replace("; ", ";") for one in found]
    book.judge("AR-02", MEDIA_TYPE in plain, said, answer)
    good = bool(found) and all(_VERSION.fullmatch(str(one)) for one in found)
    book.judge("AR-03", good, said, answer)
    most = body.get("max_content_length")
    good = isinstance(most, int) and not isinstance(most, bool) and most > 0
    book.judge("AR-04", good, f"max_content_length: {str(most)[:40]}", answer)
    odd = [name for name in body if name not in _ROOT and not name.startswith("x_")]
    book.judge("DI-08", not odd, f"other names in the API root: {odd}", answer)
    absent = visit.get(f"{visit.origin}/{NOBODY}/")
    visit.missing("AR-05", absent)
    book.judge("ER-01", is_error(absent), told(absent), absent)
    odd_name = visit.get(f"{visit.origin}/%E2%98%83%00/")
    book.judge("AR-06", odd_name.status in (BAD, MISSING), told(odd_name), odd_name)


def collections(visit: Visit) -> None:
    """Section 5.1 and 5.2; finds what can be read."""
    book = visit.book
    at = f"{visit.root}collections/"
    answer = visit.get(at)
    body = answer.resource
    if answer.status != OK:
        name = "AU-01" if answer.status in _CLOSED else "CO-01"
        book.judge(name, False, f"the list of collections: {told(answer)}", answer)
        return
    book.judge("AU-01", True, told(answer), answer)
    book.judge("ER-10", True, "no redirect")
    book.judge("CN-03", is_taxii(answer), told(answer), answer)
    raw = body.get("collections")
    good = (isinstance(raw, list) and bool(raw)) or (raw is None and answer.json == {})
    book.judge("CO-01", good, f"collections: {type(raw).__name__}", answer)
    found = listed(answer, "collections")
    if not found:
        book.skip("no collection is listed", *(f"CO-0{n}" for n in (2, 3, 4, 5, 6, 9)), "CN-04")
    else:
        _listed(visit, answer, found)
        again = listed(visit.get(at), "collections")
        same = [one.get("id") for one in again] == [one.get("id") for one in found]
        book.judge("CO-09", same, "the same order twice" if same else "another order", answer)
    absent = visit.get(f"{at}{NOBODY}/")
    visit.missing("CO-07", absent)
    book.judge("ER-01", is_error(absent), told(absent), absent)


def _listed(visit: Visit, answer: Answer, found: list[Mapping[str, Any]]) -> None:
    book = visit.book
    wrong = [str(one.get("id"))[:60] for one in found if not _is_collection(one)]
    book.judge("CO-02", not wrong, f"wrong: {wrong}" if wrong else f"{len(found)} are", answer)
    names = [str(one[k]) for one in found for k in ("id", "alias") if k in one]
    good = len(names) == len(set(names))
    book.judge("CO-03", good, f"{len(names)} names, {len(set(names))} different", answer)
    wrong = [str(one.get("id"))[:80] for one in found if not _is_uuid(one.get("id"))]
    book.judge("CO-04", not wrong, f"no UUID: {wrong[:3]}" if wrong else "all are", answer)
    kinds = [one["media_types"] for one in found if "media_types" in one]
    good = all(isinstance(k, list) and k and all(isinstance(one, str) for one in k) for k in kinds)
    book.judge("CO-05", good, f"{len(kinds)} collections name them", answer)
    for one in reversed(found):
        for name in ("title", "alias", "id"):
            visit.titles[str(one.get(name, ""))] = str(one.get("id", ""))
    single = visit.get(_at(visit, found[0]))
    book.judge("CN-04", single.status == OK and is_taxii(single), told(single), single)
    book.judge("CO-06", single.json == found[0], "compared with the list", single, answer)
    visit.others = [
        Place(
            str(one.get("id")),
            _at(visit, one),
            one.get("can_read") is True,
            one.get("can_write") is True,
        )
        for one in found
    ]


def _at(visit: Visit, one: Mapping[str, Any]) -> str:
    return f"{visit.root}collections/{quote(str(one.get('id')), safe='')}/"


def _is_collection(one: Mapping[str, Any]) -> bool:
    texts = all(isinstance(one.get(name), str) for name in ("id", "title"))
    return texts and all(isinstance(one.get(name), bool) for name in ("can_read", "can_write"))


def _is_uuid(text: Any) -> bool:
    try:
        return str(uuid.UUID(str(text))) == str(text).lower()
    except ValueError:
        return False


def log_in(visit: Visit) -> None:
    """Section 1.6.9: with no credentials, and with wrong ones."""
    book = visit.book
    if not visit.wire.login.header:
        names = ("AU-01", "AU-02", "AU-03", "AU-04", "AU-05", "AU-07", "AU-08")
        book.pass_over("no credentials were given", *names)
        return
    at = f"{visit.root}collections/"
    if visit.place is not None:
        at = f"{visit.place.url}objects/?limit=1"
    nobody = visit.get(at, known=False)
    wrong = visit.get(at, known=False, Authorization=_WRONG)
    if nobody.status == OK:
        book.pass_over("everybody may read it", "AU-02")
    else:
        book.judge("AU-02", nobody.status == UNKNOWN, told(nobody), nobody)
    challenge = wrong.headers.get("www-authenticate", "")
    good = wrong.status == UNKNOWN and bool(challenge)
    book.judge("AU-05", good, f"{told(wrong)}; challenge: {challenge or 'none'}", wrong)
    for answer in (nobody, wrong):
        if answer.status == UNKNOWN:
            challenge = answer.headers.get("www-authenticate", "")
            book.judge("AU-03", bool(challenge), f"challenge: {challenge or 'none'}", answer)
            book.judge("AU-04", "basic" in challenge.lower(), f"challenge: {challenge}", answer)
            book.judge("AU-07", is_error(answer), told(answer), answer)
    book.skip("no answer was 401", "AU-03", "AU-04", "AU-07")


def _slashed(url: str) -> str:
    return url if not url or url.endswith("/") else f"{url}/"
