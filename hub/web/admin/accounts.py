"""Accounts: who acts for which organisation, in which roles, cleared how far."""

from __future__ import annotations

from typing import Any

from hub.errors import HubError
from hub.model.clock import now_us
from hub.model.party import Account, Directory, Role, Token
from hub.service.admin import Admin
from hub.service.certificates import has_valid
from hub.service.changes import Guard, find
from hub.web.account import program
from hub.web.admin.forms import Form, mark, org_choices, tlp_choices, unchanged
from hub.web.admin.lists import listed
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

_ONLY = frozenset({Role.ADMINISTRATOR})


def pages() -> list[Page]:
    """`/admin/accounts`, and below it what changes no more than the account itself."""
    both = ("GET", "POST")
    return [
        Page("admin_accounts", _index, roles=_ONLY, section="admin"),
        Page("admin_account_new", _new, both, _ONLY, "admin"),
        Page("admin_account", _one, both, _ONLY, "admin"),
        Page("admin_account_password", _password, both, _ONLY, "admin"),
    ]


def guard_of(visit: Visit, name: str) -> Guard:
    """Refuses when the account changed since the form was made."""
    return unchanged(visit, lambda directory: directory.accounts.get(name))


def tokens_of(directory: Directory, name: str) -> list[Token]:
    """The tokens of an account that work, first the one that ends first."""
    found = [item for item in directory.tokens.values() if item.account == name]
    return sorted(
        (item for item in found if item.expires_us > now_us()), key=lambda item: item.expires_us
    )


def _index(visit: Visit) -> Answer:
    org = visit.args.get("org", "")
    accounts = listed(
        visit,
        (a for a in visit.directory.accounts.values() if org in {"", a.org}),
        lambda account: account.name,
        lambda account: f"{account.org} {visit.org_name(account.org)} {' '.join(account.roles)}",
    )
    return visit.render("admin/accounts.html", accounts=accounts, org=org)


def _new(visit: Visit) -> Answer:
    choices = {"orgs": org_choices(visit), "levels": tlp_choices(), "roles": list(Role)}
    if visit.request.method != "POST":
        given = {
            "org": visit.args.get("org", ""),
            "clearance": "amber+strict",
            "role_reader": "yes",
        }
        return visit.render("admin/account_new.html", given=given, errors={}, **choices)
    form = Form(visit)
    account = Account(
        form.field("account", required=True),
        form.one_of("org", set(visit.directory.orgs)),
        _roles(form),
        clearance=form.tlp("clearance"),
    )
    password = visit.form.get("new_password", "")
    if not form.errors:
        try:
            Admin(visit.console.store, visit.caller).add_account(account, password)
        except HubError as error:
            form.refuse(error, password="new_password", organisation="org")  # noqa: S106
    if form.errors:
        return form.again("admin/account_new.html", **choices)
    visit.say(visit.text("The account %(name)s is added.", name=account.name))
    return visit.go("admin_account", name=account.name)


def _roles(form: Form) -> frozenset[Role]:
    found = frozenset(role for role in Role if form.ticked(f"role_{role}"))
    if not found:
        form.fail("roles", form.visit.text("Choose at least one role."))
    return found


def _one(visit: Visit, name: str) -> Answer:
    known = find(visit.directory.accounts, name, "account")
    if visit.request.method != "POST":
        given = {"clearance": known.clearance.text} | _ticks(known)
        return visit.render("admin/account.html", given=given, errors={}, **_shown(visit, known))
    form = Form(visit)
    is_roles = visit.form.get("what") == "roles"
    try:
        _change(form, name, is_roles=is_roles)
    except HubError as error:
        form.refuse(error, account="roles", seen="roles" if is_roles else "clearance")
    if form.errors:
        return form.again("admin/account.html", **_shown(visit, known))
    visit.say(visit.text("The account %(name)s is changed.", name=name))
    return visit.go("admin_account", name=name)


def _change(form: Form, name: str, *, is_roles: bool) -> None:
    """Roles and clearance are two forms: two things, each with its line in the audit log."""
    visit = form.visit
    admin = Admin(visit.console.store, visit.caller, guard_of(visit, name))
    if is_roles:
        roles = _roles(form)
        if not form.errors:
            admin.set_roles(name, roles)
    else:
        clearance = form.tlp("clearance")
        if not form.errors:
            admin.clear_account(name, clearance)


def _ticks(known: Account) -> dict[str, str]:
    """The boxes of its roles."""
    return {f"role_{role}": "yes" for role in known.roles}


def _shown(visit: Visit, known: Account) -> dict[str, Any]:
    """What a page says of an account."""
    directory, store = visit.directory, visit.console.store
    return {
        "known": known,
        "own": _ticks(known),
        "seen": mark(known),
        "roles": list(Role),
        "levels": tlp_choices(),
        "tokens": tokens_of(directory, known.name),
        "certificates": [c for c in directory.certificates.values() if c.account == known.name],
        "has_valid": has_valid(directory, known.name),
        "factor": visit.console.factors.of(known.name),
        "sessions": store.list_sessions(known.name),
        "program": program,
    }


def _password(visit: Visit, name: str) -> Answer:
    known = find(visit.directory.accounts, name, "account")
    sessions = len(visit.console.store.list_sessions(name))
    context = {"known": known, "seen": mark(known), "sessions": sessions}
    if visit.request.method != "POST":
        return visit.render("admin/account_password.html", errors={}, **context)
    form = Form(visit)
    password = visit.form.get("new_password", "")
    if not password:
        form.fail("new_password", visit.text("Fill this in."))
    else:
        try:
            admin = Admin(visit.console.store, visit.caller, guard_of(visit, name))
            admin.set_password(name, password)
        except HubError as error:
            form.refuse(error, password="new_password", seen="form")  # noqa: S106
    if form.errors:
        return form.again("admin/account_password.html", **context)
    visit.say(visit.text("The account %(name)s has another password.", name=name))
    return visit.go("admin_account", name=name)
