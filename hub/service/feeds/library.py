"""Ready definitions of public feeds (package `feeds`), and how one of them is put to use.

All of them are switched off, and each names the licence and the terms of its source.
"""

from __future__ import annotations

import json
import re
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from hub.errors import ConfigError
from hub.service.feeds.definition import Feed, load

_KEY = r"(?m)^{name}\s*=.*$"
_TABLE = re.compile(r"(?m)^\[")


def ready() -> dict[str, Feed]:
    """The ready definitions by name.

    Raises:
        ConfigError: A package that one of them needs is not installed.
    """
    with as_file(files("feeds")) as folder:
        return {path.stem: load(path) for path in sorted(folder.glob("*.toml"))}


def text_of(name: str) -> str:
    """The text of a ready definition; empty: there is none of this name."""
    found = files("feeds") / f"{name}.toml"
    return found.read_text(encoding="utf-8") if found.is_file() else ""


def enable(folder: Path, name: str, said: dict[str, str | bool]) -> Path:
    """Change fields of a definition, which is first copied from the ready ones if it is not there.

    Args:
        folder: Of definitions; it is made if need be.
        name: Of the feed.
        said: Fields at the top of the file, such as `enabled` and `account`.

    Raises:
        ConfigError: There is no such feed, or what comes out of it is none; nothing is changed then.
    """
    path = folder / f"{name}.toml"
    text = path.read_text(encoding="utf-8") if path.is_file() else text_of(name)
    if not text:
        raise ConfigError(f"there is no feed {name} in {folder}, and none among the ready ones")
    for field, value in said.items():
        text = _set(text, field, json.dumps(value, ensure_ascii=False))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        draft = Path(scratch, path.name)
        draft.write_text(text, encoding="utf-8")
        try:
            load(draft)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(draft), str(path))) from error
        draft.replace(path)
    return path


def _set(text: str, field: str, value: str) -> str:
    """The text with a field at its top set."""
    table = _TABLE.search(text)
    top, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    line = f"{field} = {value}"
    changed, count = re.subn(_KEY.format(name=re.escape(field)), lambda _: line, top, count=1)
    return (changed if count else f"{line}\n{top}") + rest
