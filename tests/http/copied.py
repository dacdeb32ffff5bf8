"""Worlds of `tests.http.worlds` that are searched in Elasticsearch.

Each world has a copy of its own. Before a viewer asks, the copy is brought up to the record, so
that what is compared is what is found and not when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from elasticsearch import Elasticsearch

from hub.store.sqlite import SqliteStore
from tests.elastic.copies import Copy, copy_of
from tests.http.worlds import Engine, Searched

_MOST = 10_000
"""Records that one search gives; a script has far fewer."""

_CHANGES = 50
"""In one step of the projector: a script has a few more at most."""


@contextmanager
def in_elastic(url: str, prefix: str) -> Iterator[Engine]:
    """Makes copies of stores, which are gone with the context.

    Args:
        url: Where Elasticsearch serves.
        prefix: What the names of the test's indices begin with.
    """
    with ExitStack() as stack:
        client = stack.enter_context(Elasticsearch(url, request_timeout=60))

        def engine(store: SqliteStore) -> Searched:
            copy = stack.enter_context(copy_of(store, url, prefix, changes=_CHANGES))
            copy.settle()
            return Searched(copy.finder, _settler(store, copy), lambda: _empty(client, copy))

        yield engine


def _settler(store: SqliteStore, copy: Copy) -> Callable[[], None]:
    """Brings the copy up to the record, when there is anything new."""
    known = -1

    def settle() -> None:
        nonlocal known
        (ordinal,) = store.database.connection().execute("SELECT ordinal FROM clock").fetchone()
        if ordinal != known:
            copy.settle()
            known = ordinal

    return settle


def _empty(client: Elasticsearch, copy: Copy) -> None:
    """Delete all records; how far the copy has come stays."""
    alias = copy.indices.names.alias
    held = {"exists": {"field": "shelf"}}
    found = client.search(index=alias, query=held, size=_MOST, source=False)
    hits = found["hits"]["hits"]
    assert len(hits) < _MOST
    if hits:
        drops = [{"delete": {"_id": hit["_id"]}} for hit in hits]
        client.bulk(index=alias, operations=drops, refresh=True)
