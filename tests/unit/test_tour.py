"""The pictures of the documents: each one is shown, is there, and is small."""

from __future__ import annotations

import re

import pytest

from tests.tools import reference

FOLDER = reference.ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")

PICTURES = [
    (document, text, document.parent / target)
    for document in sorted((reference.ROOT / "docs").rglob("*.md"))
    for text, target in _PICTURE.findall(document.read_text(encoding="utf-8"))
]


def test_the_tour_has_pictures():
    assert len([p for p in PICTURES if p[0].name == "tour.md"]) >= 10


@pytest.mark.parametrize(
    ("document", "text", "path"), PICTURES, ids=lambda v: getattr(v, "name", "-")
)
def test_a_picture_is_there_small_and_described(document, text, path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG"), path
    assert len(data) <= MOST_BYTES, path
    assert len(text.split()) >= 4, f"{document.name}: {path.name} needs a description"


def test_no_picture_is_left_over():
    shown = {path.resolve() for _, _, path in PICTURES}
    assert {path.resolve() for path in FOLDER.iterdir()} == shown
