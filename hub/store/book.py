"""What every part of the store on SQLite works with."""

from __future__ import annotations

from collections.abc import Callable

from hub.model.clock import now_us
from hub.store.database import Database
from hub.store.labels import Labels


class Book:
    """A part of the store; all parts of one store share what is here."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_us) -> None:
        self._database = database
        self._clock = clock
        self._labels = Labels()
