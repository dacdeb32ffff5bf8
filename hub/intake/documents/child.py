"""Has something parsed in a process of its own, which ends whatever the document does."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TypeVar

import msgspec

from hub.intake.documents.kinds import Unreadable
from hub.intake.documents.parse import Limits, Told, parse

SMALL_PAGE = 4_000
"""Bytes; not even a page made for it keeps the parser busy for a second with so little"""
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")

T = TypeVar("T")


def parsed(kind: str, raw: bytes, charset: str, limits: Limits) -> Told:
    """What is in a PDF or page.

    Args:
        kind: "pdf" or "html".
        raw: The document.
        charset: Of a page, as its sender says.
        limits: What it may take.

    Raises:
        Unreadable: Nothing is, or it takes too much.
    """
    if kind == "html" and len(raw) <= SMALL_PAGE:
        told = parse(raw, limits, kind, charset)
    else:
        told = ran("hub.intake.documents.parse:parse", Told, raw, limits, kind, charset)
    if told.reason:
        raise Unreadable(told.reason, remedy=told.remedy)
    return told


def ran(parser: str, gives: type[T], raw: bytes, limits: Limits, *arguments: str) -> T:
    """What a parser makes of a document.

    Args:
        parser: `module:function`, which takes the document, the limits and the arguments.
        gives: What it returns.
        raw: The document.
        limits: What it may take.
        arguments: More of them.

    Raises:
        Unreadable: It takes too much.
    """
    command = [sys.executable, "-m", "hub.intake.documents.work", parser]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours, the document its input
            [*command, msgspec.json.encode(limits).decode(), *arguments],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(
            f"it takes longer than the {limits.seconds} s that a document may"
        ) from error
    try:
        return msgspec.json.decode(done.stdout, type=gives)
    except msgspec.DecodeError as error:
        # A signal, by the limit of the processor's time above all, or no memory for the answer.
        raise Unreadable(
            f"it cannot be read within {limits.cpu_s} s and {limits.memory_bytes // 1_000_000} MB"
        ) from error


def _environment() -> dict[str, str]:
    """Enough to start Python, and nothing else: secrets may stand in the hub's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
