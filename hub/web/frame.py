"""What pages are made with, and how one is declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from flask import Response

from hub.config import Config
from hub.http.session import SessionDoorman
from hub.model.party import Role
from hub.service.deliveries.health import Deliveries
from hub.service.directory import Parties
from hub.service.factor import SecondFactors
from hub.service.feeds.health import Feeds
from hub.service.limits import Quota
from hub.service.login import Logins
from hub.service.publish import Publisher
from hub.service.pulse import Pulse
from hub.service.search import Searcher
from hub.store.base import Store
from hub.store.search import Finder

if TYPE_CHECKING:
    from hub.service.oidc import Provider

Answer = Response | str | tuple[str, int]
"""A page, or a page with its status."""


class Console(NamedTuple):
    """The services that pages ask."""

    config: Config
    store: Store
    parties: Parties
    doorman: SessionDoorman
    logins: Logins
    factors: SecondFactors
    provider: Provider | None
    finder: Finder
    searcher: Searcher
    publisher: Publisher
    quota: Quota
    pulse: Pulse
    feeds: Feeds
    deliveries: Deliveries
    clock: Callable[[], int]
    """Microseconds of the system clock"""


class Page(NamedTuple):
    """One address of the console, for people who are logged in."""

    name: str
    """In `hub.web.address.ADDRESSES`"""
    view: Callable[..., Answer]
    """Takes a `Visit`, and by name what the rule takes from the path"""
    methods: tuple[str, ...] = ("GET",)
    roles: frozenset[Role] = frozenset()
    """Those who have one of them may open it; none: everybody"""
    section: str = ""
    """Which part of the navigation it belongs to; empty: one of its own name"""
    most: int = 262_144
    """Bytes of a form at most"""
