"""The pictures of docs/tour.md: `make pictures` takes them anew; each run sees that they can be.

The demonstration tells of the months before today, so pictures of another day differ in dates.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from tests.browser.look import SHOTS

FOLDER = Path(os.environ.get("HUB_PICTURES") or SHOTS / "tour")


class Picture(NamedTuple):
    """What is in a picture, and how it is looked at."""

    path: str
    account: str = "analyst"
    lang: str = "en"
    theme: str = "light"
    width: str = "desktop"
    click: str = ""
    """What is clicked before"""
    height: int = 760
    """Of the window, on a desktop"""


PICTURES = {
    "overview": Picture("/"),
    "search": Picture("/search?q=lua+dao+ngan+hang"),
    "search-error": Picture("/search?q=type:malware+AND+("),
    "object": Picture("/objects/{campaign}"),
    "graph": Picture("/objects/{campaign}/graph"),
    "techniques": Picture("/techniques?q=type:report", height=560),
    "lookup": Picture("/lookup?v=198.51.100.7&v=dang-nhap[.]example&v=203.0.113.254&v=hello!"),
    "submit": Picture("/submit"),
    "draft": Picture("{draft}", click="button[value=preview]:visible"),
    "receipt": Picture("{receipt}"),
    "collection": Picture("/collections/early-warning", "partner"),
    "partners": Picture("/partners", "coordinator"),
    "feed": Picture("/feeds/vendor-table", "admin", height=900),
    "files": Picture("/files?of=collection:open-sources", height=560),
    "administration": Picture("/admin", "admin"),
    "vietnamese": Picture("/", lang="vi", theme="dark"),
    "phone": Picture("/search?q=type:report", lang="vi", width="phone"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_taken(
    console: Callable[..., Page], found: dict[str, str], name: str
) -> None:
    wanted = PICTURES[name]
    page = console(wanted.account, lang=wanted.lang, theme=wanted.theme, width=wanted.width)
    if wanted.width == "desktop":
        page.set_viewport_size({"width": 1280, "height": wanted.height})
    page.goto(wanted.path.format(**found))
    if wanted.click:
        page.locator(wanted.click).last.click()
        page.wait_for_load_state()
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / f"{name}.png")
