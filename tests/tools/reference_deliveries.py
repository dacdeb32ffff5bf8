"""The reference page of delivery definitions: fields of the file, and of [target] of each connector."""

from __future__ import annotations

from connectors.senders import SENDERS, sending
from hub.service.deliveries.definition import Definition, Recipient
from hub.service.jobs.declared import Timeouts
from tests.tools.markdown import table
from tests.tools.reference_feeds import _fields as fields

_MEANT = {
    "taxii": "A collection of another party's TAXII 2.1 server.",
    "webhook": "Signed POST requests of JSON.",
    "mail": "Digests by SMTP, one for each reader who switched it on.",
    "syslog": "Events in CEF, as messages of syslog (RFC 5424).",
    "misp": "Events of a MISP, over its REST interface.",
}


def page() -> str:
    """All of it."""
    parts = [
        (
            "One TOML file for each delivery, in the folder that `feeds.deliveries` names; the name of "
            "the delivery is that of the file. A path is relative to this folder. A secret never stands "
            "in a file: `env:NAME` or `file:PATH` says where it is, and only the hub may read that "
            "file. How to: [send out what is new](../how-to/send-out.md)."
        ),
        "## How far each reaches",
        table(("connector", "ceiling", "highest", "deletions", "for"), _channels()),
        "## The file",
        fields(Definition, {"target", "recipients", "timeouts"}),
        "## `[timeouts]`",
        fields(Timeouts),
        "## `[[recipients]]`",
        fields(Recipient),
    ]
    for name in SENDERS:
        parts += [f'## `[target]` of `connector = "{name}"`', _MEANT[name]]
        parts.append(fields(sending(name).settings))
    return "\n\n".join(parts) + "\n"


def _channels() -> list[tuple[str, ...]]:
    found = [(name, sending(name).channel) for name in SENDERS]
    return [
        (
            f"`{name}`",
            str(channel.ceiling),
            str(channel.highest),
            "are sent on" if channel.retracts else "no",
            "people, each in the scope of its account" if channel.personal else "the account",
        )
        for name, channel in found
    ]
