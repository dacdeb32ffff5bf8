"""Dead letters: what the other side refused for good, kept so that somebody can send it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from connectors.sending import Parcel, Undelivered
from hub.model.job import DeadLetter

_LONGEST = 500


class Body(msgspec.Struct, frozen=True):
    """What a dead letter holds: no content, so that the scope counts again when it is sent again."""

    keys: tuple[int, ...] = ()
    """Dates added of the records"""
    gone: tuple[str, ...] = ()
    """Ids whose deletion was refused"""
    ids: tuple[str, ...] = ()
    """Ids of the objects, for people"""
    version: str = ""
    """Of the one object, if it is one"""


def body_of(letter: DeadLetter) -> Body:
    """What a letter holds."""
    return msgspec.json.decode(letter.body, type=Body)


def letters_of(parcel: Parcel, refused: Iterable[Undelivered]) -> Iterator[DeadLetter]:
    """The letters of what was refused of a parcel."""
    keys = {(item.object_id, item.version): item.added_us for item in parcel.freight}
    for item in refused:
        key = keys.get((item.object_id, item.version))
        body = (
            Body((key,), ids=(item.object_id,), version=item.version)
            if key is not None
            else Body(gone=(item.object_id,), ids=(item.object_id,))
        )
        yield _letter(item.object_id, item.reason, body)


def whole(parcel: Parcel, reason: str) -> DeadLetter:
    """The letter of a parcel that cannot be divided, such as a digest."""
    keys = tuple(item.added_us for item in parcel.freight)
    ids = tuple(item.object_id for item in parcel.freight)
    return _letter(parcel.key, reason, Body(keys, parcel.gone, ids))


def _letter(key: str, reason: str, body: Body) -> DeadLetter:
    return DeadLetter(key, reason[:_LONGEST], msgspec.json.encode(body))
