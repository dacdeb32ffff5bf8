"""Submitting in a real browser: how many presses it takes, without scripts, by keyboard, by phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.axe import check_accessible
from tests.browser.look import PHONE, shoot

REPORT = """Báo cáo: chiến dịch lừa đảo nhắm vào ngân hàng
Máy PC-KETOAN-07 (10.20.1.15), tệp C:\\Users\\nguyen.binh\\Downloads\\hoadon.exe
gọi hxxps://dang-nhap[.]ngan-hang-sen[.]example/xac-thuc và 198.51.100[.]77, sau đó 8.8.8.8.
Mã băm: d41d8cd98f00b204e9800998ecf8427e. Phiếu INC-2026-0042, gọi 0912 345 678.
CVE-2026-12345, T1566.002, 999.1.2.3, 198.51.100[.]77
"""


def press(page: Page, name: str | re.Pattern[str], place: str = "main") -> None:
    with page.expect_navigation():
        page.locator(place).get_by_role(
            "button", name=name, exact=isinstance(name, str)
        ).first.click()


def begin(page: Page, text: str) -> None:
    page.goto("/submit")
    page.locator("#text").fill(text)
    press(page, re.compile("Continue|Tiếp tục"), "form:has(#text)")
    expect(page).to_have_url(re.compile("/submit/[0-9a-f]{32}$"))


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_one_indicator_takes_two_presses(console, js):
    page = console("analyst", lang="en", js=js)
    page.goto("/submit")
    page.get_by_label("Value", exact=True).fill(f"hxxp://two-presses-{js}[.]example/a".lower())
    press(page, "Continue", "form:has(#value)")
    recipients = page.locator("#recipients")
    expect(recipients).to_contain_text("(you)")
    press(page, "Publish")
    expect(page).to_have_url(re.compile("/receipts/"))
    expect(page.locator("p.notice")).to_have_text("published: 1")
    expect(page.get_by_role("link", name="Publish another")).to_be_visible()


def test_a_report_becomes_a_draft_with_everything_said(console):
    page = console("analyst")
    begin(page, REPORT)
    rows = page.locator("table.items tbody tr")
    ticked = rows.filter(has=page.locator("input:checked"))
    expect(rows).to_have_count(8)
    expect(ticked).to_have_count(4)
    expect(page.locator("details", has_text="Bị bỏ qua")).to_contain_text(
        "không nhận dạng được (1)"
    )
    page.get_by_label(re.compile("PC-KETOAN-07")).check()
    press(page, "Lưu")
    expect(page.locator("p.notice")).to_have_text("Đã lưu bản nháp.")
    expect(page.get_by_label(re.compile("PC-KETOAN-07"))).to_be_checked()
    shoot(page, "submit-draft")


def test_going_back_after_a_publish_publishes_nothing_more(console):
    page = console("analyst", lang="en")
    begin(page, "going-back[.]example")
    press(page, "Publish")
    receipt = page.url
    page.go_back()
    page.wait_for_load_state()
    if "/receipts/" not in page.url:
        press(page, "Publish")
    expect(page).to_have_url(receipt)
    page.goto("/search?q=domain:going-back.example")
    expect(
        page.locator("main").get_by_role("link", name=re.compile("going-back")).first
    ).to_be_visible()


def test_two_windows(console):
    one, two = console("analyst", lang="en"), console("analyst", lang="en")
    begin(one, "two-windows[.]example")
    two.goto(one.url)
    one.locator("#title").fill("Of one window")
    press(one, "Save")
    two.locator("#title").fill("Of the other")
    with two.expect_response(lambda answer: answer.request.method == "POST") as caught:
        press(two, "Publish")
    assert caught.value.status == 409
    expect(two.get_by_role("alert").first).to_contain_text("changed in another window")
    expect(two.get_by_role("alert").first).to_contain_text("Of one window")
    expect(two.locator("#title")).to_have_value("Of the other")


def test_others_are_asked_once_more_when_the_recipients_change(console):
    page = console("analyst", lang="en")
    begin(page, "other-recipients[.]example")
    page.get_by_label("Only those chosen here").check()
    page.get_by_text("Choose recipients").click()
    page.locator("input[name=audience]").first.check()
    press(page, "Publish")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is published yet")
    expect(page.locator("#recipients")).to_contain_text("(you)")
    press(page, "Publish")
    expect(page).to_have_url(re.compile("/receipts/"))


def test_a_file(console, tmp_path):
    page = console("analyst", lang="en")
    file = tmp_path / "iocs.csv"
    file.write_text("Type;Value;Note\nIP;203.0.113.99;C2\nIP;10.0.0.1;inside\n", encoding="utf-16")
    page.goto("/submit")
    page.locator("#file").set_input_files(file)
    press(page, "Continue", "form:has(#text)")
    expect(page.locator("main")).to_contain_text("Recognised as: table. Read as utf-16.")
    expect(page.locator("table.items tbody tr").first).to_contain_text("203.0.113[.]99")


@pytest.mark.parametrize(
    "look",
    [
        {"lang": "vi"},
        {"lang": "en", "theme": "dark"},
        {"lang": "vi", "width": PHONE},
    ],
    ids=["vi", "en dark", "phone"],
)
def test_pages_are_sound(console, look: dict[str, Any]):
    page = console("analyst", **look)
    name = "-".join(look.values())
    page.goto("/submit")
    _look(page, look, f"submit-start-{name}")
    begin(page, REPORT)
    _look(page, look, f"submit-draft-{name}")
    page.locator("#title").fill("")
    page.locator("input[name=tlp][value=red]").check(force=True)
    press(page, re.compile("^(Publish|Công bố)$"))
    expect(page.locator("[role=alert]").first).to_be_visible()
    _look(page, look, f"submit-fault-{name}")
    page.goto("/help/submit")
    _look(page, look, f"submit-help-{name}")


def _look(page: Page, look: dict[str, Any], name: str) -> None:
    check_accessible(page)
    assert layout.faults(page, look["lang"]) == []
    shoot(page, name)


def test_who_may_not_publish_is_told_what_to_do(console):
    page = console("admin", lang="en")
    page.goto("/submit")
    expect(page.locator("main")).to_contain_text("This account may not publish")
    assert page.locator("main textarea").count() == 0


def test_a_document_that_is_dropped_is_sent_as_a_file(console) -> None:
    page = console("analyst", lang="en")
    page.goto("/submit")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          const mail = "From: a@b.example\\nSubject: Advisory\\nMessage-ID: <1@b>\\n\\nC2 evil[.]com\\n";
          data.items.add(new File([mail], "advisory.eml"));
          const event = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
          document.querySelector("#text").dispatchEvent(event);
        }"""
    )
    expect(page.locator("#text")).to_have_value("")
    shoot(page, "submit-file")
    press(page, "Continue", "form:has(#text)")
    expect(page.locator("main")).to_contain_text("evil[.]com")
    expect(page.locator("input[name=title]")).to_have_value("Advisory")
