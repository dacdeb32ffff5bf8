"""Deleting what the kit has published: section 5.7, and what could not be removed."""

from __future__ import annotations

from connectors.check.publishing import Publisher
from connectors.check.visit import MISSING, OK, entries, ids, instant, told
from connectors.check.wire import Answer, Asked, Spent

_CHUNK = 20
_ROUNDS = 5
_NAMES = ("DE-01", "DE-03", "DE-04")
_DONE = (200, 202, 204)


def deleting(publisher: Publisher) -> None:
    """The checks on deletion, with objects that were made for them."""
    book, made = publisher.visit.book, publisher.samples
    item = made.malware()
    newer = made.later(item, 300)
    for one in (item, newer):
        publisher.settled(publisher.post(one))
    if not publisher.place.can_read:
        book.skip("the collection cannot be read", *_NAMES)
        return
    answer = _delete(publisher, item["id"], f"?match%5Bversion%5D={newer['modified']}")
    page = publisher.read(item["id"], {"match[version]": "all"})
    good = answer.status in _DONE and [one.version for one in entries(page)] == [
        instant(item["modified"])
    ]
    left = f"left: {[one.version for one in entries(page)]}"
    book.judge("DE-01", good, f"{told(answer)}; {left}", answer, page)
    publisher.settled(publisher.post(newer))
    answer = _delete(publisher, item["id"])
    page = publisher.read(item["id"])
    said = f"{told(answer)}; then: {told(page)}"
    book.judge("DE-03", page.status == MISSING, said, answer, page)
    query = {"match[id]": item["id"]}
    pages = [publisher.visit.get(f"{publisher.place.url}{k}/", query) for k in _LISTS]
    good = all(page.status == OK and not entries(page) for page in pages)
    said = f"{[len(entries(page)) for page in pages]} left in objects and manifest"
    book.judge("DE-04", good, said, *pages)


_LISTS = ("objects", "manifest")


def tidy(publisher: Publisher) -> list[str]:
    """Delete everything; gives the ids of what is or may be there still."""
    left = list(publisher.sent)
    publisher.visit.wire.allow(len(left) * 4 + 60, 120)
    try:
        for _ in range(_ROUNDS):
            before = left
            for name in before:
                _delete(publisher, name)
            left = _left(publisher, before)
            if not left:
                break
    except Spent:
        return left
    return left


def _left(publisher: Publisher, names: list[str]) -> list[str]:
    """Which of these can be read; all of them where that cannot be found out."""
    if not publisher.place.can_read:
        return []
    found: list[str] = []
    for start in range(0, len(names), _CHUNK):
        chunk = names[start : start + _CHUNK]
        query = {"match[id]": ",".join(chunk), "limit": str(_CHUNK)}
        page = publisher.visit.get(f"{publisher.place.url}objects/", query)
        if page.status == OK:
            found += [name for name in ids(page) if name in chunk]
        else:
            found += [name for name in chunk if publisher.read(name).status != MISSING]
    return found


def _delete(publisher: Publisher, name: str, query: str = "") -> Answer:
    return publisher.visit.ask(Asked(f"{publisher.place.url}objects/{name}/{query}", "DELETE"))
