"""A run of a connector without a runner, for tests: everything as a feed on loopback has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from connectors.base import Run
from connectors.found import NOTHING, Batch, State
from connectors.making import Maker, Terms
from connectors.net import Limits, Net
from connectors.registry import kind
from hub.model.tlp import Tlp

AT_US = 1_790_000_000_000_000
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECRETS = {"env:PASSWORD": "s3cret-password", "env:TOKEN": "s3cret/token"}
CREATOR = "identity--1e4bd3f9-3a9b-4f3f-9a39-0e8a4b1c6a01"


def run_of(
    folder: Path,
    *,
    at_us: int = AT_US,
    notice: Callable[[str], None] = lambda _: None,
    terms: dict[str, Any] | None = None,
    **limits: Any,
) -> Run:
    """A run.

    Args:
        folder: Of the feeds.
        at_us: Its instant.
        notice: Takes what an operator is told.
        terms: What differs of the terms.
        limits: What differs of those of tests.
    """
    allowed = Limits(networks=LOOPBACK, connect_s=30, read_s=30, whole_s=60)._replace(**limits)
    said = Terms("sample", CREATOR, Tlp.GREEN)._replace(**(terms or {}))
    maker = Maker(said, at_us)
    run = Run("sample", at_us, Net(allowed), maker, SECRETS.__getitem__, folder)
    return run._replace(notice=notice)


def collected(name: str, source: dict[str, Any], run: Run, state: State = NOTHING) -> list[Batch]:
    """All batches of a run of a connector of this name."""
    found = kind(name)
    settings = msgspec.convert(source, found.settings)
    return list(found.connector.collect(settings, state, run))


def objects(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """What was found, decoded."""
    return [msgspec.json.decode(found.raw) for batch in batches for found in batch.found]


def values(batches: Iterable[Batch]) -> list[str]:
    """The values of what was found, in order."""
    return [found.item.value for batch in batches for found in batch.found if found.item]
