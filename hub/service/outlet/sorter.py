"""Sorting more than fits into memory: runs of some megabytes in one temporary file, then merged."""

from __future__ import annotations

import heapq
import os
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

RUN_BYTES = 8_000_000
_AHEAD = 65_536
_SIZE = 4

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, bytes]).decode


class _Run(NamedTuple):
    start: int
    end: int


class Sorter:
    """Takes pairs of a key and bytes, and gives them in the order of keys, then of bytes.

    Can be read several times, and is read only when all is in it.

    Args:
        run_bytes: What is kept in memory.
    """

    def __init__(self, run_bytes: int = RUN_BYTES) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._most = run_bytes
        self._runs: list[_Run] = []
        self._held: list[tuple[str, bytes]] = []
        self._size = 0

    def add(self, key: str, payload: bytes) -> None:
        """Take one more."""
        self._held.append((key, payload))
        self._size += len(key) + len(payload)
        if self._size >= self._most:
            self._flush()

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        self._held.sort()
        return heapq.merge(self._held, *(self._read(run) for run in self._runs))

    def close(self) -> None:
        """Drop the temporary file."""
        self._file.close()

    def _flush(self) -> None:
        self._held.sort()
        start = self._file.seek(0, os.SEEK_END)
        for item in self._held:
            line = _encode(item)
            self._file.write(len(line).to_bytes(_SIZE))
            self._file.write(line)
        self._file.flush()
        self._runs.append(_Run(start, self._file.tell()))
        self._held, self._size = [], 0

    def _read(self, run: _Run) -> Iterator[tuple[str, bytes]]:
        place, held = run.start, b""
        while True:
            while len(held) < _SIZE or len(held) < _SIZE + int.from_bytes(held[:_SIZE]):
                # Runs are read side by side, so none of them may move the file's position.
                piece = os.pread(self._file.fileno(), min(_AHEAD, run.end - place), place)
                if not piece:
                    return
                place += len(piece)
                held += piece
            size = _SIZE + int.from_bytes(held[:_SIZE])
            yield _decode(held[_SIZE:size])
            held = held[size:]
