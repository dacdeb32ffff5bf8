"""The state of the hub: settings in effect, search, and the condition of store and parties."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hub.config import Config, settings
from hub.errors import ConfigError, Fault, HubError
from hub.model.party import Role
from hub.service.condition import Room, cares, room
from hub.store.base import Act
from hub.store.database import Database, schema_version
from hub.store.search import Source
from hub.store.source import RecordSource
from hub.web.address import link
from hub.web.admin.deeds import Deed, ask
from hub.web.frame import Answer, Page
from hub.web.visit import Visit

if TYPE_CHECKING:
    from hub.store.elastic.care import Held
    from hub.store.elastic.indices import Indices

_ONLY = frozenset({Role.ADMINISTRATOR})
_SECRETS = frozenset(
    {"secret_file", "oidc.client_secret_file", "elastic.api_key_file", "server.tls_key"}
)
"""Of these a page says only whether they are set."""


class Setting(NamedTuple):
    """A setting as it is in effect."""

    name: str
    value: str
    default: str
    is_given: bool
    """It stands in the file"""
    is_secret: bool


def pages() -> list[Page]:
    """`/admin/settings`, `/admin/search` and `/admin/health`."""
    both = ("GET", "POST")
    return [
        Page("admin_settings", _settings, roles=_ONLY, section="admin"),
        Page("admin_search", _search, roles=_ONLY, section="admin"),
        Page("admin_rebuild", _rebuild, both, _ONLY, "admin"),
        Page("admin_health", _health, roles=_ONLY, section="admin"),
    ]


def _settings(visit: Visit) -> Answer:
    tables: dict[str, list[Setting]] = {}
    for setting in in_effect(visit.console.config):
        tables.setdefault(setting.name.rpartition(".")[0], []).append(setting)
    return visit.render("admin/settings.html", tables=tables)


def in_effect(config: Config) -> list[Setting]:
    """Every setting with its value; of roots, which are a list, one row for all."""
    found = []
    for name, (_, default, _) in settings().items():
        if name.startswith("taxii.roots"):
            continue
        value: Any = config
        for part in name.split("."):
            value = getattr(value, part)
        secret = name in _SECRETS
        shown = ("" if value == "" else "***") if secret else _shown(value)
        base = "" if default is msgspec.NODEFAULT else _shown(default)
        found.append(Setting(name, shown, base, name in config.given, secret))
    roots = ", ".join(root.name for root in config.taxii.roots)
    is_given = "taxii.roots" in config.given
    found.append(Setting("taxii.roots", roots, "hub", is_given, is_secret=False))
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _search(visit: Visit) -> Answer:
    reach = visit.console.finder.reach()
    held, trouble = [], ""
    if reach.engine == "elasticsearch":
        try:
            held = _held(visit)
        except HubError as error:
            trouble = visit.problem(error)
    return visit.render("admin/search.html", reach=reach, held=held, trouble=trouble)


def _held(visit: Visit) -> list[Held]:
    from hub.store.elastic.care import held  # slow to import, and for a few hubs alone

    with _copy(visit.console.config) as (source, indices):
        return held(source, indices)


@contextmanager
def _copy(config: Config) -> Iterator[tuple[Source, Indices]]:
    """The record and its copy in Elasticsearch.

    Raises:
        HubError: SEARCH_DOWN when the copy cannot be reached.
    """
    from hub.store.elastic.opening import indices_of

    with closing(Database(config.store_path, busy_s=config.store.busy_seconds)) as database:
        source = RecordSource(database)
        try:
            indices = indices_of(config, source)
        except ConfigError as error:
            raise HubError(Fault.SEARCH_DOWN, "the copy cannot be reached") from error
        yield source, indices


def _rebuild(visit: Visit) -> Answer:
    if visit.console.finder.reach().engine != "elasticsearch":
        raise HubError(Fault.ABSENT, "there is nothing at this address")
    text, console = visit.text, visit.console

    def do() -> None:
        from hub.store.elastic.care import begin

        with _copy(console.config) as (_, indices):
            name = begin(indices)
        console.store.note(Act(visit.caller.account, visit.caller.org, "index.rebuild", name))

    deed = Deed(
        text("Make the search index anew?"),
        [
            text("A new index is made beside the one that is searched, which answers meanwhile."),
            text("`hub index follow`, which must be running, fills it and puts it in its place."),
            text("One that is being filled already goes on instead."),
        ],
        text("Make it anew"),
        link("admin_search"),
        text("The new index is begun."),
        danger=False,
    )
    return ask(visit, deed, do)


def _health(visit: Visit) -> Answer:
    problem = ""
    try:
        visit.console.store.probe()
    except HubError as error:
        problem = visit.problem(error)
    return visit.render(
        "admin/health.html",
        problem=problem,
        schema=schema_version(),
        room=_room(visit),
        cares=list(cares(visit.directory, visit.now_us)),
    )


def _room(visit: Visit) -> Room | None:
    try:
        return room(visit.console.config.store_path)
    except OSError:
        return None
