"""Checking any TAXII 2.1 server from outside: hub check."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.base import Exit, printable, program_version, say
from hub.cli.connect import checked, connection_options, trust
from hub.cli.files import check_free, whole_file
from hub.errors import Fault, HubError

if TYPE_CHECKING:
    from connectors.check.report import Report
    from connectors.check.run import Plan

_FAST_REQUESTS, _REQUESTS = 200, 800


class Defaulting(click.Group):
    """A group in which what is no command is the address for `server`."""

    def completed(self, words: list[str]) -> list[str]:
        """The words with the command that was left out."""
        if not words or words[0] in self.commands or words[0] in {"-h", "--help"}:
            return words
        return ["server", *words]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, with the command put in."""
        return super().parse_args(ctx, self.completed(args))


@click.group("check", cls=Defaulting)
def check_group() -> None:
    """Check any TAXII 2.1 server: `hub check URL` is short for `hub check server URL`."""


@check_group.command("server")
@click.argument("url")
@click.option("--collection", default="", help="Id, alias or title of the collection to read.")
@click.option(
    "--write",
    default="",
    metavar="COLLECTION",
    help="Publish test objects in this collection, and delete them again. Default: only read.",
)
@click.option(
    "--fast", is_flag=True, help="At most 200 requests, and no polling while publishing."
)
@click.option(
    "--race",
    default=5,
    show_default=True,
    type=click.IntRange(0, 120),
    help="Seconds of polling while two publish, with --write; 0: not at all.",
)
@click.option(
    "--risky",
    is_flag=True,
    help="With --write: also publish legal objects that make some servers unreadable for good.",
)
@click.option(
    "--patience",
    default=15,
    show_default=True,
    type=click.IntRange(1, 120),
    help="Seconds to wait for a whole answer.",
)
@click.option(
    "--time-limit",
    default=300,
    show_default=True,
    type=click.IntRange(10, 3600),
    help="Seconds for the whole check, cleaning up apart.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the signed report to this file.",
)
@click.option(
    "--markdown",
    "markdown_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report as a page of Markdown to this file.",
)
@click.option(
    "--signing-key",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="HUB_CHECK_KEY",
    show_envvar=True,
    help="Key that signs the report. Default: one of your own, made when there is none.",
)
@click.option("--all", "everything", is_flag=True, help="Show what passed, too.")
@connection_options
def check_server(url: str, **options: Any) -> None:
    """Ask the TAXII 2.1 server at URL what a feed will need of it, and judge its answers.

    URL is that of a host, of its discovery, of an API root or of a collection. Credentials: a
    token in the environment variable HUB_TOKEN, or --account. Without either, what is public.

    Without --write nothing is published. With it, test objects about documentation addresses
    are, in that collection alone; what cannot be deleted again is named.

    Exit code 0: every MUST that was tried is met, and no check found that a feed may lose
    objects. 6: not so. 7: the server cannot be reached.
    """
    for path in (options["json_file"], options["markdown_file"]):
        if path is not None:
            check_free(path)
    found = _run(checked(url), options)
    from connectors.check import render  # slow to import, as all of the kit

    for line in render.text(found, everything=options["everything"]):
        click.echo(printable(line))
    _write(found, options)
    if found.score.must.failed or found.score.losing:
        raise SystemExit(Exit.REFUSED)


def _run(url: str, options: dict[str, Any]) -> Report:
    from connectors.check.run import check  # slow to import
    from connectors.check.wire import Login, Trust

    credentials, verify = trust(url, options)
    login = Login(credentials.account, credentials.password, credentials.token)
    ca_file = verify if isinstance(verify, str) else ""
    plan = _plan(url, options)
    say(f"at most {plan.bounds.requests} requests in {plan.bounds.seconds:g} s")
    return check(plan, login, Trust(ca_file, credentials.certificate, verify is False))


def _plan(url: str, options: dict[str, Any]) -> Plan:
    from connectors.check.run import Plan  # slow to import
    from connectors.check.wire import Bounds

    fast = options["fast"]
    bounds = Bounds(
        _FAST_REQUESTS if fast else _REQUESTS, options["time_limit"], options["patience"]
    )
    race_s = 0 if fast else options["race"]
    names = options["collection"], options["write"]
    return Plan(url, *names, race_s, options["risky"], bounds, program_version())


def _write(found: Report, options: dict[str, Any]) -> None:
    from connectors.check import render, signing  # slow to import

    if options["markdown_file"] is not None:
        with whole_file(options["markdown_file"]) as file:
            file.write("\n".join([*render.markdown(found), ""]).encode())
    if options["json_file"] is not None:
        key = signing.key_of(options["signing_key"] or _own_key())
        with whole_file(options["json_file"]) as file:
            file.write(signing.signed(found, key))
        say(f"signed with key {signing.key_id(signing.public_text(key))}")


def _own_key() -> Path:
    """Where the key of whoever runs the command lies."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "incident-hub" / "check.pem"


@check_group.command("keygen")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def keygen(file: Path) -> None:
    """Make a key that signs reports in FILE, and print its public key."""
    from connectors.check import signing  # slow to import

    public = signing.public_text(signing.make_key(file))
    click.echo(public)
    say(f"key {signing.key_id(public)}; publish the line above, and keep {file} to yourself")


@check_group.command("verify")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--public-key",
    default="",
    help="Who must have signed it: the line that `hub check keygen` printed.",
)
def verify(report: Path, public_key: str) -> None:
    """Tell whether REPORT is what its checker has signed, and what it says."""
    from connectors.check import render, signing  # slow to import

    found = signing.verified(report.read_bytes(), _public(public_key))
    if not public_key:
        say("unchanged since it was signed; whose key that is, only --public-key can tell")
    kit = found.report.kit
    click.echo(printable(f"{found.report.target}, checked {found.report.started}"))
    click.echo(
        printable(f"kit {kit.version} {kit.digest[:12]}, signed with key {found.signature.key_id}")
    )
    for line in render.summary(found.report):
        click.echo(printable(line))


def _public(text: str) -> str:
    try:
        good = not text or len(base64.b64decode(text, validate=True)) == 32  # noqa: PLR2004 - RFC 8032
    except binascii.Error:
        good = False
    if not good:
        raise HubError(Fault.BAD_REQUEST, "--public-key is not 32 bytes in base64")
    return text


COMMANDS = (check_group,)
