"""What a document is, by what is in it rather than by what it is called."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, NamedTuple

from hub.errors import Fault, HubError

Kind = Literal["pdf", "html", "mail", "zip", "json", "table", "text", "other"]

_SUFFIXES = ".adoc .asc .asciidoc .ioc .ini .log .lst .markdown .md .rst .text .txt"
_TEXTS = frozenset(_SUFFIXES.split())
_TABLES = frozenset({".csv", ".tsv"})
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){3,}")
_MAIL_FIELDS = re.compile(rb"(?:^|\n)(?:from|subject|message-id|received):", re.IGNORECASE)
_PDF_WITHIN = 1024
_LOOK = 4_096
_MANY_NULLS = 0.02


class Document(NamedTuple):
    """One document."""

    raw: bytes
    name: str = ""
    """Of its file, for its suffix and for people; empty: it has none"""
    media_type: str = ""
    """As its sender says, without parameters; empty: it does not"""
    charset: str = ""
    """As its sender says"""


class Unreadable(HubError):
    """A document from which nothing can be read; the reason is in words for people."""

    def __init__(self, reason: str, *, remedy: str = "", fault: Fault = Fault.BAD_BODY) -> None:
        super().__init__(fault, reason, field="text", remedy=remedy)


def kind_of(document: Document) -> Kind:
    """What a document is; what its bytes say goes before its name and media type."""
    raw, media_type = document.raw, document.media_type.lower()
    suffix = PurePath(document.name).suffix.lower()
    if b"%PDF-" in raw[:_PDF_WITHIN]:
        return "pdf"
    if raw[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return "zip"
    return "other" if _is_binary(raw) else _kind_of_text(raw, media_type, suffix)


def _kind_of_text(raw: bytes, media_type: str, suffix: str) -> Kind:
    is_page = media_type in {"text/html", "application/xhtml+xml"} or suffix in _PAGES
    # Texts about mails begin like mails.
    may_be_mail = suffix not in _TEXTS and not media_type.startswith("text/")
    if media_type == "message/rfc822" or suffix == ".eml" or (may_be_mail and _is_mail(raw)):
        return "mail"
    if is_page or _PAGE.match(raw[:_LOOK]):
        return "html"
    return _plain_kind(raw, media_type, suffix)


def _plain_kind(raw: bytes, media_type: str, suffix: str) -> Kind:
    if suffix == ".json" or media_type.endswith("json") or raw.lstrip()[:1] in {b"{", b"["}:
        return "json"
    if suffix in _TABLES or media_type in {"text/csv", "text/tab-separated-values"}:
        return "table"
    known = suffix in _TEXTS or media_type.startswith("text/") or not media_type
    return "text" if known or not suffix else "other"


def _is_mail(raw: bytes) -> bool:
    """Whether it begins like a message: several fields, and two of those that messages have."""
    head = raw[:_LOOK].replace(b"\r\n", b"\n")
    fields = _MAIL.match(head)
    return fields is not None and len(_MAIL_FIELDS.findall(fields[0])) > 1


def _is_binary(raw: bytes) -> bool:
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    look = raw[:_LOOK]
    return look.count(0) > _MANY_NULLS * len(look)
