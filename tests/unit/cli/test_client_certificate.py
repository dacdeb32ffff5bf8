"""hub pull and push with a client certificate: the files, and what a server says of them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import SSLError

from connectors.errors import LoginNeeded, Unreachable
from connectors.taxii.errors import translated
from hub.service.keys import pem_of_key
from tests import pki
from tests.unit.cli.certificate import Certificate
from tests.unit.cli.conftest import Run
from tests.unit.cli.partner import PartnerServer

URL = "https://cert.example/root/collections/one/"


@pytest.fixture
def asking(folder: Path) -> Iterator[PartnerServer]:
    """A server that wants a certificate of `pki.AUTHORITY`."""
    context = Certificate(folder).context()
    context.load_verify_locations(cadata=pki.pem_of(pki.AUTHORITY.certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    server = PartnerServer(context)
    server.will({"objects": []})
    yield server
    server.stop()


def test_certificate_and_key_in_two_files_or_in_one(
    run: Run, folder: Path, asking: PartnerServer
) -> None:
    cert, key = pki.Client().write(folder)
    both = folder / "both.pem"
    both.write_text(Path(key).read_text() + Path(cert).read_text())
    pull = ("pull", asking.url, "--ca-file", "cert.pem")
    for options in (("--cert", cert, "--key", key), ("--cert", both)):
        found = run(*pull, *options)
        assert found.exit_code == 0, found.stderr
    assert [item.headers.get("Authorization") for item in asking.asked] == [None, None]
    assert run(*pull, "--cert", both, token="publisher").exit_code == 0
    assert asking.asked[-1].headers["Authorization"].startswith("Token hub_")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--key", "key.pem"), "give --cert as well"),
        (("--cert", "none.pem"), "does not exist"),
        (("--cert", "hub.toml"), "cannot be used"),
        (("--cert", "client.pem"), "cannot be used"),
        (("--cert", "client.pem", "--key", "other.key"), "cannot be used"),
        (("--cert", "client.pem", "--key", "locked.key"), "must not be encrypted"),
    ],
    ids=["key alone", "no file", "no certificate", "no key", "another's key", "encrypted"],
)
def test_files_that_cannot_be_used(
    run: Run, folder: Path, options: tuple[str, ...], said: str
) -> None:
    client = pki.Client()
    (folder / "client.pem").write_text(client.pem)
    (folder / "key.pem").write_bytes(pem_of_key(client.key))
    (folder / "other.key").write_bytes(pem_of_key(pki.Client().key))
    (folder / "locked.key").write_bytes(pem_of_key(client.key, "a long passphrase"))
    found = run("pull", URL, *options)
    assert found.exit_code == 2
    assert said in found.stderr


def test_no_certificate_without_tls(run: Run, folder: Path) -> None:
    cert, key = pki.Client().write(folder)
    found = run("pull", URL.replace("https", "http"), "--cert", cert, "--key", key)
    assert found.exit_code == 2
    assert "https" in found.stderr


# As OpenSSL 3 and Python 3.11 word the alerts of RFC 8446 section 6.2.
ALERTS = {
    "tlsv1 alert unknown ca": "unknown ca",
    "sslv3 alert bad certificate": "bad certificate",
    "sslv3 alert unsupported certificate": "unsupported certificate",
    "sslv3 alert certificate revoked": "certificate revoked",
    "sslv3 alert certificate expired": "certificate expired",
    "sslv3 alert certificate unknown": "certificate unknown",
    "tlsv13 alert certificate required": "certificate required",
    "tlsv1 alert access denied": "access denied",
}


@pytest.mark.parametrize(("words", "said"), ALERTS.items())
@pytest.mark.parametrize("kind", [SSLError, NoConnection])
def test_what_a_server_says_of_a_certificate(
    words: str, said: str, kind: type[NoConnection]
) -> None:
    error = translated(kind(ssl.SSLError(1, f"[SSL: X] {words} (_ssl.c:2580)")), URL)
    assert isinstance(error, LoginNeeded)
    assert error.reason.endswith(said)
    assert "--cert" in error.remedy


@pytest.mark.parametrize(
    "words",
    [
        "certificate verify failed: unable to get local issuer certificate",
        "tlsv1 alert internal error",
    ],
)
def test_what_is_no_word_on_a_certificate_of_ours(words: str) -> None:
    error = translated(SSLError(ssl.SSLError(1, f"[SSL: X] {words} (_ssl.c:1006)")), URL)
    assert isinstance(error, Unreachable)
    assert "its TLS certificate does not hold" in error.reason
