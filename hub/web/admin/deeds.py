"""Pages that ask before something is done: what will happen, and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.web.frame import Answer
from hub.web.visit import Visit

_SHOWN = frozenset({Fault.DENIED, Fault.BAD_REQUEST, Fault.ABSENT, Fault.BUSY, Fault.SEARCH_DOWN})


class Deed(NamedTuple):
    """What somebody is about to do."""

    title: str
    says: list[str]
    """What will happen, sentence by sentence"""
    button: str
    back: str
    """Address to go to, whether it is done or not"""
    done: str
    """What is said afterwards"""
    danger: bool = True


def ask(visit: Visit, deed: Deed, do: Callable[[], object], seen: str = "") -> Answer:
    """The page that asks, or the deed when the button was pressed.

    Args:
        visit: Who asks.
        deed: What it is.
        do: Does it.
        seen: What the page is made from, for `hub.web.admin.forms.unchanged`.
    """
    problem, status = "", 200
    if visit.request.method == "POST":
        try:
            do()
        except HubError as error:
            if error.fault not in _SHOWN:
                raise
            problem, status = visit.problem(error), 409
        else:
            visit.say(deed.done)
            return visit.to(deed.back)
    return visit.render("admin/deed.html", deed=deed, problem=problem, seen=seen), status
