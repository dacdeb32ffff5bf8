"""Settings: one TOML file, checked as a whole before anything starts; nothing is guessed."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hub.config.checks import faults
from hub.config.explain import from_validation, wrong
from hub.config.schema import (
    ElasticSettings,
    FeedSettings,
    LimitSettings,
    LogSettings,
    OidcSettings,
    RootSettings,
    SearchSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    StoreSettings,
    SubmitSettings,
    TaxiiSettings,
    settings,
)
from hub.errors import ConfigError

__all__ = [
    "Config",
    "ElasticSettings",
    "FeedSettings",
    "LimitSettings",
    "LogSettings",
    "OidcSettings",
    "RootSettings",
    "SearchSettings",
    "ServerSettings",
    "SessionSettings",
    "StoreSettings",
    "SubmitSettings",
    "TaxiiSettings",
    "load",
    "settings",
    "write_secret",
]

_SECRET_BYTES = 32


class Config(Settings, frozen=True):
    """The settings of a file, and what follows from them."""

    folder: str = "."
    """Where the file stands; paths in it are relative to this."""
    given: frozenset[str] = frozenset()
    """Names of the settings that stand in the file, such as `server.port`; all others are defaults."""

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return Path(self.folder, self.store.path)

    @property
    def url(self) -> str:
        """The address clients use, without a slash at the end."""
        if self.server.public_url:
            return self.server.public_url.rstrip("/")
        scheme = "https" if self.server.tls_cert else "http"
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        return f"{scheme}://{host}:{self.server.port}"

    def secret(self) -> bytes:
        """The hub's secret, 32 bytes.

        Raises:
            ConfigError: There is none, it is not 32 bytes in hex, or others may read it.
        """
        path = Path(self.folder, self.secret_file)
        try:
            text = path.read_text(encoding="ascii").strip()
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"secret_file: cannot read {path}: {error}. Make one with `hub init`."
            ) from error
        if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * _SECRET_BYTES}}}", text):
            raise ConfigError(
                f"secret_file: {path} does not hold {_SECRET_BYTES} bytes in hex. "
                "Make a new one with `hub init`, or `openssl rand -hex 32`."
            )
        if mode & 0o077:
            raise ConfigError(f"secret_file: others may read {path}. Run: chmod 600 {path}")
        return bytes.fromhex(text)

    def oidc_secret(self) -> str:
        """The hub's secret at the OpenID provider; empty when none is configured.

        Raises:
            ConfigError: There is no such file, it is empty, or others may read it.
        """
        if not self.oidc.issuer:
            return ""
        return self._text_of("oidc.client_secret_file", self.oidc.client_secret_file)

    def elastic_key(self) -> str:
        """The hub's API key at Elasticsearch; empty when it needs none.

        Raises:
            ConfigError: There is no such file, it is empty, or others may read it; or the CA's
                file cannot be read.
        """
        elastic = self.elastic
        if elastic.ca_file:
            try:
                Path(self.folder, elastic.ca_file).read_bytes()
            except OSError as error:
                raise ConfigError(f"elastic.ca_file: cannot read it: {error}") from error
        if not elastic.api_key_file:
            return ""
        key = self._text_of("elastic.api_key_file", elastic.api_key_file)
        if not re.fullmatch(r"[A-Za-z0-9+/_=-]+", key):
            raise ConfigError(
                f"elastic.api_key_file: {elastic.api_key_file} does not hold an API key alone: "
                "put in what Elasticsearch calls `encoded`"
            )
        return key

    def _text_of(self, setting: str, name: str) -> str:
        """What a file with a secret holds."""
        path = Path(self.folder, name)
        try:
            text = path.read_text(encoding="utf-8").strip()
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{setting}: cannot read {path}: {error}") from error
        if not text:
            raise ConfigError(f"{setting}: {path} is empty")
        if mode & 0o077:
            raise ConfigError(f"{setting}: others may read {path}. Run: chmod 600 {path}")
        return text


def load(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: Names the setting, its line where that is known, and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}. Make one with `hub init`.") from error
    try:
        tables = tomllib.loads(text)
        found = msgspec.convert(tables, Settings)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    except msgspec.ValidationError as error:
        raise from_validation(path, text, str(error)) from error
    for place, reason in faults(found):
        raise wrong(path, text, place, reason)
    given = frozenset(_given(tables))
    return Config(**msgspec.structs.asdict(found), folder=str(path.parent), given=given)


def _given(tables: dict[str, Any], before: str = "") -> Iterator[str]:
    """The names of what stands in a file."""
    for key, value in tables.items():
        # Those of a list of tables are given or not for each of them: the list is.
        if isinstance(value, dict):
            yield from _given(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def write_secret(path: Path) -> None:
    """Make a new secret file, readable by its owner alone; never overwrites."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(os.urandom(_SECRET_BYTES).hex() + "\n")
