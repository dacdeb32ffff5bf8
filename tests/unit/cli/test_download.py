"""A pull into a file, and the cursor that stays in step with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Interrupted
from connectors.taxii.messages import Page
from hub.cli.cursor import Cursor
from hub.cli.download import Download, Stream, follow
from hub.cli.sink import Form

URL = "http://127.0.0.1/root/collections/one/"


def added(number: int) -> str:
    return f"2026-01-01T00:00:00.{number:06d}Z"


def raw(name: str) -> bytes:
    return json.dumps({"id": name, "text": "ệ"}, ensure_ascii=False).encode()


def page(names: str, *dates: int, more: bool = False) -> Page:
    """A page of objects with one letter each; first and last date are given, or one, or none."""
    ends = [added(dates[0]), added(dates[-1])] if dates else ["", ""]
    return Page([raw(name) for name in names], *ends, more)


class Pull:
    """Runs of one pull into a file."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.path, self.cursor_path, self.form = folder / "out", folder / "out.cursor", form

    def open(self, **changes: Any) -> Download:
        fresh = Cursor(**({"url": URL, "params": {}, "form": self.form} | changes))
        return Download(self.path, self.cursor_path, fresh)

    def complete(self, *pages: Page) -> None:
        with self.open() as target:
            for item in pages:
                target.keep(item)
            target.settle()

    def cursor(self) -> dict[str, Any]:
        return json.loads(self.cursor_path.read_bytes())

    def ids(self) -> str:
        content = self.path.read_bytes()
        if self.form == "ndjson":
            found = [json.loads(line) for line in content.split(b"\n")[:-1]]
        else:
            found = json.loads(content)["objects"]
        return "".join(item["id"] for item in found)


def kill(target: Download) -> None:
    """As if the process had ended here: what was written is there, nothing more is done."""
    target._file.close()


@pytest.fixture(params=["ndjson", "bundle"])
def a_pull(tmp_path: Path, request: pytest.FixtureRequest) -> Pull:
    return Pull(tmp_path, request.param)


def test_a_second_pull_goes_on_behind_the_first(a_pull: Pull) -> None:
    a_pull.complete(page("ab", 1, 2))
    with a_pull.open() as target:
        assert target.cursor.added_after == added(2)
        target.keep(page("c", 3))
        target.settle()
        assert target.count == 1
    a_pull.complete()
    assert a_pull.ids() == "abc"
    assert a_pull.cursor()["added_after"] == added(3)


def test_the_cursor_is_a_page_behind_until_the_pull_is_complete(a_pull: Pull) -> None:
    with a_pull.open() as target:
        for number, name in enumerate("abc", start=1):
            target.keep(page(name, number))
            assert a_pull.cursor()["added_after"] == (added(number - 1) if number > 1 else "")
        target.settle()
    assert a_pull.cursor()["added_after"] == added(3)


def test_pages_that_share_a_date_are_kept_together(a_pull: Pull) -> None:
    target = a_pull.open().__enter__()
    target.keep(page("a", 1))
    target.keep(page("bc", 2, 3))
    target.keep(page("de", 3, 3))
    kill(target)
    with a_pull.open() as again:
        # Asked for what came after 3, the server would leave out what else it added then.
        assert again.cursor.added_after == added(1)
        again.keep(page("bcdef", 2, 3))
        again.settle()
    assert a_pull.ids() == "abcdef"


def test_a_killed_pull_leaves_nothing_twice(a_pull: Pull) -> None:
    target = a_pull.open().__enter__()
    target.keep(page("a", 1))
    target.keep(page("bc", 2, 3))
    kill(target)
    with a_pull.open() as again:
        assert again.cursor.added_after == added(1)
        again.keep(page("bcd", 2, 4))
        again.settle()
    assert a_pull.ids() == "abcd"


def test_what_was_deleted_on_the_server_meanwhile_does_not_stay_behind(a_pull: Pull) -> None:
    target = a_pull.open().__enter__()
    target.keep(page("a", 1))
    target.keep(page("bcd", 2, 4))
    kill(target)
    a_pull.complete(page("b", 2))
    assert a_pull.ids() == "ab"


def test_a_pull_killed_in_its_first_page_starts_over(a_pull: Pull) -> None:
    target = a_pull.open().__enter__()
    target._sink.add([raw("a")])
    kill(target)
    a_pull.complete(page("ab", 1))
    assert a_pull.ids() == "ab"


def test_a_failed_pull_leaves_a_whole_file(a_pull: Pull) -> None:
    with suppress(ValueError), a_pull.open() as target:
        target.keep(page("a", 1))
        raise ValueError
    assert a_pull.ids() == "a"
    a_pull.complete(page("ab", 1, 2))
    assert a_pull.ids() == "ab"


def test_the_cursor_is_written_after_the_page(
    a_pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []
    monkeypatch.setattr(os, "fsync", lambda _: happened.append("fsync"))
    replace = Path.replace

    def note(draft: Path, target: Path) -> Path:
        happened.append(f"{target.name}: {a_pull.path.stat().st_size}")
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", note)
    with a_pull.open() as target:
        happened.clear()
        target.keep(page("a", 1))
        size = a_pull.path.stat().st_size
        target.settle()
        # The page, then the draft of the cursor, then its name.
        assert happened == ["fsync", "fsync", f"out.cursor: {size}", "fsync"]
        assert a_pull.cursor()["size"] == size


def test_a_file_that_was_taken_away_begins_anew(a_pull: Pull) -> None:
    a_pull.complete(page("ab", 1, 2))
    a_pull.path.unlink()
    with a_pull.open() as target:
        assert target.cursor.added_after == added(2)
        target.keep(page("c", 3))
        target.settle()
    assert a_pull.ids() == "c"


def test_a_server_without_dates_is_asked_for_everything_again(a_pull: Pull) -> None:
    for _ in range(2):
        with a_pull.open() as target:
            assert target.cursor.added_after == ""
            target.keep(page("a"))
            target.keep(page("b"))
            target.settle()
    assert a_pull.ids() == "ab"


def test_a_file_without_a_cursor_is_not_touched(
    a_pull: Pull, capsys: pytest.CaptureFixture[str]
) -> None:
    a_pull.path.write_bytes(b"mine")
    with pytest.raises(SystemExit) as caught:
        a_pull.open().__enter__()
    assert caught.value.code == 1
    assert a_pull.path.read_bytes() == b"mine"
    assert not a_pull.cursor_path.exists()
    assert "choose another --out" in capsys.readouterr().err


def test_a_file_that_became_shorter_is_not_touched(a_pull: Pull) -> None:
    a_pull.complete(page("ab", 1, 2))
    a_pull.path.write_bytes(b"{")
    with pytest.raises(SystemExit):
        a_pull.open().__enter__()
    assert a_pull.path.read_bytes() == b"{"


OTHERS = {
    "another collection": {"url": "http://127.0.0.1/other/"},
    "another filter": {"params": {"match[type]": "report"}},
    "another form": {"form": "other"},
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_cursor_of_another_pull_is_refused(
    a_pull: Pull, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    a_pull.complete(page("a", 1))
    before = a_pull.path.read_bytes()
    with pytest.raises(SystemExit) as caught:
        a_pull.open(**OTHERS[name])
    assert caught.value.code == 2
    assert "belongs to a pull" in capsys.readouterr().err
    assert a_pull.path.read_bytes() == before


def test_a_broken_cursor_is_refused(a_pull: Pull) -> None:
    a_pull.cursor_path.write_bytes(b'{"url": 5}')
    with pytest.raises(SystemExit) as caught:
        a_pull.open()
    assert caught.value.code == 1


def test_only_one_pull_at_a_time(a_pull: Pull, capsys: pytest.CaptureFixture[str]) -> None:
    with a_pull.open():
        with pytest.raises(SystemExit):
            a_pull.open()
        assert "another pull" in capsys.readouterr().err
    a_pull.complete()


class Partner:
    """A session with a server whose objects were added at `dates`, and that goes away at times.

    Its `next` may be used once, as with some servers: it is gone when the answer is.
    """

    def __init__(self, dates: list[int], size: int, failures: set[int]) -> None:
        self._dates, self._size, self._failures = dates, size, failures
        self._requests = 0

    def pages(self, url: str, after: str, params: dict[str, str]) -> Iterator[Page]:
        assert (url, params) == (URL, {"limit": "2"})
        left = [n for n, date in enumerate(self._dates) if added(date) > after]
        while left:
            now, left = left[: self._size], left[self._size :]
            self._requests += 1
            if self._requests in self._failures and now[0] != 0:
                raise Interrupted("it went away")
            names = "".join(chr(ord("a") + n) for n in now)
            yield page(names, self._dates[now[0]], self._dates[now[-1]], more=bool(left))


@given(
    dates=st.lists(st.integers(0, 6), max_size=20).map(sorted),
    size=st.integers(1, 5),
    failures=st.sets(st.integers(2, 12), max_size=4),
)
def test_nothing_is_missed_or_repeated_when_the_server_goes_away(
    tmp_path_factory: pytest.TempPathFactory, dates: list[int], size: int, failures: set[int]
) -> None:
    a_pull = Pull(tmp_path_factory.mktemp("pull"), "ndjson")
    with a_pull.open() as target:
        follow(Partner(dates, size, failures), URL, {"limit": "2"}, target)  # type: ignore[arg-type]
    assert a_pull.ids() == "".join(chr(ord("a") + n) for n in range(len(dates)))
    assert target.count == len(dates)


def test_a_server_that_always_goes_away_is_left(a_pull: Pull) -> None:
    partner = Partner([1, 1, 1, 1], 2, set(range(100)))
    with pytest.raises(Interrupted), a_pull.open() as target:
        follow(partner, URL, {"limit": "2"}, target)  # type: ignore[arg-type]
    assert a_pull.cursor()["added_after"] == ""


def test_standard_output_with_a_cursor(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "cursor"
    fresh = Cursor(URL, {}, "ndjson")
    for number, name in enumerate("ab", start=1):
        with Stream(path, fresh) as target:
            target.keep(page(name, number))
            target.settle()
            assert target.count == 1
    assert capfdbinary.readouterr().out == raw("a") + b"\n" + raw("b") + b"\n"
    assert json.loads(path.read_bytes())["added_after"] == added(2)


def test_standard_output_without_a_cursor(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with Stream(None, Cursor(URL, {}, "ndjson", added(1))) as target:
        assert target.cursor.added_after == added(1)
        target.keep(page("a", 2))
        target.rewind()
        target.keep(page("a", 2))
        target.settle()
    assert capfdbinary.readouterr().out == (raw("a") + b"\n") * 2
