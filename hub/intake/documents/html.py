"""The text of a web page, as somebody sees it, and where its links lead.

Scripts, styles and what is hidden are no text. A link whose text says something else is given apart:
most are references; where the text is a defanged value, the link is that value in full.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString

from hub.intake.text import decoded

_NAMES_OF_UNSEEN = (
    "script style noscript template svg math iframe object embed canvas audio video select option"
    " datalist nav"
)
_NAMES_OF_LINES = (
    "address article aside blockquote br caption dd details div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table td th tr ul"
)
_UNSEEN, _LINES = _NAMES_OF_UNSEEN.split(), _NAMES_OF_LINES.split()
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\f\v\xa0]+")
_EMPTY_LINES = re.compile(r"\n\s*\n\s*\n+")
_LEADS = ("http://", "https://", "ftp://", "mailto:")


class Page(NamedTuple):
    """What is on a page."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...]
    """Text and target of each link that differs from its text"""


def page_of(raw: bytes | str, charset: str = "") -> Page:
    """The text of a page.

    Args:
        raw: Its bytes, or its text.
        charset: As the header of the answer names it; empty: it does not.
    """
    soup = BeautifulSoup(raw if isinstance(raw, str) else _text_of(raw, charset), "html.parser")
    title = _title(soup)
    for tag in soup.find_all(_UNSEEN):
        tag.decompose()
    for tag in soup.find_all(_is_hidden):
        if not tag.decomposed:
            tag.decompose()
    if soup.head:
        soup.head.decompose()
    links = tuple(_links(soup))
    for tag in soup.find_all(_LINES):
        tag.insert(0, NavigableString("\n"))
        tag.append(NavigableString("\n"))
    return Page(title, _tidy(soup.get_text()), links)


def _text_of(raw: bytes, charset: str) -> str:
    declared = charset or EncodingDetector.find_declared_encoding(raw, is_html=True) or ""
    try:
        return raw.decode(declared) if declared else decoded(raw)[0]
    except (LookupError, UnicodeDecodeError):
        return decoded(raw)[0]


def _title(soup: BeautifulSoup) -> str:
    """Of the document; most sites add their name to what stands in `<title>`."""
    for tag in (soup.find("h1"), soup.find("title")):
        text = " ".join(tag.get_text(" ").split()) if tag else ""
        if text:
            return text
    return ""


def _is_hidden(tag: Tag) -> bool:
    return (
        tag.has_attr("hidden")
        or (tag.name == "input" and tag.get("type") == "hidden")
        or _HIDDEN.search(str(tag.get("style", ""))) is not None
    )


def _links(soup: BeautifulSoup) -> list[tuple[str, str]]:
    found = []
    for tag in soup.find_all("a", href=True):
        target, text = str(tag["href"]).strip(), "".join(tag.get_text().split())
        if target.lower().startswith(_LEADS) and text not in {target, target.rstrip("/")}:
            found.append((text, target))
    return found


def _tidy(text: str) -> str:
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
