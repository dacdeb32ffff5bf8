"""`/deliveries`: what is sent by itself, how that goes, and what the other side refused for good."""

from __future__ import annotations

from hub.errors import Fault, HubError
from hub.model.party import Role
from hub.service.deliveries.health import Deliveries
from hub.web.flows.words import conditions, outcomes, senders
from hub.web.frame import Answer, Console, Page
from hub.web.problems import say_text
from hub.web.visit import Visit

_BOTH = ("GET", "POST")
_WHO = frozenset({Role.ADMINISTRATOR})
_RUNS = 50


def pages(console: Console) -> list[Page]:
    """`/deliveries` and `/deliveries/<name>`."""
    views = _Views(console.deliveries)
    return [
        Page("deliveries", views.all, roles=_WHO, section="feeds"),
        Page("delivery", views.one, _BOTH, _WHO, "feeds"),
    ]


class _Views:
    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def all(self, visit: Visit) -> Answer:
        """All of them."""
        found, faulty = self._deliveries.every(visit.caller)
        return visit.render(
            "flows/deliveries.html",
            deliveries=found,
            faulty=faulty,
            words=conditions(visit),
            kinds=senders(visit),
            problem=lambda text: say_text(text, visit.lang),
        )

    def one(self, visit: Visit, name: str) -> Answer:
        """One of them; POST has it paused, resumed or run, or does something with dead letters."""
        if visit.request.method == "POST":
            return self._do(visit, name)
        jobs = self._deliveries.health(visit.caller, name)
        readers = {item.reader for item in jobs}
        reader = visit.args.get("reader", "")
        if reader not in readers:
            reader = min(readers)
        item = next(job for job in jobs if job.reader == reader)
        return visit.render(
            "flows/delivery.html",
            item=item,
            jobs=jobs,
            runs=self._deliveries.past(visit.caller, name, reader, _RUNS),
            letters=self._deliveries.dead(visit.caller, visit.scope, name, reader),
            words=conditions(visit),
            kinds=senders(visit),
            ended=outcomes(visit),
            problem=lambda text: say_text(text, visit.lang),
        )

    def _do(self, visit: Visit, name: str) -> Answer:
        action, reader = visit.form.get("action", ""), visit.form.get("reader", "")
        match action:
            case "run":
                self._deliveries.wish(visit.caller, name)
                visit.say(visit.text("It runs as soon as a process is free."))
            case "pause" | "resume":
                self._deliveries.pause(visit.caller, name, paused=action == "pause")
                visit.say(
                    visit.text("It is paused and does not run by itself.")
                    if action == "pause"
                    else visit.text("It runs by itself again.")
                )
            case "retry" | "drop":
                self._letters(visit, name, action, reader)
        return visit.go("delivery", name=name, reader=reader)

    def _letters(self, visit: Visit, name: str, action: str, reader: str) -> None:
        given = visit.form.getlist("letter")
        numbers = [int(text) for text in given if text.isascii() and text.isdigit()]
        if not numbers:
            visit.say(visit.text("Choose at least one of them."), "warn")
            return
        if len(numbers) != len(given):
            raise HubError(Fault.BAD_REQUEST, "this is no number of a letter", field="letter")
        deed = self._deliveries.retry if action == "retry" else self._deliveries.drop
        many = deed(visit.caller, name, numbers, reader)
        visit.say(
            visit.plural("%(num)s is tried again.", "%(num)s are tried again.", many)
            if action == "retry"
            else visit.plural("%(num)s is deleted.", "%(num)s are deleted.", many)
        )
