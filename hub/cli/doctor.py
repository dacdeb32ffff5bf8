"""Finding out what is wrong with a hub, and what to do: hub doctor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.base import Context, Exit, output_option, pass_context, show
from hub.config import load
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.cli.surroundings import Finding


@click.command()
@output_option
@pass_context
def doctor(context: Context, /, output: str) -> None:
    """Check this hub: each line says ok, warn or fail, and what to do. Exit code 1 on fail.

    It reads the whole store, which takes a while when that is large.
    """
    findings = list(_examine(context.path))
    columns = ["result", "what", "detail", "remedy"]
    show((finding._asdict() for finding in findings), columns, output)
    if any(finding.result == "fail" for finding in findings):
        sys.exit(Exit.ERROR)


def _examine(path: Path) -> Iterator[Finding]:
    # slow to import: TLS and the store
    from hub.cli.holdings import of_store
    from hub.cli.searching import of_search
    from hub.cli.surroundings import (
        Finding,
        of_client_ca,
        of_disk,
        of_port,
        of_secret,
        of_tls,
    )

    try:
        config = load(path)
    except ConfigError as error:
        yield Finding("fail", "config", str(error))
        return
    yield Finding("ok", "config", str(path))
    for question in (of_secret, of_disk, of_tls, of_client_ca, of_port, of_store, of_search):
        yield from question(config)


COMMANDS = (doctor,)
