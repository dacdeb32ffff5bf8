"""`/`: what is new since the last visit, what comes in the long run, and what to do first."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.party import Directory, Role
from hub.model.search import EVERYTHING
from hub.service import overview
from hub.service.search import Question
from hub.web import chart
from hub.web.counted import counts
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

SPANS = {"visit": "", "day": "added:24h", "week": "added:7d", "month": "added:30d"}
"""Choices of `since`, with the query of each; the first follows from the last visit."""

_EVENTS = "type:(incident OR report OR campaign)"
_NEWEST = 8


class Step(NamedTuple):
    """One thing to do first."""

    title: str
    text: str
    name: str
    """Of the page where it is done"""
    is_done: bool


def pages(console: Console) -> list[Page]:
    """`/`."""
    return [Page("overview", _Overview(console).show)]


class _Overview:
    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, visit: Visit) -> Answer:
        """The whole page."""
        if not self._console.finder.find(visit.scope, EVERYTHING, 0, 1).keys:
            return visit.render("overview/first.html", steps=steps(visit))
        last_us = self._console.pulse.since(visit.caller.account)
        span, query = _span(visit, last_us)
        searcher = self._console.searcher
        count = overview.whole if visit.args.get("count") == "all" else overview.new
        found = count(searcher, self._ask(visit, query), query)
        events = overview.newest(searcher, self._ask(visit, _EVENTS), _NEWEST)
        return visit.render(
            "overview/overview.html",
            span=span,
            last_us=last_us,
            found=found,
            groups=counts(visit, found),
            events=[(piece, overview.name_of(piece)) for piece in events],
            events_query=_EVENTS,
            most_counted=overview.MOST_COUNTED,
            **self._trend(visit),
            delay=self._delay(visit),
            delay_query=overview.TIMED,
        )

    def _ask(self, visit: Visit, query: str) -> Question:
        return self._console.searcher.ask(visit.scope, visit.directory, query, visit.now_us)

    def _trend(self, visit: Visit) -> dict[str, object]:
        question = Question(visit.scope, EVERYTHING, visit.now_us)
        found = overview.trend(self._console.finder, question, visit.now_us)
        numbers = [week.records for week in found.weeks] if found else []
        return {"trend": found, "bars": chart.row(numbers)}

    def _delay(self, visit: Visit) -> overview.Delay:
        question = self._ask(visit, overview.TIMED)
        return overview.delay(self._console.finder, self._console.store, visit.scope, question)


def _span(visit: Visit, last_us: int) -> tuple[str, str]:
    """What was chosen, and its query; on the first visit ever, the last week."""
    wanted = visit.args.get("since", "")
    if SPANS.get(wanted):
        return wanted, SPANS[wanted]
    return ("visit", overview.since(last_us)) if last_us else ("week", SPANS["week"])


def _has_publisher(directory: Directory) -> bool:
    """Whether somebody can log in here and publish."""
    return any(
        (account.password or account.oidc) and Role.PUBLISHER in account.roles
        for account in directory.accounts.values()
    )


def _of_administrators(visit: Visit) -> list[Step]:
    """From nothing to a hub on which somebody publishes and somebody pulls."""
    directory = visit.directory
    return [
        Step(
            visit.text("Enter the organisations"),
            visit.text(
                "Agencies and partners that take part, with their names in both languages."
            ),
            "admin_org_new",
            len(directory.orgs) > 1,
        ),
        Step(
            visit.text("Make a collection"),
            visit.text("What is shared with the same people stands in one collection."),
            "admin_collection_new",
            bool(directory.collections),
        ),
        Step(
            visit.text("Invite a partner"),
            visit.text(
                "It gets an account, rights and one file with all that its first pull takes."
            ),
            "admin_invite",
            any(account.org != visit.caller.org for account in directory.accounts.values()),
        ),
        Step(
            visit.text("Add somebody who publishes"),
            visit.text(
                "Administrators publish nothing. Add an account with the role publisher, and"
                " give its organisation the right to write in the collection."
            ),
            "admin_account_new",
            _has_publisher(directory),
        ),
    ]


def steps(visit: Visit) -> list[Step]:
    """What to do first on a hub in which there is nothing to see, by role."""
    found: list[Step] = []
    if Role.ADMINISTRATOR in visit.caller.roles:
        found += _of_administrators(visit)
    if visit.scope.writable:
        text = visit.text("Paste it; you see who will receive it before you publish.")
        found.append(Step(visit.text("Share the first indicator"), text, "submit", is_done=False))
    if visit.scope.readable:
        text = visit.text(
            "Ready lines for the programs that you use, with the addresses of this hub."
        )
        found.append(Step(visit.text("Connect your tools"), text, "collections", is_done=False))
    return found
