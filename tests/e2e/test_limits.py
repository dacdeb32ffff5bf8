"""Limits hold over all workers: two of them do not let through twice as much."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.store.counters import beside
from tests import fakes
from tests.e2e.serving import DEFAULTS, Server, serving

SETTINGS = f"""{DEFAULTS}
[limits]
requests_per_minute = 60
request_burst = 40
objects_per_day = 50
failed_logins = 5
"""


@pytest.fixture
def limited(tmp_path: Path):
    with serving(tmp_path, SETTINGS) as running:
        yield running


def at_once(ask: Callable[[int], int], count: int) -> Counter[int]:
    """Statuses of requests over connections of their own: both workers take some."""
    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(ask, range(count)))


def test_two_workers_let_through_no_more_than_one(limited: Server) -> None:
    assert len(limited.workers()) == 2
    started = time.monotonic()
    found = at_once(lambda _: limited.ask("GET", "/taxii2/").status_code, 200)
    seconds = time.monotonic() - started
    assert set(found) == {200, 429}
    assert 40 <= found[200] <= 40 + seconds + 1


def test_both_count_what_was_throttled_and_pause_as_long_as_told(limited: Server) -> None:
    at_once(lambda _: limited.ask("GET", "/taxii2/").status_code, 100)
    answer = limited.ask("GET", "/taxii2/")
    assert answer.status_code == 429
    time.sleep(int(answer.headers["Retry-After"]))
    assert limited.ask("GET", "/taxii2/").status_code == 200
    text = limited.ask("GET", "/metrics", account="").text
    counted = next(line for line in text.splitlines() if line.startswith("hub_throttled_total"))
    assert float(counted.split()[1]) > 40


def test_the_quota_is_used_up_exactly_once(limited: Server) -> None:
    room = limited.room()

    def publish(number: int) -> int:
        objects = [fakes.indicator(10 * number + place) for place in range(4)]
        answer = limited.ask(
            "POST",
            f"{room.path}objects/",
            account="partner",
            data=fakes.body(*objects),
        )
        return answer.status_code

    found = at_once(publish, 30)
    # Four more did not fit: fifty are twelve times four, and two.
    assert found == {202: 12, 429: 18}
    assert len(room.objects()) == 48


def test_failed_log_ins_of_both_workers_count_together(limited: Server) -> None:
    def guess(number: int) -> int:
        headers = fakes.basic("partner", f"wrong {number}")
        return limited.ask("GET", "/taxii2/", account="", headers=headers).status_code

    # One at a time: only a few passwords are verified at once, the others would be 503.
    found = Counter(guess(number) for number in range(12))
    assert found == {401: 5, 429: 7}
    right = limited.ask("GET", "/taxii2/", account="", headers=fakes.basic("partner"))
    assert right.status_code == 429
    assert limited.ask("GET", "/taxii2/", account="partner").status_code == 200


def test_counts_outlive_a_reload(limited: Server) -> None:
    started = time.monotonic()
    first = at_once(lambda _: limited.ask("GET", "/taxii2/").status_code, 60)
    old = limited.workers()
    limited.reload()
    deadline = time.monotonic() + 60
    while not limited.workers().isdisjoint(old) or len(limited.workers()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = at_once(lambda _: limited.ask("GET", "/taxii2/").status_code, 60)
    assert first[200] + second[200] <= 40 + time.monotonic() - started + 1


def test_a_damaged_file_is_replaced_at_the_start(tmp_path: Path) -> None:
    file = beside(tmp_path / "hub.sqlite")
    file.write_bytes(b"no database" * 5000)
    with serving(tmp_path, SETTINGS) as running:
        found = at_once(lambda _: running.ask("GET", "/taxii2/").status_code, 100)
        assert found[429] >= 40
        assert "was damaged" in running.log()
        assert "counters fail" not in running.log()


def test_a_file_that_is_damaged_meanwhile_stops_nothing(limited: Server) -> None:
    limited.ask("GET", "/taxii2/")
    file = beside(limited.folder / "hub.sqlite")
    for path in (file, file.with_name(f"{file.name}-wal")):
        path.write_bytes(b"no database" * 5000)
    found = at_once(lambda _: limited.ask("GET", "/taxii2/").status_code, 200)
    assert set(found) <= {200, 429}
    assert limited.ask("GET", "/health/ready", account="").status_code == 200
