"""Traffic Light Protocol 2.0 (FIRST, August 2022): five colours in order of strictness."""

from __future__ import annotations

from enum import IntEnum


class Tlp(IntEnum):
    """How far information may go. A greater value is stricter."""

    CLEAR = 0
    """Everybody."""
    GREEN = 1
    """The community: whoever takes part in the hub and may read the collection."""
    AMBER = 2
    """The recipients' organisations and their clients, as far as they need to know."""
    AMBER_STRICT = 3
    """The recipients' organisations only."""
    RED = 4
    """Named recipients only."""

    @property
    def text(self) -> str:
        """Its name in configuration and on the command line, such as `amber+strict`."""
        return self.name.lower().replace("_", "+")

    def __str__(self) -> str:
        return f"TLP:{self.text.upper()}"

    @classmethod
    def named(cls, text: str) -> Tlp:
        """The colour of a name in any case, with or without `TLP:`; WHITE of TLP 1.0 is CLEAR.

        Raises:
            ValueError: It names no colour of TLP 1.0 or 2.0.
        """
        name = text.upper().removeprefix("TLP:").replace("+", "_")
        try:
            return cls["CLEAR" if name == "WHITE" else name]
        except KeyError as error:
            raise ValueError(text) from error
