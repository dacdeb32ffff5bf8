"""The little Markdown that generated pages need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "reference_pages"


def filled(template: str, **parts: object) -> str:
    """The text of a template with a part at each `[[name]]`.

    Raises:
        KeyError: A part is missing.
        ValueError: A part has no place.
    """
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    places = set(re.findall(r"\[\[(\w+)\]\]", text))
    if parts.keys() - places:
        raise ValueError(f"{template} has no place for {', '.join(parts.keys() - places)}")
    return re.sub(r"\[\[(\w+)\]\]", lambda match: str(parts[match[1]]), text)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a bar inside a cell is escaped."""
    lines = [list(columns), ["---"] * len(columns), *(list(row) for row in rows)]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def codes(names: Iterable[object]) -> str:
    """Names in code font, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def verbatim(text: str) -> str:
    """A text in code font, also when it holds backticks."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
