"""How the tests of search speak to the hub: an empty one with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hub.store.finder import SqliteFinder
from tests import fakes
from tests.http.asking import Hub, data

PLAIN = {"Accept": "application/json"}


@contextmanager
def opened(folder: Path, clock: fakes.Clock) -> Iterator[Hub]:
    """A hub in an empty folder."""
    config = fakes.make_config(folder, "[limits]\nrequests_per_minute = 0\n")
    store = fakes.open_store(config.store_path, clock=clock)
    fakes.populate(store)
    with mock.patch("hub.app.now_us", clock):
        yield Hub(config, store)
    store.close()


def indicator(number: int, pattern: str, **more: Any) -> dict[str, Any]:
    """An indicator with a pattern."""
    return fakes.indicator(number, pattern=pattern, **more)


def send(api: Hub, path: str, *, account: str = "publisher", **query: Any) -> tuple[int, Any]:
    """GET, with the answer as JSON."""
    answer = api.get(f"/api/v1/{path}", account=account, headers=PLAIN, query_string=query)
    assert answer.content_type == "application/json"
    return answer.status_code, data(answer)


def failing_after(calls: int, error: Exception) -> Any:
    """`SqliteFinder.find` that works so many times, and then does not."""
    true, left = SqliteFinder.find, iter(range(calls))

    def find(self: SqliteFinder, *args: Any, **how: Any) -> Any:
        if next(left, None) is None:
            raise error
        return true(self, *args, **how)

    return mock.patch.object(SqliteFinder, "find", find)
