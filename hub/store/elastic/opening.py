"""The parts of this package, put together from the settings."""

from __future__ import annotations

from pathlib import Path

from hub.config import Config
from hub.store.elastic.client import Place, connect
from hub.store.elastic.finder import ElasticFinder
from hub.store.elastic.indices import Indices, Shape
from hub.store.elastic.mapping import Names
from hub.store.search import Source

_PATIENCE_S = 60.0
"""Of what nobody waits for: a busy cluster may take a while for some megabytes."""


def finder_of(config: Config, source: Source) -> ElasticFinder:
    """Search over the copy of a record.

    Raises:
        ConfigError: The key or the CA cannot be read.
        StoreDown: The record cannot be read.
    """
    # Searches that hang must leave threads for publishing and polling.
    most = max(1, config.server.threads // 2)
    return ElasticFinder(source, _place(config, most), config.elastic.prefix)


def indices_of(config: Config, source: Source) -> Indices:
    """The indices of the copy of a record, to write them; raises as `finder_of` does."""
    elastic = config.elastic
    client = connect(_place(config, 2), patience_s=_PATIENCE_S)
    names = Names(elastic.prefix, source.identity())
    return Indices(client, names, Shape(elastic.shards, elastic.replicas))


def _place(config: Config, most: int) -> Place:
    elastic = config.elastic
    return Place(
        elastic.urls,
        config.elastic_key(),
        str(Path(config.folder, elastic.ca_file)) if elastic.ca_file else "",
        timeout_s=elastic.timeout_seconds,
        most=most,
    )
