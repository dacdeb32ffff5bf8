"""Organisations: who takes part in the hub, with names in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from hub.errors import HubError
from hub.model.party import Directory, Organisation, Role
from hub.service.admin import Admin
from hub.service.changes import find
from hub.web.admin.forms import Form, mark, unchanged
from hub.web.admin.lists import listed
from hub.web.frame import Answer, Page
from hub.web.visit import Visit
from hub.web.vocabulary import order, word

_ONLY = frozenset({Role.ADMINISTRATOR})


def pages() -> list[Page]:
    """`/admin/organisations` and below."""
    both = ("GET", "POST")
    return [
        Page("admin_orgs", _index, roles=_ONLY, section="admin"),
        Page("admin_org_new", _new, both, _ONLY, "admin"),
        Page("admin_org", _one, both, _ONLY, "admin"),
    ]


def _index(visit: Visit) -> Answer:
    accounts = Counter(item.org for item in visit.directory.accounts.values())
    orgs = listed(
        visit,
        visit.directory.orgs.values(),
        lambda org: org.slug,
        lambda org: f"{org.name_vi} {org.name_en} {org.sector} {org.country}",
    )
    return visit.render("admin/orgs.html", orgs=orgs, accounts=accounts, kinds=kinds_of(visit))


def _new(visit: Visit) -> Answer:
    given = {"country": "VN", "kind": "agency"}
    if visit.request.method != "POST":
        context = _choices(visit, given)
        return visit.render("admin/org.html", known=None, given=given, errors={}, **context)
    form = Form(visit)
    return _put(form, form.field("slug", most=63, required=True), None)


def _one(visit: Visit, slug: str) -> Answer:
    known = find(visit.directory.orgs, slug, "organisation")
    if visit.request.method != "POST":
        given = msgspec.structs.asdict(known)
        context = _choices(visit, given, known)
        return visit.render("admin/org.html", known=known, given=given, errors={}, **context)
    return _put(Form(visit), slug, known)


def _put(form: Form, slug: str, known: Organisation | None) -> Answer:
    visit = form.visit
    made = Organisation(
        slug=slug,
        id=known.id if known else form.field("id"),
        name_vi=form.field("name_vi", required=True),
        name_en=form.field("name_en", required=True),
        kind=form.field("kind", most=60, required=True),
        country=form.field("country", required=True).upper(),
        sector=form.field("sector", most=60),
    )
    is_known = known is None and slug in visit.directory.orgs
    if is_known and not _is_there(visit.directory, made):
        form.fail("slug", visit.text("There is one of this name already."))
    if not form.errors and not is_known:
        guard = unchanged(visit, lambda directory: directory.orgs.get(slug))
        try:
            Admin(visit.console.store, visit.caller, guard).put_org(made)
        except HubError as error:
            form.refuse(error, identity="id")
    if form.errors:
        context = _choices(visit, visit.form, known)
        return form.again("admin/org.html", known=known, **context)
    visit.say(visit.text("The organisation %(name)s is stored.", name=slug))
    return visit.go("admin_org", slug=slug)


def _is_there(directory: Directory, made: Organisation) -> bool:
    """The same form was sent twice."""
    known = directory.orgs.get(made.slug)
    return known is not None and msgspec.structs.replace(made, id=known.id) == known


def kinds_of(visit: Visit) -> dict[str, str]:
    """Kinds of organisations, in words."""
    text = visit.text
    return {
        "agency": text("agency"),
        "cert": text("CERT or CSIRT"),
        "operator": text("operator of infrastructure"),
        "company": text("company"),
        "association": text("association"),
        "other": text("other"),
    }


def _choices(
    visit: Visit, given: Mapping[str, str], known: Organisation | None = None
) -> dict[str, Any]:
    """What may be chosen; a kind or sector that is there already, too."""
    kinds = kinds_of(visit)
    kinds.setdefault(given.get("kind", "agency"), given.get("kind", "agency"))
    sectors = {
        key: word("industry-sector-ov", key, visit.lang) for key in order("industry-sector-ov")
    }
    sectors[""] = visit.text("none")
    sectors.setdefault(given.get("sector", ""), given.get("sector", ""))
    by_text = sorted(sectors.items(), key=lambda pair: (bool(pair[0]), pair[1].casefold()))
    return {"seen": mark(known), "kinds": list(kinds.items()), "sectors": by_text}
