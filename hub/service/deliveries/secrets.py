"""Secrets by reference: what a file of a delivery names, and never holds."""

from __future__ import annotations

import os
from pathlib import Path

from hub.errors import ConfigError


def secret(reference: str, folder: Path) -> str:
    """What stands behind `env:NAME`, or `file:PATH` relative to the folder.

    Raises:
        ConfigError: It is of another form, there is nothing behind it, or others may read the file.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        text = os.environ.get(name, "").strip()
    elif kind == "file" and name:
        text = _read(folder / name)
    else:
        raise ConfigError(
            "a secret stands in the file of a delivery: name it as env:NAME or file:PATH instead"
        )
    if not text:
        raise ConfigError(f"there is nothing behind {reference}")
    return text


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    if mode & 0o077:
        raise ConfigError(f"others may read {path}. Run: chmod 600 {path}")
    return text
