"""Log-in with a password, what the cookie opens and what it does not, and how sessions end."""

from __future__ import annotations

import logging
import re
import time

import msgspec
import pytest

from hub.errors import Fault
from hub.service.credentials import hash_password
from hub.store.base import Act
from tests import fakes
from tests.http.asking import MEDIA_TYPE, Hub, Room, data
from tests.http.browser import URL, Browser
from tests.http.test_errors import STATUSES

LIST = "/api/v1/sessions"


def fault(answer) -> Fault:
    """Which error it is; its form is that of every error."""
    body = data(answer)
    found = Fault(body["error_code"])
    assert answer.status_code == STATUSES[found]
    assert body["error_id"] == answer.headers["X-Request-ID"]
    api = answer.request.path.startswith("/api/")
    assert answer.headers["Content-Type"] == ("application/json" if api else MEDIA_TYPE)
    return found


class TestLogIn:
    def test_says_who_one_is(self, browser: Browser, person: fakes.Account) -> None:
        body = data(browser.log_in(person.name))
        assert re.fullmatch(r"[\w-]{43}", body.pop("csrf_token"))
        session = body.pop("session")
        assert body == {
            "account": person.name,
            "org": "ministry",
            "roles": ["reader"],
            "credential": f"session:{session['id']}",
            "second_factor": "none",
            "recovery_codes": 0,
        }
        assert set(session) == {
            *("id", "method", "created", "used", "expires", "label", "address"),
        }
        assert (session["method"], session["label"]) == ("password", "Sample/1.0")
        assert session["address"] == "127.0.0.1"

    def test_the_cookie_is_for_this_host_and_not_for_scripts(
        self, browser: Browser, person: fakes.Account
    ) -> None:
        (header,) = browser.log_in(person.name).headers.getlist("Set-Cookie")
        name, *attributes = header.split("; ")
        assert re.fullmatch(r"hub-session=[\w-]{43}", name)
        assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=Lax"}

    def test_with_tls_it_is_secure_and_bound_to_the_host(self, hub: Hub) -> None:
        server = msgspec.structs.replace(hub.config.server, public_url="https://hub.example.org")
        config = msgspec.structs.replace(hub.config, server=server)
        (header,) = Browser(Hub(config, hub.store)).log_in().headers.getlist("Set-Cookie")
        assert header.startswith("__Host-hub-session=")
        assert set(header.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}

    def test_also_where_a_trusted_proxy_speaks_tls(self, hub: Hub) -> None:
        server = msgspec.structs.replace(hub.config.server, trusted_proxies=1)
        behind = Hub(msgspec.structs.replace(hub.config, server=server), hub.store)
        body = {"account": "reader", "password": fakes.PASSWORD}
        for proxied, start in ((behind, "__Host-hub-session="), (hub, "hub-session=")):
            headers = {"X-Forwarded-Proto": "https"}
            answer = Browser(proxied).post(URL, body, headers=headers)
            assert answer.headers["Set-Cookie"].startswith(start)
            assert ("Secure" in answer.headers["Set-Cookie"]) is (proxied is behind)

    def test_the_store_knows_no_secret(self, hub: Hub, inside: Browser) -> None:
        hub.store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = b"".join(
            path.read_bytes() for path in hub.config.store_path.parent.glob("hub.sqlite*")
        )
        assert data(inside.get())["session"]["id"].encode() in raw
        assert inside.secret.encode() not in raw
        assert inside.token.encode() not in raw

    def test_answers_are_kept_out_of_caches(self, inside: Browser) -> None:
        for answer in (inside.get(), inside.get(LIST), inside.post(URL, {})):
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert "Cookie" in answer.headers["Vary"]

    def test_another_id_with_each_log_in(self, browser: Browser, person: fakes.Account) -> None:
        """What somebody else put into the browser, or saw there before, opens nothing."""
        browser.client.set_cookie("hub-session", "planted")
        browser.log_in(person.name)
        first = browser.secret
        assert first != "planted"
        browser.log_in(person.name)
        assert browser.secret != first
        other = Browser(browser.hub)
        other.client.set_cookie("hub-session", first)
        assert not other.is_in(), "and the session before has ended"

    def test_of_another_account_ends_the_session_before(
        self, hub: Hub, inside: Browser, person: fakes.Account
    ) -> None:
        assert inside.log_in("reader").status_code == 200
        assert hub.store.list_sessions(person.name) == []

    def test_leaves_its_audit_line(self, hub: Hub, inside: Browser, person) -> None:
        act = fakes.acts(hub.store, 1)[0][1]
        session = data(inside.get())["session"]["id"]
        assert act == Act(person.name, "ministry", "session.start", session, "password")

    def test_a_long_program_name_is_cut_and_unprintable_is_left_out(
        self, browser: Browser, person: fakes.Account
    ) -> None:
        body = {"account": person.name, "password": fakes.PASSWORD}
        headers = {"User-Agent": "\x1b[31m" + "x" * 5000}
        label = data(browser.post(URL, body, headers=headers))["session"]["label"]
        assert label == "[31m" + "x" * 96


REFUSED = {
    "a wrong password": ("{person}", "wrong horse battery staple"),
    "an unknown account": ("nobody", fakes.PASSWORD),
    "an account that is switched off": ("disabled", fakes.PASSWORD),
    "no password": ("{person}", ""),
    "no account": ("", fakes.PASSWORD),
    "a token in place of the password": ("reader", fakes.token_of("reader")),
    "the stored hash": ("{person}", "{hash}"),
}


class TestRefused:
    @pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
    def test_all_alike(self, browser: Browser, person: fakes.Account, case) -> None:
        name, password = (
            text.format(person=person.name, hash=fakes.password_hash()) for text in case
        )
        answer = browser.log_in(name, password)
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert data(answer)["description"] == (
            "the account or the password is wrong, or the account is switched off."
        )
        assert "Set-Cookie" not in answer.headers
        assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="hub"']

    def test_an_unknown_account_takes_as_long_as_a_wrong_password(self, browser: Browser) -> None:
        def seconds(account: str) -> float:
            times = []
            for number in range(5):
                begun = time.thread_time()
                assert browser.log_in(account, f"{account}{number}").status_code == 401
                times.append(time.thread_time() - begun)
            return min(times)

        known, unknown = seconds("reader"), seconds("nobody-of-that-name")
        assert 0.5 < known / unknown < 2

    def test_is_logged_without_the_password(
        self, browser: Browser, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO):
            browser.log_in("reader", "not the password")
        (line,) = [record for record in caplog.records if record.name == "hub.login"]
        assert line.fields == {"method": "password", "who": "reader", "address": "127.0.0.1"}
        assert "not the password" not in str([vars(record) for record in caplog.records])

    def test_nor_is_a_password_in_the_field_of_the_account(
        self, browser: Browser, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO):
            browser.log_in(fakes.PASSWORD, "x")
        assert fakes.PASSWORD not in str([vars(record) for record in caplog.records])

    @pytest.mark.parametrize(
        "body",
        [
            [],
            "x",
            {},
            {"account": "reader"},
            {"account": 1, "password": "x"},
            {"account": "reader", "password": None},
            {"account": "x" * 201, "password": "x"},
            {"account": "x", "password": "x" * 1001},
        ],
    )
    def test_other_bodies(self, hub: Hub, body) -> None:
        answer = hub.app.test_client().post(URL, json=body)
        assert fault(answer) is Fault.BAD_BODY
        assert "account, password" in data(answer)["description"]

    @pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"account": "\\ud800"}', b"[" * 9999])
    def test_what_is_no_json(self, hub: Hub, raw) -> None:
        answer = hub.app.test_client().post(URL, data=raw, content_type="application/json")
        assert fault(answer) is Fault.BAD_BODY

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/x"]
    )
    def test_what_a_form_of_another_site_could_send(self, hub: Hub, content_type) -> None:
        body = b'{"account": "reader", "password": "correct horse battery staple"}'
        answer = hub.app.test_client().post(URL, data=body, content_type=content_type)
        assert fault(answer) is Fault.UNSUPPORTED_MEDIA

    def test_a_large_body(self, hub: Hub) -> None:
        body = {"account": "reader", "password": "x" * 300_000}
        assert fault(hub.app.test_client().post(URL, json=body)) is Fault.TOO_LARGE

    def test_a_password_that_changes_while_it_is_verified(
        self, hub: Hub, person: fakes.Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The session would begin with a password that is the old one by then."""
        start = hub.store.start_session

        def late(*arguments, **more):
            monkeypatch.setattr(hub.store, "start_session", start)
            hub.put(msgspec.structs.replace(person, password=hash_password("another long one")))
            return start(*arguments, **more)

        monkeypatch.setattr(hub.store, "start_session", late)
        assert fault(Browser(hub).log_in(person.name)) is Fault.UNAUTHENTICATED
        assert hub.store.list_sessions(person.name) == []


class TestWho:
    def test_by_session(self, inside: Browser, person: fakes.Account) -> None:
        body = data(inside.get())
        assert (body["account"], body["csrf_token"]) == (person.name, inside.token)

    def test_the_access_log_names_account_and_session(
        self, inside: Browser, person, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "hub.access"):
            session = data(inside.get())["session"]["id"]
        fields = caplog.records[-1].fields
        assert (fields["account"], fields["credential"]) == (person.name, f"session:{session}")
        assert inside.secret not in str(fields)

    @pytest.mark.parametrize("cookie", ["", "x", "\x00", "ấ", "x" * 3000, "a b;c"])
    def test_without(self, browser: Browser, cookie: str) -> None:
        if cookie:
            browser.client.set_cookie("hub-session", cookie)
        answer = browser.get()
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="hub"']

    def test_by_header(self, browser: Browser) -> None:
        body = data(browser.get(headers=fakes.bearer("coordinator")))
        assert body["account"] == "coordinator"
        assert body["credential"] == "token:coordinator-works"
        assert (body["session"], body["csrf_token"]) == (None, None)

    def test_the_header_goes_before_the_cookie(self, inside: Browser) -> None:
        assert data(inside.get(headers=fakes.bearer("partner")))["account"] == "partner"
        assert fault(inside.get(headers={"Authorization": "Bearer x"})) is Fault.UNAUTHENTICATED


class TestTaxii:
    """TAXII takes header credentials only: nothing that a browser sends by itself."""

    @pytest.mark.parametrize("tail", ["", "objects/", "manifest/"])
    def test_a_session_reads_nothing(self, hub: Hub, room: Room, inside: Browser, tail) -> None:
        assert inside.get(room.url + tail).status_code == 401
        assert hub.get(room.url + tail, account="reader").status_code == 200

    def test_a_session_publishes_and_deletes_nothing(self, hub: Hub, room: Room) -> None:
        browser = Browser(hub)
        browser.log_in("publisher")
        room.add(fakes.indicator(1))
        headers = {"Content-Type": "application/taxii+json;version=2.1"}
        path = f"{room.url}objects/"
        sent = browser.client.post(path, data=fakes.body(fakes.indicator(2)), headers=headers)
        assert sent.status_code == 401
        gone = browser.client.delete(f"{path}{fakes.indicator(1)['id']}/")
        assert gone.status_code == 401
        assert room.objects() == [fakes.indicator(1)]

    def test_a_session_is_nobody_where_anybody_reads(self, hub: Hub) -> None:
        browser = Browser(hub)
        browser.log_in("publisher")
        listed = data(browser.get("/hub/collections/"))["collections"]
        assert {item["id"] for item in listed} == {
            item.id for item in hub.store.directory().collections.values() if item.public
        }


class TestEnd:
    def test_log_out(self, hub: Hub, inside: Browser, person: fakes.Account) -> None:
        before = inside.secret
        answer = inside.delete()
        assert (answer.status_code, answer.data) == (204, b"")
        assert inside.secret == ""
        assert hub.store.list_sessions(person.name) == []
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        inside.client.set_cookie("hub-session", before)
        assert not inside.is_in()

    def test_log_out_without_a_session(self, browser: Browser) -> None:
        browser.client.set_cookie("hub-session", "old")
        assert browser.delete().status_code == 204
        assert browser.secret == ""

    def test_own_sessions_are_listed(self, hub: Hub, inside: Browser, person) -> None:
        other = Browser(hub)
        other.log_in(person.name)
        found = data(inside.get(LIST))["sessions"]
        assert [item["current"] for item in found] == [True, False]
        assert [item["waits"] for item in found] == [False, False]
        assert found[0]["id"] == data(inside.get())["session"]["id"]
        assert found[1]["id"] == data(other.get())["session"]["id"]

    def test_one_of_them(self, hub: Hub, inside: Browser, person: fakes.Account) -> None:
        other = Browser(hub)
        other.log_in(person.name)
        target = data(other.get())["session"]["id"]
        assert inside.delete(f"{LIST}/{target}").status_code == 204
        assert (inside.is_in(), other.is_in()) == (True, False)
        assert fault(inside.delete(f"{LIST}/{target}")) is Fault.ABSENT

    def test_not_that_of_somebody_else(self, hub: Hub, inside: Browser) -> None:
        other = Browser(hub)
        target = data(other.log_in("partner"))["session"]["id"]
        assert fault(inside.delete(f"{LIST}/{target}")) is Fault.ABSENT
        assert other.is_in()
        assert target not in str(data(inside.get(LIST)))

    def test_all_of_them(self, hub: Hub, inside: Browser, person: fakes.Account) -> None:
        others = [Browser(hub), Browser(hub)]
        for other, account in zip(others, (person.name, "partner"), strict=True):
            other.log_in(account)
        assert inside.delete(LIST).status_code == 204
        assert [b.is_in() for b in (inside, *others)] == [False, False, True]
        assert inside.secret == ""

    @pytest.mark.parametrize("change", [{"disabled": True}, {"password": "other"}])
    def test_with_the_account(self, hub: Hub, inside: Browser, person, change) -> None:
        hub.put(msgspec.structs.replace(person, **change))
        assert not inside.is_in()
        hub.put(person)
        assert not inside.is_in()

    def test_roles_count_from_the_next_request_on(self, hub: Hub, inside: Browser, person) -> None:
        hub.put(msgspec.structs.replace(person, roles=fakes.ROLES["coordinator"]))
        assert data(inside.get())["roles"] == ["coordinator", "reader"]


def test_limits_follow_the_settings(tmp_path) -> None:
    clock = fakes.Clock()
    config = fakes.make_config(tmp_path, "[session]\nhours = 2\nidle_minutes = 30")
    store = fakes.open_store(config.store_path, clock=clock)
    fakes.populate(store)
    browser = Browser(Hub(config, store))
    browser.log_in()
    for _ in range(3):
        clock.advance(30 * 60 - 1)
        assert browser.is_in()
    clock.advance(30 * 60)
    assert not browser.is_in(), "half an hour without use"
    browser.log_in()
    for _ in range(5):
        clock.advance(20 * 60)
        assert browser.is_in()
    clock.advance(20 * 60)
    assert not browser.is_in(), "two hours in all"
    store.close()


@pytest.mark.parametrize("name", [Fault.STORE_DOWN, Fault.BUSY])
def test_the_store_is_down(hub: Hub, person: fakes.Account, name: Fault) -> None:
    broken = Hub(hub.config, fakes.Outage(hub.store))
    browser = Browser(broken)
    browser.log_in(person.name)
    broken.store.fault = name
    for method, path, body in (
        ("POST", URL, {"account": person.name, "password": fakes.PASSWORD}),
        ("GET", URL, None),
        ("DELETE", URL, None),
        ("GET", LIST, None),
        ("DELETE", LIST, None),
        ("POST", f"{URL}/second-factor", {"code": "1"}),
        ("POST", f"{URL}/totp", None),
    ):
        assert fault(browser.ask(method, path, body)) is name
    broken.store.fault = None
    assert browser.is_in()


@pytest.mark.parametrize("path", [URL, LIST, f"{URL}/totp", f"{URL}/second-factor"])
def test_other_methods_are_405(hub: Hub, path: str) -> None:
    answer = hub.app.test_client().put(path)
    assert fault(answer) is Fault.METHOD
