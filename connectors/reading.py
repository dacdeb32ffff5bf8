"""Reads a source piece by piece, and keeps where it stands: for every connector of files and addresses.

    reading = Reading(settings, state, run)
    yield from reading.batches(read)  # where `read` gives for a piece:
        Batch(..., state=reading.state)        # more of this piece follows
        Batch(..., state=reading.done(piece))  # it was the last

A piece that is not done is given out again in the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.base import Run
from connectors.errors import NotUnderstood, RemoteError
from connectors.found import Batch, Left, State
from connectors.local import STAMP, Entry, content, entries, entry_of, root_of
from connectors.source import Piece, Source, mark
from connectors.web import fetched, is_stale, plain


class Reading:
    """One run over a source.

    Args:
        source: Its settings.
        state: Of the last batch that was published.
        run: What it works with.
        suffixes: Of a folder: endings that the names of files may have; none: any.
    """

    def __init__(
        self, source: Source, state: State, run: Run, *, suffixes: tuple[str, ...] = ()
    ) -> None:
        self._source = source
        self._run = run
        self._suffixes = suffixes
        self._before = state
        self._after: State = state
        self._known = _stamps(str(state.get("files", "")))
        self._listed = False
        self._left: list[Left] = []

    @property
    def state(self) -> State:
        """Where the source stands without the piece that is being read."""
        return self._before

    @property
    def is_folder(self) -> bool:
        """Whether one broken piece is one of many, and the others go on."""
        return self._listed

    def done(self, piece: Piece) -> State:
        """Where the source stands once this piece is published."""
        if self._listed:
            self._known.append(piece.stamp)
            self._before = {"files": "".join(self._known)}
        else:
            self._before = self._after
        return self._before

    def batches(self, read: Callable[[Piece], Iterator[Batch]]) -> Iterator[Batch]:
        """What is new or has changed, in order.

        Args:
            read: The batches of a piece; raises NotUnderstood before it gives the first.

        Raises:
            RemoteError: One of its kinds. What is wrong with a file of a folder is told in a batch.
        """
        for piece in self._pieces():
            try:
                found = read(piece)
            except NotUnderstood as error:
                if not self.is_folder:
                    raise
                yield Batch((), self.state, (Left(piece.name, error.reason, piece.name),))
            else:
                yield from found
        if self._left:
            yield Batch((), self.state, tuple(self._left))

    def _pieces(self) -> Iterator[Piece]:
        if self._source.url:
            found = fetched(self._source, self._before, self._run)
            if found is not None:
                piece, self._after = found
                yield piece
            return
        root = root_of(self._source.path, self._run.folder)
        if root.is_dir():
            yield from self._of_folder(entries(root, self._of(), self._suffixes))
            return
        entry = entry_of(root, root, self._of())
        if entry is None:
            return
        if self._before.get("file") != entry.stamp or is_stale(self._before, self._run):
            self._after = {"file": entry.stamp, "read_us": self._run.started_us}
            yield self._piece(entry)

    def _of(self) -> str:
        return mark(self._source, self._run)

    def _of_folder(self, found: list[Entry]) -> Iterator[Piece]:
        self._listed = True
        there = {entry.stamp for entry in found}
        known = set(self._known)
        self._known = [stamp for stamp in self._known if stamp in there]
        for entry in found:
            if entry.stamp in known:
                continue
            try:
                piece = self._piece(entry)
            except RemoteError as error:
                self._left.append(Left(entry.name, error.reason, entry.name))
            else:
                yield piece

    def _piece(self, entry: Entry) -> Piece:
        raw = content(entry, self._run.net.limits.most_bytes)
        return Piece(entry.name, plain(raw, self._run), entry.stamp)


def _stamps(joined: str) -> list[str]:
    return [joined[at : at + STAMP] for at in range(0, len(joined), STAMP)]
