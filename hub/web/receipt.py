"""The receipt of a publish: what became of each object."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.model.record import KEPT, Status, Verdict
from hub.service.drafts import Content, raws
from hub.service.fetch import Reader
from hub.web.frame import Answer
from hub.web.problems import say_text
from hub.web.visit import Visit

_MOST_SHOWN = 2_000


class Line(NamedTuple):
    """One object of a receipt."""

    verdict: Verdict
    type: str
    name: str
    is_kept: bool
    message: str
    """In the language of the page"""


def view(visit: Visit, status_id: str) -> Answer:
    """`/receipts/<status_id>`: for the account that published."""
    status = _status(visit, status_id)
    content = _content(visit, status_id)
    names = _names(content)
    lines = [
        Line(
            verdict,
            verdict.id.partition("--")[0],
            names.get(verdict.id, ""),
            verdict.outcome in KEPT,
            say_text(verdict.message, visit.lang) if verdict.message else "",
        )
        for verdict in status.verdicts[:_MOST_SHOWN]
    ]
    counts = Counter(verdict.outcome.value for verdict in status.verdicts)
    return visit.render(
        "submit/receipt.html",
        status=status,
        lines=lines,
        counts=counts,
        outcomes=_outcomes(visit),
        collection=content.collection if content else 0,
        reads=content is not None and content.collection in visit.scope.readable,
    )


def _status(visit: Visit, status_id: str) -> Status:
    reader = Reader(visit.console.store)
    for root in visit.console.config.taxii.roots:
        try:
            return reader.status(visit.scope, root.name, status_id)
        except HubError as error:
            if error.fault is not Fault.ABSENT:
                raise
    raise HubError(
        Fault.ABSENT,
        "there is no such receipt: it has expired, or another account published",
        remedy="Search for what was published.",
    )


def _content(visit: Visit, status_id: str) -> Content | None:
    """What was published, as long as its draft is there."""
    store = visit.console.store
    for head in store.drafts(visit.scope):
        if head.status_id == status_id:
            found = store.draft(visit.scope, head.id)
            return msgspec.json.decode(found.body, type=Content) if found else None
    return None


def _names(content: Content | None) -> dict[str, str]:
    if content is None:
        return {}
    objects = [msgspec.json.decode(raw) for raw in raws(content, "")]
    return {obj["id"]: str(obj.get("name", "")) for obj in objects}


def _outcomes(visit: Visit) -> dict[str, str]:
    return {
        "new": visit.text("published"),
        "version": visit.text("published as a new version"),
        "replaced": visit.text("replaced"),
        "unchanged": visit.text("was there already, unchanged"),
        "conflict": visit.text("not kept: another organisation published this version"),
        "refused": visit.text("refused"),
    }
