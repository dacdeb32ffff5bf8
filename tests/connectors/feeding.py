"""A hub with a feed in it, for tests: a definition as a file, a store, and the real runner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hub.config import LimitSettings
from hub.model.clock import now_us
from hub.model.job import JobRun
from hub.model.query import Query, Scope
from hub.service.directory import Parties
from hub.service.feeds.definition import Feed, load
from hub.service.feeds.desk import Desk
from hub.service.feeds.runner import Report, Runner
from hub.service.limits import Quota
from hub.stix.check import Limits
from hub.store.local import LocalCounters
from hub.store.sqlite import SqliteStore
from tests import fakes

SHORT = {"connect": 1, "read": 1, "whole": 3}
"""Time-outs of tests, in seconds"""


def write_feed(
    folder: Path, connector: str, source: Mapping[str, Any], /, name: str = "sample", **said: Any
) -> Path:
    """A definition on loopback that is enabled, as account `publisher` in collection `shared`."""
    folder.mkdir(exist_ok=True)
    table = {
        "connector": connector,
        "enabled": True,
        "every": "1h",
        "account": "publisher",
        "collection": "shared",
        "networks": ["127.0.0.0/8", "::1/128"],
        "timeouts": SHORT,
    }
    path = folder / f"{name}.toml"
    path.write_text(in_toml(table | said | {"source": dict(source)}), encoding="utf-8")
    return path


def in_toml(table: Mapping[str, Any]) -> str:
    """A table as TOML, with nested ones in line."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in table.items())


def _value(value: Any) -> str:
    match value:
        case dict():
            inner = ", ".join(f"{json.dumps(name)} = {_value(v)}" for name, v in value.items())
            return f"{{ {inner} }}"
        case list() | tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


class Hub(NamedTuple):
    """A store with the sample directory, and what feeds work with."""

    desk: Desk
    folder: Path
    """Of definitions"""

    @property
    def store(self) -> SqliteStore:
        """The store."""
        store = self.desk.store
        assert isinstance(store, SqliteStore)
        return store

    def feed(self, connector: str, source: Mapping[str, Any], **said: Any) -> Feed:
        """A feed that is written and read again."""
        return load(write_feed(self.folder, connector, source, **said))

    def run(self, feed: Feed, **options: Any) -> Report:
        """A run at once, whatever is due."""
        report = Runner(self.desk, **options).run(feed, only_due=False)
        assert report is not None, "somebody else runs it"
        return report

    def scope(self, account: str = "publisher") -> Scope:
        """What an account sees."""
        directory = self.store.directory()
        found = directory.accounts[account]
        from hub.model.party import Caller

        return self.desk.parties.now().scope(Caller(account, found.org, found.roles))

    def raws(self, collection: str = "shared", edge: str = "last") -> list[bytes]:
        """The objects of a collection, as bytes, in the order in which they came."""
        query = Query(fakes.KEYS[collection], edges=(edge,), stix=fakes.BOTH_STIX)
        return self.store.objects(self.scope(), query, 0, 1_000_000).raws

    def objects(self, collection: str = "shared", edge: str = "last") -> list[dict[str, Any]]:
        """The same, decoded."""
        return [json.loads(raw) for raw in self.raws(collection, edge)]

    def last(self, feed: Feed) -> JobRun:
        """The last run that is over."""
        return self.store.job_runs(feed.job, 1)[0]


@contextmanager
def hub_at(folder: Path, clock: Callable[[], int] = now_us, **limits: Any) -> Iterator[Hub]:
    """A hub in a folder."""
    with closing(fakes.open_store(folder / "hub.sqlite", clock=clock)) as store:
        if not store.directory().orgs:
            fakes.populate(store)
        quota = Quota(LocalCounters(), LimitSettings(**limits), clock=clock)
        desk = Desk(store, Parties(store), quota, Limits(), 20.0, (), clock)
        yield Hub(desk, folder / "feeds")
