"""Communities and sharing groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.base import (
    CONSOLE,
    Context,
    output_option,
    pass_context,
    say,
    show,
    since_option,
)
from hub.model.clock import format_us
from hub.model.party import Circle, Group, Subject

if TYPE_CHECKING:
    from hub.service.circles import Circles

since = since_option("They see what was added", "now")


@click.group()
def community() -> None:
    """Standing, named sets of organisations, such as a sector."""


@community.command("create")
@click.argument("name")
@click.option("--title", required=True, help="Shown to people.")
@click.option("--terms", default="", help="What members agree to.")
@pass_context
def community_create(context: Context, /, name: str, title: str, terms: str) -> None:
    """Create a community without members, or change title and terms of one."""
    _circles(context).put_community(name, title, terms)
    say(f"community {name} is there; let members in with: hub community join {name} SLUG")


@community.command("join")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@since
@pass_context
def community_join(context: Context, /, name: str, **who: Any) -> None:
    """Let MEMBERS in: slugs of organisations, or community:NAME for all members of another."""
    _circles(context).add_members(("community", name), who["members"], since_us=who["since_us"])
    say(f"community {name}: {' '.join(who['members'])} joined")


@community.command("leave")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@pass_context
def community_leave(context: Context, /, name: str, members: tuple[str, ...]) -> None:
    """Put MEMBERS out: they lose what they saw through the community at once."""
    _circles(context).remove_members(("community", name), members)
    say(f"community {name}: {' '.join(members)} left")


@community.command("list")
@output_option
@pass_context
def community_list(context: Context, /, output: str) -> None:
    """List communities."""
    _show(context.store().directory().communities, output)


@click.group()
def group() -> None:
    """Ad-hoc sharing groups of named organisations; one without members is nobody."""


@group.command("create")
@click.argument("name")
@click.option("--owner", required=True, help="Slug of the organisation that decides about it.")
@click.option("--title", required=True, help="Shown to people.")
@click.option("--terms", default="", help="What members agree to.")
@pass_context
def group_create(context: Context, /, name: str, owner: str, title: str, terms: str) -> None:
    """Create a group without members, or change title and terms of one."""
    _circles(context).put_group(name, title, owner, terms)
    say(f"group {name} is there; let members in with: hub group join {name} SLUG")


@group.command("join")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@since
@pass_context
def group_join(context: Context, /, name: str, **who: Any) -> None:
    """Let organisations in; MEMBERS are their slugs."""
    _circles(context).add_members(("group", name), who["members"], since_us=who["since_us"])
    say(f"group {name}: {' '.join(who['members'])} joined")


@group.command("leave")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@pass_context
def group_leave(context: Context, /, name: str, members: tuple[str, ...]) -> None:
    """Put MEMBERS out: they lose what they saw through the group at once."""
    _circles(context).remove_members(("group", name), members)
    say(f"group {name}: {' '.join(members)} left")


@group.command("list")
@output_option
@pass_context
def group_list(context: Context, /, output: str) -> None:
    """List groups."""
    _show(context.store().directory().groups, output)


@click.command()
@click.argument("account")
@click.argument("collection")
@click.argument("object_id")
@output_option
@pass_context
def why(context: Context, /, account: str, collection: str, object_id: str, output: str) -> None:
    """Say why ACCOUNT sees an object of COLLECTION, or not: the rule, and no content.

    The question is written to the audit log.
    """
    from hub.service import oversight  # slow to import, as all that knows the store
    from hub.service.changes import by_alias

    store = context.store()
    directory = store.directory()
    question = account, by_alias(directory, collection), object_id
    found = oversight.why(store, directory, CONSOLE, question)
    columns = ["version", "date_added", "tlp", "audience", "sees", "rule"]
    rows = (row._asdict() | {"date_added": format_us(row.added_us)} for row in found)
    show(rows, columns, output)


def _circles(context: Context) -> Circles:
    from hub.service.circles import Circles  # slow to import

    return Circles(context.store(), CONSOLE)


def _show(circles: dict[str, Any], output: str) -> None:
    columns = ["name", "title", "owner", "members", "terms"]
    show((_row(circle) for circle in circles.values()), columns, output)


def _row(circle: Circle) -> dict[str, Any]:
    return {
        "name": circle.name,
        "title": circle.title,
        "owner": circle.owner if isinstance(circle, Group) else "",
        "members": [_member(member.subject, member.since_us) for member in circle.members],
        "terms": circle.terms,
    }


def _member(subject: Subject, since_us: int) -> str:
    kind, name = subject
    shown = name if kind == "org" else f"{kind}:{name}"
    return f"{shown} since {format_us(since_us)}" if since_us else shown


COMMANDS = (community, group, why)
