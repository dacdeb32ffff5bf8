"""Every requirement that can be tested over HTTP has a test, here or in tests/e2e."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REQUIREMENTS = {
    "AU": "01 02 03 04 05 07 08 09",
    "CN": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 21 22 23 24 25 26 27 28 29 30",
    "DI": "01 02 03 04 05 06 07 08",
    "AR": "01 02 03 04 05 06",
    "CO": "01 02 03 04 05 06 07 09 11 12 13 14",
    "AD": "01 02 03 04 05 06 07 08 09 10 11 12 17 18 19 20 22 23 24 25 26 27 28 29 30 32 33 35",
    "ST": "01 02 03",
    "OB": "01 02 03 04 05 06 07 08 09 10 11",
    "FI": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 27 30",
    "IX": "01 06 09 10",
    "PG": "01 02 03 04 05 06 07",
    "MA": "01 02 03 04 05 06 07 08 09 11 13",
    "OI": "01 02 03 05 06",
    "VE": "01 02 03 04 05 06 07",
    "RI": "01 02 03 04 05 06 07 08 09 10 11 12",
    "DE": "01 02 03 04",
    "ER": "01 02 03 04 10 11 13",
    "V0": "01 02 03",
    "TL": "01 02 03",
}
"""Areas and numbers of the requirements of TAXII 2.1 that one exchange over HTTP can show."""

_TESTS = Path(__file__).resolve().parents[1]
_IN_NAME = re.compile(r"(?<=_)([a-z][a-z0-9])_(\d\d)(?=_|$)")
_SPAN = re.compile(r"(?<=_)([a-z][a-z0-9])_(\d\d)_to_(\d\d)(?=_|$)")
_IN_ID = re.compile(r"([A-Z][A-Z0-9])-(\d\d)\b")


def _named(path: Path) -> Iterator[tuple[str, str]]:
    """Requirements in the names of tests and in the ids of their parameters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for area, start, end in _SPAN.findall(node.name):
                yield from ((area.upper(), f"{n:02}") for n in range(int(start), int(end) + 1))
            yield from ((area.upper(), number) for area, number in _IN_NAME.findall(node.name))
        if (
            isinstance(node, ast.keyword)
            and node.arg == "id"
            and isinstance(node.value, ast.Constant)
        ):
            yield from _IN_ID.findall(str(node.value.value))


def test_every_requirement_has_a_test() -> None:
    files = [*_TESTS.glob("http/test_*.py"), *_TESTS.glob("e2e/test_*.py")]
    named = {requirement for path in files for requirement in _named(path)}
    wanted = {(area, number) for area, text in REQUIREMENTS.items() for number in text.split()}
    assert sorted(wanted - named) == []
    assert sorted((area, number) for area, number in named - wanted if area in REQUIREMENTS) == []
