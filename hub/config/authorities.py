"""The CAs whose client certificates are taken. Apart, as the library takes a while to import."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from hub.config import Config
from hub.errors import ConfigError

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises at broken certificates, some of it only when a part is looked at."""


def client_authorities(config: Config) -> list[x509.Certificate]:
    """All certificates in the files of `server.client_ca`.

    Raises:
        ConfigError: Names the file that is missing or holds something else.
    """
    return [
        found for name in config.server.client_ca for found in _read(Path(config.folder, name))
    ]


def in_pem(certificates: list[x509.Certificate]) -> str:
    """Certificates as one text."""
    return "".join(item.public_bytes(Encoding.PEM).decode() for item in certificates)


def vouched(
    authorities: list[x509.Certificate], leaf: x509.Certificate, others: list[x509.Certificate]
) -> bool:
    """Whether one of the CAs issued a client's certificate, directly or by way of others.

    Args:
        authorities: From `client_authorities`.
        leaf: The client's certificate.
        others: What may lie between the two.
    """
    if any(_issued(item, leaf) for item in authorities):
        return True
    return any(
        _issued(item, leaf) and vouched(authorities, item, [o for o in others if o != item])
        for item in others
    )


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _read(path: Path) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
        others = [item.subject.rfc4514_string() for item in found if not _may_issue(item)]
    except (OSError, *UNREADABLE) as error:
        raise ConfigError(
            f"`server.client_ca`: {path} cannot be used: {error}. "
            "It must hold certificates of CAs in PEM."
        ) from error
    if others:
        raise ConfigError(
            f"`server.client_ca`: {path} holds {others[0]}, which is no CA. "
            "Name the CA that issued it; a client's own certificate is bound with `hub ca bind`."
        )
    return found


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca
