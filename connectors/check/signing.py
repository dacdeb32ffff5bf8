"""Signed reports: Ed25519 over canonical JSON, with everything that is needed to verify them.

- What is signed is `hub-check-report/1`, a line feed, and the report in canonical form: RFC 8785
  (JSON Canonicalization Scheme). A report holds no fractions, so of that scheme only the order of
  names, the escapes and the absence of white space are at work.
- The key id is the beginning of the SHA-256 of the public key. Whose key it is, a report cannot
  prove: whoever relies on one compares the key with what the checker has published.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from connectors.check.report import FORMAT, Report
from hub.errors import Fault, HubError

_ID_LENGTH = 16
_MOST_BYTES = 50_000_000
_SCHEME = "Ed25519 over RFC 8785"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside a report."""

    scheme: str
    key_id: str
    public_key: str
    """32 bytes in base64"""
    value: str
    """64 bytes in base64"""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    report: Report
    signature: Signature


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a new file that only its owner can read.

    Raises:
        HubError: DENIED. There is such a file.
        OSError: It cannot be written.
    """
    made = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise HubError(
            Fault.DENIED,
            f"{path} is there already, and was not changed",
            remedy="Choose another name.",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def key_of(path: Path) -> Ed25519PrivateKey:
    """The key in a file; made when there is none.

    Raises:
        HubError: DENIED. Others can read it. BAD_REQUEST. It is no such key.
        OSError: It cannot be read or written.
    """
    if not path.exists():
        return make_key(path)
    if path.stat().st_mode & 0o077:
        raise HubError(
            Fault.DENIED,
            f"others can read the signing key {path}",
            remedy="Make a new one, or take the rights away with chmod 600.",
        )
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise HubError(
            Fault.BAD_REQUEST,
            f"{path} holds no Ed25519 key (PEM, not encrypted)",
            remedy="Make one with: hub check keygen FILE",
        )
    return found


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key in base64, as reports have it."""
    return base64.b64encode(_raw(key.public_key())).decode()


def key_id(public: str) -> str:
    """A short name of a public key in base64."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:_ID_LENGTH]


def signed(report: Report, key: Ed25519PrivateKey) -> bytes:
    """The file of a report, readable and signed."""
    public = public_text(key)
    value = base64.b64encode(key.sign(_message(msgspec.to_builtins(report)))).decode()
    whole = Signed(report, Signature(_SCHEME, key_id(public), public, value))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def verified(body: bytes, expected: str = "") -> Signed:
    """The report of a file, when it is what was signed.

    Args:
        body: The file.
        expected: The public key of who should have signed it, base64; empty: anybody.

    Raises:
        HubError: BAD_BODY. It is no report. DENIED. It was changed, or signed by another key.
    """
    plain = _plain(body)
    try:
        found = msgspec.convert(plain, Signed)
        public = base64.b64decode(found.signature.public_key, validate=True)
        value = base64.b64decode(found.signature.value, validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(value, _message(plain["report"]))
    except (msgspec.ValidationError, binascii.Error, ValueError) as error:
        raise HubError(Fault.BAD_BODY, f"this is no signed report: {error}") from error
    except InvalidSignature:
        raise HubError(
            Fault.DENIED,
            "the signature does not hold: the report was changed after it was signed",
            remedy="Ask its sender for the file as it was written.",
        ) from None
    _same_key(found.signature, expected)
    return found


def _same_key(signature: Signature, expected: str) -> None:
    if signature.scheme != _SCHEME or signature.key_id != key_id(signature.public_key):
        raise HubError(Fault.DENIED, "the scheme or the key id does not fit the signature")
    if expected and signature.public_key != expected:
        raise HubError(
            Fault.DENIED,
            f"it is signed by another key: {signature.key_id}",
            remedy="Only its own key can tell who made a report.",
        )


def _plain(body: bytes) -> Mapping[str, Any]:
    """JSON that says one thing only: no name twice, no fractions."""
    try:
        found = json.loads(
            body[: _MOST_BYTES + 1],
            object_pairs_hook=_once,
            parse_float=_refused,
            parse_constant=_refused,
        )
    except (ValueError, RecursionError) as error:
        raise HubError(Fault.BAD_BODY, f"this is no signed report: {error}") from error
    if not isinstance(found, dict):
        raise HubError(Fault.BAD_BODY, "this is no signed report")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _message(report: Any) -> bytes:
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{FORMAT}\n{text}".encode()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
