"""`/files`: addresses from which firewalls, resolvers and other programs take values and objects."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.tlp import Tlp
from hub.service.outlet.press import Format
from hub.service.outlet.table import FORMATS
from hub.web.file_words import meanings
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit

_COLLECTION, _SEARCH = "collection:", "search:"


class Origin(NamedTuple):
    """Something that files are made of."""

    key: str
    """`collection:ALIAS` or `search:ID`, as the form has it"""
    path: str
    """Below /export"""
    name: str
    is_search: bool


class File(NamedTuple):
    """One format of it."""

    form: Format
    meaning: str
    address: str
    ceiling: Tlp


def pages(console: Console) -> list[Page]:
    """`/files`."""
    del console
    return [Page("files", _files, section="collections")]


def _files(visit: Visit) -> Answer:
    origins = [*_collections(visit), *_searches(visit)]
    wanted = visit.args.get("of", "")
    chosen = next((item for item in origins if item.key == wanted), None)
    if chosen is None and not wanted and origins:
        chosen = origins[0]
    return visit.render(
        "collections/files.html",
        origins=origins,
        chosen=chosen,
        unknown=bool(wanted) and chosen is None,
        files=_formats(visit, chosen) if chosen else [],
        feed=f"{_base(visit, chosen)}/misp/" if chosen else "",
        advisories=f"{_base(visit, chosen)}/csaf/" if chosen else "",
    )


def _collections(visit: Visit) -> list[Origin]:
    """Those that the account may read; by id where several have the alias."""
    found = [visit.directory.collections[key] for key in visit.scope.readable]
    aliases = [item.alias.casefold() for item in found]
    origins = []
    for item in found:
        name = item.alias if aliases.count(item.alias.casefold()) == 1 else item.id
        origins.append(Origin(f"{_COLLECTION}{name}", f"collections/{name}", item.title, False))
    return sorted(origins, key=lambda origin: origin.name.casefold())


def _searches(visit: Visit) -> list[Origin]:
    found = visit.console.store.saved_searches(visit.scope)
    return [
        Origin(f"{_SEARCH}{item.id}", f"searches/{item.id}", item.name, True) for item in found
    ]


def _formats(visit: Visit, origin: Origin) -> list[File]:
    words = meanings(visit)
    base = _base(visit, origin)
    ceiling = visit.scope.clearance
    return [
        File(form, words[name], f"{base}/{name}", min(form.ceiling, ceiling))
        for name, form in FORMATS.items()
    ]


def _base(visit: Visit, origin: Origin) -> str:
    return f"{visit.console.config.url}/export/{origin.path}"
