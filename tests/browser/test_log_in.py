"""Log-in and log-out as a person meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.axe import check_accessible
from tests.browser.conftest import log_in
from tests.browser.hubs import Served

Console = Callable[..., Page]


@pytest.mark.parametrize("js", [True, False])
def test_in_and_out(console: Console, demo: Served, js: bool) -> None:
    page = console("", lang="en", js=js)
    page.goto("/style")
    assert page.url.endswith("/login?next=/style")
    log_in(page, "partner", demo.passwords["partner"], at=page.url)
    assert page.url.endswith("/style")
    page.locator(".menu.me > summary").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()
    page.go_back()
    page.goto("/style")
    assert "/login" in page.url


def test_a_wrong_password_keeps_the_name_and_says_so(console: Console) -> None:
    page = console("", lang="vi")
    page.goto("/login")
    page.get_by_label("Tài khoản").fill("analyst")
    page.get_by_label("Mật khẩu").fill("không phải")
    page.get_by_label("Mật khẩu").press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Tài khoản").input_value() == "analyst"
    assert page.get_by_label("Mật khẩu").input_value() == ""
    check_accessible(page)


def test_language_and_theme_are_kept(console: Console) -> None:
    page = console("", lang="vi")
    page.goto("/login")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Log in").wait_for()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_selector("html[data-theme=dark]")
    page.goto("/login")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"


def test_keys_lead_past_the_navigation(console: Console) -> None:
    page = console("analyst", lang="en")
    page.goto("/style")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to content")
    assert link.evaluate("link => link === document.activeElement")
    page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
