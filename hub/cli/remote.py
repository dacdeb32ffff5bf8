"""Taking objects from a TAXII server, and giving it some: hub pull, hub push."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hub.cli.base import output_option, say
from hub.cli.connect import audience_option, checked, connect, connection_options
from hub.cli.cursor import Cursor
from hub.cli.download import Download, Stream, follow
from hub.cli.intake import STDIN
from hub.cli.sink import Form, disk_faults, form_option, versions_option
from hub.model.clock import parse_us


@click.command()
@click.argument("url")
@click.option(
    "--out",
    default=STDIN,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="File that is written; a later pull goes on behind it. Default: standard output.",
)
@click.option(
    "--cursor",
    "cursor_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that remembers where to go on. Default: the name of --out and .cursor.",
)
@form_option
@click.option("--since", default="", help="Only what was added after this UTC timestamp.")
@click.option("--type", "types", multiple=True, help="Only objects of this type; repeatable.")
@versions_option
@click.option("--limit", type=click.IntRange(1), help="Objects per request.")
@connection_options
def pull(
    url: str,
    out: str,
    cursor_path: Path | None,
    form: Form,
    **options: Any,
) -> None:
    """Get the objects of the collection at URL, as the bytes that the server sends.

    URL is that of a collection: https://host/root/collections/ID/. Credentials: a token in the
    environment variable HUB_TOKEN, or --account. Without either, what is public.

    Run it again to get what was added since: --since counts only as long as there is no cursor.
    It can be killed at any time; the next one neither misses anything nor repeats it in the file.
    """
    params = _match(options["types"], options["versions"])
    fresh = Cursor(checked(url), params, form, _instant(options["since"]))
    limit = {"limit": str(options["limit"])} if options["limit"] else {}
    with disk_faults(), connect(url, **options) as session:
        target = Stream(cursor_path, fresh)
        if out != STDIN:
            target = Download(Path(out), cursor_path or Path(f"{out}.cursor"), fresh)
        with target:
            follow(session, url, params | limit, target)
    until = f", up to {target.cursor.added_after}" if target.cursor.added_after else ""
    say(f"{target.count} objects{until}")


@click.command()
@click.argument("url")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--batch",
    default=1000,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Objects per request.",
)
@click.option(
    "--dry-run", is_flag=True, help="Check the objects as a hub would, and send nothing."
)
@audience_option
@output_option
@connection_options
def push(url: str, file: str, batch: int, *, dry_run: bool, output: str, **options: Any) -> None:
    """Publish the objects of FILE in the collection at URL, as the bytes they are.

    FILE is a bundle, an envelope or NDJSON, plain or gzipped; - is standard input. A refused
    object does not keep the others from being published, and makes the exit code 6.

    If a push breaks off, push the same file again: what the server has already is unchanged
    there, and nobody receives it twice.
    """
    from hub.cli.upload import push_all, try_all  # slow to import: the check knows all of STIX

    checked(url)
    if file == STDIN and options["password_stdin"]:
        raise click.UsageError("FILE and the password cannot both come from standard input")
    if dry_run:
        try_all(file, output)
        return
    with connect(url, **options) as session:
        push_all(session, url, file, batch, output)


def _match(types: tuple[str, ...], versions: str) -> dict[str, str]:
    params = {"match[type]": ",".join(sorted(types))} if types else {}
    return params | ({"match[version]": versions} if versions != "last" else {})


def _instant(text: str) -> str:
    try:
        if text:
            parse_us(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text} is no UTC timestamp such as 2026-01-31T08:00:00Z", param_hint="--since"
        ) from error
    return text


COMMANDS = (pull, push)
