"""Drives a connector as the runner of feeds does: state by state, and with a memory of ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from connectors.base import Connector, Run
from connectors.errors import RemoteError
from connectors.found import NOTHING, Batch, State
from connectors.making import Maker, Terms
from connectors.net import Limits, Net
from connectors.taxii import pull
from hub.model.tlp import Tlp
from tests import fakes

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRETS = {"env:PASSWORD": "s3cret-password", "env:TOKEN": "s3cret-token"}
HOUR_US = 3_600_000_000


class Driver:
    """One feed.

    Args:
        connector: What is driven.
        settings: Its class, and what it says.
        limits: Of its way out.
    """

    def __init__(
        self,
        connector: Connector[Any],
        settings: tuple[type[msgspec.Struct], dict[str, Any]],
        limits: Limits = Limits(networks=LOOPBACK, connect_s=30, read_s=30, whole_s=60),  # noqa: B008
    ) -> None:
        self._connector = connector
        kind, said = settings
        self.settings = msgspec.convert(said, kind)
        self.limits = limits
        self.secrets = SECRETS
        self.state: State = NOTHING
        self.raws: list[bytes] = []
        """All that it published, in order, once each"""
        self.origins: list[str] = []
        self.gone: list[str] = []
        self.notices: list[str] = []
        self.read = 0
        """Objects that came, again or for the first time"""
        self.now_us = fakes.START_US

    def run(self, *, stop_after: int = 0, late_h: float = 0) -> Driver:
        """One run, which may be cut off after some batches; hours later than the one before."""
        self.now_us += int(late_h * HOUR_US)
        for number, batch in enumerate(self.batches(), 1):
            self._take(batch)
            if number == stop_after:
                break
        return self

    def fails(self, **how: Any) -> RemoteError:
        """A run that must end with an error; gives it."""
        try:
            self.run(**how)
        except RemoteError as error:
            return error
        raise AssertionError("it did not fail")

    def batches(self) -> Iterator[Batch]:
        run = Run(
            feed="test",
            started_us=self.now_us,
            net=Net(self.limits),
            maker=Maker(Terms("test", f"identity--{fakes.uuid_of(101)}", Tlp.GREEN), self.now_us),
            secret=self.secrets.__getitem__,
            folder=Path(),
            known=lambda: [name for name in self.ids() if name not in self.gone],
            notice=self.notices.append,
        )
        return self._connector.collect(self.settings, self.state, run)

    def _take(self, batch: Batch) -> None:
        self.read += len(batch.found)
        for item in batch.found:
            if item.raw not in self.raws:
                self.raws.append(item.raw)
                self.origins.append(item.origin)
        self.gone += batch.gone
        encoded = json.dumps(batch.state)
        assert len(encoded) < 65_536
        self.state = json.loads(encoded)

    def ids(self) -> list[str]:
        return [json.loads(raw)["id"] for raw in self.raws]


def feed(url: str, **said: Any) -> Driver:
    """A feed of TAXII 2.1 that deletes nothing unless it is told to."""
    return Driver(pull.CONNECTOR, (pull.SETTINGS, {"url": url, "deletions_hours": 0} | said))


def indicators(first: int, count: int, version: int = 0) -> list[dict[str, Any]]:
    """Objects with numbers from the first on."""
    return [fakes.indicator(first + n, version) for n in range(count)]


def old(first: int, count: int) -> list[dict[str, Any]]:
    """Objects of STIX 2.0: they do not say so."""
    objects = indicators(first, count)
    for said in objects:
        del said["spec_version"], said["pattern_type"]
        said["labels"] = ["malicious-activity"]
    return objects
