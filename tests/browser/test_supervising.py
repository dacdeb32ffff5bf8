"""Those who look after a hub: a coordinator among partners, an administrator of an empty hub."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hubs import Served
from tests.browser.test_stories import LANGS, Person

Console = Callable[..., Page]


@LANGS
def test_a_coordinator_finds_who_does_not_pull_as_usual(console: Console, lang: str) -> None:
    page = console("coordinator", lang=lang)
    person = Person(page, lang)
    page.goto("/")
    person.go("Partners")
    states = ("up", "late", "down", "failing")
    for state in states:
        expect(page.locator(".state", has_text=person.text(state)).first).to_be_visible()
    row = page.locator("tr", has=page.locator(".state.bad", has_text=person.text("failing"))).first
    row.locator("a").first.click()
    person.sees("What went wrong, fourteen days")
    expect(page.locator("main li", has=page.locator("code")).first).to_be_visible()
    back = page.locator(".trail a").first
    back.click()
    page.wait_for_url("**/partners")


def test_a_partner_is_told_nothing_about_how_others_pull(console: Console) -> None:
    page = console("partner", lang="en")
    page.goto("/partners/vn-centre")
    Person(page, "en").sees("Its own people and those who look after this hub see that.")
    assert page.locator("main .state").count() == 0


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_an_empty_hub_leads_its_administrator_on(
    console: Console, fresh: Served, *, js: bool
) -> None:
    page = console("admin", hub=fresh, lang="en", js=js)
    person = Person(page, "en")
    page.goto("/")
    person.sees("Enter the organisations")
    slug = "agency-js" if js else "agency"
    page.locator("li", has_text="Enter the organisations").get_by_role("link").click()
    person.fill("Short name", slug)
    person.fill("Name in Vietnamese", "Cơ quan mẫu")
    person.fill("Name in English", "Sample agency")
    person.press("Save")
    expect(page.locator("main")).to_contain_text(slug)
    page.goto("/")
    done = page.locator("li", has_text="Enter the organisations")
    expect(done).to_contain_text("done")
    page.goto("/collections")
    person.sees("Make one, and give organisations or communities rights in it.")
