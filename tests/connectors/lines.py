"""A small connector for tests of the runner: one value in each line behind an address.

Beside values it knows `stix JSON` (an object as it came), `gone ID`, `left TEXT`, and `fail REASON` and
`break REASON`, which end the run as a connector should and should not. It gives five
lines a batch, and remembers the last whole answer it read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from connectors.base import Run
from connectors.errors import NotUnderstood, Unreachable
from connectors.found import Batch, Found, Left, State
from connectors.net import Known
from hub.intake.concerns import item_of
from hub.intake.lists import endings
from hub.language.harvest import harvest


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[source]: a list on a web server."""

    url: Annotated[str, Meta(description="where it is")]
    token: Annotated[str, Meta(description="bearer token, by reference")] = ""
    size: Annotated[int, Meta(ge=1, description="lines of a batch")] = 5


class Lines:
    """See the head of the file."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        headers = (
            {"Authorization": f"Bearer {run.secret(settings.token)}"} if settings.token else {}
        )
        answer = run.net.get(
            settings.url, headers=headers, known=Known(etag=str(state.get("etag", "")))
        )
        if answer.unchanged:
            return
        if b"\0" in answer.body:
            raise NotUnderstood("this is no list of lines")
        lines = answer.body.decode().splitlines()
        done = {"etag": answer.known.etag}
        numbered = list(enumerate(lines, 1))
        for part in _parts(numbered, settings.size):
            last = part[-1][0] == len(lines)
            yield self._batch(part, run, done if last else state)

    def _batch(self, part: list[tuple[int, str]], run: Run, state: State) -> Batch:
        found: list[Found] = []
        left: list[Left] = []
        gone: list[str] = []
        for number, line in part:
            word, _, rest = line.partition(" ")
            origin = f"line {number}"
            if word == "stix":
                found.append(Found(rest.encode(), origin))
            elif word == "gone":
                gone.append(rest)
            elif word == "left":
                left.append(Left(rest, "it is not wanted", origin))
            elif word == "fail":
                raise Unreachable(rest)
            elif word == "break":
                raise KeyError(rest)
            else:
                found += self._made(line, run, origin)
        return Batch(tuple(found), state, tuple(left), tuple(gone))

    def _made(self, line: str, run: Run, origin: str) -> Iterator[Found]:
        value, _, note = line.partition(" # ")
        for sighted in harvest(value, endings()):
            if sighted.field:
                found = run.maker.indicator(item_of(sighted, note), origin)
                if found:
                    yield found


def _parts(lines: list[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]


SETTINGS = Settings
CONNECTOR = Lines()
