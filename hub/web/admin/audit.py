"""The audit log, and why an account sees an object: for those who watch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Response

from hub import policy
from hub.errors import HubError
from hub.language.sheet import MARK, row
from hub.model.audit import Sought
from hub.model.clock import format_us
from hub.model.party import Role
from hub.service.changes import by_alias
from hub.service.oversight import why
from hub.store.base import Act, Store
from hub.web.admin.forms import Form, day_us
from hub.web.frame import Answer, Page
from hub.web.visit import Visit
from hub.web.vocabulary import word

_PAGE = 50
_CHUNK = 1000
_DAY_US = 86_400_000_000
_COLUMNS = ("at", "account", "org", "action", "target", "detail")
_WATCHERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
_OFFICERS = frozenset({Role.OFFICER})

_END = re.compile(r"the object is (.+); its grants and its clearance end at (.+)")
_READS = re.compile(r"a grant lets it read (\S+) in this collection, and (.+)")
_PUBLIC = re.compile(r"the collection is public, and (.+)")


def pages() -> list[Page]:
    """`/admin/audit`, the same as a file, and `/admin/why`."""
    return [
        Page("admin_audit", _index, roles=_WATCHERS, section="admin"),
        Page("admin_audit_csv", _csv, roles=_WATCHERS, section="admin"),
        Page("admin_why", _why, roles=_OFFICERS, section="admin"),
    ]


def _index(visit: Visit) -> Answer:
    policy.require_auditor(visit.caller)
    form = Form(visit)
    sought, before = _sought(form), _number(form)
    lines = []
    if not form.errors:
        lines = visit.console.store.audit(sought, before, _PAGE + 1)
    older = visit.here(before=lines[_PAGE - 1].number) if len(lines) > _PAGE else ""
    newer = visit.here(before=None) if before else ""
    page = visit.render(
        "admin/audit.html",
        lines=lines[:_PAGE],
        titles={each.id: each.title for each in visit.directory.collections.values()},
        given=visit.args,
        errors=form.errors,
        older=older,
        newer=newer,
        asked=any(sought),
    )
    return page, form.status if form.errors else 200


def _csv(visit: Visit) -> Answer:
    policy.require_auditor(visit.caller)
    form = Form(visit)
    sought = _sought(form)
    if form.errors:
        return _index(visit)
    store, caller = visit.console.store, visit.caller
    asked = visit.request.query_string.decode("ascii", "replace")[:500]
    store.note(Act(caller.account, caller.org, "audit.export", "csv", asked))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(_lines(store, sought), content_type="text/csv; charset=utf-8", headers=headers)


def _lines(store: Store, sought: Sought) -> Iterator[bytes]:
    """Every line that is sought, newest first: what is written meanwhile is newer than all."""
    yield MARK + row(_COLUMNS)
    before = 0
    while found := store.audit(sought, before, _CHUNK):
        yield b"".join(
            row([format_us(at_us), act.account, act.org, act.action, act.target, act.detail])
            for _, at_us, act in found
        )
        before = found[-1].number


def _sought(form: Form) -> Sought:
    """The filter of the query parameters."""
    form.source = form.visit.args
    from_us = day_us(form, "from") if form.field("from") else 0
    until_us = day_us(form, "until") + _DAY_US if form.field("until") else 0
    return Sought(
        form.field("account"), form.field("action"), form.field("target"), from_us, until_us
    )


def _number(form: Form) -> int:
    text = form.field("before")
    if not text:
        return 0
    if re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    form.fail("form", form.visit.text("This address has no page of the list. Begin again."))
    return 0


def _why(visit: Visit) -> Answer:
    form = Form(visit)
    form.source = visit.args
    given: dict[str, Any] = {
        name: form.field(name) for name in ("account", "collection", "object")
    }
    found = []
    if any(given.values()):
        for name in given:
            form.field(name, required=True)
        if not form.errors:
            found = _asked(form, given)
    collections = sorted(item.alias for item in visit.directory.collections.values())
    page = visit.render(
        "admin/why.html",
        given=given,
        errors=form.errors,
        found=[(item, _rule(visit, item.rule)) for item in found],
        accounts=sorted(visit.directory.accounts),
        collections=collections,
    )
    return page, form.status if form.errors else 200


def _asked(form: Form, given: dict[str, Any]) -> list[Any]:
    visit = form.visit
    try:
        collection = by_alias(visit.directory, given["collection"])
        question = (given["account"], collection, given["object"])
        return why(visit.console.store, visit.directory, visit.caller, question)
    except HubError as error:
        form.refuse(error)
        return []


def _rule(visit: Visit, rule: str) -> str:
    """A rule of `hub.policy.explain` in the language of the page."""
    text = visit.text
    if found := _END.fullmatch(rule):
        return text(
            "The object is %(tlp)s; its grants and its clearance end at %(end)s.",
            tlp=found[1],
            end=found[2],
        )
    if found := _READS.fullmatch(rule):
        way = text("A grant lets it read %(tlp)s in this collection.", tlp=found[1])
        return f"{way} {_of_audience(visit, found[2])}"
    if found := _PUBLIC.fullmatch(rule):
        way = text("The collection is public.")
        return f"{way} {_of_audience(visit, found[1])}"
    return word("rule", rule, visit.lang)


def _of_audience(visit: Visit, rule: str) -> str:
    if rule == "it has no audience":
        return visit.text("The object has no audience of its own.")
    return visit.text("Its organisation is in the audience of the object.")
