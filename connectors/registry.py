"""The kinds of sources by the name that a feed gives them; each is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from connectors.base import Connector
from hub.errors import ConfigError

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "taxii": "connectors.taxii.pull",
        "taxii20": "connectors.taxii.pull20",
        "misp": "connectors.misp.rest",
        "misp-feed": "connectors.misp.feed",
        "stix": "connectors.stix.files",
        "csv": "connectors.lists.table",
        "text": "connectors.lists.plain",
        "json": "connectors.records.json",
        "news": "connectors.news.feed",
        "mail": "connectors.mail.inbox",
        "documents": "connectors.documents.folder",
        "csaf": "connectors.csaf.provider",
    }
)
"""Name and module; the module has `SETTINGS` (a msgspec Struct) and `CONNECTOR`."""


class Kind(NamedTuple):
    """One kind of source."""

    settings: type[msgspec.Struct]
    connector: Connector[Any]


def kind(name: str) -> Kind:
    """The kind of this name.

    Raises:
        ConfigError: There is none, or a package that it needs is not installed.
    """
    if name not in KINDS:
        raise ConfigError(f"there is no {name!r}; there are {', '.join(KINDS)}")
    module = module_of(name, KINDS)
    return Kind(module.SETTINGS, module.CONNECTOR)


def module_of(name: str, modules: Mapping[str, str]) -> Any:
    """The module of a kind.

    Raises:
        ConfigError: A package that it needs is not installed.
    """
    try:
        return import_module(modules[name])
    except ImportError as error:
        raise ConfigError(
            f"{name} needs the package {error.name}: install incident-hub[feeds]"
        ) from error
