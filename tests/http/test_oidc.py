"""Log-in through an OpenID provider that runs, over HTTP; and what a dishonest one meets."""

from __future__ import annotations

import base64
import hmac
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from flask import Response
from joserfc.jwk import KeySet

from hub.errors import Fault, HubError
from hub.model.party import Account
from hub.service import openid
from hub.service.oidc import Provider
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.browser import URL, Browser
from tests.http.test_sessions import fault
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, new_key, running
from tests.web.surfing import Surfer

START, BACK = f"{URL}/oidc/start", f"{URL}/oidc/callback"
CROSS = {"Sec-Fetch-Site": "cross-site"}
SETTINGS = """
[server]
public_url = "http://localhost"
[oidc]
issuer = "{issuer}"
client_id = "{client}"
client_secret_file = "oidc.secret"
{more}
"""


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as made:
        made.redirect_uris = {f"http://localhost{BACK}"}
        yield made


def open_hub(folder: Path, provider: OpenIdProvider, more: str = "") -> Hub:
    """A hub with that provider; `reader` is linked to its `subject-1`."""
    secret = folder / "oidc.secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    secret.chmod(0o600)
    text = SETTINGS.format(issuer=provider.issuer, client=CLIENT_ID, more=more)
    config = fakes.make_config(folder, text)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    hub = Hub(config, store)
    link(hub, "reader", (provider.issuer, "subject-1"))
    return hub


def link(hub: Hub, name: str, oidc: tuple[str, str] | None, **changes) -> None:
    account = hub.store.directory().accounts[name]
    hub.put(msgspec.structs.replace(account, oidc=oidc, **changes))


@pytest.fixture
def linked(tmp_path: Path, provider: OpenIdProvider) -> Iterator[Hub]:
    hub = open_hub(tmp_path, provider)
    yield hub
    hub.store.close()


@pytest.fixture
def browser(linked: Hub) -> Browser:
    return Browser(linked)


def begin(browser: Browser, query: str = "") -> str:
    """To the provider; gives the address there."""
    answer = browser.get(START + query)
    assert answer.status_code == 302, answer.data
    return answer.headers["Location"]


def back(browser: Browser, address: str, **changes: str | None):
    """Back from the provider, with parameters changed or taken away."""
    query = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    query = {name: value for name, value in (query | changes).items() if value is not None}
    assert address.startswith(f"http://localhost{BACK}?")
    return browser.get(f"{BACK}?{urlencode(query)}", headers=CROSS)


def log_in(browser: Browser, provider: OpenIdProvider, query: str = "", **changes):
    """The whole way."""
    return back(browser, provider.consent(begin(browser, query)), **changes)


class TestLogIn:
    def test_the_linked_account_is_in(self, browser: Browser, provider) -> None:
        body = data(log_in(browser, provider))
        assert (body["account"], body["session"]["method"]) == ("reader", "oidc")
        assert browser.is_in()

    def test_what_is_asked_of_the_provider(self, browser: Browser, provider) -> None:
        parts = urlsplit(begin(browser))
        query = {name: value for name, (value,) in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{provider.issuer}/authorize"
        assert query.pop("redirect_uri") == f"http://localhost{BACK}"
        assert len(query.pop("state")) == len(query.pop("nonce")) == 43
        assert len(query.pop("code_challenge")) == 43
        assert query == {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": "openid",
            "code_challenge_method": "S256",
        }

    def test_every_flow_has_values_of_its_own(self, browser: Browser) -> None:
        queries = [parse_qs(urlsplit(begin(browser)).query) for _ in range(3)]
        for name in ("state", "nonce", "code_challenge"):
            assert len({query[name][0] for query in queries}) == 3

    def test_what_the_browser_keeps_meanwhile(self, browser: Browser) -> None:
        url = begin(browser)
        cookie = browser.client.get_cookie("hub-oidc")
        assert cookie.http_only
        assert cookie.same_site == "Lax"
        query = parse_qs(urlsplit(url).query)
        assert query["state"][0] not in cookie.value
        assert query["nonce"][0] not in cookie.value

    def test_and_not_any_longer(self, browser: Browser, provider) -> None:
        log_in(browser, provider)
        assert browser.client.get_cookie("hub-oidc") is None

    def test_the_secret_goes_in_the_header(self, browser: Browser, provider) -> None:
        log_in(browser, provider)
        ((_, header, form),) = [asked for asked in provider.asked if asked[0] == "/token"]
        assert header.startswith("Basic ")
        assert "client_secret" not in form
        assert len(form["code_verifier"]) == 64

    def test_or_in_the_form_if_the_provider_wants_that(self, browser: Browser, provider) -> None:
        provider.auth_methods = ("client_secret_post",)
        provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        assert log_in(browser, provider).status_code == 200

    def test_another_session_id(self, browser: Browser, provider) -> None:
        browser.log_in("publisher")
        before = browser.secret
        log_in(browser, provider)
        assert browser.secret not in {"", before}
        assert browser.hub.store.list_sessions("publisher") == []

    def test_the_second_factor_of_the_hub_counts(self, browser: Browser, provider) -> None:
        browser.log_in("reader")
        phone = browser.enrol()
        other = Browser(browser.hub)
        assert data(log_in(other, provider))["second_factor"] == "needed"
        assert not other.is_in()
        assert data(other.give(phone.code()))["second_factor"] == "passed"

    def test_the_way_on(self, browser: Browser, provider) -> None:
        answer = log_in(browser, provider, "?next=/search%3Fq=a%26b%23c")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/search?q=a&b#c")
        assert browser.is_in()

    @pytest.mark.parametrize(
        "goal", ["//evil.example", "/\\evil.example", "https://evil.example", "x", "/a\nb", "/ a"]
    )
    def test_the_way_on_stays_on_the_hub(self, browser: Browser, goal: str) -> None:
        answer = browser.get(f"{START}?{urlencode({'next': goal})}")
        assert fault(answer) is Fault.BAD_REQUEST
        assert data(answer)["details"] == {"field": "next"}

    def test_metadata_and_keys_are_read_once(self, browser: Browser, provider) -> None:
        for _ in range(3):
            assert log_in(browser, provider).status_code == 200
        assert provider.count("/.well-known/openid-configuration") == 1
        assert provider.count("/keys") == 1
        assert provider.count("/token") == 3

    def test_leaves_its_audit_line(self, browser: Browser, provider) -> None:
        session = data(log_in(browser, provider))["session"]["id"]
        act = fakes.acts(browser.hub.store, 1)[0][1]
        assert (act.account, act.action, act.target) == ("reader", "session.start", session)
        assert act.detail == "oidc"


class TestAccount:
    """Nobody gets an account by logging in; names and addresses in the token mean nothing."""

    def test_an_unknown_subject(self, browser: Browser, provider, caplog) -> None:
        provider.subject = "subject-2"
        provider.alter = lambda claims: claims.update(
            preferred_username="administrator", email="administrator@example.org", name="reader"
        )
        answer = log_in(browser, provider)
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert "'subject-2'" in data(answer)["description"], "the administrator needs it"
        assert not browser.is_in()
        assert "subject-2" not in browser.hub.store.directory().accounts

    def test_the_same_subject_of_another_provider(self, browser: Browser, provider) -> None:
        link(browser.hub, "reader", ("https://other.example", "subject-1"))
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_one_that_is_switched_off(self, browser: Browser, provider) -> None:
        link(browser.hub, "reader", (provider.issuer, "subject-1"), disabled=True)
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_one_that_is_linked_no_more(self, browser: Browser, provider) -> None:
        log_in(browser, provider)
        link(browser.hub, "reader", None)
        assert not browser.is_in()
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_one_without_a_password(self, browser: Browser, provider) -> None:
        identity = (provider.issuer, "subject-3")
        browser.hub.put(Account("an", "grid", oidc=identity))
        provider.subject = "subject-3"
        assert data(log_in(browser, provider))["account"] == "an"


LIES = {
    "another nonce": lambda claims: claims.update(nonce="x"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "another audience": lambda claims: claims.update(aud="other"),
    "another audience, with this party": lambda claims: claims.update(aud="other", azp=CLIENT_ID),
    "no audience": lambda claims: claims.pop("aud"),
    "several audiences, and not for this one": lambda claims: claims.update(
        aud=[CLIENT_ID, "other"], azp="other"
    ),
    "several audiences and no party": lambda claims: claims.update(aud=[CLIENT_ID, "other"]),
    "another issuer": lambda claims: claims.update(iss="https://other.example"),
    "no issuer": lambda claims: claims.pop("iss"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 61),
    "no expiry": lambda claims: claims.pop("exp"),
    "an expiry that is no number": lambda claims: claims.update(exp="tomorrow"),
    "from the future": lambda claims: claims.update(iat=int(time.time()) + 120),
    "no subject": lambda claims: claims.pop("sub"),
    "an empty subject": lambda claims: claims.update(sub=""),
    "a subject that is no text": lambda claims: claims.update(sub=["subject-1"]),
    "a long subject": lambda claims: claims.update(sub="x" * 256),
    "a subject with control characters": lambda claims: claims.update(sub="subject-1\n"),
    "of another access token": lambda claims: claims.update(at_hash="x"),
}


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class TestIdToken:
    @pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
    def test_what_does_not_fit_is_refused(self, browser: Browser, provider, lie, caplog) -> None:
        provider.alter = lie
        with caplog.at_level(logging.WARNING, "hub.login"):
            answer = log_in(browser, provider)
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert not browser.is_in()
        assert browser.hub.store.list_sessions() == []
        assert caplog.records[-1].fields["why"], "the log says why"

    def test_a_little_late_is_taken(self, browser: Browser, provider) -> None:
        provider.alter = lambda claims: claims.update(exp=int(time.time()) - 30)
        assert log_in(browser, provider).status_code == 200

    def test_the_audience_as_a_text(self, browser: Browser, provider) -> None:
        provider.alter = lambda claims: claims.update(aud=CLIENT_ID)
        assert log_in(browser, provider).status_code == 200

    def test_signed_by_another_key(self, browser: Browser, provider) -> None:
        other = new_key("of somebody else")
        provider.sign = lambda claims: provider.signed(claims, key=other)
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_altered_after_it_was_signed(self, browser: Browser, provider) -> None:
        def alter(claims):
            head, _, tail = provider.signed(claims).split(".")
            forged = provider.signed(claims | {"sub": "administrator"}).split(".")[1]
            return f"{head}.{forged}.{tail}"

        link(browser.hub, "administrator", (provider.issuer, "administrator"))
        provider.sign = alter
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_not_signed(self, browser: Browser, provider) -> None:
        def unsigned(claims):
            header = msgspec.json.encode({"alg": "none"})
            return f"{coded(header)}.{coded(msgspec.json.encode(claims))}."

        provider.sign = unsigned
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize("known", ["public key", "secret of the client", "nothing"])
    def test_signed_with_what_others_know(self, browser: Browser, provider, known) -> None:
        key = {
            "public key": provider.keys[0].as_pem(private=False),
            "secret of the client": CLIENT_SECRET.encode(),
            "nothing": b"",
        }[known]

        def sign(claims):
            header = {"alg": "HS256", "kid": provider.keys[0].kid}
            parts = [coded(msgspec.json.encode(part)) for part in (header, claims)]
            return ".".join([*parts, coded(hmac.digest(key, ".".join(parts).encode(), "sha256"))])

        provider.sign = sign
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize("text", [None, "", "x", "a.b.c", "....", 7, ["x"]])
    def test_what_is_no_token(self, browser: Browser, provider, text) -> None:
        provider.sign = lambda claims: text
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_a_new_key_is_fetched(self, browser: Browser, provider, monkeypatch) -> None:
        log_in(browser, provider)
        provider.keys.insert(0, new_key("next"))
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED
        assert provider.count("/keys") == 1, "not again within a minute"
        monkeypatch.setattr(openid, "_AGAIN_S", 0)
        assert log_in(browser, provider).status_code == 200
        assert provider.count("/keys") == 2

    def test_without_the_id_of_its_key(self, browser: Browser, provider) -> None:
        provider.sign = lambda claims: provider.signed(claims, header={"kid": None})
        assert log_in(browser, provider).status_code == 200


class TestAssurance:
    @pytest.mark.parametrize(
        ("more", "claims", "allowed"),
        [
            ('acr = ["high", "substantial"]', {"acr": "high"}, True),
            ('acr = ["high", "substantial"]', {"acr": "low"}, False),
            ('acr = ["high", "substantial"]', {}, False),
            ('amr = ["mfa", "hwk"]', {"amr": ["pwd", "mfa"]}, True),
            ('amr = ["mfa", "hwk"]', {"amr": ["pwd"]}, False),
            ('amr = ["mfa", "hwk"]', {"amr": []}, False),
            ('amr = ["mfa", "hwk"]', {"amr": "mfa"}, False),
            ('amr = ["mfa", "hwk"]', {}, False),
            ('acr = ["high"]\namr = ["mfa"]', {"acr": "high", "amr": ["pwd"]}, False),
        ],
    )
    def test_what_the_provider_must_say(self, tmp_path, provider, more, claims, allowed) -> None:
        hub = open_hub(tmp_path, provider, more)
        provider.alter = lambda found: found.update(claims)
        answer = log_in(Browser(hub), provider)
        if allowed:
            assert answer.status_code == 200
        else:
            assert fault(answer) is Fault.UNAUTHENTICATED
        hub.store.close()


class TestAnswer:
    @pytest.mark.parametrize("state", [None, "", "x", "ấ"])
    def test_another_state(self, browser: Browser, provider, state) -> None:
        assert fault(log_in(browser, provider, state=state)) is Fault.UNAUTHENTICATED
        assert provider.count("/token") == 0

    def test_the_state_of_another_flow(self, browser: Browser, provider) -> None:
        other = provider.consent(begin(Browser(browser.hub)))
        begin(browser)
        assert fault(back(browser, other)) is Fault.UNAUTHENTICATED

    def test_a_code_of_another_flow(self, browser: Browser, provider) -> None:
        """Stolen from somebody else's browser: PKCE binds it to that one."""
        stolen = parse_qs(urlsplit(provider.consent(begin(Browser(browser.hub)))).query)["code"]
        answer = log_in(browser, provider, code=stolen[0])
        assert fault(answer) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize("cookie", [None, "", "x", "ấ", "A" * 200])
    def test_in_a_browser_that_did_not_ask(self, browser: Browser, provider, cookie) -> None:
        address = provider.consent(begin(browser))
        browser.client.delete_cookie("hub-oidc")
        if cookie is not None:
            browser.client.set_cookie("hub-oidc", cookie)
        assert fault(back(browser, address)) is Fault.UNAUTHENTICATED
        assert provider.count("/token") == 0

    def test_a_code_is_taken_once(self, browser: Browser, provider) -> None:
        address = provider.consent(begin(browser))
        cookie = browser.client.get_cookie("hub-oidc").value
        assert back(browser, address).status_code == 200
        assert fault(back(browser, address)) is Fault.UNAUTHENTICATED
        thief = Browser(browser.hub)
        thief.client.set_cookie("hub-oidc", cookie)
        assert fault(back(thief, address)) is Fault.UNAUTHENTICATED
        assert not thief.is_in()

    @pytest.mark.parametrize("issuer", [None, "", "https://other.example", "{issuer}/"])
    def test_of_another_provider(self, browser: Browser, provider, issuer) -> None:
        """RFC 9207: the code of one provider is not sent to another."""
        changed = issuer and issuer.format(issuer=provider.issuer)
        assert fault(log_in(browser, provider, iss=changed)) is Fault.UNAUTHENTICATED
        assert provider.count("/token") == 0

    def test_a_provider_that_does_not_name_itself(self, browser: Browser, provider) -> None:
        provider.metadata["authorization_response_iss_parameter_supported"] = None
        assert log_in(browser, provider, iss=None).status_code == 200
        other = log_in(browser, provider, iss="https://other.example")
        assert fault(other) is Fault.UNAUTHENTICATED

    def test_the_provider_says_no(self, browser: Browser, provider, caplog) -> None:
        with caplog.at_level(logging.WARNING, "hub.login"):
            answer = log_in(browser, provider, code=None, error="access_denied")
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert caplog.records[-1].fields["why"] == "access_denied"

    def test_neither_code_nor_error(self, browser: Browser, provider) -> None:
        assert fault(log_in(browser, provider, code=None)) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize(("seconds", "allowed"), [(599, True), (600, False)])
    def test_after_ten_minutes(self, linked: Hub, provider, seconds, allowed) -> None:
        late = [time.time()]
        slow = Provider(
            linked.config.oidc, CLIENT_SECRET, f"http://localhost{BACK}", clock=lambda: late[0]
        )
        url, flow = slow.start()
        query = parse_qs(urlsplit(provider.consent(url)).query)
        late[0] = flow.until_s - 600 + seconds
        answer = {name: value for name, (value,) in query.items()}
        if allowed:
            assert slow.finish(flow, answer).subject == "subject-1"
        else:
            with pytest.raises(HubError, match="too long"):
                slow.finish(flow, answer)

    def test_the_log_has_no_code(self, browser: Browser, provider, caplog) -> None:
        with caplog.at_level(logging.DEBUG, "hub"):
            address = provider.consent(begin(browser))
            back(browser, address)
        (code,) = parse_qs(urlsplit(address).query)["code"]
        hubs = [str(vars(r)) for r in caplog.records if r.name.startswith("hub")]
        assert hubs
        assert code not in str(hubs)


ELSEWHERE = Response(status=302, headers={"Location": "/copy"})
BROKEN = {
    "metadata: error": ("/.well-known/openid-configuration", Response("x", 500)),
    "metadata: no JSON": ("/.well-known/openid-configuration", Response("<html>")),
    "metadata: a list": ("/.well-known/openid-configuration", Response("[]")),
    "metadata: empty": ("/.well-known/openid-configuration", Response("{}")),
    "metadata: elsewhere": (
        "/.well-known/openid-configuration",
        ELSEWHERE,
    ),
    "keys: error": ("/keys", Response("x", 404)),
    "keys: none": ("/keys", Response('{"keys": []}')),
    "keys: no keys": ("/keys", Response("{}")),
    "keys: nonsense": ("/keys", Response('{"keys": [7]}')),
    "keys: half": ("/keys", Response('{"keys": [{"kty": "RSA"}]}')),
}


class TestProviderDown:
    @pytest.mark.parametrize(("path", "response"), BROKEN.values(), ids=BROKEN)
    def test_when_it_is_read(self, browser: Browser, provider, path, response) -> None:
        provider.answers[path] = response
        answer = browser.get(START)
        assert fault(answer) is Fault.PROVIDER_DOWN
        assert answer.headers["Retry-After"]
        provider.answers.clear()
        assert log_in(browser, provider).status_code == 200, "and it recovers"

    @pytest.mark.parametrize(
        "changes",
        [
            {"issuer": "https://other.example"},
            {"issuer": None},
            {"token_endpoint": None},
            {"token_endpoint": "http://id.example/token"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"jwks_uri": "file:///etc/passwd"},
        ],
        ids=str,
    )
    def test_metadata_that_cannot_be_trusted(self, browser: Browser, provider, changes) -> None:
        provider.metadata = changes
        assert fault(browser.get(START)) is Fault.PROVIDER_DOWN

    @pytest.mark.parametrize(
        "response",
        [Response("x", 500), Response("<html>", 200), ELSEWHERE, Response("[]", 200)],
        ids=["error", "no JSON", "elsewhere", "a list"],
    )
    def test_when_the_code_is_redeemed(self, browser: Browser, provider, response) -> None:
        address = provider.consent(begin(browser))
        provider.answers["/token"] = response
        assert fault(back(browser, address)) is Fault.PROVIDER_DOWN
        assert not browser.is_in()

    def test_the_wrong_secret(self, browser: Browser, provider) -> None:
        provider.auth_methods = ()
        assert fault(log_in(browser, provider)) is Fault.UNAUTHENTICATED

    def test_nobody_listens(self, tmp_path, provider) -> None:
        hub = open_hub(tmp_path, provider)
        oidc = msgspec.structs.replace(hub.config.oidc, issuer="http://127.0.0.1:1")
        unplugged = Hub(msgspec.structs.replace(hub.config, oidc=oidc), hub.store)
        assert fault(Browser(unplugged).get(START)) is Fault.PROVIDER_DOWN
        hub.store.close()

    def test_it_hangs(self, browser: Browser, provider, monkeypatch) -> None:
        monkeypatch.setattr(openid, "TIMEOUTS_S", (0.2, 0.2))
        text = msgspec.json.encode(KeySet(provider.keys).as_dict(private=False))
        # What comes in the end is right; nobody waits for it.
        provider.answers["/keys"] = Response(time.sleep(0.6) or part for part in (text,))
        assert fault(browser.get(START)) is Fault.PROVIDER_DOWN

    def test_it_cannot_take_every_thread(self, linked: Hub, provider) -> None:
        back_to = f"http://localhost{BACK}"
        narrow = Provider(linked.config.oidc, CLIENT_SECRET, back_to, most=1)
        with narrow._place(), pytest.raises(HubError, match="too many log-ins") as caught:
            narrow.start()
        assert caught.value.fault is Fault.BUSY
        assert narrow.start()


def test_a_hub_without_a_provider(tmp_path: Path) -> None:
    config = fakes.make_config(tmp_path)
    store = fakes.open_store(config.store_path)
    browser = Browser(Hub(config, store))
    for path in (START, BACK):
        assert fault(browser.get(path)) is Fault.ABSENT
    store.close()


class TestFromTheConsole:
    def test_the_log_in_page_leads_through_the_provider_and_back(self, linked, provider) -> None:
        surfer = Surfer(linked)
        page = surfer.get("/help/start?x=1")
        address = page.link("Log in through your organisation")
        there = surfer.client.get(address).headers["Location"]
        back_here = provider.consent(there).removeprefix("http://localhost")
        answer = surfer.client.get(back_here, headers=CROSS)
        assert answer.headers["Location"] == "/help/start?x=1"
        assert surfer.get("/help/start").status == 200

    def test_a_person_gets_a_page_when_it_fails(self, linked) -> None:
        page = Surfer(linked).get(f"{BACK}?code=x&state=y")
        assert page.status == 401
        assert page.link("Log in") == "/login"
        assert "Content-Security-Policy" in page.headers
        program = linked.app.test_client().get(f"{BACK}?code=x&state=y")
        assert program.is_json
