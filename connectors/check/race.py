"""Two publish while a third polls: what a feed loses when dates are given before they are shown."""

from __future__ import annotations

import threading
import time
from collections import Counter

from connectors.check.publishing import Publisher
from connectors.check.samples import envelope
from connectors.check.visit import ACCEPTED, BROKEN, LAST, ids, instant, listed, stamp
from connectors.check.walking import way_on
from connectors.check.wire import Answer, Spent

_WRITERS = 2
_MOST_EACH = 60
_POLLS = 200
_QUIET = 3
_PAUSE_S = 0.02


class _Writer(threading.Thread):
    """Publishes one object after the other."""

    def __init__(self, publisher: Publisher, ends: float) -> None:
        super().__init__(daemon=True)
        self._publisher = publisher
        self._ends = ends
        self._items = [publisher.samples.indicator() for _ in range(_MOST_EACH)]
        self.accepted: list[str] = []
        self.broken = 0

    def run(self) -> None:
        """Until the time is over or everything is published."""
        for item in self._items:
            if time.monotonic() > self._ends:
                return
            self._publisher.sent[item["id"]] = item
            at = f"{self._publisher.place.url}objects/"
            try:
                answer = self._publisher.visit.post(at, envelope(item))
            except Spent:
                return
            self.broken += answer.status >= BROKEN
            if answer.status == ACCEPTED and answer.resource.get("success_count") == 1:
                self.accepted.append(item["id"])


def race(publisher: Publisher, seconds: float) -> None:
    """Publish and poll at once for so long, then look for what never came."""
    book = publisher.visit.book
    names = ("RA-01", "RA-02", "RA-03")
    if not publisher.place.can_read:
        book.skip("the collection cannot be read", *names)
        return
    start = _now(publisher)
    if start is None:
        book.skip("the server does not say when an object was added", *names)
        return
    ends = time.monotonic() + seconds
    writers = [_Writer(publisher, ends) for _ in range(_WRITERS)]
    for writer in writers:
        writer.start()
    got, reached = _poll(publisher, start, writers)
    for writer in writers:
        writer.join()
    accepted = {name for writer in writers for name in writer.accepted}
    broken = sum(writer.broken for writer in writers)
    book.judge("RA-03", not broken, f"{broken} requests were answered 5xx")
    _verdicts(publisher, accepted, got, reached)


def _verdicts(publisher: Publisher, accepted: set[str], got: Counter[str], reached: str) -> None:
    book = publisher.visit.book
    if not accepted:
        book.skip("nothing was accepted", "RA-01", "RA-02")
        return
    lost = sorted(accepted - got.keys())
    said = f"{len(lost)} of {len(accepted)} accepted objects never came"
    pages = [_dated(publisher, name) for name in lost[:1]]
    for record in [one for page in pages for one in listed(page, "objects")]:
        date = record.get("date_added")
        early = instant(str(date)) <= instant(reached)
        why = f"and was shown after later ones, up to {reached}" if early else "and never came"
        said += f"; one is dated {date}, {why}"
    book.judge("RA-01", not lost, said, *pages)
    twice = [name for name in accepted if got[name] > 1]
    book.judge("RA-02", not twice, f"{len(twice)} of {len(accepted)} came twice")


def _dated(publisher: Publisher, name: str) -> Answer:
    """The record of an object that never came: it has a date before the cursor of the poller."""
    return publisher.visit.get(f"{publisher.place.url}manifest/", {"match[id]": name})


def _now(publisher: Publisher) -> str | None:
    """When the last object was added."""
    item = publisher.samples.identity()
    publisher.settled(publisher.post(item))
    last = publisher.read(item["id"]).headers.get(LAST, "")
    return last if stamp(last) is not None else None


def _poll(publisher: Publisher, start: str, writers: list[_Writer]) -> tuple[Counter[str], str]:
    """Poll as feeds do, until the writers are done and nothing more comes; gives the last date, too."""
    got: Counter[str] = Counter()
    at, cursor, quiet = f"{publisher.place.url}objects/", start, 0
    params = {"added_after": cursor, "limit": "50"}
    for _ in range(_POLLS):
        done = not any(writer.is_alive() for writer in writers)
        page = publisher.visit.get(at, params)
        got.update(ids(page))
        if ids(page) and stamp(page.headers.get(LAST)) is not None:
            cursor = page.headers[LAST]
        if page.resource.get("more") is True and (onward := way_on(page)):
            params = {k: v for k, v in params.items() if k != "next"} | onward
        else:
            params = {"added_after": cursor, "limit": "50"}
        quiet = quiet + 1 if done and not ids(page) else 0
        if quiet == _QUIET:
            break
        time.sleep(_PAUSE_S)
    return got, cursor
