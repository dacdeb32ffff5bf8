"""A browser sends the cookie whoever made it ask: what other sites can make it do is nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Fault
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.browser import URL, Browser
from tests.http.test_sessions import LIST, fault

CHANGES = {
    "second factor": ("POST", f"{URL}/second-factor", {"code": "123456"}),
    "log-out": ("DELETE", URL, None),
    "end one": ("DELETE", f"{LIST}/x", None),
    "end all": ("DELETE", LIST, None),
    "offer": ("POST", f"{URL}/totp", None),
    "confirm": ("POST", f"{URL}/totp/confirm", {"code": "123456"}),
    "remove": ("POST", f"{URL}/totp/remove", {"code": "123456"}),
}
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)

HERE = "http://localhost"
"""The origin of the test client's requests."""

SITES = {
    "no mark": ({"Sec-Fetch-Site": None}, False),
    "another site": ({"Sec-Fetch-Site": "cross-site"}, False),
    "another host of the domain": ({"Sec-Fetch-Site": "same-site"}, False),
    "typed by the user": ({"Sec-Fetch-Site": "none"}, False),
    "an invented mark": ({"Sec-Fetch-Site": "Same-Origin"}, False),
    "an empty mark": ({"Sec-Fetch-Site": ""}, False),
    "own page": ({"Sec-Fetch-Site": "same-origin"}, True),
    "own page, older browser": ({"Sec-Fetch-Site": None, "Origin": HERE}, True),
    "both marks": ({"Origin": HERE}, True),
    "both, and they differ": ({"Origin": "http://evil.example"}, False),
    "another origin": ({"Sec-Fetch-Site": None, "Origin": "http://evil.example"}, False),
    "another port": ({"Sec-Fetch-Site": None, "Origin": f"{HERE}:8080"}, False),
    "another scheme": ({"Sec-Fetch-Site": None, "Origin": "https://localhost"}, False),
    "it begins alike": ({"Sec-Fetch-Site": None, "Origin": f"{HERE}.evil.example"}, False),
    "a sandbox": ({"Sec-Fetch-Site": None, "Origin": "null"}, False),
    "an empty origin": ({"Sec-Fetch-Site": None, "Origin": ""}, False),
}
every_site = pytest.mark.parametrize(("headers", "allowed"), SITES.values(), ids=SITES)


class TestOrigin:
    @every_site
    def test_of_a_change(self, inside: Browser, headers, allowed) -> None:
        answer = inside.delete(headers=headers)
        if allowed:
            assert answer.status_code == 204
        else:
            assert fault(answer) is Fault.DENIED
            assert inside.is_in()

    @every_change
    def test_of_every_change(self, inside: Browser, change) -> None:
        method, path, body = change
        answer = inside.ask(method, path, body, headers={"Sec-Fetch-Site": "cross-site"})
        assert fault(answer) is Fault.DENIED
        assert data(answer)["details"] == {"field": "Sec-Fetch-Site"}
        assert inside.is_in()

    @every_site
    def test_of_a_log_in(self, browser: Browser, person, headers, allowed) -> None:
        """Or another site could log somebody in as its own account, and watch."""
        body = {"account": person.name, "password": fakes.PASSWORD}
        answer = browser.post(URL, body, headers=headers)
        if allowed or headers == {"Sec-Fetch-Site": None}:
            assert answer.status_code == 200, "a program has no page"
        else:
            assert fault(answer) is Fault.DENIED

    def test_the_public_address_counts_behind_a_proxy(self, hub: Hub, person) -> None:
        server = msgspec.structs.replace(
            hub.config.server, public_url="https://Hub.example.org:443/"
        )
        config = msgspec.structs.replace(hub.config, server=server)
        browser = Browser(Hub(config, hub.store))
        body = {"account": person.name, "password": fakes.PASSWORD}
        for origin, status in (("https://hub.example.org", 200), ("http://hub.example.org", 403)):
            headers = {"Sec-Fetch-Site": None, "Origin": origin}
            assert browser.post(URL, body, headers=headers).status_code == status

    def test_reading_needs_none(self, inside: Browser) -> None:
        headers = {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": None}
        assert inside.get(headers=headers).status_code == 200


class TestToken:
    @every_change
    @pytest.mark.parametrize("token", [None, "", "x", "ấ"])
    def test_of_every_change(self, inside: Browser, change, token) -> None:
        method, path, body = change
        sent = token.encode().decode("latin-1") if token else token
        answer = inside.ask(method, path, body, headers={"X-CSRF-Token": sent})
        assert fault(answer) is Fault.DENIED
        assert data(answer)["details"] == {"field": "X-CSRF-Token"}
        assert inside.is_in()

    def test_of_another_session(self, hub: Hub, inside: Browser, person) -> None:
        other = Browser(hub)
        other.log_in(person.name)
        assert fault(inside.delete(headers={"X-CSRF-Token": other.token})) is Fault.DENIED

    def test_of_the_session_before_the_second_factor(self, hub: Hub, inside, person) -> None:
        phone = inside.enrol()
        other = Browser(hub)
        other.log_in(person.name)
        before = other.token
        other.give(phone.code())
        assert fault(other.delete(headers={"X-CSRF-Token": before})) is Fault.DENIED

    def test_stays_the_same_within_a_session(self, inside: Browser) -> None:
        assert data(inside.get())["csrf_token"] == data(inside.get())["csrf_token"]

    def test_is_not_the_secret(self, inside: Browser) -> None:
        assert inside.token not in inside.secret
        assert inside.secret not in inside.token


class TestHeader:
    """Browsers also repeat Basic credentials by themselves, once they have them."""

    def test_a_foreign_page_changes_nothing_with_them(self, hub: Hub, browser: Browser) -> None:
        headers = fakes.basic("reader") | {"Sec-Fetch-Site": "cross-site"}
        assert fault(browser.post(f"{URL}/totp", headers=headers)) is Fault.UNAUTHENTICATED

    def test_a_header_does_not_replace_the_token(self, inside: Browser) -> None:
        headers = fakes.bearer("reader") | {"X-CSRF-Token": None}
        assert fault(inside.delete(LIST, headers=headers)) is Fault.DENIED
        assert inside.is_in()


HOSTS = ["x:99999", "x:y", "[", "[::1", "[::1]:80", "a b", "x" * 300, "ấ", "", ":", "x:", "//x"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("origin", ["http://x:99999", "http://[", "null", "http://localhost"])
def test_any_host_and_origin(hub: Hub, person: fakes.Account, host: str, origin: str) -> None:
    """Refused or not, but never a fault of the hub."""
    environ = {"HTTP_HOST": host.encode().decode("latin-1"), "HTTP_ORIGIN": origin}
    answer = hub.app.test_client().post(
        URL,
        json={"account": person.name, "password": fakes.PASSWORD},
        environ_overrides=environ,
    )
    assert answer.status_code in {400, 403}, answer.data


class TestAnything:
    """Whatever is sent: never a fault of the hub."""

    latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=80)

    @settings(max_examples=100)
    @given(
        cookie=latin,
        site=st.none() | st.sampled_from(["same-origin", "cross-site"]) | latin,
        token=latin,
        body=st.binary(max_size=100) | st.sampled_from([b'{"code": "1"}', b'{"code": "\\ud800"}']),
        change=st.sampled_from(list(CHANGES.values())),
    )
    def test_in_a_change(self, hub: Hub, cookie, site, token, body, change) -> None:
        method, path, _ = change
        environ = {"HTTP_COOKIE": f"hub-session={cookie}; hub-oidc={cookie}"}
        environ |= {"HTTP_X_CSRF_TOKEN": token}
        environ |= {"HTTP_SEC_FETCH_SITE": site} if site is not None else {}
        answer = hub.app.test_client(use_cookies=False).open(
            path,
            method=method,
            data=body,
            content_type="application/json",
            environ_overrides=environ,
        )
        assert answer.status_code < 500, answer.data

    @settings(max_examples=60)
    @given(code=st.text(max_size=40), header=latin)
    def test_in_a_code(self, hub: Hub, code: str, header: str) -> None:
        browser = Browser(hub)
        account = fakes.Account("person-any", "ministry", password=fakes.password_hash())
        if account.name not in hub.store.directory().accounts:
            hub.put(account)
            browser.log_in(account.name)
            browser.enrol()
        browser.log_in(account.name)
        answer = browser.post(
            f"{URL}/second-factor", {"code": code}, headers={"X-Request-ID": header}
        )
        assert answer.status_code == 401, answer.data

    @settings(max_examples=60)
    @given(name=st.text(max_size=250), password=st.text(max_size=60))
    def test_in_a_log_in(self, hub: Hub, name: str, password: str) -> None:
        answer = Browser(hub).post(URL, {"account": name, "password": password})
        assert answer.status_code in {400, 401}, answer.data
