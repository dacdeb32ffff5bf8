"""Sending a file to a TAXII server, envelope by envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.cli.base import say
from hub.cli.intake import Piece, batches, is_json, pieces
from hub.cli.tally import Tally, placed, progress
from hub.errors import Fault, HubError
from hub.model.record import Refusal
from hub.stix.check import check

if TYPE_CHECKING:
    from connectors.taxii.client import Session
    from connectors.taxii.messages import Detail, Receipt

_WORDS = frozenset({"replaced", "unchanged"})


def push_all(session: Session, url: str, file: str, most: int, output: str) -> None:
    """Publish the objects of a file and print what became of them."""
    # Servers do not tell a new object from a new version of a known one.
    tally = Tally("added", "replaced", "unchanged", "pending")
    with tally.shown(output), progress([file]) as move:
        try:
            for batch in batches(pieces(file), most):
                _send(session, url, [piece for piece in batch if _is_sound(piece, tally)], tally)
                move(batch)
        except HubError:
            say("not everything was sent; push the same file again, which repeats nothing")
            raise


def try_all(file: str, output: str) -> None:
    """Check the objects of a file as a hub would, and print what would be refused."""
    tally = Tally("passed", "warned")
    with tally.shown(output):
        for piece in pieces(file):
            found = check(piece.raw, piece.place)
            if isinstance(found, Refusal):
                tally.refuse(*found)
            else:
                tally.add("warned" if found.warnings else "passed")


def _is_sound(piece: Piece, tally: Tally) -> bool:
    """Whether it is JSON: what is not would spoil the envelope for all the others."""
    if is_json(piece.raw):
        return True
    found = check(piece.raw, piece.place)
    tally.refuse(*(found if isinstance(found, Refusal) else ("unknown", "unknown", "no JSON")))
    return False


def _send(session: Session, url: str, batch: Sequence[Piece], tally: Tally) -> None:
    """Publish a batch, in halves when it is too large for the other side."""
    if not batch:
        return
    try:
        receipt = session.push(url, [piece.raw for piece in batch])
    except HubError as error:
        if error.fault is not Fault.TOO_LARGE:
            raise
        if len(batch) == 1:
            tally.refuse("unknown", "unknown", f"{batch[0].place}: {error.reason}")
            return
        middle = len(batch) // 2
        _send(session, url, batch[:middle], tally)
        _send(session, url, batch[middle:], tally)
        return
    _count(receipt, batch, tally)


def _count(receipt: Receipt, batch: Sequence[Piece], tally: Tally) -> None:
    for detail in receipt.successes:
        tally.add(_outcome(detail))
    for detail in receipt.failures:
        tally.refuse(detail.id, detail.version, placed(detail.message, batch))
    # The lists of a status may be left out (TAXII 2.1 section 4.3.1); its counts may not.
    tally.add("added", receipt.success_count - len(receipt.successes))
    tally.add("failed", receipt.failure_count - len(receipt.failures))
    tally.add("pending", receipt.pending_count)


def _outcome(detail: Detail) -> str:
    """What this hub says at the start of its message; others say nothing."""
    word = detail.message.partition(":")[0]
    return word if word in _WORDS else "added"
