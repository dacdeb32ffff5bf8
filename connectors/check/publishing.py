"""Publishing: sections 5.5 and 4.3, in the collection that was named for it and in no other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from connectors.check.samples import Samples, envelope, raw
from connectors.check.visit import (
    ACCEPTED,
    BAD,
    BROKEN,
    LAST,
    MISSING,
    NOBODY,
    NOT_ACCEPTABLE,
    OK,
    UNKNOWN,
    UNPROCESSABLE,
    UNSUPPORTED,
    Place,
    Visit,
    entries,
    ids,
    instant,
    is_error,
    is_micro,
    is_taxii,
    listed,
    told,
)
from connectors.check.wire import Answer
from hub.errors import HubError
from hub.stix.envelope import split

_REFUSED = (BAD, UNPROCESSABLE)
_COUNTS = ("total_count", "success_count", "failure_count", "pending_count")
_LISTS = ("successes", "failures", "pendings")
_TURNS, _PAUSE_S = 20, 0.5


class Publisher:
    """Publishes the kit's objects, and keeps what has to be deleted.

    Args:
        visit: The visit.
        place: The only collection that is written to.
    """

    def __init__(self, visit: Visit, place: Place) -> None:
        self.visit = visit
        self.place = place
        self.samples = Samples()
        self.sent: dict[str, dict[str, Any]] = {}
        """Everything that the server may hold now, in its last version"""

    def post(self, *items: dict[str, Any], **headers: str) -> Answer:
        """Publish objects."""
        return self.body(envelope(*items), *items, **headers)

    def body(self, body: bytes, *items: dict[str, Any], **headers: str) -> Answer:
        """Publish a body that holds these objects."""
        self.sent |= {str(item["id"]): item for item in items if "id" in item}
        return self.visit.post(f"{self.place.url}objects/", body, headers)

    def settled(self, answer: Answer) -> Mapping[str, Any]:
        """The status when nothing is pending any more."""
        status = answer.resource
        for _ in range(_TURNS):
            if answer.status != ACCEPTED or status.get("status") == "complete":
                break
            time.sleep(_PAUSE_S)
            status = self.visit.get(f"{self.visit.root}status/{status.get('id')}/").resource
        return status

    def taken(self, answer: Answer) -> bool:
        """Whether all objects of a request were accepted."""
        return answer.status == ACCEPTED and self.settled(answer).get("failure_count") == 0

    def read(self, name: str, params: Mapping[str, str] | None = None) -> Answer:
        """One object in the collection that is written to."""
        return self.visit.get(f"{self.place.url}objects/{name}/", params or {})


def seed(publisher: Publisher) -> None:
    """The first objects: receipts, and what comes back. Where reading starts is known then."""
    first = publisher.samples.identity()
    answer = publisher.post(first)
    _receipt(publisher, answer)
    if publisher.place.can_read:
        _back(publisher, first)
    made = publisher.samples
    changed = made.indicator()
    sent = [publisher.post(changed), publisher.post(*(made.indicator() for _ in range(3)))]
    sent += [publisher.post(made.malware(), made.malware()), publisher.post(made.identity())]
    for one in sent:
        publisher.settled(one)
    domain = publisher.post(made.domain(), made.domain())
    good = publisher.taken(domain)
    publisher.visit.book.judge("AD-19", good, told(domain), domain)
    _versions(publisher, changed)
    publisher.settled(publisher.post(*(made.indicator() for _ in range(4))))


def _receipt(publisher: Publisher, answer: Answer) -> None:
    """What a status resource says (section 4.3.1)."""
    book, status = publisher.visit.book, answer.resource
    book.judge("AD-01", answer.status == ACCEPTED, told(answer), answer)
    if answer.status != ACCEPTED:
        names = [f"AD-0{n}" for n in range(2, 10)]
        book.skip("nothing was accepted", *names, "ST-01", "ST-02", "CN-09", "AD-41")
        return
    book.judge("AD-03", is_taxii(answer), told(answer), answer)
    counts = [status.get(name) for name in _COUNTS]
    whole = all(isinstance(count, int) and not isinstance(count, bool) for count in counts)
    good = whole and isinstance(status.get("id"), str) and isinstance(status.get("status"), str)
    said = str({name: status.get(name) for name in ("id", "status", *_COUNTS)})
    book.judge("AD-02", good, said, answer)
    numbers = [count for count in counts if isinstance(count, int)]
    good = whole and numbers[0] == 1 == sum(numbers[1:])
    book.judge("AD-04", good, said, answer)
    if "request_timestamp" in status:
        at = status["request_timestamp"]
        book.judge("AD-06", is_micro(at), f"request_timestamp: {str(at)[:60]}", answer)
    book.pass_over("it has no request_timestamp", "AD-06")
    _status(publisher, answer)


def _status(publisher: Publisher, answer: Answer) -> None:
    book, status = publisher.visit.book, answer.resource
    at = f"{publisher.visit.root}status/"
    fetched = publisher.visit.get(f"{at}{status.get('id')}/")
    book.judge("CN-09", fetched.status == OK and is_taxii(fetched), told(fetched), fetched)
    body = fetched.resource
    good = fetched.status == OK and body.get("id") == status.get("id")
    book.judge("ST-01", good, told(fetched), fetched)
    good = all(body.get(name) == status.get(name) for name in ("id", "total_count"))
    book.judge("ST-02", good, f"total_count: {body.get('total_count')}", fetched, answer)
    absent = publisher.visit.get(f"{at}{NOBODY}/")
    book.judge("ST-03", absent.status == MISSING, told(absent), absent)
    done = publisher.settled(answer)
    pairs = zip(_COUNTS[1:], _LISTS, strict=True)
    wrong = [k for n, k in pairs if k in done and len(done[k]) != done.get(n)]
    good = done.get("status") == "complete" and done.get("pending_count") == 0 and not wrong
    book.judge("AD-05", good, f"status: {done.get('status')}, lists unlike: {wrong}", answer)
    details = [one for k in _LISTS for one in (done.get(k) or []) if isinstance(done.get(k), list)]
    good = all(isinstance(d, dict) and "id" in d and "version" in d for d in details)
    book.judge("AD-07", good, f"{len(details)} details", answer)


def _back(publisher: Publisher, item: dict[str, Any]) -> None:
    """What comes back, and when it was added."""
    book, visit = publisher.visit.book, publisher.visit
    page = publisher.read(item["id"])
    found = listed(page, "objects")
    said = f"{told(page)}: {len(found)} objects"
    if not book.judge("AD-08", ids(page) == [item["id"]], said, page):
        book.skip("it cannot be read", "AD-09", "AD-41")
        return
    changed = [k for k in item.keys() | found[0].keys() if item.get(k) != found[0].get(k)]
    said = f"changed: {sorted(changed)}" if changed else "every property is as it was"
    book.judge("AD-09", not changed, said, page)
    try:
        same = split(page.body) == [raw(item)]
    except HubError:
        same = False
    book.judge("AD-41", same, "the same bytes" if same else "written anew", page)
    if visit.place == publisher.place and is_micro(page.headers.get(LAST)):
        visit.start = {"added_after": page.headers[LAST]}


def _versions(publisher: Publisher, item: dict[str, Any]) -> None:
    book, made = publisher.visit.book, publisher.samples
    newer, older = made.later(item, 60), made.later(item, -5000)
    answer = publisher.post(newer)
    publisher.settled(answer)
    if not publisher.place.can_read:
        book.skip("the collection cannot be read", "AD-11", "AD-17")
        return
    page = publisher.read(item["id"], {"match[version]": "all"})
    good = {one.version for one in entries(page)} == {
        instant(one["modified"]) for one in (item, newer)
    }
    book.judge("AD-11", good, f"{told(answer)}; {len(entries(page))} versions", page, answer)
    answer = publisher.post(older)
    publisher.settled(answer)
    page = publisher.read(item["id"])
    good = [one.version for one in entries(page)] == [instant(newer["modified"])]
    got = [one.version for one in entries(page)]
    book.judge("AD-17", good, f"{told(answer)}; the latest is {got}", page, answer)
    publisher.sent[item["id"]] = newer


def variants(publisher: Publisher) -> None:
    """What is unusual and right."""
    book, made = publisher.visit.book, publisher.samples
    item = made.malware()
    publisher.settled(publisher.post(item))
    again = publisher.post(item)
    status = publisher.settled(again)
    good = again.status == ACCEPTED and status.get("failure_count") == 0
    said = f"{told(again)}; failures: {status.get('failure_count')}"
    book.judge("AD-12", good, said, again)
    custom = publisher.post(made.object(f"x-hub-check-{made.run}"))
    book.judge("AD-23", 0 < custom.status < BROKEN, told(custom), custom)
    bundle = made.indicator()
    head = f'{{"type": "bundle", "id": "bundle--{NOBODY[:-1]}1", "objects": ['.encode()
    answer = publisher.body(head + raw(bundle) + b"]}", bundle)
    book.judge("AD-40", publisher.taken(answer), told(answer), answer)
    for check, kind in (
        ("CN-25", "application/taxii+json; version=2.1"),
        ("CN-26", "application/taxii+json"),
    ):
        answer = publisher.post(made.indicator(), Content_Type=kind)
        book.judge(check, answer.status == ACCEPTED, told(answer), answer)
    _micro(publisher)


def _micro(publisher: Publisher) -> None:
    made = publisher.samples
    item = made.later(made.malware(), 120, 123_456)
    answer = publisher.post(item)
    publisher.settled(answer)
    if publisher.place.can_read:
        page = publisher.read(item["id"], {"match[version]": item["modified"]})
        good = [one.version for one in entries(page)] == [instant(item["modified"])]
        said = f"{told(answer)}; {item['modified']}: {len(entries(page))} objects"
        publisher.visit.book.judge("AD-10", good, said, page, answer)


def refusals(publisher: Publisher) -> None:
    """What is wrong."""
    book, made, visit = publisher.visit.book, publisher.samples, publisher.visit
    for check, kind in (
        ("CN-23", "application/json"),
        ("CN-24", "application/taxii+json;version=9.9"),
    ):
        answer = publisher.post(made.indicator(), Content_Type=kind)
        book.judge(check, answer.status == UNSUPPORTED, told(answer), answer)
    answer = publisher.post(made.indicator(), Content_Type="")
    book.judge("CN-28", answer.status in (BAD, UNSUPPORTED), told(answer), answer)
    answer = publisher.post(made.indicator(), Accept="text/html")
    book.judge("CN-29", answer.status == NOT_ACCEPTABLE, told(answer), answer)
    for check, body, allowed in (
        ("AD-25", b'{"objects": [', _REFUSED),
        ("AD-26", b"[]", _REFUSED),
        ("AD-27", b"{}", (*_REFUSED, ACCEPTED)),
        ("AD-27", b'{"objects": []}', (*_REFUSED, ACCEPTED)),
        ("AD-28", b'{"objects": {}}', _REFUSED),
        ("AD-29", b"", range(BAD, BROKEN)),
    ):
        answer = publisher.body(body)
        book.judge(check, answer.status in allowed, f"{told(answer)} for {body!r}", answer)
        if answer.status == BAD:
            book.judge("ER-04", is_error(answer), told(answer), answer)
    _mixed(publisher)
    if visit.wire.login.header:
        item = made.indicator()
        publisher.sent[item["id"]] = item
        at = f"{publisher.place.url}objects/"
        answer = visit.post(at, envelope(item), known=False)
        stored = publisher.place.can_read and publisher.read(item["id"]).status == OK
        good = answer.status == UNKNOWN and not stored
        book.judge("AU-08", good, f"{told(answer)}, stored: {stored}", answer)


def _mixed(publisher: Publisher) -> None:
    """A bad object between two good ones."""
    book, made = publisher.visit.book, publisher.samples
    before, bad, behind = made.indicator(), made.malware(), made.indicator()
    del bad["id"]
    answer = publisher.post(before, bad, behind)
    status = publisher.settled(answer)
    said = f"{told(answer)}; failures: {status.get('failure_count')}"
    good = answer.status == ACCEPTED and status.get("failure_count") == 1
    good = good or BAD <= answer.status < BROKEN
    book.judge("AD-30", good, said, answer)
    if answer.status == ACCEPTED or not publisher.place.can_read:
        book.pass_over("it is not refused as a whole", "AD-31")
        return
    stored = [publisher.read(item["id"]).status == OK for item in (before, behind)]
    book.judge("AD-31", not any(stored), f"{told(answer)}; stored: {stored}", answer)


def awkward(publisher: Publisher) -> None:
    """Legal objects that made servers unreadable; they come last."""
    items = publisher.samples.versioned()
    publisher.settled(publisher.post(*items))
    if publisher.place.can_read:
        at = f"{publisher.place.url}objects/"
        page = publisher.visit.get(at, publisher.visit.start | {"limit": "100"})
        good = page.status == OK and bool(entries(page))
        publisher.visit.book.judge("AD-42", good, f"objects after it: {told(page)}", page)


def unwritten(visit: Visit, reason: str) -> None:
    """Nothing is published in this run."""
    visit.book.pass_over(reason, *_WRITING)


_WRITING = (
    *(f"AD-{n:02}" for n in (*range(1, 13), 17, 19, 23, *range(25, 32), 40, 41, 42)),
    *("ST-01", "ST-02", "ST-03", "DE-01", "DE-03", "DE-04", "RA-01", "RA-02", "RA-03"),
    *("CN-09", "CN-23", "CN-24", "CN-25", "CN-26", "CN-28", "CN-29", "AU-08"),
)
