"""The kinds of deliveries by the name that one gives them; each is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from connectors.sending import Channel, Sender
from hub.errors import ConfigError

SENDERS: Mapping[str, str] = MappingProxyType(
    {
        "taxii": "connectors.taxii.send",
        "webhook": "connectors.webhook.send",
        "mail": "connectors.mail.digest",
        "syslog": "connectors.syslog.send",
        "misp": "connectors.misp.send",
    }
)
"""Name and module; the module has `SETTINGS` (a msgspec Struct), `SENDER` and `CHANNEL`."""


class Sending(NamedTuple):
    """One kind of delivery."""

    settings: type[msgspec.Struct]
    sender: Sender[Any]
    channel: Channel


def sending(name: str) -> Sending:
    """The kind of this name.

    Raises:
        ConfigError: There is none, or a package that it needs is not installed.
    """
    if name not in SENDERS:
        raise ConfigError(
            f"`connector`: nothing sends by {name!r}; there are {', '.join(SENDERS)}"
        )
    try:
        module = import_module(SENDERS[name])
    except ImportError as error:
        raise ConfigError(
            f"`connector`: {name} needs the package {error.name}: install incident-hub[feeds]"
        ) from error
    return Sending(module.SETTINGS, module.SENDER, module.CHANNEL)
