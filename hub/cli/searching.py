"""What `hub doctor` asks about search: whether it answers, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from hub.app import open_finder
from hub.cli.surroundings import Finding
from hub.config import Config
from hub.errors import ConfigError, HubError
from hub.store.database import schema_version, version
from hub.store.sqlite import SqliteStore

_FOLLOWED = "Is `hub index follow` running? Its log says what keeps it."


def of_search(config: Config) -> Iterator[Finding]:
    """The engine answers, and has all changes of the record."""
    if not config.store_path.exists():
        return  # said of the store already
    try:
        if not _is_current(config):
            return  # said of its schema; an older one has nothing to search in
        reach = open_finder(config).reach()
    except (ConfigError, HubError) as error:
        yield Finding("fail", "search", str(error), "Correct [elastic] in the configuration.")
        return
    behind = reach.newest - reach.ordinal
    if reach.trouble:
        yield Finding("fail", "search", f"{reach.engine}: {reach.trouble}", _FOLLOWED)
    elif behind:
        detail = f"{reach.engine}: {behind} changes are stored and not yet found"
        yield Finding("warn", "search", detail, _FOLLOWED)
    else:
        yield Finding("ok", "search", f"{reach.engine} has all {reach.newest} changes")


def _is_current(config: Config) -> bool:
    with closing(SqliteStore(config.store_path, busy_s=config.store.busy_seconds)) as store:
        return version(store.database) == schema_version()
