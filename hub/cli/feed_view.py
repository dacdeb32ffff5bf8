"""How feeds are shown on the command line, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from hub.cli.base import instant, printable, show_json

if TYPE_CHECKING:
    from hub.service.feeds.counts import Tally
    from hub.service.feeds.health import Health, Run
    from hub.service.feeds.runner import Report
    from hub.service.feeds.trial import Trial

_WORDS: Mapping[str, str] = {
    "read": "objects in the source",
    "known": "say nothing new",
    "new": "new",
    "versions": "new versions",
    "replaced": "replaced in their version",
    "unchanged": "were here already",
    "conflicts": "belong to another organisation in that version",
    "filtered": "kept out by filters or warning lists",
    "deleted": "not brought back: they were deleted here",
    "refused": "refused",
    "left": "no object could be made of",
    "gone": "deleted, as the source has them no more",
    "held": "stay, as another feed still has them",
}


def row(health: Health) -> dict[str, Any]:
    """A line of the list."""
    counts = health.last.tally.counts if health.last else {}
    return {
        "name": health.name,
        "state": health.condition,
        "every": health.feed.said.every if health.feed else "",
        "last": instant(health.job.ended_us),
        "next": instant(health.job.next_us) if health.condition != "off" else "",
        "new": counts.get("new", 0),
        "changed": counts.get("versions", 0) + counts.get("replaced", 0),
        "refused": counts.get("refused", 0),
        "error": health.error,
    }


def ready_rows() -> Iterator[dict[str, str]]:
    """A line for each ready definition."""
    from hub.service.feeds.library import ready  # slow to import

    for name, feed in ready().items():
        said = feed.said
        yield {
            "name": name,
            "connector": said.connector,
            "title": feed.title,
            "licence": said.licence,
            "terms": said.terms,
        }


def document(health: Health, history: Sequence[Run]) -> dict[str, Any]:
    """A feed for programs; where it leads is told as to people."""
    from hub.service.jobs.declared import shown  # slow to import

    said = health.feed.said if health.feed else None
    definition = msgspec.to_builtins(said) | {"source": shown(said.source)} if said else None
    job = health.job
    return {
        "name": health.name,
        "state": health.condition,
        "error": health.error,
        "definition": definition,
        "paused": job.paused,
        "wished": job.wished,
        "failures": job.failures,
        "owner": job.owner,
        "last": instant(job.ended_us),
        "last_well": instant(job.well_us),
        "next": instant(job.next_us),
        "runs": [_run(run) for run in history],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "started": instant(run.started_us),
        "ended": instant(run.ended_us),
        "outcome": run.outcome,
        "words": run.words,
        **_tally(run.tally),
    }


def tell(health: Health, history: Sequence[Run]) -> None:
    """A feed for people."""
    from hub.service.jobs.declared import shown  # slow to import

    feed, job = health.feed, health.job
    lines = [("state", health.condition), ("error", health.error)]
    if feed:
        said = feed.said
        source = shown(said.source)
        lines[:0] = [("feed", f"{feed.name}: {feed.title}"), ("connector", said.connector)]
        lines += [
            ("source", " ".join(f"{name}={value}" for name, value in source.items())),
            ("to", f"collection {said.collection} as account {said.account}"),
            ("every", said.every),
            ("licence", said.licence),
            ("terms", said.terms),
        ]
    lines += [
        ("last run", instant(job.ended_us)),
        ("last well", instant(job.well_us)),
        ("next run", instant(job.next_us)),
        ("failures", f"{job.failures} in a row" if job.failures else ""),
        ("run by", job.owner),
    ]
    for name, text in lines:
        if text:
            click.echo(f"{name + ':':<11}{text}")
    for run in history:
        took = (run.ended_us - run.started_us) / 1_000_000
        click.echo(f"\n{instant(run.started_us)}  {run.outcome} in {took:.1f} s  {run.words}")
        tell_tally(run.tally)


def tell_tally(tally: Tally) -> None:
    """What a run did, in lines; then why things were not published."""
    for name, words in _WORDS.items():
        if count := tally.counts.get(name, 0):
            click.echo(f"{count:>9,}  {words}")
    if tally.reasons:
        click.echo("  why not published:")
    for reason, count in tally.reasons.items():
        click.echo(f"{count:>9,}  {reason}")
    if tally.samples:
        click.echo("  for example:")
    for sample in tally.samples[:5]:
        click.echo(f"    {printable(sample.origin)}: {printable(sample.what)}")


def tell_trial(trial: Trial) -> None:
    """What a first run would do."""
    total = sum(trial.types.values())
    click.echo(f"{total:,} objects would be published:")
    for kind, count in trial.types.items():
        click.echo(f"{count:>9,}  {printable(kind)}")
    if not trial.whole:
        click.echo("It was read no further, and there may be more: --limit reads on.")
    if trial.gone:
        click.echo(f"{trial.gone:>9,}  are named as gone")
    click.echo("")
    tell_tally(trial.tally)
    if trial.samples:
        click.echo("\nThe first ones, as they would be published:")
        show_json(list(trial.samples[:3]))


def report(found: Report) -> dict[str, Any]:
    """How a run ended, for programs."""
    return {"outcome": found.outcome, "words": found.words, **_tally(found.tally)}


def trial_document(found: Trial) -> dict[str, Any]:
    """What a first run would do, for programs."""
    return {**found._asdict(), "tally": _tally(found.tally)}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "counts": tally.counts,
        "reasons": tally.reasons,
        "samples": [sample._asdict() for sample in tally.samples],
    }
