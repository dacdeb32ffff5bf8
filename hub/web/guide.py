"""Pages about the console itself: help, and the parts that pages are made of."""

from __future__ import annotations

from hub.errors import Fault, HubError
from hub.web.frame import Answer, Console, Page
from hub.web.render import topics
from hub.web.visit import Visit


def pages(console: Console) -> list[Page]:
    """`/help/<page>` and `/style`."""
    del console
    return [Page("help", _help), Page("style", _style)]


def _help(visit: Visit, page: str) -> Answer:
    if page not in topics():
        raise HubError(Fault.ABSENT, "there is nothing at this address")
    return visit.render(f"help/{page}.html", page=page, known=topics())


def _style(visit: Visit) -> Answer:
    return visit.render("style.html")
