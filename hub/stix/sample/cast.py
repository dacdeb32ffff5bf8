"""What stands in every story in the same words: markings, organisations, techniques."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stix2 import v21

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF, TLP_EXTENSION

MARKING = {colour: marking for marking, colour in COLOUR_OF.items()}
"""Marking-definition by colour. TLP 2.0 comes last in the table, so its ids win over TLP 1.0."""

_MARKED = datetime(2022, 10, 1, tzinfo=UTC)
_KNOWN = datetime(2026, 1, 1, tzinfo=UTC)
_ATTACK = "https://attack.mitre.org/techniques/"


def marking(colour: Tlp) -> Any:
    """The TLP 2.0 marking of a colour, as OASIS publishes it."""
    return v21.MarkingDefinition(
        id=MARKING[colour],
        created=_MARKED,
        name=str(colour),
        extensions={
            TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": colour.text}
        },
    )


def identity(org: Organisation) -> Any:
    """An organisation."""
    return v21.Identity(
        id=org.id,
        created=_KNOWN,
        modified=_KNOWN,
        name=org.name_en,
        description=org.name_vi,
        identity_class="organization",
        sectors=[org.sector],
        object_marking_refs=[MARKING[Tlp.CLEAR]],
    )


def technique(text: str, object_id: str) -> Any:
    """A technique of ATT&CK.

    Args:
        text: Its number and its name.
        object_id: The id of the attack-pattern.
    """
    number, _, name = text.partition(" ")
    address = _ATTACK + number.replace(".", "/")
    return v21.AttackPattern(
        id=object_id,
        created=_KNOWN,
        modified=_KNOWN,
        name=name,
        external_references=[
            {"source_name": "mitre-attack", "external_id": number, "url": address}
        ],
        object_marking_refs=[MARKING[Tlp.CLEAR]],
    )
