"""A resolver with the exported file refuses the names in it, and what is below them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fakes
from tests.http.searching import indicator, opened
from tests.tools.resolvers import KINDS, NXDOMAIN, World, started

PATTERNS = (
    "[domain-name:value = 'evil.example']",
    "[domain-name:value = 'b\u00fccher.example']",
    "[ipv4-addr:value = '198.51.100.7']",
    "[ipv4-addr:value = '203.0.113.0/28']",
)
LISTED = ("evil.example", "EVIL.example", "a.b.evil.example", "xn--bcher-kva.example")
OTHERS = ("example", "notevil.example", "evil.example.org", "www.good.example")
AT = {
    "moved.example": "198.51.100.7",
    "near.example": "198.51.100.8",
    "inside.example": "203.0.113.15",
    "outside.example": "203.0.113.16",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as devices pull them."""
    made = tmp_path_factory.mktemp("resolvers")
    with opened(made, fakes.Clock(fakes.START_US + 60_000_000)) as hub:
        room = hub.room()
        room.add(*(indicator(number, text) for number, text in enumerate(PATTERNS, start=1)))
        for name in KINDS:
            path = f"/export/collections/{room.collection.alias}/{name}"
            answer = hub.get(path, account="publisher", headers={"Accept": None})
            assert answer.status_code == 200, answer.data
            (made / name).write_bytes(answer.data)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_names(folder: Path, kind: str) -> None:
    with World(AT) as world, started(kind, folder / kind, world) as resolver:
        assert {name: resolver.code(name) for name in LISTED} == dict.fromkeys(LISTED, NXDOMAIN)
        assert {name: resolver.code(name) for name in OTHERS} == dict.fromkeys(OTHERS, 0)
        # Only a response policy zone knows addresses.
        stopped = NXDOMAIN if kind == "rpz.zone" else 0
        assert {name: resolver.code(name) for name in AT} == {
            "moved.example": stopped,
            "near.example": 0,
            "inside.example": stopped,
            "outside.example": 0,
        }
