"""A real browser on a real hub.

- `browser`: the machine's Chromium, one for the run. Without it these tests are skipped with the
  reason, or fail where HUB_TEST_REQUIRE names `browser` or CI=true.
- `demo`, `fresh`, `hostile`: hubs that serve; the demonstration, one that knows an administrator
  alone, and one with objects that are meant to break pages. They serve all tests of the run: a
  test that changes something makes what it changes.
- `console(account, lang=, theme=, width=, js=)`: a page of `demo`, or of `hub=`, in a context of
  its own, logged in through the form; `account=""` is nobody. What tests/browser/watch.py records
  while the test runs fails it at its end.

These tests run after all others: as long as the browser runs, so does an event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, StorageState

from tests.browser import hubs
from tests.browser.chromium import NotHere, launched
from tests.browser.hostile import objects
from tests.browser.look import Look, watched
from tests.browser.places import TYPES
from tests.required import not_run

_HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the browser, so that `-m browser` finds it, and put it last."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: item.path.is_relative_to(_HERE))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(launched())
        except NotHere as error:
            not_run("browser", str(error))
        yield started


@pytest.fixture(scope="session")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[hubs.Served]:
    """A hub with the demonstration's parties and data."""
    with hubs.demonstration(tmp_path_factory.mktemp("demo")) as served:
        yield served


@pytest.fixture(scope="session")
def fresh(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[hubs.Served]:
    """A hub that is empty but for `admin`."""
    with hubs.new(tmp_path_factory.mktemp("fresh")) as served:
        yield served


@pytest.fixture(scope="session")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[hubs.Served]:
    """A hub with the parties of `tests.fakes` and objects that are meant to break pages."""
    with hubs.sample(tmp_path_factory.mktemp("hostile"), objects()) as served:
        yield served


class Desk:
    """Opens pages as somebody; each account logs in once a run."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._states: dict[tuple[str, str], StorageState] = {}

    def state(self, hub: hubs.Served, account: str) -> StorageState | None:
        """The cookies of an account that is logged in; None for nobody."""
        if not account:
            return None
        key = (hub.url, account)
        if key not in self._states:
            with watched(self._browser, hub.url) as page:
                log_in(page, account, hub.passwords[account])
                self._states[key] = page.context.storage_state()
        return self._states[key]

    def open(self, stack: ExitStack, hub: hubs.Served, account: str, look: Look) -> Page:
        """A page that lasts as long as the stack."""
        state = self.state(hub, account)
        return stack.enter_context(watched(self._browser, hub.url, look, state))


def log_in(page: Page, account: str, password: str, at: str = "/login") -> None:
    """Through the form, as a person does."""
    page.goto(at)
    page.locator("input[name=account]").fill(account)
    page.locator("input[name=password]").fill(password)
    page.locator("form:has(input[name=password]) button").click()
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Desk:
    """What `console` opens pages with."""
    return Desk(browser)


@pytest.fixture
def console(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Makes a page; see the head of this file."""
    with ExitStack() as stack:

        def make(account: str = "analyst", *, hub: hubs.Served | None = None, **look) -> Page:
            served = hub or request.getfixturevalue("demo")
            return desk.open(stack, served, account, Look(**look))

        yield make


@pytest.fixture(scope="session")
def found(browser: Browser, desk: Desk, demo: hubs.Served) -> dict[str, str]:
    """What stands in braces in tests/browser/places.py; the partner sees all objects of it."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {demo.tokens['partner']}"
        objects = {kind: _first(session, demo.url, kind) for kind in TYPES}
    with watched(browser, demo.url, state=desk.state(demo, "admin")) as page:
        token = _linked(page, "/admin/tokens", "/revoke")
    with watched(browser, demo.url) as page:
        log_in(page, "analyst", demo.passwords["analyst"])  # a second session, to be ended
    with watched(browser, demo.url, state=desk.state(demo, "analyst")) as page:
        session = _linked(page, "/account", "/end")
        made = {"receipt": _publish(page), "draft": _draft(page), "table": _draft(page, _TABLE)}
    return objects | demo.collections | made | {"token": token, "session": session}


def _linked(page: Page, path: str, end: str) -> str:
    page.goto(path)
    return page.locator(f"main a[href$='{end}']").first.get_attribute("href")


def _first(session: requests.Session, url: str, kind: str) -> str:
    answer = session.get(f"{url}/api/v1/search", params={"q": f"type:{kind}", "limit": 1})
    (hit,) = answer.json()["hits"]
    return hit["id"]


_MAIL = """From: an@bank.example
Lừa đảo / phishing: hxxps://dang-nhap[.]example/otp from 198.51.100.77 and 10.1.2.3
SHA-256: 5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
"""


_TABLE = """Source IP,Destination IP,Malware,Date
10.1.2.3,198.51.100.77,Emotet,03/04/2026
10.1.2.4,198.51.100.78,Emotet,05/06/2026
"""


def _draft(page: Page, text: str = _MAIL) -> str:
    """The address of a draft, of a text with several values."""
    page.goto("/submit")
    page.locator("textarea[name=text]").fill(text)
    page.locator("form:has(textarea[name=text]) button.primary").click()
    page.wait_for_url("**/submit/*")
    return urlsplit(page.url).path


def _publish(page: Page) -> str:
    """The address of the receipt of one indicator."""
    _draft(page)
    page.locator("label:has(input[name=collection])", has_text="Sự cố quốc gia").click()
    page.locator("input[name=tlp][value=green]").check()
    page.locator("button[value=preview]").last.click()
    page.locator("#recipients li").first.wait_for()
    page.locator("button[value=publish]").click()
    page.wait_for_url("**/receipts/*")
    return urlsplit(page.url).path
