"""`/feeds`: how feeds do, and letting them run, pause or run now."""

from __future__ import annotations

from hub.errors import HubError
from hub.model.party import Role
from hub.service.changes import by_alias
from hub.service.feeds.health import Feeds, Health, Sight
from hub.service.jobs.declared import shown
from hub.web.flows.words import conditions, connectors, counts, outcomes
from hub.web.frame import Answer, Console, Page
from hub.web.problems import say_text
from hub.web.visit import Visit

_BOTH = ("GET", "POST")
_WHO = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})
_RUNS = 50
_SHOWN = ("new", "versions", "replaced", "gone", "filtered", "refused", "left")
"""Numbers of a run that have a column, in this order"""
_LEFT = frozenset({"filtered", "refused", "left", "deleted"})
"""Numbers of a run for which there are reasons"""


def pages(console: Console) -> list[Page]:
    """`/feeds` and `/feeds/<name>`."""
    views = _Views(console.feeds)
    return [
        Page("feeds", views.all, roles=_WHO),
        Page("feed", views.one, _BOTH, _WHO, "feeds"),
    ]


class _Views:
    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds

    def all(self, visit: Visit) -> Answer:
        """All of them."""
        found = self._feeds.all(visit.caller)
        return visit.render(
            "flows/feeds.html",
            feeds=found,
            places={item.name: _place(visit, item) for item in found},
            words=conditions(visit),
            kinds=connectors(visit),
            problem=lambda text: say_text(text, visit.lang),
        )

    def one(self, visit: Visit, name: str) -> Answer:
        """One of them; POST has it paused, resumed or run."""
        if visit.request.method == "POST":
            return self._do(visit, name)
        health = self._feeds.one(visit.caller, name)
        sight = Sight(visit.scope, visit.directory)
        history = self._feeds.history(visit.caller, sight, name, _RUNS)
        return visit.render(
            "flows/feed.html",
            item=health,
            source=shown(health.feed.said.source) if health.feed else {},
            place=_place(visit, health),
            runs=history,
            shown=_SHOWN,
            kept_back=bool(history) and not _LEFT.isdisjoint(history[0].tally.counts),
            words=conditions(visit),
            kinds=connectors(visit),
            counted=counts(visit),
            ended=outcomes(visit),
            problem=lambda text: say_text(text, visit.lang),
        )

    def _do(self, visit: Visit, name: str) -> Answer:
        match visit.form.get("action", ""):
            case "run":
                self._feeds.run_now(visit.caller, name)
                visit.say(visit.text("It runs as soon as a process is free."))
            case "pause":
                self._feeds.pause(visit.caller, name, paused=True)
                visit.say(visit.text("It is paused and does not run by itself."))
            case "resume":
                self._feeds.pause(visit.caller, name, paused=False)
                visit.say(visit.text("It runs by itself again."))
        return visit.go("feed", name=name)


def _place(visit: Visit, health: Health) -> tuple[int, str]:
    """Where a feed publishes: the key of the collection, if the person has a right in it; else its name.

    That is for administrators: for all others such a collection does not exist.
    """
    if health.feed is None:
        return 0, ""
    name = health.feed.said.collection
    shown = name if visit.has(Role.ADMINISTRATOR) else ""
    try:
        key = by_alias(visit.directory, name).key
    except HubError:
        return 0, shown
    is_known = key in visit.scope.readable or key in visit.scope.writable
    return (key, name) if is_known else (0, shown)
