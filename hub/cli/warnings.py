"""Warning lists: values that are no indicators."""

from __future__ import annotations

from typing import TextIO

import click

from hub.cli.base import CONSOLE, Context, pass_context, say

org_option = click.option(
    "--org", default="", help="Slug of an organisation; without it, the hub's own list."
)


@click.group("warning-list")
def warning_list() -> None:
    """Values that are no indicators, of an organisation or of the whole hub."""


@warning_list.command("show")
@org_option
@pass_context
def show_list(context: Context, /, org: str) -> None:
    """Print a list as it was written."""
    from hub.service.changes import find  # slow to import

    directory = context.store().directory()
    if org:
        find(directory.orgs, org, "organisation")
    for line in directory.warnings[org].lines if org in directory.warnings else ():
        click.echo(line)


@warning_list.command("put")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@org_option
@pass_context
def put_list(context: Context, /, file: TextIO, org: str) -> None:
    """Store the lines of FILE in place of the list; - is standard input, an empty file none."""
    from hub.service.screening import WarningLists  # slow to import

    kept = WarningLists(context.store(), CONSOLE).put(org, file.read().split("\n"))
    say(f"the warning list of {org or 'the hub'} holds {len(kept.lines)} lines")


COMMANDS = (warning_list,)
