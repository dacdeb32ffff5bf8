"""The text of a PDF. Call it in a process of its own (`hub.intake.documents.work`)."""

from __future__ import annotations

import io
import logging
from typing import NamedTuple

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from hub.intake.documents.joining import joined
from hub.intake.documents.kinds import Unreadable

_LONGEST_TITLE = 300


class Pages(NamedTuple):
    """What a PDF says."""

    title: str
    text: str
    remark: str
    """What was not read, in words; empty: all of it was"""


def pages_of(raw: bytes, most_pages: int, most_chars: int) -> Pages:
    """The text of a PDF, with broken values whole.

    Args:
        raw: The file.
        most_pages: Pages that are read.
        most_chars: Characters that are read.

    Raises:
        Unreadable: It is broken, encrypted, or has no text.
    """
    # It warns about every fault that it steps over.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("the PDF has a password", remedy="Send it without one.")
        return _read(reader, most_pages, most_chars)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # pypdf meets a broken file with whatever its code trips over.
        raise Unreadable("the PDF is broken and cannot be read") from error
    except (RecursionError, OverflowError, NotImplementedError) as error:
        raise Unreadable("the PDF is made in a way that cannot be read") from error


def _read(reader: PdfReader, most_pages: int, most_chars: int) -> Pages:
    parts: list[str] = []
    chars = broken = 0
    whole = len(reader.pages)
    for number in range(min(whole, most_pages)):
        text, is_whole = _page(reader, number)
        broken += not is_whole
        parts.append(text)
        chars += len(text)
        if chars > most_chars:
            break
    text = joined("\n".join(parts))[:most_chars]
    if not text.strip() and broken:
        raise Unreadable("the pages of the PDF are broken and cannot be read")
    if not text.strip():
        raise Unreadable(
            f"none of the {whole} pages of the PDF has text: they are pictures, or empty",
            remedy="Recognise the text in it (OCR), and send that.",
        )
    return Pages(_title(reader), text, _remark(len(parts), whole, broken))


def _page(reader: PdfReader, number: int) -> tuple[str, bool]:
    """The text of one page, and whether it could be read; another page may be all right."""
    try:
        return reader.pages[number].extract_text(), True
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", False


def _remark(read: int, whole: int, broken: int) -> str:
    if read < whole:
        return f"only {read} of {whole} pages of the PDF were read"
    if broken:
        return f"{broken} of {whole} pages of the PDF are broken"
    return ""


def _title(reader: PdfReader) -> str:
    found = reader.metadata.title if reader.metadata else None
    return " ".join(str(found).split())[:_LONGEST_TITLE] if found else ""
