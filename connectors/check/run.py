"""One run: every group of checks in its turn, within its budget, whatever the server does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from connectors.check import entrance, matching, media, paging, publishing, race, single, tidy
from connectors.check.book import Book
from connectors.check.catalogue import VERSION, digest
from connectors.check.publishing import Publisher
from connectors.check.report import FORMAT, Kit, Report, lines, score
from connectors.check.visit import OK, NoCollection, Place, Visit, entries, told
from connectors.check.walking import Window
from connectors.check.wire import Asked, Bounds, Login, Spent, Trust, Wire
from connectors.errors import Absent, LoginNeeded, Unreachable
from hub.model.clock import format_us, now_us

R = TypeVar("R")

_KIT_FAULTS = (TypeError, KeyError, IndexError, AttributeError, ValueError)
_MOST_TRIED = 5


class Plan(NamedTuple):
    """What one run does."""

    target: str
    """Address of a host, its discovery, an API root or a collection"""
    collection: str = ""
    """Id, alias or title of the one to read; empty: the first that has pages"""
    write: str = ""
    """The one to publish in; empty: nothing is published"""
    race_s: float = 5.0
    """How long it polls while it publishes; 0: not at all"""
    risky: bool = False
    """Whether it publishes legal objects that made some servers unreadable"""
    bounds: Bounds = Bounds()
    program: str = ""
    """Version of the program around the kit"""


def check(plan: Plan, login: Login, trust: Trust) -> Report:
    """Check a server.

    Raises:
        Unreachable: It does not answer at all.
        LoginNeeded: It takes the credentials nowhere.
        Absent: The collection that was named is not there.
    """
    started_us, began = now_us(), time.monotonic()
    wire = Wire(login, trust, plan.bounds)
    book = Book(login.secrets)
    run = _Run(Visit(wire, book, plan.target), plan, trust)
    run.reach()
    run.everything()
    found = lines(book.findings(run.spent or "nothing led to it"))
    visit = run.visit
    return Report(
        FORMAT,
        Kit(VERSION, digest(), plan.program),
        plan.target,
        visit.root,
        book.clean(visit.place.id if visit.place else ""),
        book.clean(run.publisher.place.id if run.publisher else ""),
        {
            "race_seconds": int(plan.race_s),
            "risky": plan.risky,
            "most_requests": plan.bounds.requests,
            "most_seconds": int(plan.bounds.seconds),
        },
        format_us(started_us),
        int(time.monotonic() - began),
        wire.requests,
        score(found),
        found,
        run.left,
        run.notes,
    )


class _Run:
    def __init__(self, visit: Visit, plan: Plan, trust: Trust) -> None:
        self.visit = visit
        self.plan = plan
        self.trust = trust
        self.publisher: Publisher | None = None
        self.left: list[str] = []
        self.notes: list[str] = []
        self.spent = ""

    def reach(self) -> None:
        """Find out whether anybody is there, and what the address names."""
        visit, target = self.visit, self.plan.target
        before, _, behind = urlsplit(target).path.partition("/collections/")
        answer = visit.wire.send(Asked(target))
        if not answer.status:
            raise Unreachable(f"{target} cannot be reached: {answer.trouble}")
        if behind:
            visit.root = f"{visit.origin}{before}/"
            visit.titles[""] = behind.partition("/")[0]
        elif before.rstrip("/") not in {"", "/taxii2"}:
            visit.root = f"{visit.origin}{before.rstrip('/')}/"

    def everything(self) -> None:
        """Each group; the last thing is to clean up."""
        try:
            self._read_and_write()
        except Spent:
            bounds = self.visit.wire.bounds
            self.spent = (
                f"the budget was used up: {bounds.requests} requests or {bounds.seconds:g} s"
            )
            self.notes.append(self.spent)
        finally:
            if self.publisher is not None:
                self.left = tidy.tidy(self.publisher)

    def _read_and_write(self) -> None:
        visit = self.visit
        self._step(lambda: entrance.discovery(visit))
        if not visit.root:
            self.notes.append("no API root was found on this host: give its address")
            return
        self._step(lambda: entrance.api_root(visit))
        self._step(lambda: entrance.collections(visit))
        self._choose()
        self._step(lambda: entrance.log_in(visit))
        self._step(lambda: media.accepting(visit))
        self._step(lambda: media.manners(visit))
        self._step(lambda: media.line(visit, self.trust))
        if self.publisher is None:
            publishing.unwritten(
                visit,
                "nothing is published without --write" if not self.plan.write else self.notes[-1],
            )
        self._published(publishing.seed)
        window = self._step(lambda: paging.paging(visit))
        self._step(lambda: paging.emptiness(visit))
        for group in (matching.matching, matching.versions, single.manifest, single.single):
            self._windowed(group, window)
        self._writing()

    def _writing(self) -> None:
        for group in (publishing.variants, publishing.refusals, tidy.deleting):
            self._published(group)
        if self.plan.race_s and self.publisher:
            self._published(lambda publisher: race.race(publisher, self.plan.race_s))
        else:
            self.visit.book.pass_over("no race was asked for", "RA-01", "RA-02", "RA-03")
        if self.plan.risky:
            self._published(publishing.awkward)
        else:
            self.visit.book.pass_over("it is published with --risky alone", "AD-42")

    def _windowed(
        self, group: Callable[[Visit, Window | None], None], window: Window | None
    ) -> None:
        self._step(lambda: group(self.visit, window))

    def _published(self, group: Callable[[Publisher], None]) -> None:
        publisher = self.publisher
        if publisher is not None:
            self._step(lambda: group(publisher))

    def _step(self, step: Callable[[], R]) -> R | None:
        """One group. An answer that the kit cannot digest costs this group, and is told."""
        try:
            return step()
        except NoCollection:
            return None
        except _KIT_FAULTS as error:
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            at = where.tb_frame.f_code.co_name if where else ""
            text = f"the kit stumbled over an answer ({at}: {type(error).__name__}: {error})"
            self.notes.append(self.visit.book.clean(text))
            return None

    def _choose(self) -> None:
        """The collections to read and to publish in."""
        visit, plan = self.visit, self.plan
        if visit.book.failed("AU-01") and not visit.others:
            raise LoginNeeded(
                f"{visit.root} does not take these credentials",
                remedy="Give a token in HUB_TOKEN, or an account with --account.",
            )
        if plan.write:
            place = self._named(plan.write)
            self.publisher = Publisher(visit, place)
            visit.place = place if place.can_read else None
        named = plan.collection or visit.titles.get("", "")
        if named:
            visit.place = self._named(named)
        elif visit.place is None:
            visit.place = self._fullest()
        self._open()

    def _open(self) -> None:
        """A collection that is closed as a whole says nothing about the rest."""
        visit, place = self.visit, self.visit.place
        if place is None:
            return
        page = visit.objects({"limit": "1"}, place)
        if page.status != OK:
            visit.book.judge("CN-06", False, f"objects of {place.id}: {told(page)}", page)
            self.notes.append(f"the objects of {place.id} are answered {told(page)}")
            visit.place = None
            if self.publisher is not None and self.publisher.place.id == place.id:
                self.publisher = None

    def _named(self, name: str) -> Place:
        wanted = self.visit.titles.get(name, name)
        for place in self.visit.others:
            if place.id == wanted:
                return place
        if not self.visit.others and self.visit.book.failed("CO-01"):
            # The list is broken: what was named is asked for all the same.
            return Place(wanted, f"{self.visit.root}collections/{quote(wanted)}/", True, True)
        raise Absent(
            f"{self.visit.root} lists no collection {name}",
            remedy="Give its id, alias or title as the list of collections has it.",
        )

    def _fullest(self) -> Place | None:
        """The first collection with several pages, or else the first with objects."""
        readable = [place for place in self.visit.others if place.can_read]
        best = None
        for place in readable[:_MOST_TRIED]:
            page = self.visit.objects({"limit": "1"}, place)
            if entries(page) and page.resource.get("more") is True:
                return place
            best = best or (place if entries(page) else None)
        return best or (readable[0] if readable else None)
