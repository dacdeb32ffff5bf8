"""A projector in a process of its own: python -m tests.elastic.following STORE URL PREFIX CHANGES."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from hub.store.elastic.projector import Projector
from hub.store.sqlite import SqliteStore
from tests.elastic.copies import indices_of

if __name__ == "__main__":
    path, url, prefix, changes = sys.argv[1:]
    store = SqliteStore(Path(path))
    Projector(store, indices_of(store, url, prefix), changes=int(changes)).run(Event())
