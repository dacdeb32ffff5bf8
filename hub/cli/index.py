"""What searches read, made from the record: hub index."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from hub.cli.base import Context, Exit, fail, output_option, pass_context, say, show
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.store.elastic.indices import Indices
    from hub.store.elastic.projector import Step

_COLUMNS = ["index", "use", "ordinal", "behind"]


@click.group()
def index() -> None:
    """What searches read: tables in the store, or a copy in Elasticsearch (search.engine)."""


@index.command("follow")
@pass_context
def index_follow(context: Context) -> None:
    """Keep the copy up to the record until stopped; make it where there is none.

    Run it beside hub serve, as a service of its own. It waits for an Elasticsearch that is down,
    and catches up. Several of them do no harm.
    """
    from hub.http.observe import log_to_stderr  # slow to import
    from hub.store.elastic.projector import Projector

    config = context.config()
    indices, store = _indices(context), context.store()
    log_to_stderr(config.log.level)
    stop = stopped()
    first = which_file(config.store_path)

    def look(_: Step) -> None:
        # A store that was restored in its place is another file; this process holds the old one.
        if which_file(config.store_path) != first:
            stop.set()

    Projector(store, indices).run(stop, look)
    if which_file(config.store_path) != first:
        fail(f"{config.store_path} was replaced; start again", Exit.ERROR)


def stopped() -> Event:
    """Set when this process is told to end."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def which_file(path: Path) -> tuple[int, int]:
    """What tells a file from another one at the same path."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


@index.command("rebuild")
@click.option(
    "--embedded", is_flag=True, help="Make the tables in the store anew, whatever searches now."
)
@pass_context
def index_rebuild(context: Context, /, *, embedded: bool) -> None:
    """Make anew what searches read.

    A copy is made beside the old one, which is searched until the new one is complete. The tables
    in the store are made in one transaction: whoever publishes meanwhile is told that the store is
    busy.
    """
    if embedded or context.config().search.engine == "sqlite":
        context.store().reindex()
        say("the tables of search are made anew")
        return
    from hub.store.elastic.care import rebuild  # slow to import

    indices, store = _indices(context), context.store()
    with click.progressbar(
        length=1, label="changes", file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
    ) as bar:

        def move(step: Step) -> None:
            bar.length = max(1, step.newest)
            bar.update(step.ordinal - bar.pos)

        name = rebuild(store, indices, move)
    say(f"{name} is searched now")


@index.command("status")
@output_option
@pass_context
def index_status(context: Context, /, output: str) -> None:
    """List the indices: which is searched, and how many changes each is behind the record."""
    from hub.store.elastic.care import held  # slow to import

    found = held(context.store(), _indices(context))
    rows = ({**one._asdict(), "index": one.name} for one in found)
    show(rows, _COLUMNS, output)


@index.command("drop")
@click.argument("name")
@pass_context
def index_drop(context: Context, /, name: str) -> None:
    """Delete the index NAME, which hub index status lists and this hub does not search.

    That is how to clear up after a restore. It may be of another hub with the same elastic.prefix.
    """
    from hub.store.elastic.care import drop  # slow to import

    drop(_indices(context), name)
    say(f"{name} is deleted")


def _indices(context: Context) -> Indices:
    """The indices of the configured copy.

    Raises:
        ConfigError: There is none.
    """
    from hub.store.elastic.opening import indices_of  # slow to import

    config = context.config()
    if config.search.engine != "elasticsearch":
        raise ConfigError(
            f"{context.path}: search.engine is {config.search.engine}: there is no copy to keep. "
            'Set search.engine = "elasticsearch" and elastic.urls.'
        )
    return indices_of(config, context.store())


COMMANDS = (index,)
