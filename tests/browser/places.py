"""The pages of the console: by the name of their address, where they are and who looks at them.

`test_pages.py` compares the names with what the application declares: a page that is not in this
table fails the run. What stands in braces is found on the demonstration hub.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A page as one account sees it."""

    path: str
    account: str = "analyst"
    """Empty: nobody"""
    status: int = 200


HELP = ("search", "start", "techniques")

PAGES: dict[str, tuple[Place, ...]] = {
    "login": (Place("/login", ""),),
    "search": (
        Place("/search"),
        Place("/search?q=type:malware&cols=name&cols=added&cols=tlp&cols=label"),
        Place("/search?q=type:", status=400),
        Place("/search?q=nothing+has+this"),
        Place("/search?q=type:report", "partner"),
    ),
    "searches": (Place("/searches"),),
    "techniques": (
        Place("/techniques"),
        Place("/techniques?as=table", "partner"),
        Place("/techniques?q=type:", status=400),
    ),
    "help": tuple(Place(f"/help/{name}") for name in HELP),
    "style": (Place("/style"),),
}

NO_PAGES = {
    "static": "files, of which pages are made",
    "code": "a step of the log-in: test_log_in.py",
}
"""Other addresses that answer GET, and why they are none."""

TYPES = ("campaign", "indicator", "malware", "relationship", "report")
"""Of each, an object that everybody sees stands in braces."""


def all_places() -> list[Place]:
    """Every page in the order of the table."""
    return [place for places in PAGES.values() for place in places]


def accounts() -> list[str]:
    """Who looks at any of them."""
    return list(dict.fromkeys(place.account for place in all_places()))
