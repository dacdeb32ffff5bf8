"""Letting a partner in: organisation, account, rights and a token, and the file to hand over."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from hub.errors import HubError
from hub.model.party import Organisation, Role
from hub.service.admin import Admin
from hub.service.handover import Handover, text
from hub.service.invite import Admitted, Invitation, invite
from hub.web.admin.forms import Form, tlp_choices
from hub.web.admin.orgs import kinds_of
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

_MOST_DAYS = 1826
_ONLY = frozenset({Role.ADMINISTRATOR})
_DEFAULTS = {
    "country": "VN",
    "kind": "cert",
    "clearance": "amber+strict",
    "days": "365",
    "since": "all",
}
_PREFIX = "in_"


def pages() -> list[Page]:
    """`/admin/new/invitation`."""
    return [Page("admin_invite", _invite, ("GET", "POST"), _ONLY, "admin")]


def _invite(visit: Visit) -> Answer:
    collections = sorted(visit.directory.collections.values(), key=lambda item: item.alias)
    kinds = list(kinds_of(visit).items())
    choices = {"levels": tlp_choices(), "collections": collections, "kinds": kinds}
    if visit.request.method != "POST":
        given = _DEFAULTS | {"once": secrets.token_hex(6), "slug": visit.args.get("org", "")}
        return visit.render("admin/invite.html", given=given, errors={}, **choices)
    form = Form(visit)
    wanted = _read(form)
    if not form.errors:
        try:
            made = invite(Admin(visit.console.store, visit.caller), visit.directory, wanted)
        except HubError as error:
            form.refuse(error, account="slug", token="form", collection="collections")  # noqa: S106
        else:
            return visit.render("admin/invited.html", **_shown(visit, wanted, made))
    return form.again("admin/invite.html", **choices)


def _read(form: Form) -> Invitation:
    visit = form.visit
    slug = form.field("slug", most=58, required=True)
    chosen = tuple(
        item.id
        for item in visit.directory.collections.values()
        if form.ticked(f"{_PREFIX}{item.id}")
    )
    if not chosen:
        form.fail("collections", visit.text("Choose at least one collection."))
    is_new = slug not in visit.directory.orgs
    org = Organisation(
        slug,
        "",
        form.field("name_vi", required=is_new),
        form.field("name_en", required=is_new),
        form.field("kind", most=60),
        form.field("country").upper(),
    )
    return Invitation(
        org,
        chosen,
        form.ticked("publishes"),
        form.tlp("clearance"),
        form.number("days", 1, _MOST_DAYS),
        form.since(),
        token_name=form.field("once"),
    )


def _shown(visit: Visit, wanted: Invitation, made: Admitted) -> dict[str, Any]:
    """The page with the file, which is nowhere else: it can be taken from this page alone."""
    config, issued = visit.console.config, made.issued
    assert issued is not None  # noqa: S101 - a token was asked for
    file = text(
        Handover(
            url=config.url,
            title=config.taxii.title,
            account=made.account,
            expires_us=issued.token.expires_us,
            collections=made.collections,
            root_titles={root.name: root.title for root in config.taxii.roots},
            token=issued.secret,
        )
    )
    encoded = base64.b64encode(file.encode()).decode()
    return {
        "wanted": wanted,
        "made": made,
        "token": issued.token,
        "file": file,
        "href": f"data:text/markdown;charset=utf-8;base64,{encoded}",
        "has_public_url": bool(config.server.public_url),
    }
