"""What every connector must do, whatever its source: inherit `ConnectorLaws` and give a source.

    class TestTextLaws(ConnectorLaws):
        connector = "text"

        @pytest.fixture
        def source(self) -> Iterator[Source]:
            with my_server() as server:
                yield server

The source is a real server on loopback, or real files. The tests run the connector by itself, and in
a hub: definition, runner, door and store are the real ones.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec
import pytest

from connectors.base import Run
from connectors.errors import RemoteError
from connectors.found import NOTHING, Batch, State
from hub.errors import HubError
from hub.model.clock import now_us
from hub.model.job import STATE_BYTES, Ending, Hold, Step
from hub.model.record import Candidate
from hub.service.feeds.definition import Feed
from hub.service.feeds.desk import standing
from hub.service.feeds.runner import Runner, batches, run_of
from hub.service.jobs.secrets import Secrets
from hub.stix.check import check
from hub.store.base import Act
from tests import fakes
from tests.connectors.feeding import Hub, hub_at

ACT = Act("administrator", "ministry", "test", "feed")
SECRET = "s3cret-of-the-source"
"""What the environment variable FEED_SECRET holds; `settings()` may name it as env:FEED_SECRET."""

_LONGEST_S = 60.0


class Source(Protocol):
    """A source that does as it is told."""

    def settings(self) -> dict[str, Any]:
        """[source] of the definition."""

    def change(self) -> None:
        """From now on it has at least one object more."""

    def stall(self) -> None:
        """From now on it takes the connection and says nothing."""

    def spoil(self) -> None:
        """From now on it gives garbage in place of what it should be."""

    def heal(self) -> None:
        """It is well again."""

    def asked(self) -> int:
        """How often it was asked for anything."""


class ConnectorLaws:
    """The laws; a subclass names its connector and gives the fixture `source`."""

    connector: ClassVar[str]
    said: ClassVar[dict[str, Any]] = {}
    """More of the definition, such as `mapping`"""
    stalls: ClassVar[bool] = True
    """False: the source is no server, and cannot stall (files)."""
    counts: ClassVar[bool] = True
    """False: nobody knows how often it is asked (files)."""
    secret: ClassVar[bool] = False
    """True: `settings()` names env:FEED_SECRET, and the source asks for it."""

    @pytest.fixture
    def source(self) -> Iterator[Source]:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def feed_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FEED_SECRET", SECRET)

    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[Hub]:
        with hub_at(tmp_path) as opened:
            yield opened

    @pytest.fixture
    def feed(self, hub: Hub, source: Source) -> Feed:
        return hub.feed(self.connector, source.settings(), **self.said)

    def run_at(self, hub: Hub, feed: Feed, at_us: int = 0) -> Run:
        place = standing(hub.desk, feed)
        return run_of(feed, place, at_us or now_us(), Secrets(feed.folder))

    def collected(
        self, hub: Hub, feed: Feed, state: State = NOTHING, at_us: int = 0
    ) -> list[Batch]:
        return list(batches(feed, state, self.run_at(hub, feed, at_us)))

    # What a connector gives

    def test_every_setting_says_what_it_is(self, feed: Feed) -> None:
        kind = type(feed.settings)
        assert kind.__struct_config__.forbid_unknown_fields
        described = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
        assert [name for name, said in described.items() if not said.get("description")] == []

    def test_it_starts(self, hub: Hub, feed: Feed) -> None:
        found = self.collected(hub, feed)
        assert sum(len(batch.found) for batch in found) > 0
        for batch in found:
            assert len(msgspec.json.encode(dict(batch.state))) <= STATE_BYTES
            for item in batch.found:
                assert item.origin
                assert isinstance(check(item.raw, item.origin), Candidate), item

    def test_a_run_is_repeatable(self, hub: Hub, feed: Feed) -> None:
        at_us = now_us() - 5_000_000
        once, again = (self.collected(hub, feed, at_us=at_us) for _ in range(2))
        assert _said(once) == _said(again)

    def test_it_resumes_behind_every_batch(self, hub: Hub, feed: Feed) -> None:
        at_us = now_us()
        whole = self.collected(hub, feed, at_us=at_us)
        every = _ids(whole)
        for place, batch in enumerate(whole):
            state = msgspec.json.decode(msgspec.json.encode(dict(batch.state)))
            rest = self.collected(hub, feed, state, at_us)
            assert _ids(whole[: place + 1]) | _ids(rest) == every

    # In a hub

    def test_it_publishes_through_the_door(self, hub: Hub, feed: Feed) -> None:
        report = hub.run(feed)
        assert (report.outcome, report.words) == ("well", "")
        objects = hub.objects(edge="all")
        assert {obj["id"] for obj in objects} == _ids(self.collected(hub, feed))
        acts = [act for _, act in fakes.acts(hub.store, 100) if act.action == "publish"]
        assert acts
        assert {(act.account, act.org) for act in acts} == {("publisher", "ministry")}

    def test_an_account_without_the_right_publishes_nothing(
        self, hub: Hub, source: Source
    ) -> None:
        feed = hub.feed(self.connector, source.settings(), account="reader", **self.said)
        report = hub.run(feed)
        assert report.outcome == "failed"
        assert report.words
        assert hub.raws() == []

    def test_what_says_nothing_new_is_left_alone(self, hub: Hub, feed: Feed) -> None:
        hub.run(feed)
        before, changes = hub.raws(edge="all"), len(hub.store.changes(0, 10**6))
        hub.run(feed)
        assert hub.raws(edge="all") == before
        assert len(hub.store.changes(0, 10**6)) == changes
        # Nor when it is read from the beginning again.
        hold = Hold(feed.job, "test", 60_000_000)
        assert hub.store.take_job(hold, only_due=False)
        hub.store.step_job(hold, Step(b"{}"))
        hub.store.end_job(hold, Ending("well", 0))
        assert hub.run(feed).outcome == "well"
        assert hub.raws(edge="all") == before
        assert len(hub.store.changes(0, 10**6)) == changes

    def test_it_finds_what_is_new(self, hub: Hub, feed: Feed, source: Source) -> None:
        hub.run(feed)
        before = {obj["id"] for obj in hub.objects()}
        source.change()
        assert hub.run(feed).outcome == "well"
        assert {obj["id"] for obj in hub.objects()} > before

    def test_a_source_that_stalls_fails_the_run_in_time(
        self, hub: Hub, feed: Feed, source: Source
    ) -> None:
        if not self.stalls:
            pytest.skip("files do not stall")
        source.stall()
        began = time.monotonic()
        report = hub.run(feed)
        assert time.monotonic() - began < _LONGEST_S
        assert report.outcome == "failed"
        assert report.words
        source.heal()
        assert hub.run(feed).outcome == "well"
        assert hub.raws()

    def test_garbage_is_said_and_spoils_nothing(
        self, hub: Hub, feed: Feed, source: Source
    ) -> None:
        hub.run(feed)
        before = hub.raws(edge="all")
        source.change()
        source.spoil()
        report = hub.run(feed)
        assert report.outcome == "failed" or report.tally.counts.get("left"), report
        assert " broke: " not in report.words, report.words
        assert hub.raws(edge="all")[: len(before)] == before
        source.heal()
        assert hub.run(feed).outcome == "well"
        assert len(hub.raws()) > 0

    def test_only_errors_of_connectors_come_out(
        self, hub: Hub, feed: Feed, source: Source
    ) -> None:
        source.spoil()
        with suppress(RemoteError):
            self.collected(hub, feed)

    def test_a_secret_is_never_told(
        self, hub: Hub, feed: Feed, source: Source, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        told: list[str] = []
        hub.run(feed, notice=told.append)
        if self.secret:
            assert hub.raws(), "the source asks for it, and got it"
        source.spoil()
        hub.run(feed, notice=told.append)
        source.heal()
        job = hub.store.job(feed.job)
        assert job is not None
        told += [caplog.text, job.state.decode(), job.error]
        told += [f"{run.words} {run.counts.decode()}" for run in hub.store.job_runs(feed.job, 9)]
        told += [raw.decode() for raw in hub.raws(edge="all")]
        told += [f"{act}" for _, act in fakes.acts(hub.store, 100)]
        assert [text for text in told if SECRET in text] == []

    def test_a_wrong_secret_is_said(
        self, hub: Hub, feed: Feed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not self.secret:
            pytest.skip("the source asks for no secret")
        monkeypatch.setenv("FEED_SECRET", "another")
        report = hub.run(feed)
        assert report.outcome == "failed"
        assert hub.raws() == []
        monkeypatch.delenv("FEED_SECRET")
        assert "FEED_SECRET" in hub.run(feed).words

    def test_it_honours_the_lease(self, hub: Hub, feed: Feed, source: Source) -> None:
        other = Hold(feed.job, "another process", 60_000_000)
        assert hub.store.take_job(other)
        before = source.asked() if self.counts else 0
        assert Runner(hub.desk).run(feed, only_due=False) is None
        assert hub.raws() == []
        if self.counts:
            assert source.asked() == before

    def test_whoever_lost_the_lease_publishes_nothing(self, hub: Hub, feed: Feed) -> None:
        def taken() -> str:
            hub.store.drop_job(feed.job, ACT)
            assert hub.store.take_job(Hold(feed.job, "another process", 60_000_000))
            return ""

        # The first batch is only read; what comes behind it is not written any more.
        report = Runner(hub.desk, stop=taken).run(feed)
        assert report is not None
        assert report.outcome == "lost"
        job = hub.store.job(feed.job)
        assert job is not None
        assert (job.owner, job.state) == ("another process", b"")

    def test_it_stops_when_it_is_told_to_and_goes_on_later(self, hub: Hub, feed: Feed) -> None:
        whole = _ids(self.collected(hub, feed))
        for _ in range(2):
            assert hub.run(feed, stop=lambda: "the hub stops").outcome in {"stopped", "well"}
            assert {obj["id"] for obj in hub.objects()} <= whole
        assert hub.run(feed).outcome == "well"
        assert {obj["id"] for obj in hub.objects()} == whole

    def test_an_unknown_setting_is_refused(self, hub: Hub, source: Source) -> None:
        from hub.errors import ConfigError

        with pytest.raises((ConfigError, HubError)) as caught:
            hub.feed(self.connector, source.settings() | {"nonsense": 1}, **self.said)
        assert "source.nonsense" in str(caught.value)
        assert "sample.toml" in str(caught.value)


def _ids(found: list[Batch]) -> set[str]:
    return {json.loads(item.raw)["id"] for batch in found for item in batch.found}


def _said(found: list[Batch]) -> list[tuple[bytes, bytes, str]]:
    return [(item.raw, item.digest, item.origin) for batch in found for item in batch.found]
