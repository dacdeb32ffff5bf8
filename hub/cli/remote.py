"""Moving files in and out."""

import click

COMMANDS: tuple[click.Command, ...] = ()
