"""Where a pull stands, in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from hub.cli.base import Exit, fail
from hub.cli.files import put
from hub.cli.sink import Form


class Cursor(msgspec.Struct, frozen=True):
    """Where a pull stands, and of what."""

    url: str
    params: dict[str, str]
    form: Form
    added_after: str = ""
    """Date added of the last object that was kept, in the server's words; empty: none yet."""
    size: int = 0
    """Bytes of the file up to and with that object."""


def read_cursor(path: Path, fresh: Cursor) -> Cursor | None:
    """The cursor of an earlier pull of the same; None when there is none.

    Leaves the program when it belongs to another pull, or cannot be read.
    """
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Cursor)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        fail(f"{path} is no cursor of a pull: {error}", Exit.ERROR)
    for name in ("url", "params", "form"):
        was, asked = getattr(known, name), getattr(fresh, name)
        if was != asked:
            # Going on would leave out what the other pull did not ask for.
            fail(
                f"{path} belongs to a pull with {name} {was}, not {asked}; "
                "give another --cursor, or remove it to start over",
                Exit.USAGE,
            )
    return known


def save_cursor(path: Path, cursor: Cursor) -> None:
    """Replace the cursor as a whole: a reader sees the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(cursor)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    put(draft, path, force=True)
