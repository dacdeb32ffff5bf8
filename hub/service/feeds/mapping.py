"""Small mapping modules: what the file of a feed cannot say, as a function of an operator.

It gets each object as JSON has it, and gives it back, changed or not, or None to leave it out. It
must say the same of the same object each time, and keep its id.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from hub.errors import ConfigError

Mapping = Callable[[dict[str, Any]], dict[str, Any] | None]


def unmapped(obj: dict[str, Any]) -> dict[str, Any]:
    """The mapping of feeds that have none."""
    return obj


def mapping_of(name: str, folder: Path) -> Mapping:
    """The function behind `module:function`.

    Args:
        name: Its name; empty: there is none.
        folder: Where the module is looked for first; then in the package `feeds`.

    Raises:
        ConfigError: There is no such module or function, or it cannot be loaded.
    """
    if not name:
        return unmapped
    place, _, function = name.partition(":")
    module = _beside(folder / f"{place}.py") or _packaged(place)
    if module is None:
        raise ConfigError(
            f"`mapping`: there is no {place}.py in {folder}, and none in the package feeds"
        )
    found = getattr(module, function, None)
    if not callable(found):
        raise ConfigError(f"`mapping`: {place} has no function {function}")
    mapping: Mapping = found
    return mapping


def _beside(path: Path) -> ModuleType | None:
    if not path.is_file():
        return None
    spec = spec_from_file_location(f"hub_feeds_{path.stem}", path)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, NameError, ValueError, TypeError, OSError) as error:
        raise ConfigError(f"`mapping`: {path} cannot be loaded: {error}") from error
    return module


def _packaged(name: str) -> ModuleType | None:
    try:
        return import_module(f"feeds.{name}")
    except ModuleNotFoundError:
        return None
