"""What the commands share: context, exit codes, output."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Self, TypeVar

import click

from hub.config import Config, load
from hub.errors import ConfigError, Fault, HubError, StoreDown
from hub.model.clock import format_us, parse_us
from hub.model.party import Caller, Role
from hub.model.tlp import Tlp

if TYPE_CHECKING:
    from hub.service.admin import Admin
    from hub.store.sqlite import SqliteStore

P = ParamSpec("P")
R = TypeVar("R")
Command = TypeVar("Command", bound=Callable[..., Any])

CONSOLE = Caller(
    "console", "", frozenset({Role.ADMINISTRATOR, Role.OFFICER}), credential="console"
)
"""Whoever may run commands on the hub's machine with its secret is its administrator."""


class Exit(IntEnum):
    """Exit codes; `hub help exit-codes` prints them."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A code, and what it says."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    OK = 0, "It worked."
    ERROR = 1, "Something failed; the message says what and the way out."
    USAGE = 2, "The command line or the configuration is wrong."
    LOGIN = 4, "Credentials are missing or wrong."
    ABSENT = 5, "What was asked for does not exist, or not for this account."
    REFUSED = 6, "Refused by the rules: not allowed, or an object was not accepted."
    UNREACHABLE = 7, "The other side cannot be reached or is not available now."
    FOUND = 10, "hub lookup: at least one of the values is known."


_FROM_FAULT = {
    Fault.UNAUTHENTICATED: Exit.LOGIN,
    Fault.ABSENT: Exit.ABSENT,
    Fault.DENIED: Exit.REFUSED,
    Fault.BAD_BODY: Exit.REFUSED,
    Fault.TOO_LARGE: Exit.REFUSED,
    Fault.BAD_REQUEST: Exit.USAGE,
    Fault.BAD_QUERY: Exit.USAGE,
    Fault.TOO_MANY: Exit.UNREACHABLE,
    Fault.BUSY: Exit.UNREACHABLE,
    Fault.STORE_DOWN: Exit.UNREACHABLE,
    Fault.SEARCH_DOWN: Exit.UNREACHABLE,
}


class Context:
    """The configuration and what follows from it, opened when a command needs it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def config(self) -> Config:
        """The configuration."""
        return load(self.path)

    def store(self) -> SqliteStore:
        """The store. An older program may be serving it still, so a command never migrates it."""
        from hub.app import open_store  # slow to import: `hub --help` must not wait for it

        return open_store(self.config(), upgrade=False)

    def admin(self) -> Admin:
        """Administration on behalf of whoever runs the command."""
        from hub.service.admin import Admin  # slow to import

        return Admin(self.store(), CONSOLE)


pass_context = click.make_pass_decorator(Context)


class Guarded(click.Group):
    """Turns the hub's errors into one line on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            fail(str(error), Exit.USAGE)
        except HubError as error:
            # Whoever runs commands here may know the engine's own words; a client may not.
            cause = f" ({error.__cause__})" if isinstance(error, StoreDown) else ""
            fail(f"{error.text()}{cause}", from_fault(error.fault))


def from_fault(fault: Fault) -> Exit:
    """The exit code for a fault."""
    return _FROM_FAULT.get(fault, Exit.ERROR)


def fail(message: str, code: Exit) -> NoReturn:
    """Print the message on standard error and leave."""
    click.echo(f"hub: {message}", err=True)
    sys.exit(code)


def say(message: str) -> None:
    """A message for a person: on standard error, so that data stays clean."""
    click.echo(message, err=True)


def read_secret(word: str, prompt: str, *, from_stdin: bool, new: bool) -> str:
    """A secret from standard input or, on a terminal, by a prompt; never an argument.

    Args:
        word: password or passphrase, as the option has it.
        prompt: What a person is asked for.
        from_stdin: Whether it stands on standard input.
        new: A person types it twice.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        fail(f"give the {word} on standard input with --{word}-stdin", Exit.USAGE)
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=new, err=True))


def program_version() -> str:
    """The version of this program; empty when it runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("incident-hub")
    except PackageNotFoundError:
        return ""


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one, which help shows in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


output_option = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How data is printed.",
)


class _Marking(click.ParamType[Tlp]):
    """A colour of the Traffic Light Protocol."""

    name = "tlp"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Tlp:
        """The colour of a text such as `amber+strict`."""
        try:
            return value if isinstance(value, Tlp) else Tlp.named(str(value))
        except ValueError:
            choices = ", ".join(tlp.text for tlp in Tlp)
            self.fail(f"{value!r} is not one of {choices}", param, ctx)


MARKING = _Marking()


class _Since(click.ParamType[int | None]):
    """An instant, `now`, or `all` for no bound at all."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Microseconds; 0 for all; None for now."""
        if value in {"now", "all"}:
            return None if value == "now" else 0
        try:
            return parse_us(str(value))
        except ValueError:
            self.fail(f"{value!r} is not now, all or like 2026-01-31T08:00:00Z", param, ctx)


# Controls of eight bits and of direction; JSON itself escapes those of seven.
_LEADING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


runs_option = click.option(
    "--runs", type=click.IntRange(1, 200), default=10, show_default=True, help="Of the history."
)


def since_option(meaning: str, default: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An option that says from when on."""
    return click.option(
        "--since",
        "since_us",
        type=_Since(),
        default=default,
        show_default=True,
        help=f"{meaning} from this instant on: now, all or a timestamp.",
    )


def clearance_option(
    name: str, meaning: str, default: Tlp
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An option that takes a marking."""
    return click.option(name, type=MARKING, default=default.text, show_default=True, help=meaning)


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], output: str) -> None:
    """Print rows: aligned on a terminal, tab-separated when piped, or as JSON."""
    found = [{column: row.get(column, "") for column in columns} for row in rows]
    if output == "json":
        show_json(found)
        return
    lines = [[_cell(row[column]) for column in columns] for row in found]
    if not sys.stdout.isatty():
        for line in lines:
            click.echo("\t".join(line))
        return
    table = [[column.upper() for column in columns], *lines]
    widths = [max(len(line[n]) for line in table) for n in range(len(columns))]
    for line in table:
        cells = zip(line, widths, strict=True)
        click.echo("  ".join(text.ljust(width) for text, width in cells).rstrip())


def show_json(value: Any) -> None:
    """Print JSON: readable in every script, and nothing in it leads the terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    click.echo(_LEADING.sub(lambda odd: f"\\u{ord(odd[0]):04x}", text))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(sorted(_cell(item) for item in value))
    return printable(str(value))


def printable(text: str) -> str:
    """A text of others: neither columns nor the terminal follow what stands in it."""
    return "".join(char if char.isprintable() else " " for char in text)


def instant(at_us: int) -> str:
    """A timestamp to the second; empty: never."""
    return f"{format_us(at_us)[:19]}Z" if at_us else ""
