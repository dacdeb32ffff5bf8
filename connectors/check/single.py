"""Manifest, single objects, versions: sections 5.3, 5.6, 5.8."""

from __future__ import annotations

from connectors.check.visit import (
    FIRST,
    LAST,
    NOBODY,
    OK,
    Visit,
    entries,
    ids,
    instant,
    is_error,
    is_micro,
    is_taxii,
    listed,
    stamp,
    told,
)
from connectors.check.walking import Window
from connectors.check.wire import Answer

_ABSENT = f"indicator--{NOBODY}"
_MANIFEST = {"more", "next", "objects"}
_VERSIONS = {"more", "next", "versions"}
_KINDS = ("application/stix+json;version=2.0", "application/stix+json;version=2.1")


def manifest(visit: Visit, window: Window | None) -> None:
    """Section 5.3."""
    book = visit.book
    absent = visit.get(f"{visit.root}collections/{NOBODY}/manifest/")
    visit.missing("MA-13", absent)
    absent = visit.get(f"{visit.root}collections/{NOBODY}/objects/")
    visit.missing("OB-09", absent)
    book.judge("ER-01", is_error(absent), told(absent), absent)
    if window is None:
        book.skip("the collection has nothing to read", "CN-05", *(f"MA-{n:02}" for n in _NUMBERS))
        return
    for page in window.manifest.pages:
        _records(visit, page)
    dates = [stamp(window.dates.get(name)) for name in window.manifest.ids]
    known = [date for date in dates if date is not None]
    good = known == sorted(known)
    book.judge("MA-06", good, f"{len(known)} records by their dates", window.manifest.pages[0])
    first, size = window.manifest.pages[0], window.size + 1
    good = len(entries(first)) <= size
    if len(window.small.ids) > size:
        good = good and first.resource.get("more") is True
    said = f"limit={size}: {len(entries(first))} records, more: {first.resource.get('more')}"
    book.judge("MA-11", good, said, first)


_NUMBERS = (1, 2, 5, 6, 7, 11)


def _records(visit: Visit, page: Answer) -> None:
    book, body = visit.book, page.resource
    book.judge("CN-05", page.status == OK and is_taxii(page), told(page), page)
    odd = [name for name in body if name not in _MANIFEST and not name.startswith("x_")]
    records = listed(page, "objects")
    good = not odd and bool(records) and isinstance(body.get("more", False), bool)
    book.judge("MA-01", good, f"names: {sorted(map(str, body))}", page)
    if not records:
        return
    good = all(_is_record(record) for record in records)
    book.judge("MA-02", good, f"the first: {str(records[0])[:200]}", page)
    kinds = {str(r["media_type"]).replace(" ", "") for r in records if "media_type" in r}
    book.judge("MA-05", kinds <= set(_KINDS), f"media types: {sorted(kinds)}", page)
    dates = records[0].get("date_added"), records[-1].get("date_added")
    told_dates = page.headers.get(FIRST), page.headers.get(LAST)
    good = None not in dates and told_dates == dates
    book.judge("MA-07", good, f"headers {told_dates}, records {dates}", page)


def _is_record(record: object) -> bool:
    if not isinstance(record, dict):
        return False
    texts = all(isinstance(record.get(name), str) for name in ("id", "version"))
    return texts and is_micro(record.get("date_added"))


def single(visit: Visit, window: Window | None) -> None:
    """Sections 5.6 and 5.8."""
    book = visit.book
    absent = visit.object(_ABSENT)
    visit.missing("OI-03", absent)
    absent = visit.versions(_ABSENT)
    visit.missing("VE-03", absent)
    if window is None:
        names = ("CN-07", "CN-08", "OI-01", "OI-02", "OI-05", "VE-01", "VE-02", "VE-04")
        book.skip("the collection has nothing to read", *names)
        return
    name = next((one.id for one in window.small.entries if one.version), window.small.ids[0])
    page = visit.object(name)
    book.judge("CN-07", page.status == OK and is_taxii(page), told(page), page)
    book.judge("OI-01", ids(page) == [name], f"{len(ids(page))} objects", page)
    dated = is_micro(page.headers.get(FIRST)) and is_micro(page.headers.get(LAST))
    book.judge("OI-05", dated, f"first: {page.headers.get(FIRST)}", page)
    _versions(visit, name)


def _versions(visit: Visit, name: str) -> None:
    book = visit.book
    listing = visit.versions(name)
    book.judge("CN-08", listing.status == OK and is_taxii(listing), told(listing), listing)
    body = listing.resource
    odd = [key for key in body if key not in _VERSIONS and not key.startswith("x_")]
    found = body.get("versions")
    dates = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
    good = not odd and bool(dates) and isinstance(body.get("more", False), bool)
    book.judge("VE-02", good, f"names: {sorted(map(str, body))}", listing)
    dated = is_micro(listing.headers.get(FIRST)) and is_micro(listing.headers.get(LAST))
    book.judge("VE-04", dated, f"first: {listing.headers.get(FIRST)}", listing)
    page = visit.object(name, {"match[version]": "all"})
    got = {one.version for one in entries(page)}
    good = {instant(date) for date in dates} == got
    book.judge("VE-01", good, f"{len(dates)} listed, {len(got)} versions of the object", listing)
    for date in dates[:1]:
        page = visit.object(name, {"match[version]": date})
        good = [one.version for one in entries(page)] == [instant(date)]
        book.judge("OI-02", good, f"{date}: {len(entries(page))} objects", page)
    book.skip("no version is listed", "OI-02")
