"""Feeds of this hub: hub feed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import feed_view
from hub.cli.base import (
    CONSOLE,
    Context,
    Exit,
    fail,
    from_fault,
    output_option,
    pass_context,
    runs_option,
    say,
    show,
    show_json,
)
from hub.errors import ConfigError, Fault, HubError

if TYPE_CHECKING:
    from hub.service.feeds.definition import Feed
    from hub.service.feeds.desk import Desk
    from hub.service.feeds.health import Feeds

_COLUMNS = ["name", "state", "every", "last", "next", "new", "changed", "refused", "error"]
_READY = ["name", "connector", "title", "licence", "terms"]


@click.group()
def feed() -> None:
    """What flows in by itself: one file for each feed, in the folder that feeds.folder names."""


@feed.command("list")
@click.option("--ready", is_flag=True, help="Those that come with the hub and are not in use.")
@output_option
@pass_context
def feed_list(context: Context, /, *, ready: bool, output: str) -> None:
    """List the feeds with how they do."""
    if ready:
        show(feed_view.ready_rows(), _READY, output)
        return
    found = _feeds(context).all(CONSOLE)
    show((feed_view.row(health) for health in found), _COLUMNS, output)
    if not found and output == "table":
        say("no feeds; `hub feed list --ready` shows those that come with the hub")


@feed.command("show")
@click.argument("name")
@runs_option
@output_option
@pass_context
def feed_show(context: Context, /, name: str, *, runs: int, output: str) -> None:
    """Show a feed: where from, where to, how it does, and its last runs."""
    feeds = _feeds(context)
    health, history = feeds.one(CONSOLE, name), feeds.history(CONSOLE, None, name, runs)
    if output == "json":
        show_json(feed_view.document(health, history))
    else:
        feed_view.tell(health, history)


@feed.command("try")
@click.argument("name")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Objects after which it is enough.",
)
@output_option
@pass_context
def feed_try(context: Context, /, name: str, *, limit: int, output: str) -> None:
    """Fetch from a source, and show what a first run would publish; nothing is kept.

    NAME is a feed, or the path of a definition.
    """
    from hub.service.feeds.trial import trial  # slow to import

    found = trial(_desk(context), _definition(context, name), limit, say)
    if output == "json":
        show_json(feed_view.trial_document(found))
    else:
        feed_view.tell_trial(found)
    if found.error:
        fail(found.error, Exit.UNREACHABLE)


@feed.command("run")
@click.argument("name")
@output_option
@pass_context
def feed_run(context: Context, /, name: str, output: str) -> None:
    """Run a feed now, here, due or not."""
    from hub.service.feeds.runner import Runner  # slow to import

    report = Runner(_desk(context), notice=say).run(_definition(context, name), only_due=False)
    if report is None:
        fail(f"{name} is being run by another process; see `hub feed show {name}`", Exit.REFUSED)
    if output == "json":
        show_json(feed_view.report(report))
    else:
        feed_view.tell_tally(report.tally)
        if report.outcome == "well" and not report.tally.counts:
            say("nothing new: the source has not changed")
    if report.outcome != "well":
        code = from_fault(report.fault) if report.fault else Exit.ERROR
        fail(f"{report.outcome}: {report.words}", code)


@feed.command("pause")
@click.argument("name")
@pass_context
def feed_pause(context: Context, /, name: str) -> None:
    """Let a feed run no more by itself; one that runs stops at its next step."""
    _feeds(context).pause(CONSOLE, name, paused=True)
    say(f"{name} is paused; `hub feed resume {name}` lets it run again")


@feed.command("resume")
@click.argument("name")
@pass_context
def feed_resume(context: Context, /, name: str) -> None:
    """Let a feed run again after a pause."""
    _feeds(context).pause(CONSOLE, name, paused=False)
    say(f"{name} runs again when it is due")


@feed.command("enable")
@click.argument("name")
@click.option("--account", default="", help="The account that publishes.")
@click.option("--collection", default="", help="Alias or id of the collection.")
@pass_context
def feed_enable(context: Context, /, name: str, *, account: str, collection: str) -> None:
    """Switch a feed on; one that comes with the hub is copied into the folder first."""
    from hub.service.feeds.library import enable  # slow to import

    said: dict[str, str | bool] = {"enabled": True}
    said |= {"account": account} if account else {}
    said |= {"collection": collection} if collection else {}
    path = enable(_folder(context), name, said)
    say(f"{path} is enabled; see what it does with `hub feed try {name}`")
    if lack := _lack(context, path):
        say(f"hub: it cannot run yet: {lack}")


@feed.command("disable")
@click.argument("name")
@pass_context
def feed_disable(context: Context, /, name: str) -> None:
    """Switch a feed off. What it published stays, and so does where it stands."""
    from hub.service.feeds.library import enable  # slow to import

    path = enable(_folder(context), name, {"enabled": False})
    say(f"{path} is switched off")


@feed.command("forget")
@click.argument("name")
@pass_context
def feed_forget(context: Context, /, name: str) -> None:
    """Forget where a feed stands and what it published; its next run begins from the start.

    What it published stays. The file of the feed may be gone already.
    """
    if not _feeds(context).forget(CONSOLE, name):
        raise HubError(Fault.ABSENT, f"there is no feed {name}", field="feed")
    say(f"nothing of {name} is remembered any more")


@feed.command("check")
@click.argument("names", nargs=-1)
@pass_context
def feed_check(context: Context, /, names: tuple[str, ...]) -> None:
    """Check definitions, NAMES or all of them, without fetching anything."""
    from hub.service.feeds.definition import load  # slow to import

    paths = [_path(context, name) for name in names] or sorted(_folder(context).glob("*.toml"))
    wrong = 0
    for path in paths:
        try:
            load(path)
        except ConfigError as error:
            wrong += 1
            say(f"hub: {error}")
        else:
            click.echo(f"{path}: good")
    if wrong:
        fail(f"{wrong} of {len(paths)} definitions cannot be used", Exit.USAGE)


def _lack(context: Context, path: Path) -> str:
    """Why a feed could not publish as it is declared; empty: it could."""
    from hub.service.feeds.definition import load  # slow to import
    from hub.service.feeds.desk import standing

    try:
        standing(_desk(context), load(path))
    except ConfigError as error:
        return str(error)
    except HubError as error:
        return error.text()
    return ""


def _desk(context: Context) -> Desk:
    from hub.app import desk_of, open_counters  # slow to import

    config = context.config()
    return desk_of(config, context.store(), open_counters(config))


def _feeds(context: Context) -> Feeds:
    from hub.app import feed_folder  # slow to import
    from hub.model.clock import now_us
    from hub.service.feeds.health import Feeds

    return Feeds(context.store(), feed_folder(context.config()), clock=now_us)


def _folder(context: Context) -> Path:
    config = context.config()
    return Path(config.folder, config.feeds.folder)


def _path(context: Context, name: str) -> Path:
    return Path(name) if name.endswith(".toml") else _folder(context) / f"{name}.toml"


def _definition(context: Context, name: str) -> Feed:
    from hub.service.feeds.definition import load  # slow to import

    path = _path(context, name)
    if not path.is_file():
        raise HubError(
            Fault.ABSENT, f"there is no feed {name}", field="feed", remedy=_made_by(name)
        )
    return load(path)


def _made_by(name: str) -> str:
    from hub.service.feeds.library import ready  # slow to import

    if name not in ready():
        return "`hub feed list` names those that there are."
    return (
        "It comes with the hub, and is a feed once it has an account and a collection: "
        f"hub feed enable {name} --account ACCOUNT --collection COLLECTION"
    )


COMMANDS = (feed,)
