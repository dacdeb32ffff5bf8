"""Organisations, communities, accounts, tokens, collections."""

from __future__ import annotations

import sys
import uuid
from typing import Any, NoReturn

import click

from hub.cli.base import (
    Context,
    Exit,
    fail,
    guarded,
    output_option,
    pass_context,
    say,
    show,
)
from hub.model.clock import format_us
from hub.model.party import Collection, Directory, Organisation, Role, Subject

password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking for it.",
)


def read_password(*, from_stdin: bool) -> str:
    """A password from standard input or, on a terminal, by a prompt; never an argument."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        fail("give the password on standard input with --password-stdin", Exit.USAGE)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


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
@guarded
def org_add(context: Context, /, slug: str, **fields: str) -> None:
    """Add an organisation, or change it. SLUG is its short, lasting name."""
    identity = fields.pop("identity")
    fields["name_vi"] = fields["name_vi"] or fields["name_en"]
    identity = context.admin().put_org(Organisation(slug=slug, id=identity, **fields))
    say(f"organisation {slug} is {identity}")


@org.command("list")
@output_option
@pass_context
@guarded
def org_list(context: Context, /, output: str) -> None:
    """List organisations."""
    columns = ["slug", "name_en", "name_vi", "kind", "country", "sector", "id"]
    rows = _directory(context).orgs.values()
    show(({name: getattr(row, name) for name in columns} for row in rows), columns, output)


@click.group()
def community() -> None:
    """Named, standing sets of organisations."""


@community.command("set")
@click.argument("name")
@click.argument("members", nargs=-1)
@click.option("--title", default="", help="Title; the name if not given.")
@pass_context
@guarded
def community_set(context: Context, /, name: str, members: tuple[str, ...], title: str) -> None:
    """Add a community or replace its members, which are slugs of organisations."""
    context.admin().put_community(name, title or name, members)
    say(f"community {name} has {len(set(members))} members")


@community.command("list")
@output_option
@pass_context
@guarded
def community_list(context: Context, /, output: str) -> None:
    """List communities."""
    columns = ["name", "title", "members"]
    rows = _directory(context).communities.values()
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
@password_option
@pass_context
@guarded
def account_add(
    context: Context, /, name: str, org: str, roles: tuple[str, ...], **how: bool
) -> None:
    """Add an account."""
    password = "" if how["no_password"] else read_password(from_stdin=how["password_stdin"])
    context.admin().add_account(name, org, [Role(role) for role in roles], password)
    say(f"account {name} added")


@account.command("password")
@click.argument("name")
@password_option
@pass_context
@guarded
def account_password(context: Context, /, name: str, *, password_stdin: bool) -> None:
    """Give an account another password."""
    context.admin().set_password(name, read_password(from_stdin=password_stdin))
    say(f"password of {name} changed")


@account.command("disable")
@click.argument("name")
@click.option("--enable", is_flag=True, help="Switch it on again.")
@pass_context
@guarded
def account_disable(context: Context, /, name: str, *, enable: bool) -> None:
    """Switch an account and its tokens off."""
    context.admin().disable_account(name, disabled=not enable)
    say(f"account {name} is {'on' if enable else 'off'}")


@account.command("list")
@output_option
@pass_context
@guarded
def account_list(context: Context, /, output: str) -> None:
    """List accounts."""
    columns = ["name", "org", "roles", "password", "disabled", "certificate_only"]
    rows = (
        {
            "name": row.name,
            "org": row.org,
            "roles": sorted(row.roles),
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
@pass_context
@guarded
def token_create(context: Context, /, account: str, **fields: Any) -> None:
    """Make a token. It is printed once, alone, on standard output."""
    issued = context.admin().issue_token(account, **fields)
    say(f"token {issued.token.id} for {account}, until {format_us(issued.token.expires_us)}:")
    click.echo(issued.secret)


@token.command("revoke")
@click.argument("token_id")
@pass_context
@guarded
def token_revoke(context: Context, /, token_id: str) -> None:
    """Make a token useless at once."""
    context.admin().revoke_token(token_id)
    say(f"token {token_id} revoked")


@token.command("list")
@output_option
@pass_context
@guarded
def token_list(context: Context, /, output: str) -> None:
    """List tokens; their secrets are not kept."""
    columns = ["id", "account", "expires", "read_only", "addresses", "label"]
    rows = (
        {name: getattr(row, name, "") for name in columns} | {"expires": format_us(row.expires_us)}
        for row in _directory(context).tokens.values()
    )
    show(rows, columns, output)


@click.group()
def collection() -> None:
    """TAXII collections and the rights in them."""


@collection.command("create")
@click.argument("alias")
@click.option("--title", required=True, help="Shown to clients; unique, without dots.")
@click.option("--description", default="", help="Shown to clients.")
@click.option("--root", default="", help="API root; the first one if not given.")
@click.option("--id", "id_", default="", help="Its UUID; made if not given.")
@click.option("--public", is_flag=True, help="Anybody may read it without credentials.")
@click.option(
    "--strict", is_flag=True, help="Only objects that follow STIX to the letter, with TLP."
)
@pass_context
@guarded
def collection_create(context: Context, /, alias: str, title: str, **fields: Any) -> None:
    """Create a collection. Nobody but the public, if so marked, may use it until granted."""
    roots = [root.name for root in context.config().taxii.roots]
    root, id_ = fields.pop("root") or roots[0], fields.pop("id_") or str(uuid.uuid4())
    made = Collection(0, id_, root, alias, title, **fields)
    context.admin().put_collection(made, roots=roots)
    say(f"collection {alias} is:")
    click.echo(id_)


@collection.command("grant")
@click.argument("alias")
@click.option("--org", default="", help="Slug of an organisation.")
@click.option("--community", default="", help="Name of a community.")
@click.option("--read", is_flag=True, help="It may read.")
@click.option("--write", is_flag=True, help="It may publish.")
@pass_context
@guarded
def collection_grant(
    context: Context, /, alias: str, org: str, community: str, **may: bool
) -> None:
    """Set what an organisation or community may do; without --read and --write: nothing."""
    if bool(org) == bool(community):
        _usage("give either --org or --community")
    subject: Subject = ("org", org) if org else ("community", community)
    context.admin().grant(alias, subject, **may)
    say(
        f"{' '.join(subject)} in {alias}: {', '.join(n for n, on in may.items() if on) or 'nothing'}"
    )


@collection.command("list")
@output_option
@pass_context
@guarded
def collection_list(context: Context, /, output: str) -> None:
    """List collections with their grants."""
    directory = _directory(context)
    columns = ["alias", "title", "root", "id", "public", "strict", "grants"]
    rows = (
        {name: getattr(item, name, "") for name in columns}
        | {"grants": _grants(directory, item.key)}
        for item in directory.collections.values()
    )
    show(rows, columns, output)


def _grants(directory: Directory, key: int) -> list[str]:
    return [
        f"{grant.subject[1]}:{'r' * grant.read}{'w' * grant.write}"
        for grant in directory.grants
        if grant.collection == key
    ]


def _directory(context: Context) -> Directory:
    return context.store().directory()


def _usage(message: str) -> NoReturn:
    raise click.UsageError(message)


COMMANDS = (org, community, account, token, collection)
