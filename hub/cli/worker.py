"""Doing the jobs of feeds and deliveries outside of the server: hub worker."""

from __future__ import annotations

import click

from hub.cli.base import Context, Exit, fail, pass_context, say
from hub.cli.index import stopped, which_file

_LOOK_S = 1.0
_FAREWELL_S = 10.0


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@pass_context
def worker(context: Context, /, *, once: bool) -> None:
    """Do the jobs of feeds and deliveries until stopped.

    Run it beside hub serve, as a service of its own, with feeds.run = false in hub.toml. Several of
    them do no harm: one at a time does each job.
    """
    from hub.app import open_counters, open_schedule  # slow to import
    from hub.http.observe import log_to_stderr

    config, store = context.config(), context.store()
    log_to_stderr(config.log.level)
    schedule = open_schedule(config, store, open_counters(config))
    stop = stopped()
    first = which_file(config.store_path)
    say("waiting for jobs; stop it with TERM" if not once else "doing what is due")
    while not stop.is_set() and which_file(config.store_path) == first:
        busy = schedule.look()
        if once and not busy:
            return
        stop.wait(_LOOK_S)
    schedule.stop(_FAREWELL_S)
    if which_file(config.store_path) != first:
        fail(f"{config.store_path} was replaced; start again", Exit.ERROR)


COMMANDS = (worker,)
