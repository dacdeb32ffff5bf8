"""Folders on disk, and the shelf that keeps some of them."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.service.outlet.folder import Filed, Folder, Shelf


def folder(**texts: bytes) -> Folder:
    made = Folder()
    for name, text in texts.items():
        made.put(name, [text])
    made.seal()
    return made


def filed(text: bytes = b"x") -> Filed:
    return Filed(folder(a=text), b"state", 1, "")


def read(of: Folder, name: str) -> bytes | None:
    pieces = of.read(name)
    return None if pieces is None else b"".join(pieces)


def right(_: Filed) -> bool:
    return True


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, and no paths


class Maker:
    """Counts how often a folder is made."""

    def __init__(self, text: bytes = b"x") -> None:
        self.made = 0
        self._text = text

    def __call__(self) -> Filed:
        self.made += 1
        return filed(self._text)


def test_texts_by_name() -> None:
    large = os.urandom(200_000)
    made = Folder()
    made.put("a", [b"old"])
    made.put("large", [large[:70_000], b"", large[70_000:]])
    made.put("empty", [])
    made.put("a", [b"n", b"ew"])
    made.seal()
    assert [read(made, name) for name in ("a", "large", "empty", "b")] == [
        b"new",
        large,
        b"",
        None,
    ]
    assert made.size == 200_006


def test_a_folder_has_no_name_on_disk_and_goes_with_its_last_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    made = folder(a=b"x" * 100_000)
    assert descriptors() == before + 1
    assert list(tmp_path.iterdir()) == []
    pieces = made.read("a")
    del made
    # Who has begun to read has all of it.
    assert pieces is not None
    assert b"".join(pieces) == b"x" * 100_000
    del pieces
    assert descriptors() == before


def test_what_is_right_is_made_once_and_what_is_not_anew() -> None:
    shelf, make = Shelf(), Maker()
    first = shelf.get(("a",), right, make)
    assert shelf.get(("a",), right, make) is first
    assert shelf.get(("b",), right, make) is not first
    assert make.made == 2
    now = filed(b"now")
    assert shelf.get(("a",), lambda found: found is now, lambda: now) is now
    assert shelf.get(("a",), right, make) is now


def test_what_is_not_right_when_it_is_made_is_not_kept() -> None:
    shelf, make = Shelf(), Maker()
    before = descriptors()
    for _ in range(3):
        assert read(shelf.get(("a",), lambda _: False, make).folder, "a") == b"x"
    assert make.made == 3
    assert descriptors() == before


def test_those_go_that_nobody_asked_for_the_longest() -> None:
    shelf, make = Shelf(most_folders=2), Maker()
    for place in "abacab":
        shelf.get((place,), right, make)
    # a, b; then c in the place of b, and b in that of c.
    assert make.made == 4


def test_large_folders_go_sooner_and_the_last_one_stays() -> None:
    shelf, make, before = Shelf(most_bytes=1_000), Maker(b"x" * 600), descriptors()
    for place in "abab":
        shelf.get((place,), right, make)
    assert make.made == 4
    assert descriptors() == before + 1
    huge = Maker(b"x" * 5_000)
    for _ in range(3):
        shelf.get(("c",), right, huge)
    assert huge.made == 1
    assert descriptors() == before + 1


def test_threads_that_ask_at_once_have_it_made_once() -> None:
    shelf, counts, barrier = Shelf(), Maker(), threading.Barrier(8)

    def slow() -> Filed:
        time.sleep(0.05)
        return counts()

    def ask(_: int) -> Filed:
        barrier.wait()
        return shelf.get(("a",), right, slow)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert counts.made == 1
    assert len(set(map(id, found))) == 1


def test_who_makes_one_does_not_keep_others_waiting() -> None:
    shelf, inside = Shelf(), []

    def outer() -> Filed:
        inside.append(shelf.get(("b",), right, filed))
        return filed()

    shelf.get(("a",), right, outer)
    assert len(inside) == 1


def test_what_fails_is_tried_again() -> None:
    shelf, make = Shelf(), Maker()

    def fail() -> Filed:
        raise ConnectionError

    for _ in range(2):
        with pytest.raises(ConnectionError):
            shelf.get(("a",), right, fail)
    assert read(shelf.get(("a",), right, make).folder, "a") == b"x"


def test_many_threads_read_and_drop_folders_side_by_side() -> None:
    shelf = Shelf(most_folders=1)
    texts = {place: place.encode() * 150_000 for place in "abcd"}

    def ask(number: int) -> bool:
        place = "abcd"[number % 4]
        found = shelf.get((place,), right, lambda: filed(texts[place]))
        return read(found.folder, "a") == texts[place]

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(300)))
