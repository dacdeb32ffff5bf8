"""Plain lists: one value a line, or several, with comments, as files of hosts or of filters are.

A comment behind a value is kept as its note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.intake.cells import values_of
from hub.intake.concerns import item_of
from hub.intake.rows import Told
from hub.intake.text import lines_of
from hub.model.intake import LeftOut

_COMMENT = re.compile(r"^\s*(?:[#;!]|//)|^\s*\[Adblock")
_NOTE = re.compile(r"\s+(?:#|;|//)\s*(?P<note>.*)$")
_HOSTS = re.compile(r"\s*(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(?P<names>\S.*)")
_FILTER = re.compile(r"\s*\|\|(?P<name>[^\^/$*]+)\^.*")
_OWN = re.compile(
    r"\s*(?:localhost(?:\.localdomain)?|local|broadcasthost|ip6-\S+|0\.0\.0\.0)\s*", re.IGNORECASE
)
_LONGEST = 10_000


def listed(text: str) -> Iterator[Told | LeftOut]:
    """Each value of a list in its order, as often as it stands there, and what is no value.

    Args:
        text: All of it.
    """
    for number, line in lines_of(text):
        if line.strip() and not _COMMENT.match(line):
            yield from _of_line(line[:_LONGEST].strip(), number)


def _of_line(line: str, number: int) -> Iterator[Told | LeftOut]:
    noted = _NOTE.search(line)
    note = " ".join(noted["note"].split()) if noted else ""
    said = line[: noted.start()] if noted else line
    if hosts := _HOSTS.fullmatch(said):
        # The address only says where the names lead on a machine that uses the file.
        said = " ".join(name for name in hosts["names"].split() if not _OWN.fullmatch(name))
        if not said:
            return
    elif filtered := _FILTER.fullmatch(said):
        said = filtered["name"]
    found = False
    for sighted in values_of(said):
        found = True
        if sighted.field:
            yield Told(item_of(sighted._replace(line=number), note))
        else:
            yield LeftOut(sighted.given, "invalid", number)
    if not found:
        yield LeftOut(said.strip(), "invalid", number)
