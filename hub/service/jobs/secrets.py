"""Secrets by reference: read when they are needed, and taken out of everything that is said."""

from __future__ import annotations

import base64
import os
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

from hub.errors import ConfigError

HIDDEN = "***"
"""What stands for a secret, and for what may be one"""

_SHORTEST = 4
"""Shorter ones would take pieces out of words."""


class Secrets:
    """What `Run.secret` is: it reads a secret, and remembers it for `scrub`.

    Args:
        folder: Relative paths start here.
        keys: What may be a secret though it was written out, such as a key in an address.
    """

    def __init__(self, folder: Path, keys: Collection[str] = ()) -> None:
        self._folder = folder
        self._known = set(keys)

    def __call__(self, reference: str) -> str:
        """The secret behind `env:NAME` or `file:PATH`.

        Raises:
            ConfigError: There is none, or others may read the file.
        """
        way, _, place = reference.partition(":")
        if way == "env":
            secret = os.environ.get(place, "")
            if not secret:
                raise ConfigError(f"the environment variable {place} is not set")
        elif way == "file":
            secret = _of_file(self._folder / place)
        else:
            raise ConfigError("a secret is given as env:NAME or file:PATH")
        self._known.add(secret)
        return secret

    def scrub(self, text: str) -> str:
        """A text without the secrets that were read, however they are written in it."""
        for secret in sorted(self._known, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                for form in _forms(secret):
                    text = text.replace(form, HIDDEN)
        return text


def _of_file(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the secret in {path} cannot be read: {error}") from error
    if not text:
        raise ConfigError(f"{path} is empty, and should hold a secret")
    if mode & 0o077:
        raise ConfigError(f"others may read the secret in {path}. Run: chmod 600 {path}")
    return text


def _forms(secret: str) -> list[str]:
    plain = base64.b64encode(secret.encode()).decode()
    return [secret, quote(secret, safe=""), quote(secret), plain, plain.rstrip("=")]
