"""The first step of docker-compose.yml: refuse what is not in order, then make certificates.

Elasticsearch speaks TLS alone, with certificates of a CA that is made here and used for nothing
else. They are made once; those of nodes are renewed by a later start when their end is near.
Exit status 1, with every reason, when a secret is missing or could be read by others.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SECRETS = ("hub_secret", "hub_tls_cert", "hub_tls_key", "elastic_password")
PRIVATE = frozenset(SECRETS) - {"hub_tls_cert"}
NODES = ("es", "es1", "es2", "es3")
ALIAS = "elasticsearch"
"""The name under which the hub reaches the nodes, whichever of them answers."""

_PASSWORD = 16
_BITS = 3072
_DAY = timedelta(days=1)
_AUTHORITY_LIFE = 3650 * _DAY
_NODE_LIFE = 730 * _DAY
_RENEW = 90 * _DAY


def faults(folder: Path) -> list[str]:
    """What is wrong with the secrets in a folder; empty is good."""
    found = []
    for name in SECRETS:
        path = folder / name
        if not path.is_file():
            found.append(f"{name}: there is no such secret; see the how-to page")
        elif not os.access(path, os.R_OK):
            found.append(f"{name}: user {os.getuid()} cannot read it: chown {os.getuid()}")
        elif not path.read_bytes().strip():
            found.append(f"{name}: the file is empty")
        elif name in PRIVATE and path.stat().st_mode & 0o077:
            found.append(f"{name}: others can read it: chmod 400")
    password = folder / "elastic_password"
    if not found and len(password.read_text(encoding="utf-8").strip()) < _PASSWORD:
        found.append(f"elastic_password: shorter than {_PASSWORD} characters")
    return found


def authority(folder: Path) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """The CA in a folder, made when there is none."""
    if not (folder / "ca.pem").exists():
        key = rsa.generate_private_key(65537, _BITS)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hub search cluster")])
        made = (
            _builder(name, name, key.public_key(), _AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(issues=True), critical=True)
        )
        _write(folder / "ca.key", _pem(key))
        _write(folder / "ca.pem", made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    loaded = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise SystemExit(f"{folder / 'ca.key'} is not the key that was made here")
    return x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()), loaded


def issue(issuer: x509.Certificate, by: rsa.RSAPrivateKey, node: str, folder: Path) -> bool:
    """See that a node has a certificate with some life in it; whether one was made."""
    path = folder / f"{node}.pem"
    if path.exists():
        old = x509.load_pem_x509_certificate(path.read_bytes())
        if old.issuer == issuer.subject and old.not_valid_after_utc - datetime.now(UTC) > _RENEW:
            return False
    key = rsa.generate_private_key(65537, _BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)])
    names = [x509.DNSName(known) for known in (node, ALIAS, "localhost")]
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    # Nodes are clients of each other as well.
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        _builder(name, issuer.subject, key.public_key(), _NODE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName([*names, address]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
    )
    _write(folder / f"{node}.key", _pem(key))
    _write(path, made.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM))
    return True


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=False,
        key_encipherment=not issues,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read; there is never half of one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    new.replace(path)


def main(secrets: Path, own: Path, shared: Path) -> int:
    """Check and make; the exit status.

    Args:
        secrets: Folder with the secrets of docker-compose.yml.
        own: Folder for the CA with its key, which nobody else gets to see.
        shared: Folder for what nodes and clients read.
    """
    if found := faults(secrets):
        print("\n".join(found), file=sys.stderr)
        return 1
    issuer, key = authority(own)
    _write(shared / "ca.pem", issuer.public_bytes(Encoding.PEM))
    made = [node for node in NODES if issue(issuer, key, node, shared)]
    print("new certificates:", ", ".join(made) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:4])))
