"""Search copies for tests: a projector that is run to the end, and a finder over what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hub.store.elastic.client import Place, connect
from hub.store.elastic.finder import ElasticFinder
from hub.store.elastic.indices import Indices, Shape
from hub.store.elastic.mapping import Names
from hub.store.elastic.projector import Projector, Step
from hub.store.search import Source

PATIENT_S = 60.0
ALONE = Shape(1, 0)


class Copy(NamedTuple):
    """A search copy of one store."""

    finder: ElasticFinder
    indices: Indices
    projector: Projector

    def settle(self) -> None:
        """Bring the copy up to the record."""
        self.projector.forget()
        while not is_done(self.projector.round()):
            pass

    def drop(self) -> None:
        """Delete its indices."""
        for name in self.indices.known():
            if self.indices.names.mine(name):
                self.indices.drop(name)


def is_done(steps: list[Step]) -> bool:
    """Whether an index is searched and has come to the end of the record."""
    return bool(steps) and all(step.served and step.ordinal >= step.newest for step in steps)


def indices_of(source: Source, url: str, prefix: str, shape: Shape = ALONE) -> Indices:
    """The indices of a store's copy; several addresses with commas between."""
    client = connect(Place(tuple(url.split(","))), patience_s=PATIENT_S)
    return Indices(client, Names(prefix, source.identity()), shape)


@contextmanager
def copy_of(
    source: Source,
    url: str,
    prefix: str,
    shape: Shape = ALONE,
    *,
    changes: int = 2000,
) -> Iterator[Copy]:
    """An empty copy of a store, which has no time limits that a test could meet."""
    place = Place(tuple(url.split(",")), timeout_s=PATIENT_S, count_s=PATIENT_S)
    finder = ElasticFinder(source, place, prefix)
    indices = indices_of(source, url, prefix, shape)
    copy = Copy(finder, indices, Projector(source, indices, changes=changes))
    try:
        yield copy
    finally:
        copy.drop()
        finder.close()
        indices.client.close()
