"""What every page has, whatever it is about: a language, one heading, landmarks, focus, its width."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

# One pass over the page. Focus is looked at by moving it: only so `:focus-visible` applies.
_MEASURE = """() => {
  const count = selector => document.querySelectorAll(selector).length;
  const root = document.documentElement;
  return {
    lang: root.lang,
    title: document.title.trim(),
    h1: count('h1'),
    main: count('main'),
    skip: document.querySelector('a[href]')?.getAttribute('href'),
    width: root.scrollWidth,
    layout: root.clientWidth,
    squeezed: [...document.querySelectorAll('main td, main th, main a, main button')].filter(e => {
      if (!e.checkVisibility() || e.closest('.hidden, svg')) return false;
      if (e.getBoundingClientRect().width >= 40) return false;
      const seen = e.cloneNode(true);
      for (const part of seen.querySelectorAll('.hidden')) part.remove();
      return seen.textContent.trim().length >= 8;
    }).map(e => e.textContent.trim().replace(/\\s+/g, ' ').slice(0, 40)),
  };
}"""
_FOCUS = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return {
    tag: at.tagName,
    name: (at.textContent || at.name || at.id).trim().slice(0, 40),
    inMain: at.closest('main') !== null,
    // "auto" is the browser's own ring, whatever its width
    seen: style.outlineStyle === 'auto'
      || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
  };
}"""
_MOST_STOPS = 60


def faults(page: Page, lang: str) -> list[str]:
    """What is wrong with the page as it stands; needs scripts."""
    shape = page.evaluate(_MEASURE)
    found = [
        f"{shape[tag]} {word} {tag}"
        for tag, word in (("h1", "headings"), ("main", "elements"))
        if shape[tag] != 1
    ]
    if shape["lang"] != lang:
        found.append(f"its language is {shape['lang']!r}")
    if not shape["title"]:
        found.append("it has no title")
    if not str(shape["skip"]).startswith("#"):
        found.append(f"its first link goes to {shape['skip']!r}, and not to its main part")
    if shape["width"] > shape["layout"] or shape["layout"] > page.viewport_size["width"]:
        found.append(f"it is wider than its window: {shape['width']} in {shape['layout']}")
    return found + [f"squeezed: {text!r}" for text in shape["squeezed"][:5]]


def stops(page: Page, most: int = _MOST_STOPS) -> list[dict[str, Any]]:
    """Where the Tab key goes from the top of the page, until it is in the main part for a while."""
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    found: list[dict[str, Any]] = []
    while len(found) < most and sum(stop["inMain"] for stop in found) < 3:
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        if stop["tag"] == "BODY":
            break
        found.append(stop)
    return found


def focus_faults(page: Page) -> list[str]:
    """Where the Tab key leads to something that does not show it; and whether it leads to main."""
    found = stops(page)
    missed = (
        [] if any(stop["inMain"] for stop in found) else ["Tab does not lead to its main part"]
    )
    return missed + [
        f"no focus is seen at {stop['tag'].lower()} {stop['name']!r}"
        for stop in found
        if not stop["seen"]
    ]
