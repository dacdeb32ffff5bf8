"""TAXII collections and the rights in them."""

from __future__ import annotations

import uuid
from typing import Any, cast

import click
import msgspec

from hub.cli.base import (
    MARKING,
    Context,
    clearance_option,
    output_option,
    pass_context,
    say,
    show,
    since_option,
)
from hub.model.clock import format_us
from hub.model.party import Collection, Directory, Grant, Subject
from hub.model.tlp import Tlp


@click.group()
def collection() -> None:
    """TAXII collections and the rights in them."""


@collection.command("create")
@click.argument("alias")
@click.option("--title", required=True, help="Shown to clients; unique, without dots.")
@click.option("--description", default="", help="Shown to clients.")
@click.option("--root", default="", help="API root; the first one if not given.")
@click.option("--id", "id_", default="", help="Its UUID; made if not given.")
@click.option("--public", is_flag=True, help="Anybody may read what is TLP:CLEAR in it.")
@clearance_option("--ceiling", "The strictest marking it takes.", Tlp.AMBER_STRICT)
@click.option(
    "--default",
    type=MARKING,
    default=None,
    help="How objects without a TLP marking are treated.  [default: green; with --public clear]",
)
@click.option(
    "--strict", is_flag=True, help="Only objects that follow STIX to the letter, with TLP."
)
@click.option(
    "--screened", is_flag=True, help="No indicators of values that stand in warning lists."
)
@pass_context
def collection_create(context: Context, /, alias: str, title: str, **fields: Any) -> None:
    """Create a collection. Nobody but the public, if so marked, may use it until granted."""
    roots = [root.name for root in context.config().taxii.roots]
    root, id_ = fields.pop("root") or roots[0], fields.pop("id_") or str(uuid.uuid4())
    if fields["default"] is None:
        fields["default"] = Tlp.CLEAR if fields["public"] else Tlp.GREEN
    made = Collection(0, id_, root, alias, title, **fields)
    context.admin().put_collection(made, roots=roots)
    say(f"collection {alias} is:")
    click.echo(id_)


@collection.command("set")
@click.argument("alias")
@click.option("--ceiling", type=MARKING, default=None, help="The strictest marking it takes.")
@click.option(
    "--default", type=MARKING, default=None, help="How objects without a TLP marking are treated."
)
@click.option("--description", default=None, help="Shown to clients.")
@click.option(
    "--screened/--unscreened",
    default=None,
    help="Whether indicators of values that stand in warning lists are refused.",
)
@pass_context
def collection_set(context: Context, /, alias: str, **fields: Any) -> None:
    """Change a collection. What is stored already stays as it was marked when it came."""
    from hub.service.changes import by_alias  # slow to import

    changes = {name: value for name, value in fields.items() if value is not None}
    if not changes:
        raise click.UsageError(
            "give at least one of --ceiling, --default, --description and --screened"
        )
    admin, roots = context.admin(), [root.name for root in context.config().taxii.roots]
    known = by_alias(context.store().directory(), alias)
    admin.put_collection(msgspec.structs.replace(known, **changes), roots=roots)
    say(f"collection {alias} is changed")


@collection.command("grant")
@click.argument("alias")
@click.option("--org", default="", help="Slug of an organisation.")
@click.option("--community", default="", help="Name of a community.")
@click.option("--group", default="", help="Name of a sharing group.")
@click.option("--read", is_flag=True, help="It may read.")
@click.option("--write", is_flag=True, help="It may publish.")
@clearance_option("--up-to", "The strictest marking it may read.", Tlp.RED)
@since_option("It reads what was added", "all")
@pass_context
def collection_grant(context: Context, /, alias: str, **fields: Any) -> None:
    """Set what an organisation, community or group may do; without --read and --write: nothing."""
    named = {kind: fields.pop(kind) for kind in ("org", "community", "group")}
    subjects = [(kind, name) for kind, name in named.items() if name]
    if len(subjects) != 1:
        raise click.UsageError("give one of --org, --community and --group")
    subject, since_us = cast("Subject", subjects[0]), fields["since_us"]
    grant = Grant(
        0,
        subject,
        fields["read"],
        fields["write"],
        fields["up_to"],
        context.store().now() if since_us is None else since_us,
    )
    context.admin().grant(alias, grant)
    may = [right for right in ("read", "write") if fields[right]]
    say(f"{' '.join(subject)} in {alias}: {', '.join(may) or 'nothing'}")


@collection.command("list")
@output_option
@pass_context
def collection_list(context: Context, /, output: str) -> None:
    """List collections with their grants."""
    directory = context.store().directory()
    columns = [
        "alias",
        "title",
        "root",
        "id",
        "public",
        "strict",
        "screened",
        "ceiling",
        "default",
        "grants",
    ]
    rows = (
        {name: getattr(item, name, "") for name in columns}
        | {"ceiling": item.ceiling.text, "default": item.default.text}
        | {"grants": _grants(directory, item.key)}
        for item in directory.collections.values()
    )
    show(rows, columns, output)


def _grants(directory: Directory, key: int) -> list[str]:
    return [
        f"{':'.join(grant.subject)}:{'r' * grant.read}{'w' * grant.write}{_bounds(grant)}"
        for grant in directory.grants
        if grant.collection == key
    ]


def _bounds(grant: Grant) -> str:
    """What narrows the reading."""
    ceiling = f"<={grant.ceiling.text}" if grant.ceiling < Tlp.RED else ""
    return ceiling + (f">={format_us(grant.since_us)}" if grant.since_us else "")


COMMANDS = (collection,)
