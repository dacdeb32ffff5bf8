"""The whole hub into a file and from a file into an empty store: hub export --all, hub restore."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from hub.cli.intake import batches
from hub.cli.ledger import (
    FORMAT,
    ChangeLine,
    End,
    Head,
    Line,
    PartyLine,
    change_line,
    change_of,
    everybody,
    party_line,
    party_of,
)
from hub.errors import Fault, HubError
from hub.model.party import Party
from hub.store.base import Act, Logged, Store

_PAGE = 1000

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Counts(NamedTuple):
    """How much went over."""

    parties: int
    changes: int


class Writer:
    """Writes lines and keeps what the last one must say."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.parties = 0
        self.changes = 0

    def write(self, line: Line) -> None:
        """One line, with its line feed."""
        raw = _encode(line) + b"\n"
        self._digest.update(raw)
        self._file.write(raw)
        self.parties += isinstance(line, PartyLine)
        self.changes += isinstance(line, ChangeLine)

    def finish(self) -> Counts:
        """The last line."""
        self.write(End(self.parties, self.changes, self._digest.hexdigest()))
        self._file.flush()
        return Counts(self.parties, self.changes)


def export_all(store: Store, file: BinaryIO, head: Head) -> Counts:
    """Write everything that the store holds at this moment; others go on writing into it."""
    writer = Writer(file)
    with store.snapshot():
        directory = store.directory()
        writer.write(head)
        for party in everybody(directory):
            if line := party_line(party, with_secrets=head.with_secrets):
                writer.write(line)
        ordinal = 0
        while found := store.replay(ordinal, _PAGE):
            for item in found:
                known = directory.collections.get(item.change.collection)
                writer.write(change_line(item, known.id if known else ""))
            ordinal = found[-1].change.ordinal
    return writer.finish()


def load(store: Store, lines: Iterable[bytes], act: Act) -> Head:
    """Fill an empty store from an export.

    Raises:
        HubError: BAD_BODY when it is no export, of a newer format, damaged or incomplete. What was
            filled in until then stays: the store must not be used.
    """
    reader = _Reader(lines)
    for batch in batches(reader.items(), _PAGE):
        if parties := [item for _, item in batch if not isinstance(item, Logged)]:
            store.write(parties, [], act, epoch=store.epoch())
        if changes := [item for _, item in batch if isinstance(item, Logged)]:
            store.refill(changes)
    return reader.head


class _Reader:
    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._number = 0
        self._digest = hashlib.sha256()
        first = self._next()
        self._check_format(first)
        head = self._decoded(first)
        if not isinstance(head, Head):
            raise self._bad("it does not begin as one")
        self.head = head

    def items(self) -> Iterator[tuple[bytes, Party | Logged]]:
        parties = changes = 0
        while True:
            before = self._digest.hexdigest()
            raw = self._next()
            line = self._decoded(raw)
            if isinstance(line, End):
                if (line.parties, line.changes, line.sha256) != (parties, changes, before):
                    raise self._bad("it does not fit what stands before it")
                break
            parties += isinstance(line, PartyLine)
            changes += isinstance(line, ChangeLine)
            yield raw, self._item(line)
        if next(self._lines, b""):
            raise self._bad("there is more behind it")

    def _item(self, line: Line) -> Party | Logged:
        try:
            match line:
                case PartyLine():
                    return party_of(line)
                case ChangeLine():
                    return change_of(line)
        except (ValueError, msgspec.MsgspecError) as error:
            raise self._bad(str(error)) from error
        raise self._bad("it begins a second time")

    def _next(self) -> bytes:
        raw = next(self._lines, b"")
        self._number += 1
        self._digest.update(raw)
        return raw

    def _decoded(self, raw: bytes) -> Line:
        try:
            return _decoder.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._bad(str(error) if raw else "it breaks off before") from error

    def _check_format(self, raw: bytes) -> None:
        try:
            found = msgspec.json.decode(raw, type=_AnyHead).hub_export
        except (msgspec.MsgspecError, ValueError):
            return
        if found != FORMAT:
            raise HubError(
                Fault.BAD_BODY,
                f"the export has format {found}, this program knows {FORMAT}",
                field="export",
                remedy="Take the hub that wrote it, or a newer one.",
            )

    def _bad(self, reason: str) -> HubError:
        return HubError(
            Fault.BAD_BODY,
            f"line {self._number} of the export: {reason}",
            field="export",
            remedy="Use another copy, or export again.",
        )


class _AnyHead(msgspec.Struct):
    hub_export: int
