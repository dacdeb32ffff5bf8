"""What holds for every page: accessible, in shape, light, usable by keyboard and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hub.app import create_app
from hub.config import Config
from hub.store.sqlite import SqliteStore
from tests.browser import layout
from tests.browser.axe import violations
from tests.browser.places import NO_PAGES, PAGES, Place, accounts, all_places
from tests.browser.texts import foreign

MOST_BYTES = 100_000
"""Of a page with all that it loads, uncompressed, without its data rows"""

LOOKS = (
    ("vi", "light", "desktop"),
    ("vi", "dark", "phone"),
    ("en", "dark", "desktop"),
    ("en", "light", "phone"),
)
"""Each language meets each theme and each width, and each theme each width."""
# What a page weighs without the objects that it lists: rows, and the marks of charts and graphs.
_WEIGH = """() => {
  const page = document.documentElement.cloneNode(true);
  for (const row of page.querySelectorAll('tbody tr, [data-row], svg a')) row.remove();
  const files = performance.getEntriesByType('resource');
  const bytes = files.reduce((sum, file) => sum + file.decodedBodySize, 0);
  return bytes + new TextEncoder().encode(page.outerHTML).length;
}"""
_CONTROLS = """() => {
  const main = document.querySelector('main');
  for (const menu of main.querySelectorAll('details')) menu.open = true;
  const forms = [...main.querySelectorAll('form')];
  return {
    // Above and beside the results stands what could be counted in time: not the same twice.
    links: [...main.querySelectorAll('a[href]')]
      .filter(link => !link.closest('aside, section.time')).length,
    mute: forms.filter(form => ![...form.elements].some(
      e => e.type === 'submit' && e.checkVisibility())).map(form => form.action),
  };
}"""

Console = Callable[..., Page]


def test_every_address_of_the_console_is_in_the_table(
    config: Config, hub_store: SqliteStore
) -> None:
    rules = create_app(config, hub_store).url_map.iter_rules()
    names = {
        rule.endpoint.removeprefix("web.")
        for rule in rules
        if rule.endpoint.startswith("web.") and "GET" in (rule.methods or ())
    }
    assert names == set(PAGES) | set(NO_PAGES)


def test_every_help_page_is_in_the_table() -> None:
    import hub.web

    folder = Path(hub.web.__file__).parent / "templates" / "help"
    names = {path.stem for path in folder.glob("[!_]*.html")}
    assert {place.path for place in PAGES["help"]} == {f"/help/{name}" for name in names}


def open_place(page: Page, place: Place, found: dict[str, str]) -> None:
    answer = page.goto(place.path.format(**found))
    assert answer is not None
    assert answer.status == place.status, f"{answer.status}: {page.url}"


def of(account: str) -> list[Place]:
    return [place for place in all_places() if place.account == account]


@pytest.mark.parametrize(("lang", "theme", "width"), LOOKS)
@pytest.mark.parametrize("account", accounts())
def test_pages_are_accessible_and_in_shape(
    console: Console, found: dict[str, str], account: str, lang: str, theme: str, width: str
) -> None:
    page = console(account, lang=lang, theme=theme, width=width)
    faults = []
    for place in of(account):
        open_place(page, place, found)
        wrong = violations(page) + layout.faults(page, lang) + foreign(page, lang)
        faults += [f"{page.url}: {fault}" for fault in wrong]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("account", accounts())
def test_focus_is_seen_and_reaches_the_main_part(
    console: Console, found: dict[str, str], account: str
) -> None:
    page = console(account)
    faults = []
    for place in of(account):
        open_place(page, place, found)
        faults += [f"{page.url}: {fault}" for fault in layout.focus_faults(page)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("account", accounts())
def test_pages_are_light(
    desk, demo, console: Console, found: dict[str, str], account: str
) -> None:
    for place in of(account):
        page = console(account, lang="vi")  # a fresh context: nothing is cached
        open_place(page, place, found)
        assert page.evaluate(_WEIGH) <= MOST_BYTES, page.url


@pytest.mark.parametrize("account", accounts())
def test_pages_work_without_scripts(console: Console, found: dict[str, str], account: str) -> None:
    with_scripts, without = console(account), console(account, js=False)
    for place in of(account):
        open_place(with_scripts, place, found)
        open_place(without, place, found)
        controls = without.evaluate(_CONTROLS)
        assert controls["mute"] == [], f"{without.url}: forms that only a script can send"
        assert controls["links"] == with_scripts.evaluate(_CONTROLS)["links"], without.url
