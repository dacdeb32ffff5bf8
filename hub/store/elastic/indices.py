"""The indices of the search copy: which there are, which one is searched, how far each has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from elasticsearch import ConflictError, Elasticsearch, NotFoundError

from hub.store.elastic.lines import Line
from hub.store.elastic.mapping import Names, body, writing

_HORIZON = "horizon"
_BULK_BYTES = 4 << 20
_BULK_LINES = 2000
_TOO_LARGE = frozenset({413, 429})
_CONFLICT = 409
_NEW_S = "30s"
_read = msgspec.json.Decoder().decode


class Mark(NamedTuple):
    """How far an index has come, and which of its states that is."""

    ordinal: int
    seq_no: int
    primary_term: int


class Behind(Exception):
    """Another projector is ahead: it moved the horizon, or wrote from a later state."""


class Refused(Exception):
    """The cluster did not take a record, or did not make it visible; nothing moves on."""


class Overfull(Exception):
    """The cluster has no room for a record now, however few are sent at once."""


class Shape(NamedTuple):
    """What a new index is made of."""

    shards: int = 1
    replicas: int = 0


class Indices:
    """The indices of one record store.

    What the library raises goes through; whoever calls comes back later.

    Args:
        client: The way to the cluster.
        names: What they are called.
        shape: Of new ones.
    """

    def __init__(self, client: Elasticsearch, names: Names, shape: Shape) -> None:
        self.client = client
        self.names = names
        self._shape = shape

    def known(self) -> dict[str, bool]:
        """All indices under the prefix, those of other stores too; True: it is searched."""
        found = self.client.indices.get_alias(index=self.names.every, expand_wildcards="all")
        return {name: self.names.alias in at["aliases"] for name, at in sorted(found.items())}

    def make(self) -> str:
        """A new, empty index that is not searched yet; returns its name."""
        name = self.names.new()
        made = body(self.names.identity, self._shape.shards, self._shape.replicas)
        self.client.indices.create(
            index=name,
            aliases={writing(name): {}},
            mappings=made["mappings"],
            settings=made["settings"],
            timeout=_NEW_S,
        )
        return name

    def serve(self, index: str, before: str | None) -> None:
        """Let this index alone be searched, in one step.

        Args:
            index: This one.
            before: The one that is searched until now, if there is one.

        Raises:
            Behind: Another one is searched by now.
        """
        alias = self.names.alias
        removed: list[dict[str, Any]] = [{"index": f"{alias}-*", "must_exist": False}]
        if before:
            removed.insert(0, {"index": before, "must_exist": True})
        try:
            self.client.indices.update_aliases(
                actions=[
                    *({"remove": {**action, "alias": alias}} for action in removed),
                    {"add": {"index": index, "alias": alias}},
                ]
            )
        except NotFoundError as error:
            raise Behind from error

    def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        self.client.options(ignore_status=404).indices.delete(index=index)

    def mark(self, index: str) -> Mark | None:
        """How far an index has come; None: nowhere yet."""
        try:
            found = self.client.get(index=writing(index), id=_HORIZON, realtime=True)
        except NotFoundError as error:
            if isinstance(error.body, dict) and error.body.get("found") is False:
                return None
            raise
        return Mark(found["_source"][_HORIZON], found["_seq_no"], found["_primary_term"])

    def move(self, index: str, mark: Mark | None, ordinal: int) -> Mark:
        """Say that an index has come so far.

        Raises:
            Behind: Somebody else has said something since `mark`.
        """
        held = (
            {"op_type": "create"}
            if mark is None
            else {"if_seq_no": mark.seq_no, "if_primary_term": mark.primary_term}
        )
        try:
            made = self.client.index(
                index=writing(index),
                id=_HORIZON,
                document={_HORIZON: ordinal},
                require_alias=True,
                **held,
            )
        except ConflictError as error:
            raise Behind from error
        return Mark(ordinal, made["_seq_no"], made["_primary_term"])

    def write(self, index: str, lines: Sequence[Line]) -> None:
        """Write records, in requests of some megabytes, which become smaller when it is too much.

        Raises:
            Behind: The index holds a later state of one of them: read again, and write that. To
                take it as done would trust a write that may not have reached every copy yet.
            Overfull: The cluster has no room.
            Refused: It cannot take a record.
        """
        for part in _parts(lines):
            self._send(index, part)

    def _send(self, index: str, lines: Sequence[Line]) -> None:
        answer = self.client.options(ignore_status=sorted(_TOO_LARGE)).bulk(
            index=writing(index),
            operations=[text for line in lines for text in line],  # type: ignore[misc]
            require_alias=True,
            filter_path="errors,error,status,items.*.status,items.*.error.type,items.*.error.reason",
        )
        if answer.meta.status in _TOO_LARGE:
            self._halve(index, lines)
        elif answer["errors"]:
            self._look(index, lines, [next(iter(item.values())) for item in answer["items"]])

    def _halve(self, index: str, lines: Sequence[Line]) -> None:
        if len(lines) == 1:
            raise Overfull
        half = len(lines) // 2
        self._send(index, lines[:half])
        self._send(index, lines[half:])

    def _look(self, index: str, lines: Sequence[Line], items: Sequence[dict[str, object]]) -> None:
        """Send again what found no room, after everything else was found well."""
        again: list[Line] = []
        behind = False
        for line, item in zip(lines, items, strict=True):
            status = item["status"]
            if status in _TOO_LARGE:
                again.append(line)
            elif status == _CONFLICT:
                behind = True
            elif "error" in item:
                key = _read(line[0])["index"]["_id"]
                # The rest of what the cluster says of it may quote the record.
                error: Any = item["error"]
                raise Refused(f"record {key}: {status} {error.get('type')}")
        if behind:
            raise Behind
        if len(again) == len(lines):
            self._halve(index, lines)
        elif again:
            self._send(index, again)

    def refresh(self, index: str) -> None:
        """Make what was written visible to searches, on every copy.

        Raises:
            Refused: A copy did not do so.
        """
        shards = self.client.indices.refresh(index=writing(index))["_shards"]
        if shards["failed"]:
            raise Refused(f"refresh failed on {shards['failed']} of {shards['total']} copies")


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """The lines in parts that are not too large for one request."""
    start = size = 0
    for place, line in enumerate(lines):
        length = len(line[0]) + len(line[1]) + 2
        if place > start and (size + length > _BULK_BYTES or place - start >= _BULK_LINES):
            yield lines[start:place]
            start, size = place, 0
        size += length
    if start < len(lines):
        yield lines[start:]
