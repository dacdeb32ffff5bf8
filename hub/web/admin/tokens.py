"""Tokens and client certificates: what programs log in with. A secret is shown once."""

from __future__ import annotations

import secrets
from typing import Any

from hub.errors import HubError
from hub.model.party import Certificate, Role, Token
from hub.service.admin import Admin
from hub.web.admin.forms import Form, tlp_choices
from hub.web.admin.lists import listed
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

MOST_DAYS = 3650
_ONLY = frozenset({Role.ADMINISTRATOR})
_DEFAULTS = {"days": "365", "ceiling": "red", "read_only": "yes"}


def pages() -> list[Page]:
    """`/admin/tokens` and `/admin/certificates`."""
    return [
        Page("admin_tokens", _index, roles=_ONLY, section="admin"),
        Page("admin_token_new", _new, ("GET", "POST"), _ONLY, "admin"),
        Page("admin_certificates", _certificates, roles=_ONLY, section="admin"),
    ]


def _index(visit: Visit) -> Answer:
    account = visit.args.get("account", "")

    def order(token: Token) -> str:
        return f"{token.expires_us:020d} {token.id}"

    tokens = listed(
        visit,
        (t for t in visit.directory.tokens.values() if account in {"", t.account}),
        order,
        lambda token: f"{token.account} {token.label} {' '.join(token.addresses)}",
    )
    return visit.render("admin/tokens.html", tokens=tokens, account=account)


def _certificates(visit: Visit) -> Answer:
    def order(item: Certificate) -> str:
        return f"{item.expires_us:020d} {item.id}"

    found = listed(
        visit,
        visit.directory.certificates.values(),
        order,
        lambda item: f"{item.account} {item.label} {item.issuer} {item.serial}",
    )
    return visit.render(
        "admin/certificates.html", certificates=found, revoked=visit.directory.revoked.values()
    )


def _new(visit: Visit) -> Answer:
    choices = {"levels": tlp_choices(), "accounts": sorted(visit.directory.accounts)}
    if visit.request.method != "POST":
        given = _DEFAULTS | {"account": visit.args.get("account", "")} | _once()
        return visit.render("admin/token_new.html", given=given, errors={}, **choices)
    form = Form(visit)
    account = form.one_of("account", visit.directory.accounts)
    days = form.number("days", 1, MOST_DAYS)
    options: dict[str, Any] = {
        "addresses": form.field("addresses", most=2000).split(),
        "read_only": form.ticked("read_only"),
        "label": form.field("label"),
        "ceiling": form.tlp("ceiling"),
        "purpose": "export" if form.ticked("export") else "",
        "name": form.field("once"),
    }
    if not form.errors:
        try:
            admin = Admin(visit.console.store, visit.caller)
            issued = admin.issue_token(account, days=days, **options)
        except HubError as error:
            form.refuse(error, address="addresses", token="form")  # noqa: S106
        else:
            return visit.render("admin/token_made.html", issued=issued)
    return form.again("admin/token_new.html", given=visit.form.to_dict() | _once(), **choices)


def _once() -> dict[str, str]:
    """The name of the token that will be made: the form makes one, however often it is sent."""
    return {"once": secrets.token_hex(6)}
