"""Which feeds are due, for the schedule of a process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

from hub.model.job import Job, is_held, is_ready
from hub.service.feeds.definition import Broken, Feed
from hub.service.feeds.desk import Desk
from hub.service.feeds.folder import Folder
from hub.service.feeds.runner import Runner
from hub.service.jobs.schedule import Task

PREFIX = "feed:"

_log = logging.getLogger("hub.feeds")


class DueFeeds:
    """What `Schedule` asks.

    Args:
        desk: What runs work with.
        folder: Of definitions.
        stop: Why runs are to end; empty: they go on.
    """

    def __init__(self, desk: Desk, folder: Folder, stop: Callable[[], str]) -> None:
        self._desk = desk
        self._folder = folder
        self._runner = Runner(desk, stop=stop)
        self._told: set[Broken] = set()

    def __call__(self) -> Iterator[Task]:
        """Feeds that are enabled or wished for, and due."""
        feeds, broken = self._folder.read()
        self._tell(broken)
        if not feeds:
            return
        jobs = {job.name: job for job in self._desk.store.jobs(PREFIX)}
        now = self._desk.clock()
        for feed in feeds.values():
            if is_due(feed, jobs.get(feed.job), now):
                yield Task(feed.job, partial(self._run, feed))

    def _tell(self, broken: list[Broken]) -> None:
        """Log what is wrong with a file, once."""
        for item in broken:
            if item not in self._told:
                _log.warning("feed not read: %s", item.reason)
        self._told = set(broken)

    def _run(self, feed: Feed) -> None:
        try:
            self._runner.run(feed)
        finally:
            self._desk.store.close()


def is_due(feed: Feed, job: Job | None, now: int) -> bool:
    """Whether somebody should take the job of a feed; the store decides who gets it."""
    if job is None:
        return feed.said.enabled
    is_wanted = job.wished or (feed.said.enabled and is_ready(job, now))
    return is_wanted and not is_held(job, now)
