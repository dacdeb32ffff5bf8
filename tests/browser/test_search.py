"""The search page in a browser: keys, ticks, dragging over time, a pasted column, every look."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import check_accessible
from tests.browser.layout import faults
from tests.browser.look import PHONE, TOTAL, counted, shoot

Open = Callable[..., Page]
WRONG = "/search?q=" + quote("type:malware AND (domian:x")
ADDRESSES = {
    "search": "/search",
    "search-narrowed": "/search?q=198.51.100.0/24+type:indicator&by=created&open=has,time",
    "search-nothing": "/search?q=type:malware+label:nothing-of-this",
    "search-columns": "/search?cols=added,label,confidence,created,id&sort=oldest",
    "searches": "/searches?q=type:malware",
    "help-search": "/help/search",
}


def query(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


@pytest.fixture
def page(console: Open) -> Page:
    found = console("analyst", lang="en")
    found.goto("/search?q=type:indicator")
    return found


def test_keys_go_through_the_rows(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    rows = page.locator("[data-row]")
    expect(rows.nth(1)).to_have_class(re.compile("current"))
    page.keyboard.press("x")
    expect(rows.nth(1).locator("[data-select]")).to_be_checked()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class(re.compile("current"))
    goal = rows.nth(0).locator("a[data-open]").get_attribute("href")
    expect(rows.nth(0).locator("a[data-open]")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    assert str(goal).startswith("/objects/indicator--")


def test_c_copies_the_value_of_a_row_harmless(page: Page) -> None:
    page.goto("/search?q=type:indicator+has:domain")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    shown = page.locator("[data-row]").first.locator("[data-copy]").first
    assert copied == shown.get_attribute("data-copy")


def test_ticks_are_counted_and_taken(page: Page) -> None:
    bulk = page.locator(".bulk")
    expect(bulk).to_be_hidden()
    boxes = page.locator("[data-select]")
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bulk.locator("[data-selected]")).to_have_text("4")
    with page.expect_download() as waiting:
        bulk.get_by_role("button", name="CSV table").click()
    lines = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) >= 5
    bulk.get_by_role("button", name="Show only these").click()
    page.wait_for_url(re.compile("q=id"))
    assert query(page).count("indicator--") == 4


def test_a_range_is_dragged_over_the_bars(page: Page) -> None:
    page.goto("/search?q=type:indicator&by=created")
    bars = counted(page, "svg.chart a")
    before = counted(page, TOTAL).inner_text()
    first, last = bars.nth(1), bars.nth(3)
    start, end = first.bounding_box(), last.bounding_box()
    page.mouse.move(start["x"] + 2, start["y"] + 40)
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2, start["y"] + 40)
    page.mouse.move(end["x"] + 2, start["y"] + 40)
    expect(page.locator("svg.chart a.brushed")).to_have_count(3)
    goal = (first.get_attribute("data-from"), last.get_attribute("data-to"))
    page.mouse.up()
    page.wait_for_url(re.compile("created:"))
    assert query(page) == f"type:indicator created:(>={goal[0]} <={goal[1]})"
    assert counted(page, TOTAL).inner_text() != before
    page.get_by_role("link", name="All dates").click()
    page.wait_for_url(lambda url: "created:" not in url)
    page.go_back()
    assert "created:" in query(page)


def test_a_click_on_a_bar_takes_its_period(page: Page) -> None:
    page.goto("/search?q=type:indicator&by=created")
    bar = counted(page, "svg.chart a").nth(1)
    period = bar.get_attribute("data-from")
    bar.click(force=True)
    page.wait_for_url(re.compile("created:"))
    assert f"created:{period}" in query(page) or f"[{period} TO" in query(page)


def test_a_pasted_column_stays_a_list(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(r"navigator.clipboard.writeText('198.51.100.7\r\nevil[.]example\n')")
    page.locator("#q").fill("")
    page.locator("#q").press("Control+V")
    expect(page.locator("#q")).to_have_value("198.51.100.7, evil[.]example")


@pytest.mark.parametrize("between", ["\\n", " "], ids=["a column", "a line"])
def test_what_is_too_long_to_paste_is_not_cut(page: Page, between: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        f"navigator.clipboard.writeText(Array(900).fill('198.51.100.7').join('{between}'))"
    )
    page.locator("#q").press("Control+V")
    expect(page.locator("#q")).to_have_value("type:indicator")
    said = page.locator("#q").evaluate("field => field.validationMessage")
    assert said == page.locator("#said").get_attribute("data-too-long")
    assert "Look up" in said
    # The query that was there before works as ever.
    page.locator("#q").press("End")
    page.locator("#q").press("Enter")
    page.wait_for_url(lambda url: url.endswith("/search?q=type%3Aindicator"))


def test_ticks_are_still_counted_after_coming_back(page: Page) -> None:
    page.locator("[data-select]").nth(0).check()
    page.locator("[data-select]").nth(1).check()
    page.locator("a[data-open]").first.click()
    page.wait_for_url(re.compile("/objects/"))
    page.go_back()
    expect(page.locator("[data-select]:checked")).to_have_count(2)
    expect(page.locator(".bulk [data-selected]")).to_have_text("2")


def test_a_drag_that_ends_nowhere_leaves_no_mark(page: Page) -> None:
    page.goto("/search?q=type:indicator&by=created")
    bars = counted(page, "svg.chart a")
    first, last = bars.nth(0).bounding_box(), bars.nth(3).bounding_box()
    chosen = page.locator("svg.chart a.brushed")
    page.mouse.move(first["x"] + 2, first["y"] + 40)
    page.mouse.down()
    page.mouse.move(last["x"] + 2, first["y"] + 40)
    expect(chosen).to_have_count(4)
    page.mouse.move(first["x"] + 2, first["y"] + 40)
    page.mouse.up()
    expect(chosen).to_have_count(0)
    # The button is let go below the picture; then the pointer only passes.
    page.mouse.down()
    page.mouse.move(first["x"] + 2, first["y"] + 300)
    page.mouse.up()
    page.mouse.move(first["x"] + 2, first["y"] + 40)
    page.mouse.move(last["x"] + 2, first["y"] + 40)
    expect(chosen).to_have_count(0)
    assert "created:" not in page.url


def test_filters_are_links_and_back_is_one_step(page: Page) -> None:
    counted(page, "#facet-tlp a").first.click()
    page.wait_for_url(re.compile("tlp:"))
    assert query(page).startswith("type:indicator tlp:")
    page.go_back()
    assert query(page) == "type:indicator"


def test_an_error_stands_under_the_query(console: Open) -> None:
    page = console("analyst", lang="vi")
    page.goto("/search")
    page.locator("#q").fill("type:malware AND (domian:x)")
    page.locator("#q").press("Enter")
    expect(page.locator("#q-fault")).to_contain_text("domain")
    expect(page.locator("#q-fault mark")).to_have_text("domian")
    expect(page.locator("#q")).to_have_value("type:malware AND (domian:x)")
    check_accessible(page)


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    ("lang", "theme", "width"),
    [
        ("vi", "light", "desktop"),
        ("en", "dark", "desktop"),
        ("vi", "dark", PHONE),
        ("en", "light", PHONE),
    ],
)
def test_every_look(console: Open, name: str, lang: str, theme: str, width: str) -> None:
    page = console("analyst", lang=lang, theme=theme, width=width)
    page.goto(ADDRESSES[name])
    shoot(page, f"{name}-{lang}-{theme}-{width}")
    assert faults(page, lang) == []
    check_accessible(page)


def test_it_works_without_scripts(console: Open) -> None:
    page = console("analyst", lang="en", js=False)
    page.goto("/search")
    page.locator("#q").fill("type:indicator")
    page.locator("form.query button").click()
    page.locator("[data-select]").first.check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV table").click()
    assert waiting.value.path().read_text("utf-8-sig").count("indicator--") >= 1
    counted(page, "svg.chart a").first.click(force=True)
    page.wait_for_url(re.compile("added:"))
