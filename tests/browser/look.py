"""Pages as one person sees them: in a language, a theme, a width, with scripts or without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from tests.browser.watch import Watch

SHOTS = Path(__file__).resolve().parents[2] / "var" / "shots"
PHONE = "phone"
SIZES = {"desktop": (1280, 900), PHONE: (390, 844)}
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
TOTAL = ".total strong:text-matches('[0-9]')"
"""How many objects a search has, for `counted`"""
_SLOW_MS = 60_000
_TRIES = 30

expect.set_options(timeout=_SLOW_MS)


class Look(NamedTuple):
    """How a page is looked at."""

    lang: str = "vi"
    theme: str = "light"
    width: str = "desktop"
    js: bool = True


USUAL = Look()


@contextmanager
def watched(
    browser: Browser, origin: str, look: Look = USUAL, state: StorageState | None = None
) -> Iterator[Page]:
    """A page in a context of its own; any fault that is recorded on the way fails the test.

    Args:
        browser: Any.
        origin: The hub; `page.goto("/search")` goes there.
        look: How.
        state: Cookies of a log-in.
    """
    width, height = SIZES[look.width]
    context = browser.new_context(
        base_url=origin,
        storage_state=state,
        viewport={"width": width, "height": height},
        is_mobile=look.width == PHONE,
        has_touch=look.width == PHONE,
        locale=LOCALES[look.lang],
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
        java_script_enabled=look.js,
    )
    context.set_default_timeout(_SLOW_MS)
    try:
        watch = Watch(context, origin)
        page = context.new_page()
        watch.follow(page)
        yield page
        faults = watch.faults()
    finally:
        context.close()
    assert not faults, "\n".join(faults)


def counted(page: Page, selector: str) -> Locator:
    """What a page shows once it was counted: on a busy machine the first answers leave it out."""
    found = page.locator(selector)
    for _ in range(_TRIES):
        if found.count():
            break
        page.reload()
    return found


def shoot(page: Page, name: str) -> Path:
    """Write a picture of the whole page to a folder that git ignores."""
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
