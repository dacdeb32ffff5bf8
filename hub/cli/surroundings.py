"""What `hub doctor` asks about the machine: secret, disk, TLS certificate, port."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from hub.config import Config, ServerSettings
from hub.config.authorities import client_authorities
from hub.errors import ConfigError
from hub.service.condition import room

_CERTIFICATE_DAYS = 30
_ANSWER_S = 5
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - only compared


class Finding(NamedTuple):
    """The answer to one question."""

    result: Literal["ok", "warn", "fail"]
    what: str
    detail: str
    remedy: str = ""


def of_secret(config: Config) -> Iterator[Finding]:
    """The secrets are there, have the right form, and others cannot read them."""
    try:
        config.secret()
        config.oidc_secret()
        config.elastic_key()
    except ConfigError as error:
        yield Finding("fail", "secret", str(error))
    else:
        yield Finding("ok", "secret", f"{config.secret_file}, readable by its owner alone")


def of_disk(config: Config) -> Iterator[Finding]:
    """There is room for the store to grow, and for the copy that a migration makes first."""
    path = config.store_path
    try:
        found = room(path)
    except OSError as error:
        yield Finding("fail", "disk", str(error), "Correct store.path in the configuration.")
        return
    detail = f"{found.free >> 20} MiB free, the store has {found.store >> 20} MiB"
    remedy = "Make room: a publish is refused when the disk is full."
    remedies = {"ok": "", "warn": f"{remedy} An upgrade copies the store first.", "fail": remedy}
    yield Finding(found.state, "disk", detail, remedies[found.state])


def of_tls(config: Config) -> Iterator[Finding]:
    """The certificate is valid, for some time to come, and the key belongs to it."""
    server = config.server
    if not server.tls_cert:
        if server.dangerously_serve_without_tls:
            yield Finding(
                "warn",
                "tls",
                "none: credentials travel in the clear",
                "Set server.tls_cert and server.tls_key, or put a proxy with TLS in front.",
            )
        else:
            yield Finding("ok", "tls", "none, and the hub is reached from this machine alone")
        return
    try:
        yield from _certificate(
            Path(config.folder, server.tls_cert), Path(config.folder, server.tls_key)
        )
    except (OSError, ValueError, TypeError) as error:
        yield Finding("fail", "tls", str(error), "Correct server.tls_cert and server.tls_key.")


def _certificate(cert: Path, key: Path) -> Iterator[Finding]:
    chain = x509.load_pem_x509_certificates(cert.read_bytes())
    private = load_pem_private_key(key.read_bytes(), password=None)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != chain[0].public_key().public_bytes(*form):
        yield Finding("fail", "tls", f"{key} is not the key of {cert}", "Put in the right one.")
    if key.stat().st_mode & 0o077:
        yield Finding("warn", "tls", f"others may read {key}", f"Run: chmod 600 {key}")
    until = min(certificate.not_valid_after_utc for certificate in chain)
    over, soon = (f"Renew it{when}; then `kill -HUP` the hub." for when in ("", " soon"))
    yield _lasting("tls", str(cert), until, (over, soon))


def _lasting(what: str, name: str, until: datetime, remedies: tuple[str, str]) -> Finding:
    """Whether certificates are valid, for some time to come; the way out if not, or not for long."""
    left = until - datetime.now(UTC)
    detail, (over, soon) = f"{name} is valid until {until:%Y-%m-%d}", remedies
    if left < timedelta(0):
        return Finding("fail", what, detail, over)
    if left < timedelta(days=_CERTIFICATE_DAYS):
        return Finding("warn", what, detail, soon)
    return Finding("ok", what, detail)


def of_client_ca(config: Config) -> Iterator[Finding]:
    """The CAs of client certificates can be read, and are valid for some time to come."""
    if not config.server.client_ca:
        return
    try:
        found = client_authorities(config)
    except ConfigError as error:
        yield Finding("fail", "client_ca", str(error), "Correct server.client_ca.")
        return
    first = min(found, key=lambda item: item.not_valid_after_utc)
    name = f"{len(found)} CAs of client certificates; {first.subject.rfc4514_string()}"
    over = "Its clients cannot connect: replace it, or take it out."
    soon = "Add its successor and let clients change over."
    yield _lasting("client_ca", name, first.not_valid_after_utc, (over, soon))


def of_port(config: Config) -> Iterator[Finding]:
    """The port is free, or a hub answers there and is ready."""
    server = config.server
    if not server.port:
        yield Finding("ok", "port", "any free one")
        return
    host = _EVERYWHERE.get(server.host, server.host)
    where = f"{host} port {server.port}"
    try:
        socket.create_connection((host, server.port), timeout=_ANSWER_S).close()
    except ConnectionRefusedError:
        yield Finding("ok", "port", f"{where} is free; the hub is not running")
        return
    except OSError as error:
        yield Finding("fail", "port", f"{where}: {error}", "Correct server.host.")
        return
    yield _answer(host, server, where)


def _answer(host: str, server: ServerSettings, where: str) -> Finding:
    connection = HTTPConnection(host, server.port, timeout=_ANSWER_S)
    if server.tls_cert:
        # Asked on this machine, by an address that the certificate need not name.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = HTTPSConnection(host, server.port, timeout=_ANSWER_S, context=context)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = response.read(1000)
    except (OSError, HTTPException):
        response, body = None, b""
    finally:
        connection.close()
    if response is None or b"ready" not in body:
        remedy = "Stop it, or set another server.port. If it is the hub: its log says more."
        return Finding("fail", "port", f"{where}: something else listens, or is not ready", remedy)
    return Finding("ok", "port", f"{where}: a hub listens and is ready")
