"""A process that does one delivery again and again until somebody kills it: folder, name."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.service.deliveries.definition import load
from hub.service.deliveries.run import Depot
from hub.service.deliveries.runner import Deliverer
from hub.service.directory import Parties
from hub.store.sqlite import SqliteStore

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    store = SqliteStore(folder / "hub.sqlite")
    deliverer = Deliverer(Depot(store, Parties(store), "https://hub.example.org"), hold_us=400_000)
    delivery = load(folder / f"{sys.argv[2]}.toml")
    print("ready", flush=True)
    while True:
        deliverer.run(delivery, only_due=False)
