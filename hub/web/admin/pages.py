"""All pages of the administration, and the one they begin with."""

from __future__ import annotations

from hub.model.party import Role
from hub.service.condition import cares
from hub.web.admin import (
    accounts,
    audit,
    circles,
    collections,
    invitations,
    orgs,
    state,
    switches,
    tokens,
)
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

_PARTS = (orgs, accounts, switches, tokens, circles, collections, invitations, audit, state)


def pages(console: Console) -> list[Page]:
    """`/admin` and below."""
    del console
    roles = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
    start = Page("admin", _start, roles=roles)
    return [start, *(page for part in _PARTS for page in part.pages())]


def _start(visit: Visit) -> Answer:
    found = list(cares(visit.directory, visit.now_us)) if visit.has("administrator") else []
    reach = visit.console.finder.reach() if visit.has("administrator") else None
    return visit.render("admin/start.html", cares=len(found), reach=reach)
