"""What whoever runs the hub does with the copy: look at it, make it anew, clear up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.store.elastic.client import FAULTS, plain, told
from hub.store.elastic.indices import Indices
from hub.store.elastic.projector import Projector, Step
from hub.store.search import Source

_LAST_ORDINAL = (1 << 63) - 1


class Held(NamedTuple):
    """An index under the prefix."""

    name: str
    use: str
    """Whether it is searched, being filled, or of no use to this hub"""
    ordinal: int
    """Changes up to this one are in it; 0: none, or it is not of this store"""
    behind: int
    """Changes of this store that are not in it"""


def held(source: Source, indices: Indices) -> list[Held]:
    """All indices under the prefix.

    Raises:
        HubError: SEARCH_DOWN when the cluster does not say.
    """
    newest = source.touched(_LAST_ORDINAL, 1).state
    with _faults():
        return [_held(indices, name, newest, searched=at) for name, at in indices.known().items()]


def _held(indices: Indices, name: str, newest: int, *, searched: bool) -> Held:
    if not indices.names.mine(name):
        version = indices.names.version(name)
        use = "of another store" if version is None else f"of version {version} of the mapping"
        return Held(name, use, 0, 0)
    mark = indices.mark(name)
    ordinal = mark.ordinal if mark else 0
    return Held(name, "searched" if searched else "being filled", ordinal, newest - ordinal)


def rebuild(source: Source, indices: Indices, notice: Callable[[Step], None]) -> str:
    """Fill a new index beside the one that is searched, and put it in its place.

    One that is being filled already is brought to its end instead. It goes on whatever becomes of
    the cluster meanwhile.

    Args:
        source: The record.
        indices: Of its copy.
        notice: Told of every step of the new index.

    Returns:
        The name of the index that is searched in the end.

    Raises:
        HubError: SEARCH_DOWN when it cannot be begun.
    """
    target = begin(indices)
    stop, last = Event(), [target]

    def look(step: Step) -> None:
        if step.name == target:
            notice(step)
        # A later one may have been begun elsewhere, and have taken this one's place.
        if step.served and step.name >= target:
            last[0] = step.name
            stop.set()

    Projector(source, indices).run(stop, look)
    return last[0]


def begin(indices: Indices) -> str:
    """Make a new index beside the one that is searched, for whoever follows the record to fill.

    Returns:
        Its name, or that of one that is being filled already.

    Raises:
        HubError: SEARCH_DOWN when the cluster does not do it.
    """
    with _faults():
        mine = {name: at for name, at in indices.known().items() if indices.names.mine(name)}
        filled = next((name for name, searched in mine.items() if not searched), "")
        return filled or indices.make()


def drop(indices: Indices, name: str) -> None:
    """Delete an index that this hub does not search.

    Raises:
        HubError: ABSENT when there is none of that name under the prefix, DENIED when it is
            searched, SEARCH_DOWN when the cluster does not do it.
    """
    with _faults():
        known = indices.known()
        if name not in known:
            raise HubError(
                Fault.ABSENT,
                f"there is no index {name}",
                remedy="`hub index status` lists them.",
            )
        if known[name]:
            raise HubError(
                Fault.DENIED,
                f"{name} is searched",
                remedy="Make another one first: `hub index rebuild`.",
            )
        indices.drop(name)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except FAULTS as error:
        raise told(error) from plain(error)
