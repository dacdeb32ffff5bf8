"""What devices can pull, on the command line: hub export list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_NO_EVENT = "00000000-0000-0000-0000-000000000000"


def rows() -> Iterator[dict[str, Any]]:
    """A line for each format: what it holds, and where it is pulled from."""
    from hub.api.outlet import ADDRESSES  # slow to import
    from hub.service.outlet import misp
    from hub.service.outlet.table import FORMATS

    # One address of a feed of MISP stands for those of all events.
    feed = {name: misp.form_of(name.replace("UUID", _NO_EVENT)) for name in misp.NAMES}
    forms = {**FORMATS, **{name: form for name, form in feed.items() if form}}
    for name, form in forms.items():
        yield {
            "format": name,
            "up_to": form.ceiling.text,
            "media_type": form.media_type.partition(";")[0],
            "meaning": form.meaning,
            "values": [*form.fields, *form.more],
            "addresses": [
                address.replace("{format}", name).replace("{name}", "NAME")
                for address in ADDRESSES
            ],
        }
