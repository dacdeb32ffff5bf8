"""A table whose headings mislead: looked at, corrected and published, as an analyst does it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.axe import check_accessible
from tests.browser.look import PHONE, shoot
from tests.browser.test_submit import begin, press

TABLE = """Source IP,Destination IP,Malware family,Date,Ticket {0}
45.77.{0}.1,185.220.{0}.1,Emotet,03/04/2026,https://wiki.vendor.vn/1
45.77.{0}.2,185.220.{0}.2,Emotet,05/06/2026,https://wiki.vendor.vn/2
45.77.{0}.3,185.220.{0}.3,,07/08/2026,
"""
HOSTILE = (
    '<img src=x onerror=alert(1)>;\u202egnp.exe\u2066;{};"a ""quoted"" one";Địa chỉ IP\n'
    "note;evil.example;b;https://a.example/{};198.51.100.7\n"
).format("Cột" * 2_000, "x" * 500)


def _choose(page: Page) -> None:
    """Say what the headings do not."""
    page.get_by_label(re.compile("Source IP")).select_option("not read")
    page.get_by_label(re.compile("Ticket")).select_option("address to read more")
    page.get_by_label(re.compile("Date$")).select_option("date when seen")
    page.get_by_text("Separator, heading and dates").click()
    page.get_by_label("Order of dates").select_option("day, month, year")


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_only_the_destinations_are_published(console, js: bool) -> None:
    net = 10 + js
    page = console("analyst", lang="en", js=js)
    begin(page, TABLE.format(net))
    expect(page.locator(".doubts")).to_contain_text("Source IP")
    expect(page.locator("table.items tbody tr")).to_have_count(8)
    page.locator("#title").fill("Typed before the columns")
    page.get_by_label(f"185.220.{net}[.]3").uncheck()
    press(page, "Change how columns are read")
    _choose(page)
    press(page, "Preview")
    first = page.locator("table.firsts tbody tr").first
    expect(first).to_contain_text(f"185.220.{net}[.]1")
    expect(first).to_contain_text("3 Apr 2026")
    expect(page.locator("table.firsts")).not_to_contain_text("45.77.")
    press(page, "Read it like this")
    expect(page.locator("table.items tbody tr")).to_have_count(3)
    expect(page.locator("#title")).to_have_value("Typed before the columns")
    expect(page.get_by_label(f"185.220.{net}[.]3")).not_to_be_checked()
    press(page, "Publish")
    if "/receipts/" not in page.url:
        press(page, "Publish")
    expect(page).to_have_url(re.compile("/receipts/"))
    names = page.locator("table.data tbody td:first-child").all_inner_texts()
    assert sorted(names) == [
        f"185.220.{net}.1",
        f"185.220.{net}.2",
        "Typed before the columns",
    ]
    page.goto(f"/search?q=ip:45.77.{net}.0/24")
    expect(page.locator("main")).not_to_contain_text(f"45.77.{net}[.]1")
    begin(page, TABLE.format(net).replace("Emotet", "Qakbot"))
    expect(page.locator("main")).to_contain_text("as you chose for the last table")
    expect(page.locator("table.items tbody tr")).to_have_count(3)


def test_by_keyboard(console) -> None:
    page = console("analyst", lang="en")
    begin(page, TABLE.format(20))
    press(page, "Change how columns are read")
    page.locator("#use-1").focus()
    page.keyboard.press("End")
    expect(page.locator("#use-1")).to_have_value("ignore")
    with page.expect_navigation():
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.value") == "apply":
                break
        page.keyboard.press("Enter")
    expect(page.locator("table.items tbody tr")).to_have_count(5)


@pytest.mark.parametrize(
    "look",
    [
        {"lang": "vi"},
        {"lang": "en", "theme": "dark"},
        {"lang": "vi", "width": PHONE},
        {"lang": "en", "width": PHONE, "theme": "dark"},
    ],
    ids=["vi", "en dark", "phone", "phone dark"],
)
def test_pages_are_sound(console, look: dict[str, Any]) -> None:
    page = console("analyst", **look)
    name = "-".join(look.values())
    # A choice is remembered for the heading: each look has one of its own.
    for kind, table in (("usual", TABLE.format(30 + len(name))), ("hostile", HOSTILE)):
        begin(page, table)
        _look(page, look, f"table-draft-{kind}-{name}")
        press(page, re.compile("Change how columns|Sửa cách đọc"))
        page.locator(".mapping summary").click()
        _look(page, look, f"table-{kind}-{name}")
    for select in page.locator(".columns select").all():
        select.select_option("ignore")
    press(page, re.compile("Read it like this|Đọc như thế này"))
    expect(page.get_by_role("alert")).to_be_visible()
    _look(page, look, f"table-fault-{name}")


def _look(page: Page, look: dict[str, Any], name: str) -> None:
    check_accessible(page)
    assert layout.faults(page, look["lang"]) == []
    shoot(page, name)
