"""`text`: one value a line, or several; files of hosts and simple filter lists among them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from connectors.base import Run
from connectors.errors import NotUnderstood
from connectors.found import Batch, State
from connectors.lists.settings import ValuesSource
from connectors.lists.streaming import batches
from connectors.reading import Reading
from connectors.source import Piece
from connectors.web import refuse_page
from hub.intake.lines import listed
from hub.intake.rows import Told
from hub.intake.text import decoded
from hub.model.intake import LeftOut

_SAMPLE = 300
_SUFFIXES = (".txt", ".list", ".lst", ".netset", ".ipset", ".hosts", ".csv")


class ListSettings(ValuesSource, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[source] of `text`."""


class ListConnector:
    """Reads plain lists."""

    def collect(self, settings: ListSettings, state: State, run: Run) -> Iterator[Batch]:
        """The values of each list that is new or has changed.

        Raises:
            RemoteError: One of its kinds.
        """
        reading = Reading(settings, state, run, suffixes=_SUFFIXES)
        way = settings.way()
        return reading.batches(lambda piece: batches(piece, _understood(piece), way, reading, run))


def _understood(piece: Piece) -> Iterator[Told | LeftOut]:
    """What the list says; that a few lines are no values is normal, and none at all is not."""
    refuse_page(piece, "a list")
    text, _ = decoded(piece.body)
    entries = listed(text)
    first = list(islice(entries, _SAMPLE))
    if first and not any(isinstance(entry, Told) for entry in first):
        raise NotUnderstood(
            f"no line of {piece.name} has a value", remedy="Check what is at this address."
        )
    return chain(first, entries)


SETTINGS = ListSettings
CONNECTOR = ListConnector()
