"""A throw-away hub with invented parties and data: hub demo."""

from __future__ import annotations

import errno
import fcntl
import shutil
import socket
from pathlib import Path
from typing import TextIO

import click

from hub.cli.base import Exit, fail, say
from hub.cli.setup import run_server
from hub.cli.sink import disk_faults
from hub.model.clock import format_us, now_us

_MARKER = "hub-demo"
_MARK = "Made by `hub demo`, which removes everything in this folder when it starts.\n"


@click.command()
@click.option(
    "--folder",
    default="var/demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where it keeps its files; made, and made anew each time.",
)
@click.option(
    "--port",
    default=8421,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port on 127.0.0.1.",
)
def demo(folder: Path, port: int) -> None:
    """Start a hub with invented organisations and data, and print lines to try it with."""
    from hub.cli.greeting import greeting  # slow to import: it builds STIX objects
    from hub.cli.stage import build

    _check_port(port)
    with disk_faults():
        marker = _taken(folder)
        _empty(folder)
        say(f"making a demonstration hub in {folder} ...")
        stage = build(folder, port)
    with marker:
        run_server(folder / "hub.toml", greeting(stage, format_us(now_us())))


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        # As the server does: connections that linger from an earlier run are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                fail(f"port {port} is taken; choose another with --port", Exit.ERROR)
            fail(f"port {port} cannot be used: {error.strerror}", Exit.ERROR)


def _taken(folder: Path) -> TextIO:
    """The folder for this process alone, as long as the file it returns is open.

    Only a folder that a demonstration made, or an empty one, is ever taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    if not marker.exists() and any(folder.iterdir()):
        fail(
            f"{folder} was not made by `hub demo` and is not empty; choose another with --folder",
            Exit.ERROR,
        )
    file = marker.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        fail(f"a demonstration is running in {folder}; choose another with --folder", Exit.ERROR)
    return file


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == _MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (folder / _MARKER).write_text(_MARK, encoding="utf-8")


COMMANDS = (demo,)
