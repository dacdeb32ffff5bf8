"""Log-ins on a running hub with two workers: sessions are the same in both, codes are taken once."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import requests

from tests import fakes
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import DEFAULTS, Server, serving
from tests.http.browser import URL, Phone
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running


class Page:
    """A page of the hub in a browser, over real connections."""

    def __init__(self, server: Server, origin: str = "") -> None:
        self.url = server.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = server.verify
        self._origin = origin or server.url
        self.token = ""

    def ask(self, method: str, path: str = URL, body: object = None) -> requests.Response:
        headers = {"Origin": self._origin, "X-CSRF-Token": self.token}
        answer = self.session.request(
            method, self.url + path, headers=headers, json=body, timeout=60, allow_redirects=False
        )
        if answer.content and "csrf_token" in answer.json():
            self.token = answer.json()["csrf_token"]
        return answer

    def log_in(self, account: str = "reader") -> requests.Response:
        return self.ask("POST", body={"account": account, "password": fakes.PASSWORD})

    def give(self, code: str) -> requests.Response:
        return self.ask("POST", f"{URL}/second-factor", {"code": code})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("log-in")) as running_server:
        yield running_server


def test_every_worker_knows_the_session_and_its_end(server: Server) -> None:
    page = Page(server)
    assert page.log_in().status_code == 200
    assert {page.ask("GET").status_code for _ in range(20)} == {200}
    old = page.session.cookies.copy()
    assert page.ask("DELETE").status_code == 204
    page.session.cookies = old
    assert {page.ask("GET").status_code for _ in range(20)} == {401}


def test_a_command_ends_it_at_once(server: Server) -> None:
    page = Page(server)
    page.log_in("publisher")
    act = fakes.Act("console", "", "session.end", "all")
    assert server.store.end_sessions(act, account="publisher") == 1
    assert {page.ask("GET").status_code for _ in range(10)} == {401}


def test_of_one_code_at_many_workers_one_is_taken(server: Server) -> None:
    first = Page(server)
    first.log_in("coordinator")
    phone = Phone(first.ask("POST", f"{URL}/totp").json()["secret"])
    confirmed = first.ask("POST", f"{URL}/totp/confirm", {"code": phone.code()})
    assert confirmed.status_code == 200, confirmed.text
    pages = [Page(server) for _ in range(4)]
    for page in pages:
        assert page.log_in("coordinator").json()["second_factor"] == "needed"
    code, start = phone.code(), Barrier(len(pages))

    def give(page: Page) -> int:
        start.wait(60)
        return page.give(code).status_code

    with ThreadPoolExecutor(len(pages)) as pool:
        statuses = sorted(pool.map(give, pages))
    assert statuses == [200, 401, 401, 401]
    assert server.store.factor("coordinator").step > 0


def test_the_log_holds_no_secret(server: Server) -> None:
    page = Page(server)
    page.log_in()
    page.ask("GET")
    text = server.log()
    assert "/api/v1/session" in text
    for secret in (page.token, page.session.cookies["hub-session"], fakes.PASSWORD):
        assert secret not in text


def test_what_has_ended_is_purged(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.store.offer_factor("reader", b"long ago")
    with server.store.database.writing() as connection:
        connection.execute("UPDATE factor SET offered_us = 0")
    try:
        server.start()
        end = time.monotonic() + 60
        while server.store.factor("reader"):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        server.stop()


def test_over_tls(tmp_path: Path) -> None:
    cert = write_certificate(tmp_path)
    settings = f'{DEFAULTS}tls_cert = "server.pem"\ntls_key = "server-key.pem"\n'
    with serving(tmp_path, settings, verify=str(cert)) as server:
        page = Page(server)
        answer = page.log_in()
        assert answer.status_code == 200, answer.text
        assert re.fullmatch(
            r"__Host-hub-session=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax",
            answer.headers["Set-Cookie"],
        )
        assert page.ask("GET").json()["account"] == "reader"
        assert page.ask("DELETE").status_code == 204


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as made:
        yield made


def test_through_a_provider(tmp_path: Path, provider: OpenIdProvider) -> None:
    """Each step may meet another worker."""
    public = "http://hub.example.org"
    (tmp_path / "oidc.secret").write_text(CLIENT_SECRET)
    (tmp_path / "oidc.secret").chmod(0o600)
    settings = (
        f'{DEFAULTS}public_url = "{public}"\n[oidc]\nissuer = "{provider.issuer}"\n'
        f'client_id = "{CLIENT_ID}"\nclient_secret_file = "oidc.secret"\n'
    )
    provider.redirect_uris = {f"{public}{URL}/oidc/callback"}
    with serving(tmp_path, settings) as server:
        account = fakes.Account("an", "grid", oidc=(provider.issuer, "subject-1"))
        server.put(account)
        for _ in range(4):
            page = Page(server, public)
            there = page.ask("GET", f"{URL}/oidc/start")
            assert there.status_code == 302, there.text
            address = provider.consent(there.headers["Location"])
            back = page.ask("GET", address.removeprefix(public))
            assert back.status_code == 200, back.text
            assert back.json()["account"] == "an"
            assert page.ask("GET").status_code == 200
            code = address.partition("code=")[2].partition("&")[0]
            assert code not in server.log()
        assert CLIENT_SECRET not in server.log()
        assert all(json.dumps(line) for line in server.log_lines())


def test_it_does_not_start_without_the_secret_of_the_provider(tmp_path: Path) -> None:
    settings = (
        f'{DEFAULTS}public_url = "https://hub.example.org"\n[oidc]\n'
        'issuer = "https://id.example.org"\nclient_id = "x"\nclient_secret_file = "none"\n'
    )
    server = Server(tmp_path, settings)
    with pytest.raises(AssertionError, match=r"oidc\.client_secret_file"):
        server.start()
    server.stop()
