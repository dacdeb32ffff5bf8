"""The matrix of techniques in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.axe import check_accessible
from tests.browser.look import shoot

LOOKS = [
    {"lang": "vi", "theme": "light"},
    {"lang": "en", "theme": "dark"},
    {"lang": "vi", "theme": "dark", "width": "phone"},
    {"lang": "en", "theme": "light", "width": "phone"},
    {"lang": "en", "theme": "light", "js": False},
]
PATHS = {
    "named": "/techniques",
    "all": "/techniques?show=all",
    "table": "/techniques?as=table&q=type:report",
    "empty": "/techniques?q=type:identity",
    "help": "/help/techniques",
}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look.values())))
def test_it_can_be_read_by_everybody(console: Callable[..., Page], look: dict) -> None:
    page = console(**look)
    for name, path in PATHS.items():
        page.goto(path)
        if look.get("js", True):
            check_accessible(page)
            assert layout.faults(page, look["lang"]) == []
        shoot(page, f"techniques-{name}-{'-'.join(map(str, look.values()))}")


@pytest.mark.parametrize("js", [True, False])
def test_a_query_narrows_the_matrix_and_back_is_one_step(
    console: Callable[..., Page], js: bool
) -> None:
    page = console("analyst", lang="en", js=js)
    page.goto("/techniques")
    every = page.locator(".matrix .cell").count()
    page.get_by_role("searchbox").fill("KhoáTre")
    page.keyboard.press("Enter")
    page.wait_for_url("**/techniques?q=Kho*")
    assert 0 < page.locator(".matrix .cell").count() < every
    page.get_by_role("link", name="All techniques").click()
    page.wait_for_url("**show=all**")
    expect(page.get_by_role("searchbox")).to_have_value("KhoáTre")
    page.go_back()
    page.go_back()
    expect(page.locator(".matrix .cell")).to_have_count(every)


def test_a_partner_sees_fewer(console: Callable[..., Page]) -> None:
    counts = []
    for account in ("analyst", "partner"):
        page = console(account, lang="en")
        page.goto("/techniques")
        cell = page.locator(".cell", has_text="T1486").first
        counts.append(int(cell.locator(".n").inner_text()) if cell.count() else 0)
    assert counts[0] > counts[1] > 0


def test_a_cell_leads_to_the_search(console: Callable[..., Page]) -> None:
    page = console("analyst", lang="en")
    page.goto("/techniques?q=KhoáTre")
    link = page.locator(".cell a").first
    href = link.get_attribute("href")
    assert href is not None
    assert href.startswith("/search?q=Kho%C3%A1Tre+attack:T")
    # The whole cell is the link.
    box = page.locator(".cell:has(a)").first.bounding_box()
    assert box is not None
    at = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('a')?.getAttribute('href')",
        [box["x"] + box["width"] - 8, box["y"] + 8],
    )
    assert at == href
    link.click()
    page.wait_for_url("**/search?**")
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.locator("main input[name=q]").first).to_have_value(re.compile("^KhoáTre attack:T"))
