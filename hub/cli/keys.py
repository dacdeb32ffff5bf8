"""Keys and passphrases of backups, from files that only their owner can read."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hub.errors import ConfigError
from hub.store.vault import KEY_BYTES, Secret

LEAST_PASSPHRASE = 16
"""Characters. Whoever has the file can try passphrases for years, and without a log-in."""

_LONGEST = 4096
_file = click.Path(path_type=Path, dir_okay=False)


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name a key, as `key_file` and `passphrase_file`."""
    options = (
        click.option(
            "--key-file", type=_file, help="File with the key, made by `hub backup-key`."
        ),
        click.option(
            "--passphrase-file",
            type=_file,
            help="File with a passphrase in its first line, for example /dev/stdin.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def secret_from(key_file: Path | None, passphrase_file: Path | None) -> Secret | None:
    """The key or the passphrase of the file that is given; None: neither is.

    Raises:
        ConfigError: The file cannot be used; the text names it and the way out.
    """
    if key_file and passphrase_file:
        raise ConfigError("give --key-file or --passphrase-file, not both")
    if key_file:
        text = _read(key_file, "--key-file")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}", text):
            raise ConfigError(
                f"--key-file: {key_file} does not hold {KEY_BYTES} bytes in hex. "
                "Make one with `hub backup-key`."
            )
        return Secret(bytes.fromhex(text))
    if passphrase_file:
        text = _read(passphrase_file, "--passphrase-file")
        if len(text) < LEAST_PASSPHRASE:
            raise ConfigError(
                f"--passphrase-file: the first line of {passphrase_file} has fewer than "
                f"{LEAST_PASSPHRASE} characters. Take several random words, or a key file."
            )
        return Secret.of_passphrase(text)
    return None


def _read(path: Path, option: str) -> str:
    """The first line of a file, without the white space around it."""
    try:
        mode = path.stat().st_mode
        with path.open(encoding="utf-8") as file:
            text = file.readline(_LONGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{option}: cannot read {path}: {error}") from error
    if stat.S_ISREG(mode) and mode & 0o077:
        raise ConfigError(f"{option}: others may read {path}. Run: chmod 600 {path}")
    return text
