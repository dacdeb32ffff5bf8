"""Lines of CSV files (RFC 4180) that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from hub.language.fold import INVISIBLE

MARK = b"\xef\xbb\xbf"
"""What a file begins with: by it spreadsheets know UTF-8."""

# What a spreadsheet takes for a formula, also in full width, whatever nobody sees stands before it;
# and behind a semicolon, as many parts of the world have that between cells.
_FORMULA = re.compile(
    rf"(^|;)(?=(?:\s|{INVISIBLE.pattern})*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
)
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""What ends a line, or is none of its text"""


def line(cells: Sequence[str]) -> bytes:
    """A line with every cell quoted."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(safe, cells))
    return file.getvalue().encode("utf-8", "replace")


def safe(cell: str) -> str:
    """A cell that no spreadsheet runs: in one line, with `'` before what looks like a formula."""
    return CONTROLS.sub(" ", _FORMULA.sub(r"\1'", cell))
