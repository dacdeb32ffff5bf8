"""Keys of clients and of the CA: which are good enough, and their forms in files."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from hub.config.authorities import UNREADABLE
from hub.service.changes import bad

ClientKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_RSA_BITS = range(2048, 8193)
"""Fewer are weak; more cost the hub more than the client at each handshake."""

_LEAST_EXPONENT = 65537
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_HOW_TO_ASK = (
    "Make one with: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    "-subj /CN=client -keyout client-key.pem -out client.csr"
)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def is_encrypted(key: bytes) -> bool:
    """Whether a private key in PEM needs a passphrase."""
    return b"ENCRYPTED" in key


def requested_key(request: bytes) -> ClientKey:
    """The key of a certificate signing request (PKCS #10) in PEM or DER.

    Nothing else is taken from it: the hub decides about name, use and life.

    Raises:
        HubError: BAD_REQUEST when it is none, its signature is wrong, or its key is not accepted.
    """
    try:
        load = x509.load_pem_x509_csr if b"-----BEGIN" in request else x509.load_der_x509_csr
        found = load(request)
        key, signed = found.public_key(), found.is_signature_valid
    except UNREADABLE as error:
        raise bad("csr", f"this is no signing request: {error}", _HOW_TO_ASK) from error
    if not signed:
        raise bad("csr", "its signature does not fit its key", _HOW_TO_ASK)
    return accepted(key, "csr")


def accepted(key: object, field: str) -> ClientKey:
    """The key, if it is strong and of a usual kind.

    Raises:
        HubError: BAD_REQUEST names `field`.
    """
    match key:
        case rsa.RSAPublicKey() if key.key_size in _RSA_BITS:
            if key.public_numbers().e >= _LEAST_EXPONENT:
                return key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, _CURVES):
            return key
        case ed25519.Ed25519PublicKey():
            return key
    raise bad(
        field,
        "its key is weak or of an unusual kind",
        "Use P-256, P-384, P-521, Ed25519, or RSA of 2048 to 8192 bits.",
    )


def pem_of_key(key: ec.EllipticCurvePrivateKey, passphrase: str = "") -> bytes:
    """A private key in PKCS #8, encrypted when there is a passphrase."""
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def bundle(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, password: str) -> bytes:
    """Key and certificate as PKCS #12, which browsers and Windows import."""
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return pkcs12.serialize_key_and_certificates(
        str(name).encode(), key, certificate, None, BestAvailableEncryption(password.encode())
    )
