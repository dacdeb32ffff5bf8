"""Administrators and owners of accounts, as they do it: with scripts, without, on a phone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in
from tests.browser.hubs import Served
from tests.http.browser import Phone

Console = Callable[..., Page]
LOOKS = pytest.mark.parametrize(
    "look",
    [
        {"lang": "vi"},
        {"lang": "en", "width": "phone", "theme": "dark"},
        {"lang": "en", "js": False},
    ],
    ids=["Vietnamese", "phone", "no scripts"],
)
PASSWORD = "a sentence is better than a word"


def send(page: Page, number: int = 0) -> None:
    """Press the main button of a form in the main part."""
    with page.expect_navigation():
        page.locator("main form[method=post] button.primary, main form button.danger").nth(
            number
        ).click()


def bearer(hub: Served, token: str) -> int:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {token}"}
        return session.get(f"{hub.url}/api/v1/session", headers=headers, timeout=60).status_code


def person(page: Page) -> str:
    """An account of its own, made by the administrator whose page it is."""
    name = f"story-{secrets.token_hex(4)}"
    page.goto("/admin/new/account")
    page.locator("#account").fill(name)
    page.locator("#org").select_option(index=1)
    page.locator("#new_password").fill(PASSWORD)
    send(page)
    expect(page.locator(".notice.done")).to_contain_text(name)
    return name


@LOOKS
def test_a_token_is_issued_works_and_is_revoked(
    demo: Served, console: Console, look: dict[str, object]
) -> None:
    page = console("admin", **look)
    name = person(page)
    page.goto(f"/admin/new/token?account={name}")
    page.locator("#label").fill("firewall")
    send(page)
    token = page.locator("#secret").inner_text()
    assert bearer(demo, token) == 200
    page.goto(f"/admin/tokens?account={name}")
    assert token not in page.content()
    page.locator("tbody a[href$='/revoke']").click()
    assert bearer(demo, token) == 200, "asking does nothing"
    send(page)
    expect(page.locator(".notice.done")).to_be_visible()
    assert bearer(demo, token) == 401


@LOOKS
def test_a_partner_is_invited_and_the_file_is_taken_along(
    demo: Served, console: Console, look: dict[str, object]
) -> None:
    page = console("admin", **look)
    page.goto("/admin/new/invitation")
    slug = f"cert-{secrets.token_hex(4)}"
    for field, value in {"slug": slug, "name_vi": "CERT mẫu", "name_en": "Sample CERT"}.items():
        page.locator(f"#{field}").fill(value)
    page.locator("input[name^=in_]").first.check()
    send(page)
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert download.value.suggested_filename == f"{slug}-access.md"
    text = download.value.path().read_text(encoding="utf-8")
    (token,) = set(re.findall(r"hub_[\w-]{43}", text))
    assert bearer(demo, token) == 200


@LOOKS
def test_what_another_administrator_changed_is_not_overwritten(
    console: Console, look: dict[str, object]
) -> None:
    one, other = console("admin", **look), console("admin", **look)
    name = person(one)
    other.goto(f"/admin/accounts/{name}")
    one.goto(f"/admin/accounts/{name}")
    one.locator("input[name=role_publisher]").check()
    send(one)
    other.locator("#clearance").select_option("green")
    other.locator("form:has(#clearance) button.primary").click()
    expect(other.locator("main [role=alert], main .fault").first).to_be_visible()
    expect(other.locator("#clearance")).to_have_value("green")
    other.locator("form:has(#clearance) button.primary").click()
    expect(other.locator(".notice.done")).to_contain_text(name)


@LOOKS
def test_a_second_factor_is_set_up_and_a_password_changed(
    demo: Served, console: Console, look: dict[str, object]
) -> None:
    name = person(console("admin"))
    page = console("", **look)
    log_in(page, name, PASSWORD)
    page.goto("/account/second-factor")
    send(page)
    expect(page.locator("svg.qr")).to_be_visible()
    phone = Phone(page.locator(".secret code").inner_text().replace(" ", ""))
    page.locator("#code").fill(phone.code())
    page.locator("form:has(#code) button.primary").click()
    expect(page.locator(".codes code")).to_have_count(10)
    codes = page.locator(".codes code").all_inner_texts()
    page.goto("/account/password")
    page.locator("#old_password").fill(PASSWORD)
    for field in ("new_password", "new_password_again"):
        page.locator(f"#{field}").fill(f"{PASSWORD} indeed")
    send(page)
    page.wait_for_url("**/login/code**")
    page.locator("#code").fill(codes[0])
    page.locator("form:has(#code) button.primary").click()
    page.goto("/account/second-factor/remove")
    page.locator("#code").fill(codes[1])
    send(page)
    page.wait_for_url("**/login**")


def test_a_session_is_ended_from_another_browser(console: Console) -> None:
    name = person(console("admin"))
    one, other = console(""), console("")
    for page in (one, other):
        log_in(page, name, PASSWORD)
    one.goto("/account")
    one.locator("tbody a[href$='/end']").click()
    send(one)
    expect(one.locator(".notice.done")).to_be_visible()
    other.goto("/account")
    assert "/login" in other.url
    assert "/account" in one.url
