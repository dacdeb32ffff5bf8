"""Objects, pages, dates added: sections 3.2 to 3.5, and how deployed clients use them."""

from __future__ import annotations

from connectors.check.visit import (
    BAD,
    FIRST,
    LAST,
    OK,
    Visit,
    entries,
    ids,
    is_micro,
    is_taxii,
    listed,
    stamp,
    told,
)
from connectors.check.walking import Walk, Window, read_window, walk
from connectors.check.wire import Answer
from hub.model.clock import format_us

_MOST = 60
_ENVELOPE = {"more", "next", "objects"}
_MANY = ("PG-01", "PG-02", "PG-04", "PG-06", "PG-20", "PG-21", "PG-22", "PG-23", "PG-24", "PG-25")
_CLOCK_US = 300_000_000


def paging(visit: Visit) -> Window | None:
    """Everything about pages; gives what was read."""
    window = read_window(visit, _MOST)
    book = visit.book
    if window is None:
        names = (*_MANY, "PG-03", "PG-05", "PG-07", "OB-05", "OB-06", "FI-16", "FI-17")
        book.skip("the collection has nothing to read", *names)
        return None
    if not _same(window):
        # Somebody may have published between two walks; once more tells that from a fault.
        window = read_window(visit, _MOST) or window
    for page in (*window.small.pages, *window.large.pages):
        _page(visit, page, window)
    _walks(visit, window)
    _ends(visit, window)
    if len(window.small.entries) <= window.size:
        book.skip("there is no second page", *_MANY)
        return window if window.small.entries else None
    _limit(visit, window)
    _next(visit, window)
    _after(visit, window)
    return window


def _same(window: Window) -> bool:
    """Whether the three walks agree. What was added at one instant may come in any order."""
    small, large = window.small.ids, window.large.ids
    most = min(len(small), len(large))
    if not most or small[:most] != large[:most]:
        return False
    return _by_date(window, small) == _by_date(window, window.manifest.ids)


def _by_date(window: Window, names: list[str]) -> list[tuple[str, str]]:
    """Ids behind their dates, as far as all walks went.

    The first walk may have ended inside of an instant, and the other have gone on.
    """
    found = [(window.dates.get(name, ""), name) for name in names]
    ends = [window.dates.get(w.ids[-1], "") for w in (window.small, window.manifest) if w.ids]
    if not window.complete:
        end = min((at for date in ends if (at := stamp(date))), default=None)
        found = [pair for pair in found if end is None or (stamp(pair[0]) or 0) < end]
    # The order of different instants is that of the walk; a date that comes back shows in OB-06.
    places = {date: place for place, (date, _) in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda pair: (places[pair[0]], pair[1]))


def _page(visit: Visit, page: Answer, window: Window) -> None:
    """What holds for each page of objects."""
    book, body = visit.book, page.resource
    if page.status != OK:
        book.judge("CN-06", False, told(page), page)
        return
    book.judge("CN-06", is_taxii(page), told(page), page)
    odd = [name for name in body if name not in _ENVELOPE and not name.startswith("x_")]
    raw = body.get("objects")
    good = not odd and (raw is None or (isinstance(raw, list) and bool(raw)))
    good = good and isinstance(body.get("more", False), bool)
    said = f"names: {sorted(map(str, body))}" if page.json is not None else told(page)
    book.judge("OB-01", good and page.json is not None, said, page)
    here = entries(page)
    if not here:
        return
    first, last = page.headers.get(FIRST, ""), page.headers.get(LAST, "")
    said = f"first: {first or 'none'}, last: {last or 'none'}"
    if book.judge("OB-03", bool(first and last), said, page):
        book.judge("OB-04", is_micro(first) and is_micro(last), said, page)
    expected = window.dates.get(here[0].id), window.dates.get(here[-1].id)
    if None not in expected:
        good = (stamp(first), stamp(last)) == tuple(stamp(text) for text in expected)
        book.judge("OB-05", good, f"{said}; the manifest: {expected}", page)
    if at := stamp(last):
        good = at <= page.at_us + _CLOCK_US
        book.judge("OB-10", good, f"last: {last}, read at {format_us(page.at_us)}", page)


def _walks(visit: Visit, window: Window) -> None:
    book = visit.book
    for found in (window.small, window.large, window.manifest):
        repeated = len(found.entries) - len(set(found.ids))
        said = f"{repeated} came twice in {len(found.pages)} pages" if repeated else "none twice"
        book.judge("PG-02", not repeated, said, *found.pages[-2:])
        good = not found.fault
        book.judge("PG-07", good, found.fault or "the walks went on", *found.pages[-2:])
    said = _difference(window)
    pages = (window.small.pages[0], window.large.pages[0], window.manifest.pages[0])
    book.judge("PG-02", not said, said or f"{len(window.small.entries)} in three ways", *pages)
    dates = [stamp(window.dates.get(name)) for name in window.small.ids]
    known = [date for date in dates if date is not None]
    good = known == sorted(known)
    book.judge("OB-06", good, f"{len(known)} objects by their dates", window.small.pages[0])
    last = [one.resource.get("next") for one in window.small.pages if more(one)]
    if last:
        good = all(isinstance(text, str) and text for text in last)
        book.judge("PG-04", good, f"{len(last)} pages say `more`", window.small.pages[0])


def _difference(window: Window) -> str:
    """Where the three walks part; empty: they do not."""
    if _same(window):
        counts = {len(window.small.ids), len(window.large.ids)}
        return "" if len(counts) == 1 or not window.complete else f"{counts} objects by page size"
    walks = {f"pages of {window.size}": window.small, "larger pages": window.large}
    walks["the manifest"] = window.manifest
    wrong = [
        f"{name}: {len(found.ids)} objects{f' ({found.fault})' if found.fault else ''}"
        for name, found in walks.items()
    ]
    rows = enumerate(zip(*(found.ids for found in walks.values()), strict=False))
    first = next((f"; number {n + 1}: {row}" for n, row in rows if len(set(row)) > 1), "")
    return f"the walks differ: {', '.join(wrong)}{first}"


def more(page: Answer) -> bool:
    """Whether it says that there is more."""
    return page.resource.get("more") is True


def _ends(visit: Visit, window: Window) -> None:
    book = visit.book
    if not window.complete:
        book.skip("the collection goes on beyond what was read", "PG-03", "PG-05")
        return
    count = len(window.small.entries)
    for found in (window.small, window.large):
        last = found.pages[-1]
        good = not more(last) and not last.resource.get("next")
        book.judge("PG-03", good, f"more: {last.resource.get('more')}", last)
    exact = visit.objects(visit.start | {"limit": str(count)})
    good = not more(exact) and len(entries(exact)) == count
    book.judge("PG-05", good, f"limit={count}: {len(entries(exact))} objects", exact)


def _limit(visit: Visit, window: Window) -> None:
    for page in window.small.pages:
        good = len(entries(page)) <= window.size
        said = f"limit={window.size}: {len(entries(page))} objects"
        visit.book.judge("PG-01", good, said, page)
    first = window.small.pages[0]
    visit.book.judge("PG-01", more(first), f"more: {first.resource.get('more')}", first)


def _next(visit: Visit, window: Window) -> None:
    """The ways in which deployed clients use `next`."""
    book, limit = visit.book, {"limit": str(window.size)}
    expected = window.small.ids[window.size : 2 * window.size]
    first = visit.objects(visit.start | limit)
    token = first.resource.get("next")
    if not isinstance(token, str) or not token:
        book.skip("the server gives no `next`", *(f"PG-2{n}" for n in range(6)))
        return
    start = visit.start | limit | {"next": token}
    pages = [visit.objects(start), visit.objects(start)]
    good = ids(pages[0]) == ids(pages[1]) == expected
    counts = " and ".join(f"{told(page)}: {len(entries(page))} objects" for page in pages)
    book.judge("PG-20", good, f"asked twice: {counts}", *pages)
    base = {"added_after": "1970-01-01T00:00:00Z"} | visit.start
    fresh = visit.objects(base | limit).resource.get("next")
    page = visit.objects(limit | {"next": str(fresh)})
    good = ids(page) == expected
    book.judge("PG-22", good, f"{told(page)}: {len(entries(page))} objects", page)
    fresh = visit.objects(base | limit).resource.get("next")
    page = visit.objects(base | limit | {"next": str(fresh)})
    good = ids(page) == expected
    book.judge("PG-23", good, f"{told(page)}: {len(entries(page))} objects", page)
    fresh = visit.objects(visit.start | limit).resource.get("next")
    page = visit.objects(visit.start | {"next": str(fresh)})
    good = ids(page)[: len(expected)] == expected
    book.judge("PG-21", good, f"{told(page)}: {len(entries(page))} objects", page)
    _stale(visit, window, token)
    _foreign(visit, token, limit)


def _stale(visit: Visit, window: Window, token: str) -> None:
    """OpenCTI's second run: a date of its own, and the `next` of the run before."""
    places = min(2 * window.size, len(window.small.ids) - 1)
    date = window.dates.get(window.small.ids[places - 1])
    if date is None:
        visit.book.skip("the manifest does not date these objects", "PG-24")
        return
    limit = str(len(window.small.ids))
    page = visit.objects({"added_after": date, "limit": limit, "next": token})
    missing = set(window.small.ids[places:]) - set(ids(page))
    said = f"{told(page)}; {len(missing)} objects skipped"
    visit.book.judge("PG-24", page.status == OK and not missing, said, page)


def _foreign(visit: Visit, token: str, limit: dict[str, str]) -> None:
    here = visit.collection().id
    for other in [place for place in visit.others if place.can_read and place.id != here][:12]:
        plain = visit.objects(limit, other)
        if entries(plain):
            page = visit.objects(limit | {"next": token}, other)
            good = page.status == OK and ids(page)[:1] == ids(plain)[:1]
            said = f"{told(page)}; another collection from its beginning: {good}"
            visit.book.judge("PG-25", good, said, page)
            return
    visit.book.pass_over("there is no other collection with objects", "PG-25")


def _after(visit: Visit, window: Window) -> None:
    """`added_after` at the seam of two polls."""
    book, names = visit.book, window.small.ids
    checks = ("PG-06", "FI-16", "FI-17", "FI-20", "FI-21")
    if not (seam := _seam(window)):
        book.skip("all objects that were seen were added at one instant", *checks)
        return
    first = visit.objects(visit.start | {"limit": str(seam)})
    last = first.headers.get(LAST, "")
    if (at := stamp(last)) is None:
        book.skip("there is no last date added", *checks)
        return
    expected = names[seam:]
    behind = _behind(visit, last, window)
    missing = [name for name in expected if name not in behind.ids]
    said = f"{len(missing)} of {len(expected)} following objects are missing"
    book.judge("PG-06", not missing, said, *behind.pages[:1])
    again = [name for name in names[:seam] if name in behind.ids]
    said = f"{len(again)} came again, {len(missing)} are missing"
    book.judge("FI-16", not again and not missing, said, *behind.pages[:1])
    before = _behind(visit, format_us(at - 1), window)
    good = names[seam - 1] in before.ids
    book.judge(
        "FI-17", good, f"a microsecond before: {len(before.ids)} objects", *before.pages[:1]
    )
    _spellings(visit, last, names[seam - 1])


def _seam(window: Window) -> int:
    """How many objects stand before a change of date, a quarter or more; 0: it never changes."""
    dates = [window.dates.get(name) for name in window.small.ids]
    changes = [n for n in range(1, len(dates)) if dates[n - 1] != dates[n]]
    return next((n for n in changes if n >= window.size), changes[-1] if changes else 0)


def _behind(visit: Visit, date: str, window: Window) -> Walk:
    return walk(visit.objects, {"added_after": date}, window.size + 1, len(window.small.ids) + 1)


def _spellings(visit: Visit, date: str, name: str) -> None:
    for check, text in (("FI-20", f"{date[:23]}Z"), ("FI-21", f"{date[:19]}Z")):
        page = visit.objects({"added_after": text, "limit": "50"})
        # Cut off, the date lies before the object, or at it.
        good = page.status == OK
        visit.book.judge(check, good, f"{text}: {told(page)}, {name in ids(page)}", page)


def emptiness(visit: Visit) -> None:
    """Polls that bring nothing, and wrong ones (sections 3.4 and 5.4)."""
    book = visit.book
    future = visit.objects({"added_after": "2999-01-01T00:00:00.000000Z"})
    good = future.status == OK and not entries(future)
    book.judge("FI-18", good, f"{told(future)}: {len(entries(future))} objects", future)
    good = future.status == OK and future.json is not None and "objects" not in future.resource
    book.judge("OB-02", good, f"names: {sorted(map(str, future.resource))}", future)
    odd = visit.objects({"added_after": "yesterday"})
    book.judge("FI-22", odd.status == BAD, told(odd), odd)
    for text in ("0", "-1", "1.5", "many"):
        odd = visit.objects({"limit": text})
        said = f"limit={text}: {told(odd)}, {len(listed(odd, 'objects'))} objects"
        book.judge("FI-30", odd.status == BAD, said, odd)
