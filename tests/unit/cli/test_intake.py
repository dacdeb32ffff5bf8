"""What counts as a file of objects, and where each of them stands."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub.cli import intake
from hub.cli.intake import Piece, batches, pieces, weight

ONE = b'{"type":"x-one", "id":1}'
TWO = b'{"id": 2,  "type":"x-two"}'
OBSERVED = b'{"type":"observed-data","objects":{"0":{"type":"file"}}}'
LINE_SEPARATOR = '{"type":"x-u","text":"a\u2028b\x85c"}'.encode()
BOTH = [ONE, TWO]

FORMS: dict[str, tuple[str, bytes, list[bytes]]] = {
    "lines": ("a.txt", ONE + b"\n" + TWO + b"\n", BOTH),
    "lines that end like those of Windows": ("a.txt", ONE + b"\r\n" + TWO + b"\r\n", BOTH),
    "lines with empty ones between": ("a.txt", ONE + b"\n\n  \n" + TWO, BOTH),
    "a single object": ("a.json", ONE, [ONE]),
    "a single object over lines": ("a.json", ONE.replace(b",", b",\n"), [ONE.replace(b",", b",\n")]),
    "a bundle": ("a.json", b'{"type":"bundle","objects":[' + ONE + b"," + TWO + b"]}", BOTH),
    "a bundle over lines": (
        "a.json",
        b'{\n"type":"bundle",\n"objects":[\n' + ONE + b",\n" + TWO + b"\n]\n}\n",
        BOTH,
    ),
    "an envelope": ("a.json", b'{"objects":[' + ONE + b"]}", [ONE]),
    "lines of bundles": (
        "a.ndjson",
        b'{"type":"bundle","objects":[' + ONE + b"," + TWO + b"]}\n" + ONE,
        [ONE, TWO, ONE],
    ),
    "a byte order mark": ("a.json", b"\xef\xbb\xbf" + ONE + b"\n" + TWO, BOTH),
    "observed data is no envelope": ("a.txt", OBSERVED + b"\n" + ONE, [OBSERVED, ONE]),
    "other characters that count as line ends": ("a.txt", LINE_SEPARATOR + b"\n" + ONE, [LINE_SEPARATOR, ONE]),
    "a broken line among lines": ("a.txt", ONE + b"\nbroken\n" + TWO, [ONE, b"broken", TWO]),
    "a broken first line of NDJSON": ("a.ndjson", b"broken\n" + ONE, [b"broken", ONE]),
    "NaN in a bundle": (
        "a.json",
        b'{"type":"bundle","objects":[{"a":NaN},' + ONE + b"]}",
        [b'{"a":NaN}', ONE],
    ),
    "nothing": ("a.json", b"", []),
    "blanks": ("a.json", b" \n \n", []),
}  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_forms(tmp_path: Path, name: str, zipped: bool) -> None:
    file, content, expected = FORMS[name]
    path = tmp_path / (f"{file}.gz" if zipped else file)
    path.write_bytes(gzip.compress(content) if zipped else content)
    assert [piece.raw for piece in pieces(str(path))] == expected


def test_each_piece_says_where_it_stands(tmp_path: Path) -> None:
    lines = tmp_path / "a.ndjson"
    lines.write_bytes(ONE + b"\n\n" + b'{"objects":[' + ONE + b"," + TWO + b"]}")
    bundle = tmp_path / "b.json"
    bundle.write_bytes(b'{\n"objects":[' + ONE + b"," + TWO + b"]}")
    assert [piece.place for piece in pieces(str(lines))] == [
        f"{lines} line 1",
        f"{lines} line 3 objects[0]",
        f"{lines} line 3 objects[1]",
    ]
    assert [p.place for p in pieces(str(bundle))] == [
        f"{bundle} objects[0]",
        f"{bundle} objects[1]",
    ]


def test_lines_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def readline(self, size: int | None = -1) -> bytes:
            return ONE + b"\n"

        def __next__(self) -> bytes:
            return TWO + b"\n"

    monkeypatch.setattr(intake.sys, "stdin", SimpleNamespace(buffer=Endless()))
    found = pieces("-")
    assert [next(found).raw for _ in range(3)] == [ONE, TWO, TWO]


UNREADABLE = {
    "no JSON": b"{\n oops",
    "an empty bundle": b'{"type":"bundle","objects":[]}',
    "a cut gzip": gzip.compress(ONE * 100)[:40],
    "a broken gzip": b"\x1f\x8b" + b"\0" * 30,
    "a member twice": b'{\n"objects":[1],"objects":[2]}',
    "deep nesting": b"{\n" + b'"objects":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_ends_the_program(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(UNREADABLE[name])
    with pytest.raises(SystemExit) as caught:
        list(pieces(str(path)))
    assert caught.value.code == 1
    assert capsys.readouterr().err.startswith(f"hub: {path}")


def test_batches_end_by_number_and_by_size() -> None:
    found = [Piece(json.dumps(n).encode(), "") for n in range(7)]
    assert [len(batch) for batch in batches(iter(found), 3)] == [3, 3, 1]
    large = [Piece(b"x" * 5_000_000, "")] * 5
    assert [len(batch) for batch in batches(iter(large), 1000)] == [2, 2, 1]
    assert list(batches(iter([]), 3)) == []


def test_weight_is_that_of_the_content(tmp_path: Path) -> None:
    plain, zipped = tmp_path / "a", tmp_path / "b"
    plain.write_bytes(ONE * 1000)
    zipped.write_bytes(gzip.compress(ONE * 1000))
    assert weight(str(plain)) == weight(str(zipped)) == len(ONE) * 1000
    assert weight("-") == weight(str(tmp_path / "none")) == 0
