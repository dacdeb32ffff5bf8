"""`/partners`: who shares and who listens, and how those who pull are doing."""

from __future__ import annotations

from hub.errors import Fault, HubError
from hub.language.edit import clause
from hub.model.clock import DAY_US
from hub.service import overview
from hub.service.partners import MOST_WAITING, Health, State, Supervisor
from hub.store.pulse import KEPT_DAYS
from hub.web import chart
from hub.web.counted import counts
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

_FIELDS = ("type", "collection")
_TELLING = "-type:(relationship OR language-content)"
"""What came lately is told by what has a name."""

_WORST = (State.FAILING, State.DOWN, State.LATE, State.UP, State.NEVER)


def pages(console: Console) -> list[Page]:
    """`/partners` and `/partners/<slug>`."""
    views = _Partners(console)
    return [Page("partners", views.all), Page("partner", views.one, section="partners")]


class _Partners:
    def __init__(self, console: Console) -> None:
        self._console = console

    def all(self, visit: Visit) -> Answer:
        """All organisations that the account knows of."""
        supervisor = self._supervisor(visit)
        found = supervisor.partners(visit.caller, visit.scope, visit.now_us)
        health = {
            item.slug: supervisor.health(visit.caller, visit.scope, item.slug, visit.now_us)
            for item in found
        }
        return visit.render(
            "partners/partners.html",
            found=found,
            health=health,
            worst={slug: _worst(items) for slug, items in health.items() if items},
            oversees=any(items is not None for items in health.values()),
            recent="added:30d",
            term=clause,
        )

    def one(self, visit: Visit, slug: str) -> Answer:
        """One organisation."""
        supervisor = self._supervisor(visit)
        if not supervisor.knows(visit.caller, visit.scope, slug):
            raise HubError(
                Fault.ABSENT,
                "there is no such organisation here, or this account does not know of it",
                field="organisation",
            )
        query = clause("publisher", slug)
        health = supervisor.health(visit.caller, visit.scope, slug, visit.now_us)
        return visit.render(
            "partners/partner.html",
            org=visit.directory.orgs[slug],
            query=query,
            health=health,
            is_own=slug == visit.caller.org,
            words=_words(visit, health or []),
            most_waiting=MOST_WAITING,
            drawn={item.account: _drawn(item, visit.now_us) for item in health or ()},
            **self._published(visit, query),
        )

    def _supervisor(self, visit: Visit) -> Supervisor:
        console = self._console
        return Supervisor(console.finder, console.store, console.pulse, visit.directory)

    def _published(self, visit: Visit, query: str) -> dict[str, object]:
        """What it published, as far as the account sees it."""
        searcher, now = self._console.searcher, visit.now_us
        question = searcher.ask(visit.scope, visit.directory, query, now)
        told = searcher.ask(visit.scope, visit.directory, f"{query} {_TELLING}", now)
        trend = overview.trend(self._console.finder, question, now)
        numbers = [week.records for week in trend.weeks] if trend else []
        found = overview.whole(searcher, question, query, _FIELDS)
        newest = overview.newest(searcher, told, 5)
        return {
            "found": found,
            "groups": counts(visit, found),
            "trend": trend,
            "bars": chart.row(numbers),
            "newest": [(piece, overview.name_of(piece)) for piece in newest],
        }


def _words(visit: Visit, health: list[Health]) -> dict[tuple[str, str], str]:
    """What went wrong, in the language of the page."""
    falls = [fall for item in health for fall in item.falls]
    return {
        (fall.fault, fall.reason): visit.problem(HubError(Fault(fall.fault), fall.reason))
        for fall in falls
    }


def _worst(items: list[Health]) -> State:
    """The state of an organisation: that of the account that most needs a look."""
    return min(
        (item.state for item in items if not item.disabled), key=_WORST.index, default=State.NEVER
    )


def _drawn(item: Health, now_us: int) -> chart.Row:
    """Pulls by day, of all collections together."""
    today = now_us // DAY_US
    numbers = [0] * KEPT_DAYS
    for pull in item.pulls:
        for day in pull.days:
            place = day.day - today + KEPT_DAYS - 1
            if 0 <= place < KEPT_DAYS:
                numbers[place] += day.pulls
    return chart.row(numbers)
