"""What reads or writes across all scopes is called by the operator's commands and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.base import Archive

ROOT = Path(__file__).resolve().parents[2]
METHODS = {name for name in vars(Archive) if not name.startswith("_")}
MODULES = {"hub.store.archive", "hub.store.crate", "hub.store.snapshot"}
OPERATOR = ("hub/cli/", "hub/store/")
"""Whoever may run commands on the machine, and the engine itself."""


def uses(source: str) -> Iterator[str]:
    """Calls of the methods, and imports of the modules that know the store as a file."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if name in METHODS:
                yield name
            case ast.ImportFrom(module=str(module), names=names):
                found = {module, *(f"{module}.{item.name}" for item in names)}
                yield from found & MODULES
                yield from (item.name for item in names if item.name == "Archive")
            case ast.Import(names=names):
                yield from {item.name for item in names} & MODULES
            case ast.Constant(value=str(text)) if text in METHODS:
                yield text


def modules() -> list[str]:
    paths = [
        path for folder in ("hub", "connectors", "feeds") for path in (ROOT / folder).rglob("*.py")
    ]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def test_the_methods_are_those_that_are_meant() -> None:
    assert {"snapshot", "replay", "refill"} == METHODS


@pytest.mark.parametrize("module", [name for name in modules() if not name.startswith(OPERATOR)])
def test_no_door_and_no_service_reads_without_a_scope(module: str) -> None:
    assert list(uses((ROOT / module).read_text(encoding="utf-8"))) == []


def test_the_export_does() -> None:
    """The look would find it."""
    text = (ROOT / "hub/cli/transfer.py").read_text(encoding="utf-8")
    assert set(uses(text)) >= METHODS


@pytest.mark.parametrize(
    "line",
    [
        "self._store.replay(0, 10)",
        "read = store.replay",
        "getattr(store, 'replay')",
        "from hub.store.snapshot import copy",
        "from hub.store import archive",
        "import hub.store.crate",
        "from hub.store.base import Archive, Log",
    ],
)
def test_a_use_is_found(line: str) -> None:
    assert list(uses(line))
