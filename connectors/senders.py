"""The kinds of deliveries by the name that one gives them; each is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from connectors.registry import module_of
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
        raise ConfigError(f"nothing sends by {name!r}; there are {', '.join(SENDERS)}")
    module = module_of(name, SENDERS)
    return Sending(module.SETTINGS, module.SENDER, module.CHANNEL)
