"""Forms that came too late: after the session ended, or from a page of the session before.

What was filled in is neither lost nor done: it travels along through the log-in, and the person is
asked once more.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
from flask import Request

from hub.errors import HubError
from hub.http.goal import is_here

TOKEN = "token"  # noqa: S105 - the name of a field
"""Field of a form with what only a page of the session can know"""

FIELD = "carried"
_SECRETS = frozenset(
    {TOKEN, "password", "old_password", "new_password", "new_password_again", "code"}
)
_FILLED_IN = frozenset({"draft", "once", "seen"})
_OFFERED = re.compile(r"[a-z_+:-]*|[0-9]{1,9}")
"""Values of choices and counters"""


class Carried(NamedTuple):
    """A form on its way."""

    path: str
    fields: list[tuple[str, str]]
    files: bool = False
    """Files came with it, which must be chosen again"""

    def written(self) -> list[str]:
        """What people wrote, to be known by: what the hub filled in or offered says them nothing."""
        return [
            value
            for name, value in self.fields
            if name not in _FILLED_IN and not _OFFERED.fullmatch(value.strip())
        ]

    def text(self) -> str:
        """As the value of a hidden field."""
        return msgspec.json.encode(self).decode()


def carried(request: Request) -> Carried:
    """The form of a request, without its secrets."""
    try:
        pairs = list(request.form.items(multi=True))
        files = any(file.filename for file in request.files.values())
    except HubError:
        pairs, files = [], False
    kept = [(name, value) for name, value in pairs if name not in _SECRETS]
    return Carried(request.full_path.rstrip("?"), kept, files)


def read(text: str) -> Carried | None:
    """What a hidden field carried; None: nothing that can be gone on with."""
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"), type=Carried)
    except msgspec.MsgspecError:
        return None
    return found if is_here(found.path) else None
