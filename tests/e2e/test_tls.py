"""TLS as TAXII 2.1 section 7.2.2 wants it. Names carry the ids of the requirements."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from taxii2client import v21

from tests import fakes
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import MEDIA_TYPE, Server, serving

MOST = 200_000
SETTINGS = f"""
[server]
port = 0
workers = 1
tls_cert = "server.pem"
tls_key = "server-key.pem"
[taxii]
max_content_length = {MOST}
"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub that speaks TLS."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = write_certificate(folder)
    with serving(folder, SETTINGS, verify=str(certificate)) as running:
        yield running


def spoken(server: Server, version: ssl.TLSVersion) -> str | None:
    """The version of TLS that server and client agree on when the client offers only this one."""
    address = urlsplit(server.url)
    context = ssl.create_default_context(cafile=str(server.verify))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    # Without this the client's own library refuses the old versions.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection((address.hostname, address.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        return wrapped.version()


def test_tl_01_tls_1_2_is_served(tls: Server) -> None:
    assert spoken(tls, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"


def test_tl_02_tls_1_3_is_served(tls: Server) -> None:
    assert spoken(tls, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tl_03_older_versions_are_refused(tls: Server, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError) as error:
        spoken(tls, version)
    # The refusal is the server's, not one of the client's own library.
    assert error.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


def test_plain_http_is_not_served(tls: Server) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(tls.url.replace("https:", "http:") + "/taxii2/", timeout=60)


def test_a_client_over_tls(tls: Server) -> None:
    room = tls.room()
    room.add(*(fakes.indicator(number) for number in range(30)))
    login = {"user": "publisher", "password": fakes.PASSWORD, "verify": str(tls.verify)}
    with v21.Server(f"{tls.url}/taxii2/", **login) as found:
        assert found.default.url == f"{tls.url}/hub/"
        for root in found.api_roots:
            root.close()
    with v21.Collection(room.url, **login) as collection:
        pages = list(v21.as_pages(collection.get_objects, per_request=7))
        assert [len(page["objects"]) for page in pages] == [7, 7, 7, 7, 2]


@pytest.mark.parametrize("size", [MOST + 1, MOST * 3 // 2, MOST * 2])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_413_can_be_read(tls: Server, size: int, chunked: bool) -> None:
    """A server that closes while the client still sends shows it a broken connection instead."""
    room = tls.room()
    body = b'{"objects":[]}'.ljust(size)
    pieces = (body[start : start + 5000] for start in range(0, size, 5000))
    answer = tls.ask("POST", f"{room.path}objects/", data=pieces if chunked else body)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json()["error_code"] == "too-large"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Accept": "text/html"}, 406),
        ({"Content-Type": "text/plain"}, 415),
        (fakes.bearer("reader"), 403),
    ],
)
def test_other_refusals_of_a_large_body_can_be_read(
    tls: Server, headers: dict[str, str], status: int
) -> None:
    room = tls.room()
    body = b" " * MOST
    answer = tls.ask("POST", f"{room.path}objects/", data=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["http_status"] == str(status)


def test_a_connection_serves_on_after_a_refusal(tls: Server) -> None:
    room = tls.room()
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE} | fakes.bearer("publisher")
    with requests.Session() as session:
        session.verify = str(tls.verify)
        for _ in range(3):
            body = b" " * (MOST + 1)
            answer = session.post(f"{room.url}objects/", data=body, headers=headers, timeout=60)
            assert answer.status_code == 413
            good = fakes.body(fakes.indicator(1))
            answer = session.post(f"{room.url}objects/", data=good, headers=headers, timeout=60)
            assert answer.status_code == 202, answer.text
    assert room.objects() == [fakes.indicator(1)]
