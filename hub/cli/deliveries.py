"""Deliveries of this hub: hub delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from hub.cli.base import (
    CONSOLE,
    Context,
    Exit,
    fail,
    instant,
    output_option,
    pass_context,
    runs_option,
    say,
    show,
    show_json,
)

if TYPE_CHECKING:
    from hub.service.deliveries.health import Deliveries, Health, Past
    from hub.service.deliveries.run import Depot

_COLUMNS = ["name", "reader", "state", "to", "every", "last_sent", "sent", "dead", "error"]
_LETTERS = ["number", "object", "objects", "at", "revived", "reason"]
_SAMPLES = 10

reader_option = click.option(
    "--reader", default="", help="Account of a reader, of a digest that is for people."
)
numbers_argument = click.argument("numbers", nargs=-1, type=click.IntRange(1))
all_option = click.option("--all", "everything", is_flag=True, help="All of them.")


@click.group()
def delivery() -> None:
    """What is sent by itself: one file for each delivery, in the folder feeds.deliveries."""


@delivery.command("list")
@output_option
@pass_context
def delivery_list(context: Context, /, output: str) -> None:
    """List the deliveries with how they do."""
    found, faulty = _deliveries(context).every(CONSOLE)
    show((_row(health) for health in found), _COLUMNS, output)
    for broken in faulty:
        say(f"hub: {broken.reason}")
    if not found and not faulty and output == "table":
        say("no deliveries; docs/how-to/send-out.md says how to make one")


@delivery.command("show")
@click.argument("name")
@reader_option
@runs_option
@output_option
@pass_context
def delivery_show(context: Context, /, name: str, *, reader: str, runs: int, output: str) -> None:
    """Show a delivery: where to, within whose scope, how it does, and its last runs."""
    deliveries = _deliveries(context)
    healths = deliveries.health(CONSOLE, name)
    past = deliveries.past(CONSOLE, name, reader, runs)
    if output == "json":
        show_json({"jobs": [_row(item) for item in healths], "runs": [_past(run) for run in past]})
        return
    for health in healths:
        for field, value in _row(health).items():
            if value not in {"", 0}:
                click.echo(f"{field.replace('_', ' ') + ':':<12}{value}")
    for run in past:
        said = " ".join(f"{field}={value}" for field, value in _past(run).items() if value)
        click.echo(said)


@delivery.command("try")
@click.argument("name")
@reader_option
@click.option("--again", is_flag=True, help="As if it had never sent anything, from the first on.")
@output_option
@pass_context
def delivery_try(context: Context, /, name: str, *, reader: str, again: bool, output: str) -> None:
    """Show the next parcel, of one that never ran what is there already; nothing is sent or kept."""
    from hub.service.deliveries.trial import trial  # slow to import

    found = trial(_depot(context), _deliveries(context).find(CONSOLE, name), reader, again=again)
    kinds = Counter(item.type for item in found.freight)
    told = {
        "objects": len(found.freight) + found.more,
        "types": dict(kinds.most_common()),
        "gone": len(found.gone),
        "more": found.full,
        "first": [item.object_id for item in found.freight[:_SAMPLES]],
    }
    if output == "json":
        show_json(told)
        return
    click.echo(f"{told['objects']:,} objects, {told['gone']:,} deletions")
    for kind, count in kinds.most_common():
        click.echo(f"{count:>9,}  {kind}")
    for item in found.freight[:_SAMPLES]:
        click.echo(f"  {item.object_id}  {item.tlp}  {item.collection}")
    if found.full:
        click.echo("More follows in parcels of its own.")


@delivery.command("run")
@click.argument("name")
@pass_context
def delivery_run(context: Context, /, name: str) -> None:
    """Do a delivery now, here, due or not."""
    from hub.service.deliveries.runner import Deliverer  # slow to import
    from hub.service.deliveries.tasks import tasks_of

    depot = _depot(context)
    found = _deliveries(context).find(CONSOLE, name)
    deliverer, failed, tasks = Deliverer(depot, notice=say), "", list(tasks_of(depot.store, found))
    if not tasks:
        fail(
            f"nobody has switched {name} on; every reader does so on the page of its account",
            Exit.REFUSED,
        )
    for task in tasks:
        ending = deliverer.run(found, task.recipient, only_due=False)
        if ending is None:
            fail(f"{name} is being done by another process", Exit.REFUSED)
        click.echo(
            f"{task.job}: {ending.outcome} {ending.counts.decode()} {ending.words}".rstrip()
        )
        failed = failed or (ending.words if ending.outcome != "well" else "")
    if failed:
        fail(failed, Exit.UNREACHABLE)


@delivery.command("pause")
@click.argument("name")
@pass_context
def delivery_pause(context: Context, /, name: str) -> None:
    """Let a delivery be done no more by itself; one that runs stops after its parcel."""
    _deliveries(context).pause(CONSOLE, name, paused=True)
    say(f"{name} is paused; `hub delivery resume {name}` lets it go on where it stands")


@delivery.command("resume")
@click.argument("name")
@pass_context
def delivery_resume(context: Context, /, name: str) -> None:
    """Let a delivery be done again after a pause; what came meanwhile is sent."""
    _deliveries(context).pause(CONSOLE, name, paused=False)
    say(f"{name} goes on when it is due")


@delivery.command("dead")
@click.argument("name")
@reader_option
@output_option
@pass_context
def delivery_dead(context: Context, /, name: str, *, reader: str, output: str) -> None:
    """List what the other side refused for good, with its reasons."""
    letters = _deliveries(context).dead(CONSOLE, None, name, reader)
    rows = (
        {
            "number": item.number,
            "object": item.object_id,
            "objects": item.objects,
            "at": instant(item.at_us),
            "revived": item.revived,
            "reason": item.reason,
        }
        for item in letters
    )
    show(rows, _LETTERS, output)


@delivery.command("retry")
@click.argument("name")
@numbers_argument
@all_option
@reader_option
@pass_context
def delivery_retry(
    context: Context, /, name: str, numbers: tuple[int, ...], *, everything: bool, reader: str
) -> None:
    """Send dead letters again with the next run, as far as they may be sent then."""
    _require_choice(numbers, everything=everything)
    many = _deliveries(context).retry(CONSOLE, name, numbers, reader)
    say(f"{many} of them are tried again")


@delivery.command("drop")
@click.argument("name")
@numbers_argument
@all_option
@reader_option
@pass_context
def delivery_drop(
    context: Context, /, name: str, numbers: tuple[int, ...], *, everything: bool, reader: str
) -> None:
    """Delete dead letters for good."""
    _require_choice(numbers, everything=everything)
    say(f"{_deliveries(context).drop(CONSOLE, name, numbers, reader)} of them are deleted")


def _require_choice(numbers: tuple[int, ...], *, everything: bool) -> None:
    if bool(numbers) == everything:
        raise click.UsageError("name the numbers of dead letters, or give --all")


def _deliveries(context: Context) -> Deliveries:
    from hub.app import delivery_folder  # slow to import
    from hub.service.deliveries.health import Deliveries

    return Deliveries(context.store(), delivery_folder(context.config()))


def _depot(context: Context) -> Depot:
    from hub.service.deliveries.run import Depot  # slow to import
    from hub.service.directory import Parties

    store = context.store()
    return Depot(store, Parties(store), context.config().url)


def _row(health: Health) -> Mapping[str, Any]:
    return {
        "name": health.name,
        "reader": health.reader,
        "title": health.title,
        "state": health.condition,
        "connector": health.connector,
        "to": health.target,
        "account": health.account,
        "ceiling": health.ceiling.text,
        "every": health.every,
        "last_sent": instant(health.sent_us),
        "sent": health.sent,
        "last_run": instant(health.ended_us),
        "next_run": instant(health.next_us),
        "failures": health.failures,
        "dead": health.dead,
        "error": health.error,
    }


def _past(run: Past) -> Mapping[str, Any]:
    return {
        "ended": instant(run.ended_us),
        "outcome": run.outcome,
        "sent": run.totals.sent,
        "refused": run.totals.refused,
        "gone": run.totals.gone,
        "parcels": run.totals.parcels,
        "words": run.words,
    }


COMMANDS = (delivery,)
