"""Parses a PDF or a page where it is called; `child` has that done in a process of its own."""

from __future__ import annotations

import msgspec

from hub.intake.documents.kinds import Unreadable


class Limits(msgspec.Struct, frozen=True):
    """What one document may take."""

    pages: int = 500
    chars: int = 2_000_000
    cpu_s: int = 20
    seconds: int = 60
    """By the clock"""
    memory_bytes: int = 1_500_000_000
    """Of addresses; a parser in Python takes some 300 MB of them before it begins"""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was in it."""

    title: str = ""
    text: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """Text and target of each link of a page that differs from its text"""
    remark: str = ""
    """What was not read"""
    reason: str = ""
    """Why nothing was read; empty: it was"""
    remedy: str = ""


def parse(raw: bytes, limits: Limits, kind: str, charset: str) -> Told:
    """What is in it, or why nothing could be read.

    Args:
        raw: The document.
        limits: Pages and characters are kept here, the rest by the process.
        kind: "pdf" or "html".
        charset: Of a page, as its sender says.
    """
    try:
        return _pdf(raw, limits) if kind == "pdf" else _page(raw, charset, limits)
    except Unreadable as error:
        return Told(reason=error.reason, remedy=error.remedy)
    except MemoryError:
        return Told(reason="it takes more memory than a document may")
    except ModuleNotFoundError as error:
        return Told(
            reason=f"{kind.upper()} is not read here: the package {error.name} is missing",
            remedy="Install incident-hub[feeds].",
        )


def _pdf(raw: bytes, limits: Limits) -> Told:
    # Packages of an extra, which the hub works without.
    from hub.intake.documents.pdf import pages_of

    title, text, remark = pages_of(raw, limits.pages, limits.chars)
    return Told(title, _sound(text), remark=remark)


def _page(raw: bytes, charset: str, limits: Limits) -> Told:
    from hub.intake.documents.html import page_of

    page = page_of(raw, charset)
    return Told(page.title, _sound(page.text[: limits.chars]), page.links)


def _sound(text: str) -> str:
    """Without halves of characters, which broken fonts give."""
    return text.encode("utf-8", "replace").decode()
