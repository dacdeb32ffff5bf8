"""Looking up many values, as an analyst does: pasted, dropped, taken along, without scripts too."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import check_accessible
from tests.browser.layout import faults
from tests.browser.look import shoot

TABLE = "\r\n".join(["host,seen", *(f"host{n}.evil.example,x" for n in range(300))])
LOOKS = [
    {"lang": "vi", "theme": "light", "width": "desktop"},
    {"lang": "vi", "theme": "dark", "width": "phone"},
    {"lang": "en", "theme": "dark", "width": "desktop"},
    {"lang": "en", "theme": "light", "width": "phone"},
]


def values_of(page: Page) -> list[str]:
    """Some values that the demonstration knows."""
    text = page.request.get("/api/v1/search?q=has:domain&format=text&field=domain").text()
    return list(dict.fromkeys(text.splitlines()))[:5]


def look_up(page: Page, text: str) -> None:
    page.goto("/lookup")
    page.locator("#values").fill(text)
    page.locator("form.lookup button.primary").click()
    page.locator(".lookup-parts").wait_for()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look.values()))
def test_a_few_values(console, look: dict[str, str]) -> None:
    page = console("analyst", **look)
    page.goto("/lookup")
    check_accessible(page)
    assert faults(page, look["lang"]) == []
    known = values_of(page)
    look_up(page, "\n".join([*known, f"http://www.{known[0]}/x", "203.0.113.254", "no value"]))
    expect(page.locator("section.known tbody tr")).to_have_count(len(known))
    expect(page.locator("section.unknown tbody tr")).to_have_count(2)
    check_accessible(page)
    assert faults(page, look["lang"]) == []
    shoot(page, f"lookup-{'-'.join(look.values())}")


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_a_file_is_read_and_its_parts_are_taken_along(console, js: bool, tmp_path: Path) -> None:
    page = console("analyst", lang="en", js=js)
    page.goto("/lookup")
    file = {"name": "hosts.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.locator("#file").set_input_files(file)
    page.locator("form.lookup button.primary").click()
    expect(page.locator(".notice")).to_have_text("Columns read: host. Columns left out: seen.")
    expect(page.locator("section.unknown tbody tr")).to_have_count(100)
    # Two files, one after the other: the form that carries the values is sent more than once.
    for suffix in ("csv", "txt"):
        with page.expect_download() as started:
            page.locator(f"button[value='unknown.{suffix}']").click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        lines = path.read_text("utf-8-sig").splitlines()
        assert len(lines) == 300 + (suffix == "csv")
    with (tmp_path / "lookup-unknown.csv").open(encoding="utf-8-sig") as opened:
        assert next(csv.DictReader(opened))["value"] == "host0.evil.example"
    page.locator(".lookup-parts button[value='unknown-1']").click()
    expect(page.locator("section.unknown tbody tr")).to_have_count(250)
    page.locator(".pager button").click()
    expect(page.locator("section.unknown tbody tr")).to_have_count(50)


def test_a_dropped_file_fills_the_field(console) -> None:
    page = console("analyst")
    page.goto("/lookup")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["203.0.113.7\\n203.0.113.8"], "list.txt"));
          const event = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
          document.querySelector("#values").dispatchEvent(event);
        }"""
    )
    expect(page.locator("#values")).to_have_value("203.0.113.7\n203.0.113.8")


def test_a_dropped_file_that_is_no_text_is_sent_as_it_is(console) -> None:
    page = console("analyst", lang="en")
    page.goto("/lookup")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array([80, 75, 3, 4, 0, 255])], "list.xlsx"));
          const event = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
          document.querySelector("#values").dispatchEvent(event);
        }"""
    )
    expect(page.locator("#file")).to_be_focused()
    expect(page.locator("#values")).to_have_value("")
    page.get_by_role("main").get_by_role("button", name="Look up").click()
    expect(page.locator("#file-fault")).to_contain_text("Save it as CSV")


def test_keys_go_through_the_values(console) -> None:
    page = console("analyst", lang="en")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    known = values_of(page)
    look_up(page, "\n".join(known))
    page.keyboard.press("j")
    page.keyboard.press("c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.replace("[.]", ".") == known[0]
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/search?q=domain:" in url)
    page.go_back()
    expect(page.locator("section.known tbody tr")).to_have_count(len(known))
