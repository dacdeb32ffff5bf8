"""How any door below /api admits: by header as everywhere, by session, and not from elsewhere."""

from __future__ import annotations

import pytest
from flask import Response, request

from hub.errors import Fault
from hub.http.caller import Doorman
from hub.http.certificate import Presented
from hub.http.session import SessionDoorman
from hub.service.credentials import Passwords
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone
from hub.service.limits import Throttle
from hub.service.login import Logins
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.browser import Browser
from tests.http.test_sessions import fault

PATH = "/api/v1/sample"


def plain_doorman(parties: Parties, hub: Hub) -> Doorman:
    """As the application makes it, with other parties."""
    unlimited = fakes.unlimited()
    return Doorman(
        parties,
        PasswordAlone(Passwords(unlimited), hub.store),
        Throttle(unlimited.counters, hub.config.limits),
        unlimited,
        Presented(hub.config.server),
    )


@pytest.fixture
def sample(tmp_path) -> Hub:
    """The application with one more address below /api, as another door would have it."""
    config = fakes.make_config(tmp_path)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    hub = Hub(config, store)
    parties, passwords = Parties(store), Passwords(fakes.unlimited())
    logins = Logins(store, parties, passwords, config.session)
    doorman = SessionDoorman(config, plain_doorman(parties, hub), logins)

    def view() -> Response:
        admitted = doorman.admit(request)
        return Response(
            f"{admitted.caller.account} {admitted.scope.org} {sorted(admitted.scope.writable)}"
        )

    hub.app.add_url_rule(PATH, view_func=view, methods=["GET", "POST"])
    yield hub
    store.close()


def test_a_session_has_the_rights_of_its_account(sample: Hub) -> None:
    browser = Browser(sample)
    for account in ("publisher", "reader", "partner"):
        browser.log_in(account)
        by_session = browser.get(PATH).text
        by_header = browser.get(PATH, headers=fakes.bearer(account)).text
        assert by_session == by_header
        assert by_session.startswith(account)


def test_all_sessions_of_an_account_share_one_scope(sample: Hub) -> None:
    """Scopes are remembered: one for each session would fill the memory."""
    from hub.service.directory import Snapshot

    snapshot = Snapshot(sample.store.directory())

    class Still(Parties):
        def now(self) -> Snapshot:
            return snapshot

    doorman = plain_doorman(Still(sample.store), sample)
    browser = Browser(sample)
    for _ in range(5):
        browser.log_in()
        (session,) = sample.store.list_sessions("reader")
        with sample.app.test_request_context():
            admitted = doorman.admit_session(request, session)
        assert admitted.caller.credential == f"session:{session.id}"
    assert len(snapshot._scopes) == 1


def test_a_change_needs_page_and_token(sample: Hub) -> None:
    browser = Browser(sample)
    browser.log_in("publisher")
    assert browser.post(PATH).status_code == 200
    for headers in ({"X-CSRF-Token": None}, {"Sec-Fetch-Site": "same-site"}):
        assert fault(browser.post(PATH, headers=headers)) is Fault.DENIED


def test_a_program_needs_neither(sample: Hub) -> None:
    client = sample.app.test_client()
    assert client.post(PATH, headers=fakes.bearer("publisher")).status_code == 200


def test_a_foreign_page_with_credentials_that_the_browser_repeats(sample: Hub) -> None:
    client = sample.app.test_client()
    headers = fakes.basic("publisher") | {"Sec-Fetch-Site": "cross-site"}
    assert client.get(PATH, headers=headers).status_code == 200
    assert fault(client.post(PATH, headers=headers)) is Fault.DENIED


def test_without_a_session_as_everywhere(sample: Hub) -> None:
    browser = Browser(sample)
    assert browser.get(PATH).text == "  []", "something is public"
    browser.client.set_cookie("hub-session", "old")
    assert browser.get(PATH).text == "  []"


def test_halfway_is_not_in(sample: Hub) -> None:
    browser = Browser(sample)
    browser.log_in()
    browser.enrol()
    other = Browser(sample)
    assert data(other.log_in())["second_factor"] == "needed"
    assert fault(other.get(PATH)) is Fault.UNAUTHENTICATED
    assert fault(other.post(PATH)) is Fault.UNAUTHENTICATED
