"""The `hub` group and the commands that are about this hub as a whole."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli import (
    admin,
    backup,
    certificates,
    check,
    circles,
    collections,
    data,
    deliveries,
    demo,
    doctor,
    feeds,
    index,
    partner,
    remote,
    restore,
    search,
    sessions,
    setup,
    warnings,
    worker,
)
from hub.cli.base import Context, Exit, Guarded


@click.group(
    cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=Path("hub.toml"),
    envvar="HUB_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.version_option(package_name="incident-hub")
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """Share cyber incidents over TAXII 2.1 with nothing missed."""
    context.obj = Context(config)


@main.command("help")
@click.argument("topic", type=click.Choice(["exit-codes"]))
def help_topic(topic: str) -> None:
    """Explain a topic: exit-codes."""
    del topic
    for code, meaning in exit_codes():
        click.echo(f"{code}  {meaning}")


def exit_codes() -> list[tuple[int, str]]:
    """Each exit code with its meaning."""
    return [(int(code), code.meaning) for code in Exit]


for module in (
    setup,
    demo,
    doctor,
    admin,
    certificates,
    sessions,
    circles,
    collections,
    partner,
    data,
    remote,
    search,
    check,
    backup,
    restore,
    index,
    warnings,
    feeds,
    worker,
    deliveries,
):
    for command in module.COMMANDS:
        main.add_command(command)
