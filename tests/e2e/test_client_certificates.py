"""Client certificates on real TLS connections: who gets in, and who does not any more."""

from __future__ import annotations

import base64
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from requests.adapters import HTTPAdapter
from taxii2client import v21

from hub.model.party import Account, Caller, Role
from hub.service.admin import Admin
from hub.service.certificates import Certificates
from tests import fakes, pki
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import MEDIA_TYPE, Server, environment, hub_command, serving

SETTINGS = """
[server]
port = 0
workers = 2
tls_cert = "server.pem"
tls_key = "server-key.pem"
client_ca = ["ca.pem", "partner.pem"]
[log]
level = "debug"
"""
PARTNER = pki.new_authority("Partner CA", 100)
CONSOLE = Caller("console", "", frozenset({Role.ADMINISTRATOR}))
PATIENCE_S = 60


def write_authorities(folder: Path) -> None:
    (folder / "ca.pem").write_text(pki.pem_of(pki.AUTHORITY.certificate), encoding="ascii")
    (folder / "partner.pem").write_text(
        pki.pem_of(PARTNER.certificate, pki.ISSUING.certificate), encoding="ascii"
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub that takes certificates of two CAs."""
    folder = tmp_path_factory.mktemp("mtls")
    write_authorities(folder)
    with serving(folder, SETTINGS, verify=str(write_certificate(folder))) as running:
        yield running


@pytest.fixture
def admin(tls: Server) -> Certificates:
    """Changes beside the running hub."""
    return Certificates(Admin(tls.store, CONSOLE))


Connect = Callable[..., requests.Session]


class Spoken(HTTPAdapter):
    """Offers one version of TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)


@pytest.fixture
def connect(tls: Server, tmp_path: Path) -> Iterator[Connect]:
    """Sessions of clients, each with its certificate and one connection that is kept."""
    opened: list[requests.Session] = []

    def call(client: pki.Client | None, account: str = "") -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = str(tls.verify)
        session.cert = client.write(tmp_path) if client else None
        session.headers.update({"Accept": MEDIA_TYPE})
        session.headers.update(fakes.bearer(account) if account else {})
        opened.append(session)
        return session

    yield call
    for session in opened:
        session.close()


def shared(tls: Server) -> str:
    return f"{tls.url}/hub/collections/{fakes.uuid_of(1)}/objects/"


def status(tls: Server, session: requests.Session, **headers: str) -> int:
    return session.get(shared(tls), headers=headers, timeout=PATIENCE_S).status_code


def reason(tls: Server, session: requests.Session, **headers: str) -> str:
    answer = session.get(shared(tls), headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 401, answer.text
    return str(answer.json()["description"])


def connections(session: requests.Session) -> int:
    """How many connections were opened to the hub so far."""
    pools = session.get_adapter("https://").poolmanager.pools  # type: ignore[attr-defined]
    return sum(pools[key].num_connections for key in pools.keys())  # noqa: SIM118 - no iterator


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    "by", [pki.AUTHORITY, PARTNER, pki.ISSUING], ids=["own CA", "partner's CA", "issuing CA"]
)
def test_a_good_one_logs_in(
    tls: Server, connect: Connect, tmp_path: Path, by: pki.Authority, version: ssl.TLSVersion
) -> None:
    client = pki.Client(by=by)
    tls.put(record := client.record())
    context = ssl.create_default_context(cafile=str(tls.verify))
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(*client.write(tmp_path))
    session = connect(None)
    session.mount("https://", Spoken(context))
    assert status(tls, session) == 200
    until(lambda: f"certificate:{record.id}" in tls.log())
    lines = [line for line in tls.log_lines() if line.get("credential", "").endswith(record.id)]
    assert {line["account"] for line in lines} == {"publisher"}


def test_without_one_everything_is_as_before(tls: Server, connect: Connect) -> None:
    assert status(tls, connect(None)) == 401
    assert status(tls, connect(None, "publisher")) == 200
    assert status(tls, connect(None), **fakes.basic("publisher")) == 200


@pytest.mark.parametrize(
    ("client", "logged"),
    [
        (pki.Client(by=pki.STRANGER), "certificate verify failed"),
        (pki.Client(by=pki.new_authority("Another CA", 10)), "unable to get local issuer"),
        (pki.expired(), "certificate has expired"),
        (pki.early(), "certificate is not yet valid"),
    ],
    ids=["wrong CA of the same name", "wrong CA", "expired", "not yet valid"],
)
def test_what_ends_in_the_handshake(
    tls: Server, connect: Connect, client: pki.Client, logged: str
) -> None:
    tls.put(client.record())
    for session in (connect(client), connect(client, "publisher")):
        with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
            status(tls, session)
    until(lambda: logged in tls.log())
    assert [line for line in tls.log_lines() if line["level"] == "error"] == []


def test_one_that_nobody_bound(tls: Server, connect: Connect) -> None:
    client = pki.Client()
    assert client.record().digest.hex() in reason(tls, connect(client))
    assert "not bound" in reason(tls, connect(client, "publisher"))


def test_revoked_while_the_connection_is_kept(
    tls: Server, connect: Connect, admin: Certificates
) -> None:
    client = pki.Client()
    record = client.record()
    admin.add(record, "certificate.issue")
    session, other = connect(client), connect(client)
    assert [status(tls, session) for _ in range(3)] == [200] * 3
    assert status(tls, other) == 200
    admin.revoke(record.id)
    assert "was revoked" in reason(tls, session)
    assert "was revoked" in reason(tls, other)
    assert connections(session) == 1
    # Every worker knows, also on new connections.
    for _ in range(6):
        assert "was revoked" in reason(tls, connect(client))


def test_it_expires_while_the_connection_is_kept(tls: Server, connect: Connect) -> None:
    client = pki.ending(seconds=4)
    tls.put(client.record())
    session = connect(client)
    assert status(tls, session) == 200
    until(lambda: status(tls, session) == 401)
    assert "has expired" in reason(tls, session)
    assert connections(session) == 1
    with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
        status(tls, connect(client))


def test_its_account_is_switched_off_while_the_connection_is_kept(
    tls: Server, connect: Connect
) -> None:
    account = Account("leaving", "ministry", frozenset({Role.READER}))
    client = pki.Client("leaving")
    tls.put(account, client.record())
    session = connect(client)
    assert status(tls, session) == 200
    tls.put(msgspec.structs.replace(account, disabled=True))
    assert "switched off" in reason(tls, session)
    tls.put(account)
    assert status(tls, session) == 200
    assert connections(session) == 1


def test_no_connection_stands_on_the_handshake_of_another(tls: Server, tmp_path: Path) -> None:
    """A resumed session would not look at CA and dates again."""
    client = pki.Client()
    tls.put(client.record())
    address = urlsplit(tls.url)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(tls.verify))
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(*client.write(tmp_path))
        before = None
        for _ in range(3):
            with (
                socket.create_connection((address.hostname, address.port), timeout=60) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=before) as wrapped,
            ):
                wrapped.sendall(b"GET /health/live HTTP/1.1\r\nHost: hub\r\n\r\n")
                assert wrapped.recv(100).startswith(b"HTTP/1.1 200")
                assert not wrapped.session_reused
                before = wrapped.session


def test_beside_a_token(tls: Server, connect: Connect) -> None:
    client = pki.Client("publisher")
    tls.put(client.record())
    assert status(tls, connect(client, "publisher")) == 200
    assert "different accounts" in reason(tls, connect(client, "partner"))


def test_an_account_that_needs_one(tls: Server, connect: Connect, admin: Certificates) -> None:
    account = Account("guarded", "ministry", frozenset({Role.READER}), fakes.password_hash())
    client = pki.Client("guarded")
    tls.put(account, client.record())
    password = fakes.basic("guarded")
    assert status(tls, connect(None), **password) == 200
    admin.require("guarded", required=True)
    assert "client certificate only" in reason(tls, connect(None), **password)
    assert status(tls, connect(client)) == 200
    assert status(tls, connect(client), **password) == 200


def test_a_header_from_anybody_is_not_believed(
    tls: Server, connect: Connect, tmp_path: Path
) -> None:
    client = pki.Client()
    tls.put(client.record())
    sent = {
        name: base64.b64encode(client.der).decode()
        for name in ("X-Client-Cert", "Client-Cert", "X-SSL-Client-Cert")
    }
    assert status(tls, connect(None), **sent) == 401


def test_taxii2_client(tls: Server, tmp_path: Path) -> None:
    room = tls.room()
    room.add(*(fakes.indicator(number) for number in range(7)))
    client = pki.Client("partner", by=PARTNER)
    tls.put(client.record())
    how = {"cert": client.write(tmp_path), "verify": str(tls.verify)}
    with v21.Server(f"{tls.url}/taxii2/", **how) as found:
        assert found.default.url == f"{tls.url}/hub/"
        for root in found.api_roots:
            root.close()
    with v21.Collection(room.url, **how) as collection:
        pages = list(v21.as_pages(collection.get_objects, per_request=3))
        assert [len(page["objects"]) for page in pages] == [3, 3, 1]
        answer = collection.add_objects({"objects": [fakes.indicator(8)]})
        assert answer.success_count == 1


def hub(tls: Server, folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments, "--ca-file", str(tls.verify)],
        cwd=folder,
        env={**environment(), "HUB_TOKEN": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_push_and_pull(tls: Server, tmp_path: Path) -> None:
    client = pki.Client("partner")
    tls.put(client.record())
    cert, key = client.write(tmp_path)
    Path(tmp_path, "both.pem").write_text(Path(key).read_text() + Path(cert).read_text())
    room = tls.room()
    (tmp_path / "in.json").write_bytes(fakes.body(fakes.indicator(1)))
    done = hub(tls, tmp_path, "push", room.url, "in.json", "--cert", cert, "--key", key)
    assert done.returncode == 0, done.stderr
    done = hub(tls, tmp_path, "pull", room.url, "--cert", "both.pem")
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout) == fakes.indicator(1)
    assert hub(tls, tmp_path, "pull", room.url).returncode == 4


def test_pull_with_one_that_is_refused(tls: Server, tmp_path: Path) -> None:
    url = f"{tls.url}/hub/collections/{fakes.uuid_of(1)}/"
    cert, key = pki.Client().write(tmp_path)
    done = hub(tls, tmp_path, "pull", url, "--cert", cert, "--key", key)
    assert (done.returncode, b"not bound" in done.stderr) == (4, True), done.stderr
    cert, key = pki.expired().write(tmp_path)
    done = hub(tls, tmp_path, "pull", url, "--cert", cert, "--key", key)
    assert done.returncode == 4, done.stderr
    assert b"does not take the client certificate" in done.stderr


@pytest.mark.skipif(not shutil.which("curl"), reason="the program curl is not installed")
def test_curl(tls: Server, tmp_path: Path) -> None:
    client = pki.Client()
    tls.put(client.record())
    cert, key = client.write(tmp_path)
    command = ["curl", "--silent", "--fail", "--cacert", str(tls.verify), "--cert", cert]
    done = subprocess.run(
        [*command, "--key", key, shared(tls)], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_nothing_secret_is_in_the_log(tls: Server, connect: Connect, tmp_path: Path) -> None:
    client = pki.Client()
    tls.put(record := client.record())
    assert status(tls, connect(client, "publisher")) == 200
    cert, key = client.write(tmp_path)
    until(lambda: f"token:publisher-works+certificate:{record.id}" in tls.log())
    log = tls.log()
    lines = Path(key).read_text().splitlines()[1:-1] + Path(cert).read_text().splitlines()[1:-1]
    assert [line for line in lines if line in log] == []
    for secret in (fakes.token_of("publisher"), fakes.PASSWORD, "PRIVATE KEY", "BEGIN CERT"):
        assert secret not in log


def test_another_authority_at_hup(tmp_path: Path) -> None:
    write_authorities(tmp_path)
    verify = str(write_certificate(tmp_path))
    client = pki.Client(by=pki.STRANGER)
    how = {"account": "", "cert": client.write(tmp_path)}
    with serving(tmp_path, SETTINGS, verify=verify) as server:
        server.put(client.record())
        path = f"/hub/collections/{fakes.uuid_of(1)}/"

        def lets_in() -> bool:
            try:
                return server.ask("GET", path, **how).status_code == 200
            except requests.ConnectionError:
                return False

        assert not lets_in()
        both = pki.pem_of(pki.AUTHORITY.certificate, pki.STRANGER.certificate)
        (tmp_path / "ca.pem").write_text(both, encoding="ascii")
        assert not lets_in(), "before HUP nothing changes"
        server.reload()
        until(lets_in)
        workers = server.workers()
        # A broken file changes nothing: the old CAs stay in use.
        (tmp_path / "ca.pem").write_text("broken", encoding="ascii")
        server.reload()
        until(lambda: "server.client_ca" in server.log())
        until(lambda: not workers & server.workers())
        assert lets_in()
        (tmp_path / "ca.pem").write_text(pki.pem_of(pki.AUTHORITY.certificate), encoding="ascii")
        server.reload()
        until(lambda: not lets_in())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "in PEM"),
        (b"nonsense", "in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "in PEM"),
        (pki.Client().pem.encode(), "no CA"),
    ],
    ids=["missing", "empty", "text", "broken", "a client's"],
)
def test_it_does_not_start_without_its_authorities(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    write_authorities(tmp_path)
    write_certificate(tmp_path)
    (tmp_path / "partner.pem").unlink()
    if content is not None:
        (tmp_path / "partner.pem").write_bytes(content)
    fakes.make_config(tmp_path, SETTINGS)
    done = subprocess.run(
        hub_command(tmp_path, "serve"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    for word in ("hub.toml", "`server.client_ca`", "partner.pem", said):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


BEHIND = """
[server]
port = 0
workers = 1
trusted_proxies = 1
proxy_networks = ["{network}"]
client_certificate_header = "X-Client-Cert"
"""


@pytest.mark.parametrize(("network", "believed"), [("127.0.0.1/32", 200), ("192.0.2.1/32", 401)])
def test_the_header_of_a_proxy(tmp_path: Path, network: str, believed: int) -> None:
    client = pki.Client()
    value = base64.b64encode(client.der).decode()
    path = f"/hub/collections/{fakes.uuid_of(1)}/"
    with serving(tmp_path, BEHIND.format(network=network)) as server:
        server.put(client.record())

        def answered(**headers: str) -> int:
            return server.ask("GET", path, account="", headers=headers).status_code

        assert answered(**{"X-Client-Cert": value}) == believed
        forged = {"X-Client-Cert": value, "X-Forwarded-For": "192.0.2.1"}
        assert answered(**forged) == believed
        # A header that only looks the same behind the gateway interface of Python.
        assert answered(X_Client_Cert=value) == 401
