"""Organisations, communities, accounts, tokens, collections."""

from __future__ import annotations

from typing import Any

import click

from hub import policy
from hub.cli.base import (
    MARKING,
    Context,
    clearance_option,
    output_option,
    pass_context,
    read_secret,
    say,
    show,
)
from hub.model.audit import Sought
from hub.model.clock import format_us
from hub.model.party import Account, Directory, Organisation, Role
from hub.model.tlp import Tlp

password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking for it.",
)


def read_password(*, from_stdin: bool) -> str:
    """The password of an account, as it shall be."""
    return read_secret("password", "Password", from_stdin=from_stdin, new=True)


@click.group()
def org() -> None:
    """Organisations that take part."""


@org.command("add")
@click.argument("slug")
@click.option("--name-en", required=True, help="Name in English.")
@click.option("--name-vi", default="", help="Name in Vietnamese; the English one if not given.")
@click.option("--kind", default="agency", show_default=True, help="agency, cert, company, …")
@click.option("--country", default="VN", show_default=True, help="ISO 3166-1 code.")
@click.option("--sector", default="", help="STIX industry sector.")
@click.option("--identity", default="", help="Its STIX identity; a new one if not given.")
@pass_context
def org_add(context: Context, /, slug: str, **fields: str) -> None:
    """Add an organisation, or change it. SLUG is its short, lasting name."""
    identity = fields.pop("identity")
    fields["name_vi"] = fields["name_vi"] or fields["name_en"]
    identity = context.admin().put_org(Organisation(slug=slug, id=identity, **fields))
    say(f"organisation {slug} is {identity}")


@org.command("list")
@output_option
@pass_context
def org_list(context: Context, /, output: str) -> None:
    """List organisations."""
    columns = ["slug", "name_en", "name_vi", "kind", "country", "sector", "id"]
    rows = _directory(context).orgs.values()
    show(({name: getattr(row, name) for name in columns} for row in rows), columns, output)


@click.group()
def account() -> None:
    """People and machines that act for an organisation."""


@account.command("add")
@click.argument("name")
@click.option("--org", required=True, help="Slug of its organisation.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    default=("reader",),
    show_default=True,
    help="May be given several times.",
)
@click.option("--no-password", is_flag=True, help="It works through tokens only.")
@clearance_option("--clearance", "The strictest marking it may see and publish.", Tlp.AMBER_STRICT)
@password_option
@pass_context
def account_add(
    context: Context, /, name: str, org: str, roles: tuple[str, ...], **how: Any
) -> None:
    """Add an account."""
    password = "" if how["no_password"] else read_password(from_stdin=how["password_stdin"])
    made = Account(name, org, frozenset(map(Role, roles)), clearance=how["clearance"])
    context.admin().add_account(made, password)
    say(f"account {name} added")


@account.command("password")
@click.argument("name")
@password_option
@pass_context
def account_password(context: Context, /, name: str, *, password_stdin: bool) -> None:
    """Give an account another password."""
    context.admin().set_password(name, read_password(from_stdin=password_stdin))
    say(f"password of {name} changed")


@account.command("disable")
@click.argument("name")
@click.option("--enable", is_flag=True, help="Switch it on again.")
@pass_context
def account_disable(context: Context, /, name: str, *, enable: bool) -> None:
    """Switch an account and its tokens off."""
    context.admin().disable_account(name, disabled=not enable)
    say(f"account {name} is {'on' if enable else 'off'}")
    _warn_of_nobody(context)


@account.command("clear")
@click.argument("name")
@click.argument("clearance", type=MARKING)
@pass_context
def account_clear(context: Context, /, name: str, clearance: Tlp) -> None:
    """Set the strictest marking that an account may see and publish."""
    context.admin().clear_account(name, clearance)
    say(f"{name} is cleared up to {clearance}")


@account.command("roles")
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, type=click.Choice([r.value for r in Role]))
@pass_context
def account_roles(context: Context, /, name: str, roles: tuple[str, ...]) -> None:
    """Give an account other roles, in place of those it has."""
    context.admin().set_roles(name, [Role(role) for role in roles])
    say(f"{name} is {', '.join(roles)}")
    _warn_of_nobody(context)


def _warn_of_nobody(context: Context) -> None:
    if not policy.administrators(_directory(context)):
        say("warning: no account that can log in is an administrator; only this machine is")


@account.command("list")
@output_option
@pass_context
def account_list(context: Context, /, output: str) -> None:
    """List accounts."""
    columns = ["name", "org", "roles", "clearance", "password", "disabled", "certificate_only"]
    rows = (
        {
            "name": row.name,
            "org": row.org,
            "roles": sorted(row.roles),
            "clearance": row.clearance.text,
            "password": bool(row.password),
            "disabled": row.disabled,
            "certificate_only": row.certificate_only,
        }
        for row in _directory(context).accounts.values()
    )
    show(rows, columns, output)


@click.group()
def token() -> None:
    """API keys of accounts."""


@token.command("create")
@click.argument("account")
@click.option(
    "--days",
    default=365,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="How long it works.",
)
@click.option("--read-only", is_flag=True, help="It can never publish or delete.")
@click.option("--address", "addresses", multiple=True, help="Network it works from; repeatable.")
@click.option("--label", default="", help="What it is for.")
@clearance_option(
    "--ceiling", "The strictest marking it works for, at most the account's.", Tlp.RED
)
@click.option(
    "--export", is_flag=True, help="It only pulls lists below /export: for firewalls and the like."
)
@pass_context
def token_create(context: Context, /, account: str, export: bool, **fields: Any) -> None:
    """Make a token. It is printed once, alone, on standard output."""
    issued = context.admin().issue_token(account, purpose="export" if export else "", **fields)
    say(f"token {issued.token.id} for {account}, until {format_us(issued.token.expires_us)}:")
    click.echo(issued.secret)


@token.command("revoke")
@click.argument("token_id")
@pass_context
def token_revoke(context: Context, /, token_id: str) -> None:
    """Make a token useless at once."""
    context.admin().revoke_token(token_id)
    say(f"token {token_id} revoked")


@token.command("list")
@output_option
@pass_context
def token_list(context: Context, /, output: str) -> None:
    """List tokens; their secrets are not kept."""
    columns = ["id", "account", "expires", "read_only", "purpose"]
    columns += ["addresses", "ceiling", "label"]
    rows = (
        {name: getattr(row, name, "") for name in columns}
        | {"expires": format_us(row.expires_us), "ceiling": row.ceiling.text}
        for row in _directory(context).tokens.values()
    )
    show(rows, columns, output)


@click.group()
def audit() -> None:
    """Who did what: publishes, deletes, log-ins, questions of officers, changes of parties."""


@audit.command("list")
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1),
    help="How many, newest first.",
)
@output_option
@pass_context
def audit_list(context: Context, /, limit: int, output: str) -> None:
    """List the newest lines of the audit log."""
    columns = ["at", "account", "org", "action", "target", "detail"]
    rows = (
        {"at": format_us(line.at_us)} | {name: getattr(line.act, name) for name in columns[1:]}
        for line in context.store().audit(Sought(), 0, limit)
    )
    show(rows, columns, output)


def _directory(context: Context) -> Directory:
    return context.store().directory()


COMMANDS = (org, account, token, audit)
