"""Reads a collection to its end, from where it stands, past what servers do to those who page.

- The cursor that goes with a page lies a microsecond before the date of its last object: others of
  that date may be on the following page. What is read again for that, the feed knows already.
- A page that was forgotten, or a `next` that leads in a circle, is got round by the date, as long
  as the date moves. Where it does not, the pull ends with a reason, and what was read stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from connectors.errors import Interrupted, RemoteError
from connectors.taxii.errors import Lost
from connectors.taxii.messages import Page
from hub.model.clock import format_us, parse_us

_RESTARTS = 5
_REPEATED = 3
_BEYOND = 10
"""Of one date, as many times `most` is read in a run before it is given up"""


class Step(NamedTuple):
    """Objects, and where the collection stands behind them."""

    raws: list[bytes]
    cursor: str


class Paged(Protocol):
    """What gives the pages of a collection."""

    def pages(self, url: str, after: str, params: Mapping[str, str]) -> Iterator[Page]:
        """Pages after a date added; see `connectors.taxii.client.Session`."""


class Walk:
    """The way through one collection in one run.

    Args:
        session: With its server.
        url: The collection.
        params: Of every page.
        most: Objects after which the rest is left to the next run.
        notice: Told when it was got round something.
    """

    def __init__(
        self,
        session: Paged,
        url: str,
        params: Mapping[str, str],
        most: int,
        notice: Callable[[str], None],
    ) -> None:
        self._session = session
        self._url = url
        self._params = params
        self._most = most
        self._notice = notice
        self._cursor = ""
        self._count = 0
        self.whole = False
        """It was read to its end."""

    def steps(self, after: str) -> Iterator[Step]:
        """All that was added after a date, oldest first.

        Raises:
            RemoteError: One of its kinds. The steps before it are good.
        """
        self._cursor = after
        left = _RESTARTS
        while not self.whole:
            stood = self._cursor
            try:
                yield from self._through(after)
            except Lost as error:
                if self._cursor == stood:
                    raise
                self._notice(f"{error.reason}; going on by the date, at {self._cursor}")
            except Interrupted as error:
                left = _RESTARTS if self._cursor != stood else left - 1
                if not left:
                    raise
                self._notice(f"{error.reason}; going on at {self._cursor or 'the beginning'}")
            else:
                return

    def _through(self, after: str) -> Iterator[Step]:
        """From the cursor to the end, or to as much as one run takes."""
        last = ""
        seen: set[int] = set()
        repeated = 0
        for page in self._session.pages(self._url, self._cursor, self._params):
            mark = hash(tuple(page.raws))
            repeated = repeated + 1 if mark in seen else 0
            seen.add(mark)
            if repeated == _REPEATED:
                raise Lost(f"{self._url} gives the same pages again and again")
            last = page.added_last or last
            self._cursor = _before(page.added_last, self._cursor)
            self._count += len(page.raws)
            yield Step(page.raws, self._cursor)
            if page.more and self._is_enough(after):
                self._notice(f"{self._url}: {self._count} objects read, the rest comes next time")
                return
        self.whole = True
        yield Step([], later(last, self._cursor))
        if not last and self._count:
            self._notice(f"{self._url} does not date what it gives; every pull reads all of it")

    def _is_enough(self, after: str) -> bool:
        if self._count < self._most:
            return False
        if self._cursor != after:
            return True
        if self._count >= self._most * _BEYOND:
            raise RemoteError(
                f"{self._url} does not end: {self._count} objects were read, and none of them has a"
                " later date than the first",
                remedy="Ask its operator, or raise `most`.",
            )
        return False


def _before(last: str, cursor: str) -> str:
    """A microsecond before a date, unless the cursor is there already."""
    at = instant(last)
    if at is None:
        return cursor
    stands = instant(cursor)
    return cursor if stands is not None and at - 1 <= stands else format_us(at - 1)


def later(last: str, cursor: str) -> str:
    """The later of two dates added; what is no date is none."""
    at, stands = instant(last), instant(cursor)
    return last if at is not None and (stands is None or at > stands) else cursor


def instant(text: str) -> int | None:
    """The microsecond of a date added; None: it is no date."""
    try:
        return parse_us(text.replace("+00:00", "Z"))
    except ValueError:
        return None
