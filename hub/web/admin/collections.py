"""Collections, and the rights of organisations and circles in them."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from hub import policy
from hub.errors import HubError
from hub.model.party import (
    Account,
    Caller,
    Collection,
    Directory,
    Grant,
    Role,
    Subject,
    subject_of,
)
from hub.service.admin import Admin
from hub.service.changes import find
from hub.web.address import link
from hub.web.admin.deeds import Deed, ask
from hub.web.admin.forms import Form, day_of, mark, org_choices, tlp_choices, unchanged
from hub.web.admin.lists import listed
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

_ONLY = frozenset({Role.ADMINISTRATOR})
_GRANT = {"read": "yes", "grant_ceiling": "red", "since": "all", "since_day": "", "subject": ""}


def pages() -> list[Page]:
    """`/admin/collections` and below."""
    both = ("GET", "POST")
    return [
        Page("admin_collections", _index, roles=_ONLY, section="admin"),
        Page("admin_collection_new", _new, both, _ONLY, "admin"),
        Page("admin_collection", _one, both, _ONLY, "admin"),
        Page("admin_grant", _grant, ("POST",), _ONLY, "admin"),
        Page("admin_grant_revoke", _revoke, both, _ONLY, "admin"),
    ]


def _index(visit: Visit) -> Answer:
    found = listed(
        visit,
        visit.directory.collections.values(),
        lambda item: f"{item.root}/{item.alias}",
        lambda item: f"{item.title} {item.description} {item.id}",
    )
    return visit.render("admin/collections.html", collections=found)


def _new(visit: Visit) -> Answer:
    if visit.request.method != "POST":
        roots = visit.console.config.taxii.roots
        given = {
            "id": str(uuid.uuid4()),
            "root": roots[0].name,
            "ceiling": "amber+strict",
            "default": "green",
        }
        context = _choices(visit, None)
        return visit.render("admin/collection_new.html", given=given, errors={}, **context)
    form = Form(visit)
    blank = Collection(
        0, form.field("id"), form.field("root"), form.field("alias", required=True), ""
    )
    made = _read(form, blank)
    if _same(visit.directory, made) or _put(form, made):
        visit.say(visit.text("The collection %(name)s is stored.", name=made.alias))
        return visit.go("admin_collection", collection_id=made.id)
    return form.again("admin/collection_new.html", **_choices(visit, None))


def _one(visit: Visit, collection_id: str) -> Answer:
    known = _found(visit, collection_id)
    if visit.request.method != "POST":
        given = _given(known) | _GRANT
        return visit.render(
            "admin/collection.html", given=given, errors={}, **_shown(visit, known)
        )
    form = Form(visit)
    if _put(form, _read(form, known)):
        visit.say(visit.text("The collection %(name)s is stored.", name=known.alias))
        return visit.go("admin_collection", collection_id=collection_id)
    return form.again("admin/collection.html", **_shown(visit, known) | _given_again(form, _GRANT))


def _grant(visit: Visit, collection_id: str) -> Answer:
    known = _found(visit, collection_id)
    form = Form(visit)
    read, write = form.ticked("read"), form.ticked("write")
    ceiling, since_us = form.tlp("grant_ceiling"), form.since()
    subject = _subject(form)
    if not (read or write):
        form.fail("read", visit.text("Choose reading, writing or both."))
    if not form.errors:
        made = Grant(0, subject, read=read, write=write, ceiling=ceiling, since_us=since_us)
        try:
            Admin(visit.console.store, visit.caller).grant(known.id, made)
        except HubError as error:
            form.refuse(error, org="subject", community="subject", group="subject")
    if form.errors:
        again = _given_again(form, _given(known))
        return form.again("admin/collection.html", **_shown(visit, known) | again)
    visit.say(visit.text("%(name)s has these rights now.", name=":".join(subject)))
    return visit.go("admin_collection", collection_id=collection_id)


def _revoke(visit: Visit, collection_id: str) -> Answer:
    known, text = _found(visit, collection_id), visit.text
    name = visit.args.get("subject", "")
    grants = [g for g in visit.directory.grants if g.collection == known.key]
    grant = next((g for g in grants if ":".join(g.subject) == name), None)
    if grant is None:
        visit.say(text("%(name)s has no rights of its own here.", name=name), "warn")
        return visit.go("admin_collection", collection_id=collection_id)
    losers = _losers(visit.directory, grant)
    deed = Deed(
        text("Take the rights of %(name)s in %(alias)s away?", name=name, alias=known.alias),
        [
            visit.plural(
                "%(num)s account cannot read the collection any more.",
                "%(num)s accounts cannot read the collection any more.",
                len(losers),
            ),
            *([", ".join(sorted(item.name for item in losers)[:20])] if losers else []),
            text("What they have copied already is not taken back."),
        ],
        text("Take them away"),
        link("admin_collection", collection_id=collection_id),
        text("%(name)s has no rights of its own any more.", name=name),
    )
    made = msgspec.structs.replace(grant, read=False, write=False)
    admin = Admin(visit.console.store, visit.caller)
    return ask(visit, deed, lambda: admin.grant(known.id, made))


def _losers(directory: Directory, grant: Grant) -> list[Account]:
    """Accounts that read the collection by this right alone."""
    left = tuple(item for item in directory.grants if item != grant)
    after = msgspec.structs.replace(directory, grants=left)

    def reads(account: Account, under: Directory) -> bool:
        caller = Caller(account.name, account.org, account.roles)
        return grant.collection in policy.scope(caller, under).readable

    return [a for a in directory.accounts.values() if reads(a, directory) and not reads(a, after)]


def _put(form: Form, made: Collection) -> bool:
    """Store it; whether that was done."""
    visit = form.visit
    if form.errors:
        return False
    roots = [root.name for root in visit.console.config.taxii.roots]
    guard = unchanged(visit, lambda directory: _by_id(directory).get(made.id))
    try:
        Admin(visit.console.store, visit.caller, guard).put_collection(made, roots=roots)
    except HubError as error:
        form.refuse(error, seen="form")
    return not form.errors


def _read(form: Form, known: Collection) -> Collection:
    """The collection as the form says it shall be."""
    return msgspec.structs.replace(
        known,
        title=form.field("title", required=True),
        description=form.field("description", most=2000),
        ceiling=form.tlp("ceiling"),
        default=form.tlp("default"),
        public=form.ticked("public"),
        strict=form.ticked("strict"),
        screened=form.ticked("screened"),
    )


def _same(directory: Directory, made: Collection) -> bool:
    """The same form was sent twice."""
    known = _by_id(directory).get(made.id)
    return known is not None and msgspec.structs.replace(made, key=known.key) == known


def _subject(form: Form) -> Subject:
    try:
        return subject_of(form.field("subject"))
    except ValueError:
        form.fail("subject", form.visit.text("Choose one of the list."))
        return ("org", "")


def _by_id(directory: Directory) -> dict[str, Collection]:
    return {item.id: item for item in directory.collections.values()}


def _found(visit: Visit, collection_id: str) -> Collection:
    return find(_by_id(visit.directory), collection_id, "collection")


def _given(known: Collection) -> dict[str, str]:
    """What the form shows of a collection."""
    ticks = {"public": known.public, "strict": known.strict, "screened": known.screened}
    return {
        "title": known.title,
        "description": known.description,
        "ceiling": known.ceiling.text,
        "default": known.default.text,
    } | {name: "yes" for name, on in ticks.items() if on}


def _given_again(form: Form, other: dict[str, str]) -> dict[str, Any]:
    """What was filled in, beside what the other form on the page shows."""
    return {"given": other | form.visit.form.to_dict(), "errors": form.errors}


def _choices(visit: Visit, known: Collection | None) -> dict[str, Any]:
    roots = [
        (root.name, f"{root.title} ({root.name})") for root in visit.console.config.taxii.roots
    ]
    return {"levels": tlp_choices(), "roots": roots, "seen": mark(known)}


def _shown(visit: Visit, known: Collection) -> dict[str, Any]:
    grants = [grant for grant in visit.directory.grants if grant.collection == known.key]
    circles = [
        (":".join(subject), f"{circle.title} ({':'.join(subject)})")
        for subject, circle in sorted(visit.directory.circles().items())
    ]
    orgs = [(f"org:{slug}", text) for slug, text in org_choices(visit)]
    return _choices(visit, known) | {
        "known": known,
        "grants": sorted(grants, key=lambda grant: grant.subject),
        "subjects": orgs + circles,
        "day_of": day_of,
    }
