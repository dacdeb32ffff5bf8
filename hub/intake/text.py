"""The text of a file, whatever it is written in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator


def decoded(raw: bytes) -> tuple[str, str]:
    """The text of a file, and the encoding that it is in.

    What is neither UTF-8 nor begins with the mark of UTF-16 is taken for Windows-1258, in which
    older Vietnamese programs write: it agrees with Windows-1252 in nearly all other letters.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace"), encoding
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1258", "replace"), "windows-1258"


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers from 1 on, each with its end, one at a time.

    Lists may hold U+2028 and the like, at which `str.splitlines` would break; and a long text is not
    copied, as `io.StringIO` would. Where no line feed is, lines end with a carriage return.
    """
    end = "\n" if "\n" in text or "\r" not in text else "\r"
    number, start = 0, 0
    while start < len(text):
        stop = text.find(end, start) + 1 or len(text)
        number += 1
        yield number, text[start:stop]
        start = stop
