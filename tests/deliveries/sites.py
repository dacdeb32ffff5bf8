"""A hub with deliveries, for tests of their runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from hub import policy
from hub.errors import HubError
from hub.model.clock import parse_us
from hub.model.job import Ending, JobRun
from hub.model.party import Caller, Party, Subject
from hub.model.query import Query
from hub.model.record import Outcome
from hub.service.deliveries.definition import Delivery, load
from hub.service.deliveries.run import Depot
from hub.service.deliveries.runner import Deliverer
from hub.service.directory import Parties
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.base import Act
from hub.store.jobs import Jobs
from hub.store.sqlite import SqliteStore
from tests import fakes
from tests.connectors.sending.receivers import SECRET

WEBHOOK = """
connector = "webhook"
account = "reader"
enabled = true
start = "all"
networks = ["127.0.0.0/8"]
{more}
[timeouts]
connect = 30.0
read = {read_s}
whole = 60.0
[target]
url = "{url}"
secret = "file:hook.key"
"""


class Site:
    """A hub in a folder.

    Args:
        folder: For its store and definitions.
    """

    def __init__(self, folder: Path, store: SqliteStore | None = None) -> None:
        self.folder = folder
        self.clock = fakes.Clock()
        self.tick = fakes.Clock()
        """That of the store, where it was made with it"""
        self.store = store or fakes.open_store(folder / "hub.sqlite")
        if not self.store.epoch():
            fakes.populate(self.store)
        self.parties = Parties(self.store)
        self.depot = Depot(self.store, self.parties, "https://hub.example.org", self.clock)
        self.deliverer = Deliverer(self.depot)
        key = folder / "hook.key"
        key.touch(mode=0o600)
        key.write_text(SECRET, encoding="ascii")

    def define(self, text: str, name: str = "partner") -> Delivery:
        """A delivery by its file."""
        path = self.folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    def webhook(
        self, url: str, more: str = "", name: str = "partner", read_s: float = 30.0
    ) -> Delivery:
        return self.define(WEBHOOK.format(url=url, more=more, read_s=float(read_s)), name)

    def run(self, delivery: Delivery, recipient: Any = None) -> Ending:
        """A run now."""
        ending = self.deliverer.run(delivery, recipient, only_due=False)
        assert ending
        return ending

    def put(self, *parties: Party) -> None:
        act = Act("console", "", "put", "test")
        self.store.write(list(parties), [], act, epoch=self.store.epoch())

    def scope(self, account: str):
        directory = self.store.directory()
        found = directory.accounts[account]
        return policy.scope(Caller(account, found.org, found.roles), directory)

    def publish(
        self,
        *objects: dict[str, Any],
        alias: str = "shared",
        by: str = "publisher",
        audience: frozenset[Subject] = frozenset(),
    ) -> None:
        """Through the door; everything has to be taken."""
        collection = self.store.directory().collections[fakes.KEYS[alias]]
        status = Publisher(self.store, Limits()).publish(
            self.scope(by), collection, [msgspec.json.encode(obj) for obj in objects], audience
        )
        assert [v for v in status.verdicts if v.outcome is Outcome.REFUSED] == []

    def delete(self, object_id: str, alias: str = "shared", by: str = "publisher") -> None:
        collection = self.store.directory().collections[fakes.KEYS[alias]]
        query = Query(collection.key, ids=(object_id,), edges=("all",))
        Publisher(self.store, Limits()).delete(self.scope(by), collection, query)

    def delete_version(self, obj: dict[str, Any]) -> None:
        """One version of an object in `shared`, if it is there."""
        collection = self.store.directory().collections[fakes.KEYS["shared"]]
        at = (parse_us(obj["modified"]),)
        query = Query(collection.key, ids=(obj["id"],), edges=(), versions_us=at)
        with suppress(HubError):
            Publisher(self.store, Limits()).delete(self.scope("publisher"), collection, query)

    def history(self, delivery: Delivery) -> list[tuple[str, dict[str, int]]]:
        """Outcome and counts of its runs, oldest first."""
        found: list[JobRun] = self.store.job_runs(delivery.job(), 50)
        return [(run.outcome, msgspec.json.decode(run.counts)) for run in reversed(found)]


def dead(jobs: Jobs, delivery: Delivery) -> list[tuple[str, str]]:
    """Keys and reasons of its dead letters."""
    return [(item.key, item.reason) for item in jobs.dead_letters(delivery.job(), 0, 100)]
