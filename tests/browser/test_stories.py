"""What people come for, from beginning to end, as they do it.

Each story runs once in each language; names of buttons are looked up in the catalogue, so that a
text may change without its test.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from hub.web.words import words
from tests.browser.hubs import Served
from tests.browser.look import TOTAL, counted

Console = Callable[..., Page]


class Person:
    """Somebody before a page, who reads its language."""

    def __init__(self, page: Page, lang: str) -> None:
        self.page = page
        self._words = words(lang)

    def text(self, english: str, **values: object) -> str:
        return self._words.text(english, **values)

    def press(self, english: str, role: str = "button", within: str = "main") -> None:
        """Press the button, or follow the link, of this name."""
        self.find(english, role, within).first.click()

    def find(self, english: str, role: str = "button", within: str = "main") -> Locator:
        return self.page.locator(within).get_by_role(role, name=self.text(english), exact=True)

    def fill(self, english: str, value: str) -> None:
        self.page.locator("main").get_by_label(self.text(english), exact=True).fill(value)

    def go(self, english: str) -> None:
        """By the navigation."""
        self.press(english, "link", "nav.main")

    def sees(self, english: str, **values: object) -> None:
        expect(self.page.locator("main")).to_contain_text(self.text(english, **values))


def found(page: Page) -> int:
    """How many objects the search page says that there are."""
    said = counted(page, TOTAL).inner_text()
    return int(re.sub(r"\D", "", said))


LANGS = pytest.mark.parametrize("lang", ["vi", "en"])


@LANGS
def test_an_analyst_searches_narrows_and_pivots(console: Console, lang: str) -> None:
    page = console("analyst", lang=lang)
    person = Person(page, lang)
    page.goto("/search")
    everything = found(page)
    page.get_by_label(person.text("Query"), exact=True).fill("lua dao ngan hang")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=lua+dao+ngan+hang")
    some = found(page)
    assert 0 < some < everything
    counted(page, "#facet-type li a").first.click()
    page.wait_for_url(lambda url: "type:" in url)
    assert found(page) <= some
    page.go_back()
    assert found(page) == some
    page.keyboard.press("j")
    name = page.evaluate("document.activeElement.textContent.trim()")
    page.keyboard.press("Enter")
    page.wait_for_url("**/objects/*")
    assert name in page.locator("h1").inner_text()
    page.goto("/search?q=type:indicator+ip:*")
    page.locator("[data-row] a[data-open]").first.click()
    page.wait_for_url("**/objects/*")
    address = page.url
    page.locator("[data-value] a").first.click()
    page.wait_for_url(lambda url: url != address)
    assert found(page) >= 1
    page.go_back()
    page.wait_for_url(address)


@LANGS
def test_an_error_in_a_query_is_marked_and_nothing_is_lost(console: Console, lang: str) -> None:
    page = console("analyst", lang=lang)
    page.goto("/search?q=type:malware+AND+(")
    assert page.locator("#q").input_value() == "type:malware AND ("
    expect(page.locator("#q-fault mark")).to_be_visible()
    expect(page.locator("#q")).to_have_attribute("aria-invalid", "true")


def test_a_partner_sees_less_and_may_not_publish(console: Console) -> None:
    analyst, partner = console("analyst", lang="en"), console("partner", lang="en", width="phone")
    counts = []
    for page in (analyst, partner):
        page.goto("/search")
        counts.append(found(page))
    assert 0 < counts[1] < counts[0]
    person = Person(partner, "en")
    person.go("Submit")
    person.sees("This account may not publish")
    assert partner.goto("/admin").status == 403
    person.sees("This did not work")
    person.press("Overview", "link")
    partner.wait_for_url("**/")


def start_indicator(page: Page, lang: str, value: str) -> Person:
    person = Person(page, lang)
    page.goto("/submit")
    form = page.locator("form[aria-labelledby=way-indicator]")
    form.get_by_label(person.text("Value"), exact=True).fill(value)
    form.get_by_label(person.text("What others should know about it")).fill("Thư lừa đảo mẫu")
    form.locator("button.primary").click()
    page.wait_for_url("**/submit/*")
    return person


def choose(page: Page, collection: str = "Sự cố quốc gia", level: str = "green") -> None:
    page.get_by_role("radio", name=re.compile(collection)).check()
    page.locator(f"input[name=tlp][value='{level}']").check()


def fresh_value() -> str:
    return f"{secrets.token_hex(6)}.example"


@pytest.mark.parametrize(
    ("lang", "width", "js"),
    [("vi", "desktop", True), ("en", "phone", True), ("vi", "phone", False)],
)
def test_an_analyst_publishes_one_indicator(
    console: Console, lang: str, width: str, js: bool
) -> None:
    page = console("analyst", lang=lang, width=width, js=js)
    value = fresh_value()
    person = start_indicator(page, lang, value.replace(".", "[.]"))
    choose(page)
    person.press("Preview")
    expect(page.locator("#recipients li").first).to_be_visible()
    person.press("Publish")
    page.wait_for_url("**/receipts/*")
    page.goto(f"/search?q={value}")
    assert found(page) >= 1


def test_what_is_published_reaches_whom_it_was_shown_to_reach(console: Console) -> None:
    page = console("analyst", lang="en")
    value = fresh_value()
    person = start_indicator(page, "en", value)
    choose(page, "Sự cố quốc gia")
    person.press("Preview")
    names = page.locator("#recipients .orgs").first.inner_text()
    assert "Singapore" not in names
    person.press("Publish")
    page.wait_for_url("**/receipts/*")
    partner = console("partner", lang="en")
    partner.goto(f"/search?q={value}")
    Person(partner, "en").sees("Nothing was found")


def test_a_form_that_outlives_its_session_is_not_lost(console: Console, demo: Served) -> None:
    page = console("analyst", lang="en")
    value = fresh_value()
    page.goto("/submit")
    form = page.locator("form[aria-labelledby=way-indicator]")
    form.get_by_label("Value", exact=True).fill(value)
    page.context.clear_cookies(name="hub-session")
    form.locator("button.primary").click()
    person = Person(page, "en")
    person.sees("Your session has ended.")
    person.fill("Account", "analyst")
    person.fill("Password", demo.passwords["analyst"])
    person.press("Log in")
    person.sees("Send the form now?")
    expect(page.locator("main")).to_contain_text(value)
    person.press("Send it now")
    page.wait_for_url("**/submit/*")
    expect(page.locator("main")).to_contain_text(value.replace(".", "[.]"))


def test_two_windows_publish_once(console: Console) -> None:
    page = console("analyst", lang="en")
    value = fresh_value()
    person = start_indicator(page, "en", value)
    choose(page)
    person.press("Preview")
    other = page.context.new_page()
    other.goto(page.url)
    person.press("Publish")
    page.wait_for_url("**/receipts/*")
    Person(other, "en").press("Publish")
    other.wait_for_url(page.url)
    page.goto(f"/search?q={value}+type:indicator")
    assert found(page) == 1


@LANGS
def test_an_analyst_looks_many_values_up(console: Console, lang: str) -> None:
    page = console("analyst", lang=lang)
    page.goto("/search?q=type:indicator+domain:*")
    known = page.locator("[data-rows] .value bdi").first.inner_text()
    person = Person(page, lang)
    person.go("Look up")
    page.locator("#values").fill(f"{known}\nnobody-knows-this[.]example\n!!!\n")
    person.press("Look up")
    for state in ("known", "unknown", "not-understood"):
        expect(page.locator(f"#{state}-title .num")).to_have_text("1")
