"""Client certificates: whom they stand for, beside other credentials, and from a proxy."""

from __future__ import annotations

import base64
import ssl
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from werkzeug.test import TestResponse

from hub.model.clock import now_us
from hub.model.party import Account, Certificate, Role, Token
from hub.service.credentials import digest as token_digest
from tests import fakes, pki
from tests.http.asking import Hub, Room, data

SHARED = f"/hub/collections/{fakes.uuid_of(1)}/objects/"
PROXY = "192.0.2.10"
HEADER = "X-Client-Cert"


class Connection(ssl.SSLSocket):
    """A TLS connection whose other end showed this certificate."""

    def __init__(self, der: bytes | None) -> None:
        self.der = der

    def getpeercert(self, binary_form: bool = False) -> Any:
        assert binary_form
        return self.der

    def __del__(self) -> None:
        pass


def serving(hub: Hub, **server: Any) -> Hub:
    """The same hub with other settings of [server]."""
    changed = msgspec.structs.replace(hub.config.server, **server)
    return Hub(msgspec.structs.replace(hub.config, server=changed), hub.store)


@pytest.fixture
def tls(hub: Hub) -> Hub:
    """A hub that asks clients for certificates."""
    return serving(hub, client_ca=("ca.pem",), tls_cert="c", tls_key="k")


def ask(
    hub: Hub, client: pki.Client | None, account: str = "", path: str = SHARED, **how: Any
) -> TestResponse:
    connection = Connection(client.der if client else None)
    environ = {"gunicorn.socket": connection}
    return hub.ask("GET", path, account=account, environ_overrides=environ, **how)


def record_of(hub: Hub, client: pki.Client) -> Certificate:
    return hub.store.directory().certificates[client.record().digest]


def reason(answer: TestResponse) -> str:
    assert answer.status_code == 401, answer.data
    body = data(answer)
    assert body["error_code"] == "unauthenticated"
    assert len(answer.headers.getlist("WWW-Authenticate")) == 2
    return str(body["description"])


@pytest.fixture
def client(hub: Hub) -> pki.Client:
    """A certificate of `publisher`."""
    made = pki.Client()
    hub.put(made.record())
    return made


def test_a_certificate_logs_in(tls: Hub, client: pki.Client) -> None:
    assert ask(tls, client).status_code == 200
    assert ask(tls, None).status_code == 401


def test_it_has_the_rights_of_its_account(tls: Hub, room: Room) -> None:
    writer, reader = pki.Client("publisher"), pki.Client("reader")
    tls.put(writer.record(), reader.record())
    path, body = f"{room.url}objects/", fakes.body(fakes.indicator(1))
    for client, expected in ((reader, 403), (writer, 202)):
        environ = {"gunicorn.socket": Connection(client.der)}
        answer = tls.ask("POST", path, account="", body=body, environ_overrides=environ)
        assert answer.status_code == expected
    assert room.objects() == [fakes.indicator(1)]


def test_without_ca_no_certificate_counts(hub: Hub, client: pki.Client) -> None:
    assert ask(hub, client).status_code == 401
    assert ask(hub, client, "publisher").status_code == 200


def test_a_certificate_that_nobody_bound(tls: Hub) -> None:
    client = pki.Client()
    text = reason(ask(tls, client))
    assert client.record().digest.hex() in text
    assert "not bound" in text
    # It does not fall back to a token, nor to what is public.
    assert "not bound" in reason(ask(tls, client, "publisher"))
    public = f"/hub/collections/{fakes.collection('public').id}/objects/"
    assert ask(tls, None, path=public).status_code == 200
    assert "not bound" in reason(ask(tls, client, path=public))


def test_a_revoked_certificate(tls: Hub, client: pki.Client) -> None:
    record = record_of(tls, client)
    tls.put(msgspec.structs.replace(record, revoked_us=now_us()))
    assert "was revoked" in reason(ask(tls, client))
    # A second record of the same certificate does not bring it back.
    tls.put(client.record())
    assert "was revoked" in reason(ask(tls, client))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires_us": now_us() - 1}, "has expired on"),
        ({"not_before_us": now_us() + 3_600_000_000}, "is not valid before"),
        ({"account": "disabled"}, "is switched off"),
        ({"account": "nobody"}, "is switched off"),
    ],
)
def test_what_ends_its_power(tls: Hub, changes: dict[str, Any], said: str) -> None:
    client = pki.Client()
    record = client.record()
    tls.put(record)
    assert ask(tls, client).status_code == 200
    tls.put(msgspec.structs.replace(record, **changes))
    assert said in reason(ask(tls, client))


def test_beside_a_credential_of_the_same_account(
    tls: Hub, client: pki.Client, caplog: pytest.LogCaptureFixture
) -> None:
    for headers in (fakes.bearer("publisher"), fakes.basic("publisher")):
        assert ask(tls, client, headers=headers).status_code == 200
    with caplog.at_level("INFO", logger="hub.access"):
        ask(tls, client, "publisher")
    (line,) = caplog.records
    expected = f"token:publisher-works+certificate:{record_of(tls, client).id}"
    assert line.fields["credential"] == expected
    assert line.fields["account"] == "publisher"


def test_beside_a_credential_of_another_account(tls: Hub, client: pki.Client) -> None:
    for headers in (fakes.bearer("partner"), fakes.basic("partner")):
        assert "different accounts" in reason(ask(tls, client, headers=headers))
    # Wrong credentials are told nothing of it.
    assert "different" not in reason(ask(tls, client, headers={"Authorization": "Bearer x"}))


def test_a_read_only_token_stays_read_only(tls: Hub, client: pki.Client, room: Room) -> None:
    environ = {"gunicorn.socket": Connection(client.der)}
    answer = tls.ask(
        "POST",
        f"{room.url}objects/",
        headers=fakes.bearer("publisher", read_only=True),
        body=fakes.body(fakes.indicator(1)),
        environ_overrides=environ,
    )
    assert answer.status_code == 403


def test_an_account_that_demands_a_certificate(tls: Hub) -> None:
    client = pki.Client("guarded")
    token, secret = Token("g", "guarded", b"", now_us() + 60_000_000), "hub_" + "g" * 43
    tls.put(
        Account(
            "guarded", "ministry", frozenset(Role), fakes.password_hash(), certificate_only=True
        ),
        msgspec.structs.replace(token, digest=token_digest(secret)),
        client.record(),
    )
    ways = ({"Authorization": f"Bearer {secret}"}, fakes.basic("guarded"))
    for headers in ways:
        assert "client certificate only" in reason(ask(tls, None, headers=headers))
        assert ask(tls, client, headers=headers).status_code == 200
        # Where no certificate can be shown, it is not let in either.
        assert "certificate only" in reason(
            ask(serving(tls, client_ca=()), client, headers=headers)
        )
    assert ask(tls, client).status_code == 200
    # A wrong password is not told that it lacks a certificate.
    assert "certificate" not in reason(ask(tls, None, headers=fakes.basic("guarded", "x" * 12)))


# Behind a proxy.


@pytest.fixture
def behind(hub: Hub) -> Hub:
    """A hub behind a proxy that hands certificates on."""
    return serving(
        hub,
        trusted_proxies=1,
        proxy_networks=(f"{PROXY}/32", "2001:db8::/64"),
        client_certificate_header=HEADER,
    )


def forwarded(
    hub: Hub, value: str, peer: str = PROXY, header: str = HEADER, **headers: str
) -> TestResponse:
    sent = {header: value, "X-Forwarded-For": "198.51.100.7"} | headers
    return hub.get(SHARED, account="", headers=sent, environ_overrides={"REMOTE_ADDR": peer})


def coded(client: pki.Client) -> str:
    return base64.b64encode(client.der).decode()


FORMS = {
    "nginx": lambda client: quote(client.pem, safe=""),
    "AWS": lambda client: quote(client.pem, safe="+=/"),
    "plain PEM on one line": lambda client: client.pem.replace("\n", " "),
    "RFC 9440": lambda client: f":{coded(client)}:",
    "HAProxy": coded,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms_of_the_header(behind: Hub, client: pki.Client, form: Any) -> None:
    assert forwarded(behind, form(client)).status_code == 200


@pytest.mark.parametrize(
    "peer", ["2001:db8::5", "::ffff:192.0.2.10"], ids=["version 6", "version 4 in version 6"]
)
def test_addresses_of_a_proxy(behind: Hub, client: pki.Client, peer: str) -> None:
    assert forwarded(behind, coded(client), peer).status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.11", "198.51.100.7", "2001:db9::1", "", "nonsense"])
def test_nobody_else_is_believed(behind: Hub, client: pki.Client, peer: str) -> None:
    for headers in (
        {},
        {"X-Forwarded-For": PROXY},
        {"X-Forwarded-For": f"{PROXY}, {PROXY}", "Forwarded": f"for={PROXY}"},
        {"X-Real-IP": PROXY, "X-Original-Remote-Addr": PROXY},
    ):
        assert reason(forwarded(behind, coded(client), peer, **headers)) == reason(
            forwarded(behind, "", peer)
        )


def test_the_header_is_nothing_without_the_setting(hub: Hub, client: pki.Client) -> None:
    for settings in ({}, {"trusted_proxies": 1}):
        assert forwarded(serving(hub, **settings), coded(client)).status_code == 401


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "%",
        "%FF",
        "é",
        ":",
        "::",
        ":AAAA",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
        "A" * 8000,
        f"{base64.b64encode(b'x').decode()}, {base64.b64encode(b'y').decode()}",
    ],
)
def test_what_is_no_certificate(behind: Hub, value: str) -> None:
    answer = forwarded(behind, value, Authorization=fakes.bearer("publisher")["Authorization"])
    assert reason(answer)


def test_two_certificates_are_none(behind: Hub, client: pki.Client) -> None:
    assert "cannot be read" in reason(forwarded(behind, f"{coded(client)},{coded(client)}"))


def test_a_certificate_of_the_proxy_itself_is_not_the_client(hub: Hub, client: pki.Client) -> None:
    both = serving(
        hub,
        client_ca=("ca.pem",),
        trusted_proxies=1,
        proxy_networks=(f"{PROXY}/32",),
        client_certificate_header=HEADER,
    )
    for peer, expected in ((PROXY, 401), ("192.0.2.11", 200)):
        environ = {"gunicorn.socket": Connection(client.der), "REMOTE_ADDR": peer}
        answer = both.get(SHARED, account="", environ_overrides=environ)
        assert answer.status_code == expected


def test_tokens_work_through_the_proxy_as_before(behind: Hub) -> None:
    headers = fakes.bearer("publisher") | {"X-Forwarded-For": "198.51.100.7"}
    environ = {"REMOTE_ADDR": PROXY}
    answer = behind.get(SHARED, account="", headers=headers, environ_overrides=environ)
    assert answer.status_code == 200
