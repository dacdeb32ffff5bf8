"""Match filters: section 3.4.1."""

from __future__ import annotations

from connectors.check.visit import BAD, OK, Visit, entries, ids, instant, is_error, listed, told
from connectors.check.walking import Window, walk
from connectors.check.wire import Asked

_MOST = 200
_TYPES = ("FI-01", "FI-02", "FI-03", "FI-04", "FI-27", "MA-09")


def matching(visit: Visit, window: Window | None) -> None:
    """Every filter, on objects that were seen."""
    _wrong(visit)
    _spec_versions(visit)
    none = visit.objects({"match[version]": "1999-01-01T00:00:00.000Z"})
    good = none.status == OK and not entries(none)
    visit.book.judge("FI-10", good, f"{told(none)}: {len(entries(none))} objects", none)
    if window is None:
        visit.book.skip("the collection has nothing to read", *_TYPES)
        return
    _types(visit, window)
    _ids(visit, window)


def _wrong(visit: Visit) -> None:
    book = visit.book
    odd = visit.objects({"match[version]": "yesterday"})
    book.judge("FI-23", odd.status == BAD, told(odd), odd)
    if odd.status == BAD:
        book.judge("ER-04", is_error(odd), told(odd), odd)
    book.skip("no answer was 400", "ER-04")
    odd = visit.objects({"match[version]": "all,first"})
    book.judge("FI-24", odd.status == BAD, told(odd), odd)
    odd = visit.objects([("match[type]", "indicator"), ("match[type]", "malware")])
    book.judge("FI-25", odd.status == BAD, told(odd), odd)
    odd = visit.objects({"match[hub-check-unknown]": "nothing"})
    good = odd.status == BAD or (odd.status == OK and not entries(odd))
    book.judge("FI-26", good, f"{told(odd)}: {len(entries(odd))} objects", odd)


def _types(visit: Visit, window: Window) -> None:
    book = visit.book
    known = [name for name in window.small.ids if "--" in name]
    kinds = list(dict.fromkeys(name.partition("--")[0] for name in known))
    if not kinds:
        book.skip("no object that was seen has an id of STIX", "FI-01", "FI-02", "FI-03", "MA-09")
        return
    _of_types(visit, window, "FI-01", kinds[:1])
    if len(kinds) > 1:
        _of_types(visit, window, "FI-02", kinds[:2])
        other = next(name for name in known if name.startswith(f"{kinds[1]}--"))
        both = visit.objects({"match[type]": kinds[0], "match[id]": other})
        good = both.status == OK and not entries(both)
        book.judge("FI-03", good, f"{told(both)}: {len(entries(both))} objects", both)
    book.skip("all objects that were seen are of one type", "FI-02", "FI-03")
    page = visit.manifest(visit.start | {"match[type]": kinds[0], "limit": "50"})
    odd = [name for name in ids(page) if not name.startswith(f"{kinds[0]}--")]
    good = page.status == OK and bool(ids(page)) and not odd
    book.judge("MA-09", good, f"{told(page)}: {len(odd)} of other types", page)


def _of_types(visit: Visit, window: Window, check: str, kinds: list[str]) -> None:
    starts = tuple(f"{kind}--" for kind in kinds)
    query = visit.start | {"match[type]": ",".join(kinds)}
    found = walk(visit.objects, query, 50, _MOST)
    odd = [name for name in found.ids if not name.startswith(starts)]
    expected = {name for name in window.small.ids if name.startswith(starts)}
    missing = expected - set(found.ids) if found.complete else set()
    said = found.fault or f"{','.join(kinds)}: {len(odd)} others came, {len(missing)} are missing"
    visit.book.judge(check, not (odd or missing or found.fault), said, *found.pages[:1])


def _ids(visit: Visit, window: Window) -> None:
    book, names = visit.book, list(dict.fromkeys(window.small.ids))[:2]
    for wanted in (names[:1], names):
        page = visit.objects({"match[id]": ",".join(wanted)})
        good = set(ids(page)) == set(wanted)
        book.judge("FI-04", good, f"{len(wanted)} asked for, {len(ids(page))} came", page)
    at = f"{visit.collection().url}objects/"
    plain = visit.ask(Asked(f"{at}?match[id]={','.join(names)}"))
    coded = visit.ask(Asked(f"{at}?match%5Bid%5D={'%2C'.join(names)}"))
    good = set(ids(plain)) == set(ids(coded)) == set(names)
    said = f"plain: {len(ids(plain))} objects, encoded: {len(ids(coded))}"
    book.judge("FI-27", good, said, plain, coded)


def _spec_versions(visit: Visit) -> None:
    """What names another version of STIX must not come."""
    wrong = []
    for wanted, other in (("2.1", "2.0"), ("2.0", "2.1")):
        page = visit.objects(visit.start | {"match[spec_version]": wanted, "limit": "50"})
        odd = [one for one in listed(page, "objects") if one.get("spec_version", wanted) == other]
        if page.status != OK or odd:
            wrong.append(f"{wanted}: {told(page)}, {len(odd)} of {other}")
    visit.book.judge("FI-14", not wrong, "; ".join(wrong) or "none came of the other", page)


def versions(visit: Visit, window: Window | None) -> None:
    """`match[version]` on an object that has several versions."""
    names = ("FI-05", "FI-06", "FI-07", "FI-08", "OB-08", "MA-03")
    found = _several(visit, window)
    if not found:
        visit.book.skip("no object with several versions was seen", *names)
        return
    name, dates = found
    book = visit.book
    # A server may write the dates of its manifest in a longer form than those of its objects.
    whole = {instant(date) for date in dates}
    first, last = min(dates, key=instant), max(dates, key=instant)
    for check, wanted, expected in (
        ("FI-05", "all", whole),
        ("FI-06", "first", {instant(first)}),
        ("FI-07", "last", {instant(last)}),
        ("FI-08", first, {instant(first)}),
        ("OB-08", "", {instant(last)}),
    ):
        query = {"match[id]": name} | ({"match[version]": wanted} if wanted else {})
        page = visit.objects(query)
        got = {one.version for one in entries(page)}
        book.judge(check, got == expected, f"{sorted(got)} of {sorted(dates)}", page)
    records = visit.manifest({"match[id]": name, "match[version]": "all"})
    got = {str(record.get("version")) for record in listed(records, "objects")}
    book.judge("MA-03", got == dates, f"{len(got)} records, {len(dates)} versions", records)


def _several(visit: Visit, window: Window | None) -> tuple[str, set[str]] | None:
    """An object with its versions, by the manifest; None: there is none in the part that is read."""
    if window is None:
        return None
    query = visit.start | {"match[version]": "all"}
    records = walk(visit.manifest, query, 50, _MOST)
    found: dict[str, set[str]] = {}
    for page in records.pages:
        for record in listed(page, "objects"):
            found.setdefault(str(record.get("id")), set()).add(str(record.get("version")))
    return next(((name, dates) for name, dates in found.items() if len(dates) > 1), None)
