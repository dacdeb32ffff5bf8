"""Keys and passphrases of backups, from files that only their owner can read."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.base import together
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.store.vault import Secret

LEAST_PASSPHRASE = 16
"""Characters. Whoever has the file can try passphrases for years, and without a log-in."""

_LONGEST = 4096
_file = click.Path(path_type=Path, dir_okay=False)


key_options = together(
    click.option("--key-file", type=_file, help="File with the key, made by `hub backup-key`."),
    click.option(
        "--passphrase-file",
        type=_file,
        help="File with a passphrase in its first line, for example /dev/stdin.",
    ),
)
"""The options that name a key, as `key_file` and `passphrase_file`"""


def secret_from(key_file: Path | None, passphrase_file: Path | None) -> Secret | None:
    """The key or the passphrase of the file that is given; None: neither is.

    Raises:
        ConfigError: The file cannot be used; the text names it and the way out.
    """
    if key_file and passphrase_file:
        raise ConfigError("give --key-file or --passphrase-file, not both")
    if key_file:
        return _key(key_file)
    return _passphrase(passphrase_file) if passphrase_file else None


def _key(path: Path) -> Secret:
    from hub.store.vault import KEY_BYTES, Secret  # slow to import: `hub --help` must not wait

    text = _read(path, "--key-file")
    if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}", text):
        raise ConfigError(
            f"--key-file: {path} does not hold {KEY_BYTES} bytes in hex. "
            "Make one with `hub backup-key`."
        )
    return Secret(bytes.fromhex(text))


def _passphrase(path: Path) -> Secret:
    from hub.store.vault import Secret  # slow to import: `hub --help` must not wait

    text = _read(path, "--passphrase-file")
    if len(text) < LEAST_PASSPHRASE:
        raise ConfigError(
            f"--passphrase-file: the first line of {path} has fewer than {LEAST_PASSPHRASE} "
            "characters. Take several random words, or a key file."
        )
    return Secret.of_passphrase(text)


def _read(path: Path, option: str) -> str:
    """The first line of a file, without the white space around it."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.readline(_LONGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{option}: cannot read {path}: {error}") from error
    if stat.S_ISREG(mode) and mode & 0o077:
        raise ConfigError(f"{option}: others may read {path}. Run: chmod 600 {path}")
    return text
