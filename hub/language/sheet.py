"""Rows of a CSV file (RFC 4180) that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from hub.language.fold import INVISIBLE

MARK = b"\xef\xbb\xbf"
"""What stands before the first row: by it spreadsheets know UTF-8"""
MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

# What a spreadsheet takes for a formula, also in full width, whatever nobody sees stands before it;
# and behind a semicolon, as many parts of the world have that between cells.
_FORMULA = re.compile(
    rf"(^|;)(?=(?:\s|{INVISIBLE.pattern})*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def row(cells: Sequence[str]) -> bytes:
    """One row, with quotes around each cell."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(safe, cells))
    return file.getvalue().encode("utf-8", "replace")


def safe(cell: str) -> str:
    """A cell that no spreadsheet runs: in one line, with `'` before what looks like a formula."""
    return plain(_FORMULA.sub(r"\1'", cell))


def plain(text: str) -> str:
    """A text in one line."""
    return _CONTROLS.sub(" ", text)
