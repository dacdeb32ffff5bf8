"""Settings: one TOML file, every setting declared here with its meaning; nothing is guessed.

The declarations below are the reference: the example file, the documentation and the tests are
made from them. A setting that is unknown or wrong stops the start-up.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from hub.errors import ConfigError

_SECRET_BYTES = 32
_RESERVED_ROOTS = frozenset(
    {"api", "docs", "health", "login", "logout", "metrics", "search", "static", "taxii2"}
)


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[store]: where the record lives."""

    path: Annotated[str, Meta(description="SQLite file, relative to this file's folder")] = (
        "hub.sqlite"
    )
    busy_seconds: Annotated[
        float, Meta(ge=0.1, le=300, description="how long a writer waits for another")
    ] = 10.0
    status_hours: Annotated[
        int,
        Meta(ge=24, description="how long the status of a publish is kept (TAXII: at least 24)"),
    ] = 168


class RootSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[taxii.roots]]: one API root."""

    name: Annotated[
        str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="its path segment")
    ]
    title: Annotated[
        str, Meta(min_length=1, pattern=r"^[^.]+$", description="shown to clients; without dots")
    ]
    description: Annotated[str, Meta(description="shown to clients")] = ""


class TaxiiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[taxii]: the TAXII 2.1 door."""

    title: Annotated[str, Meta(min_length=1, description="title of the discovery resource")] = (
        "Incident hub"
    )
    description: Annotated[str, Meta(description="what this hub is for")] = ""
    contact: Annotated[str, Meta(description="whom to ask")] = ""
    views: Annotated[
        Literal["hub", "medallion"], Meta(description="which protocol layer serves TAXII")
    ] = "hub"
    roots: Annotated[tuple[RootSettings, ...], Meta(min_length=1, description="API roots")] = (
        RootSettings("hub", "Incident hub"),
    )
    default_root: Annotated[
        str, Meta(description="API root named as default; empty: the first")
    ] = ""
    page_size: Annotated[
        int, Meta(ge=1, description="objects per page when no limit is asked")
    ] = 1000
    max_page_size: Annotated[int, Meta(ge=1, description="most objects per page")] = 10_000
    max_content_length: Annotated[
        int, Meta(ge=10_000, description="largest request body, in bytes, after decompression")
    ] = 67_108_864
    max_object_bytes: Annotated[int, Meta(ge=1000, description="largest single object")] = (
        2_000_000
    )
    max_depth: Annotated[int, Meta(ge=8, le=200, description="deepest nesting of an object")] = 64


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[server]: the HTTP server."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0: any free")] = 8421
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#]+/?)?$",
            description="address that clients use, such as https://hub.example.org; without it "
            "the discovery resource names API roots relative to itself",
        ),
    ] = ""
    workers: Annotated[int, Meta(ge=1, le=64, description="processes")] = 2
    threads: Annotated[int, Meta(ge=1, le=64, description="threads of each process")] = 4
    timeout_seconds: Annotated[
        int, Meta(ge=5, description="a worker that hangs longer is replaced")
    ] = 120
    tls_cert: Annotated[str, Meta(description="certificate chain, PEM")] = ""
    tls_key: Annotated[str, Meta(description="private key, PEM, readable by the hub alone")] = ""
    dangerously_serve_without_tls: Annotated[
        bool,
        Meta(description="listen beyond loopback without TLS: credentials travel in the clear"),
    ] = False
    trusted_proxies: Annotated[
        int, Meta(ge=0, le=8, description="proxies in front whose X-Forwarded-For is believed")
    ] = 0
    metrics_networks: Annotated[
        tuple[str, ...], Meta(description="networks that may read /metrics without credentials")
    ] = ("127.0.0.0/8", "::1/128")


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[log]: JSON lines on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="least level written")
    ] = "info"
    access: Annotated[bool, Meta(description="one line per request")] = True


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings."""

    secret_file: Annotated[
        str,
        Meta(description="file with 32 random bytes in hex, made by `hub init`; never shared"),
    ]
    store: StoreSettings = StoreSettings()
    taxii: TaxiiSettings = TaxiiSettings()
    server: ServerSettings = ServerSettings()
    log: LogSettings = LogSettings()
    folder: Annotated[str, Meta(description="set by the program, not in the file")] = "."

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
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    if "folder" in values:
        raise ConfigError(f"{path}: unknown setting `folder`")
    try:
        config = msgspec.convert(values | {"folder": str(path.parent)}, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(path, text, str(error))) from error
    _check(config, path)
    return config


def _explain(path: Path, text: str, message: str) -> str:
    """Turn "Expected `int` - at `$.server.port`" into a line number and the allowed values."""
    place = re.search(r"`\$\.?([^`]*)`$", message)
    unknown = re.search(r"unknown field `([^`]*)`", message)
    section = re.sub(r"\[[^\]]*\]", "", place[1]) if place else ""
    setting = ".".join(filter(None, [section, unknown[1] if unknown else ""]))
    line = _line_of(text, setting)
    where = f"{path}:{line}" if line else str(path)
    fault = "unknown setting" if unknown else re.sub(r" - at `.*", "", message)
    return f"{where}: `{setting}`: {fault}. {_allowed(setting, is_unknown=bool(unknown))}".strip()


def _line_of(text: str, setting: str) -> int | None:
    *section, name = setting.split(".")
    current: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([\w.-]+)\]\]?", line):
            current = header[1].split(".")
            if [*section, name] == current:
                return number
        elif current == section and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return None


def settings() -> dict[str, tuple[Any, Any, str]]:
    """Every setting by dotted name: its type, its default (NODEFAULT: required), its meaning."""
    found: dict[str, tuple[Any, Any, str]] = {}
    _collect(Config, "", found)
    found.pop("folder")
    return found


def _collect(struct: type, prefix: str, found: dict[str, tuple[Any, Any, str]]) -> None:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        inner = RootSettings if field.name == "roots" else getattr(hint, "__origin__", hint)
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            _collect(inner, f"{prefix}{field.name}.", found)
            continue
        description = next((m.description for m in hint.__metadata__ if m.description), "")
        found[prefix + field.name] = (hint, field.default, description)


def _allowed(setting: str, *, is_unknown: bool) -> str:
    known = settings()
    if is_unknown:
        section = setting.rpartition(".")[0]
        names = [n.rpartition(".")[2] for n in known if n.rpartition(".")[0] == section]
        return f"Known here: {', '.join(names)}."
    return f"It is: {known[setting][2]}." if setting in known else ""


def _check(config: Config, path: Path) -> None:
    """What the types cannot say."""
    server, taxii = config.server, config.taxii
    _check_roots(taxii, path)
    if taxii.page_size > taxii.max_page_size:
        raise ConfigError(f"{path}: `taxii.page_size`: larger than taxii.max_page_size")
    for network in server.metrics_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigError(f"{path}: `server.metrics_networks`: {error}") from error
    _check_tls(server, path)


def _check_roots(taxii: TaxiiSettings, path: Path) -> None:
    names = [root.name for root in taxii.roots]
    for name in names:
        if name in _RESERVED_ROOTS:
            raise ConfigError(f"{path}: `taxii.roots.name`: {name} is reserved; choose another")
    for label, values in (("name", names), ("title", [root.title for root in taxii.roots])):
        if len(set(values)) != len(values):
            raise ConfigError(f"{path}: `taxii.roots.{label}`: two API roots have the same one")
    if taxii.default_root and taxii.default_root not in names:
        raise ConfigError(f"{path}: `taxii.default_root`: not one of {', '.join(names)}")


def _check_tls(server: ServerSettings, path: Path) -> None:
    if bool(server.tls_cert) != bool(server.tls_key):
        raise ConfigError(f"{path}: `server.tls_cert` and `server.tls_key` go together")
    if server.tls_cert or server.dangerously_serve_without_tls or _is_loopback(server.host):
        return
    raise ConfigError(
        f"{path}: `server.host`: {server.host} can be reached from outside, and there is no TLS. "
        "Set server.tls_cert and server.tls_key, or listen on 127.0.0.1 behind a proxy that "
        "speaks TLS, or, knowing that credentials can then be read on the way, set "
        "server.dangerously_serve_without_tls = true"
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def write_secret(path: Path) -> None:
    """Make a new secret file, readable by its owner alone; never overwrites."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(os.urandom(_SECRET_BYTES).hex() + "\n")
