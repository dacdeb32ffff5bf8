"""The pages of an object as people use them: with the mouse, the keyboard, a phone, no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.axe import check_accessible
from tests.browser.look import shoot

Console = Callable[..., Page]
TABS = ("", "/graph", "/versions", "/raw")


def open_one(page: Page, query: str) -> str:
    """The page of the first object that the search finds; gives its address."""
    page.goto(f"/search?q={query}")
    page.goto(page.locator("[data-row] a[href^='/objects/']").first.get_attribute("href"))
    return re.sub(r"[?#].*", "", page.url)


def open_malware(page: Page) -> str:
    return open_one(page, "type:malware")


@pytest.mark.parametrize(
    "look",
    [
        {"lang": "vi", "theme": "light"},
        {"lang": "en", "theme": "dark"},
        {"lang": "vi", "theme": "dark", "width": "phone"},
        {"lang": "en", "theme": "light", "width": "phone"},
    ],
    ids=lambda look: "-".join(look.values()),
)
def test_every_page_of_an_object_is_in_order(console: Console, look: dict[str, str]) -> None:
    page = console(**look)
    address = open_malware(page)
    for tail in TABS:
        page.goto(address + tail)
        assert layout.faults(page, look["lang"]) == []
        check_accessible(page)
        name = "-".join(["object", tail.strip("/") or "summary", *look.values()])
        shoot(page, name)


def test_the_page_of_an_indicator_says_what_time_leaves(console: Console) -> None:
    page = console(lang="en")
    open_one(page, "type:indicator+ip:*+confidence:*")
    expect(page.locator("[data-age] dd")).to_have_text(
        re.compile(r"^\d+ of a confidence of \d+ · (holds until|outlived since) \d")
    )


def test_walking_through_the_picture(console: Console) -> None:
    page = console(lang="en")
    address = open_malware(page)
    page.goto(f"{address}/graph")
    nodes = page.locator(".picture a.spot")
    expect(nodes).not_to_have_count(0)
    before = nodes.count()
    page.locator(".picture a.more").first.click()
    page.wait_for_url(re.compile("open="))
    expect(page.locator(".picture a.more", has_text="\N{MINUS SIGN}")).to_have_count(1)
    boxes = [box.bounding_box() for box in page.locator(".picture .spot > rect").all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            assert not _overlap(one, other), (one, other)
    page.go_back()
    expect(page).to_have_url(f"{address}/graph")
    expect(nodes).to_have_count(before)
    label = nodes.first.locator("title").text_content()
    nodes.first.click()
    page.wait_for_url(re.compile(r"/objects/"))
    assert page.url != f"{address}/graph"
    assert label


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    apart_x = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    apart_y = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    return not (apart_x or apart_y)


def test_the_keyboard_reaches_the_picture_and_goes_through_the_list(console: Console) -> None:
    page = console(lang="en")
    page.goto(f"{open_malware(page)}/graph")
    page.locator(".picture").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.picture a')")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/graph"))
    page.go_back()
    page.keyboard.press("j")
    expect(page.locator("[data-row].current")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/graph"))


def test_copying_defanged_and_raw(console: Console) -> None:
    page = console(lang="en")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_one(page, "type:indicator+has:domain")
    value = page.locator("[data-value] .value", has_text="[.]").first
    shown = value.locator("bdi").text_content()
    copied = []
    for button in value.locator("button").all():
        button.click()
        expect(page.locator("#said")).to_have_text("Copied")
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    assert copied[0] == shown
    assert copied[1] == shown.replace("[.]", ".").replace("hxxp", "http").replace("[@]", "@")
    assert copied[0] != copied[1]


def test_without_scripts(console: Console) -> None:
    page = console(lang="en", js=False)
    address = open_malware(page)
    expect(page.locator("h1")).to_be_visible()
    page.locator("nav.tabs a", has_text="Relations").click()
    expect(page.locator("#relations [data-row]")).not_to_have_count(0)
    page.locator(".picture a.more").first.click()
    expect(page).to_have_url(re.compile("open="))
    page.goto(f"{address}/raw")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert download.value.suggested_filename.endswith(".json")
