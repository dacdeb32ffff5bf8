"""Three real nodes: one dies, nothing that was acknowledged is lost, and it comes back."""

from __future__ import annotations

import threading

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError

from tests.elastic.cluster import Cluster

pytestmark = pytest.mark.slow

INDEX = "objects"


class Load(threading.Thread):
    """Writes one document after the other and keeps the numbers of the acknowledged ones."""

    def __init__(self, client: Elasticsearch) -> None:
        super().__init__()
        self.acknowledged: set[int] = set()
        self._client = client
        self._over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            try:
                self._client.index(index=INDEX, id=str(number), document={"number": number})
            except (ApiError, TransportError):
                continue
            self.acknowledged.add(number)

    def wait_for(self, more: int) -> None:
        """Wait until so many more documents are acknowledged."""
        goal = len(self.acknowledged) + more
        for _ in range(600):
            if len(self.acknowledged) >= goal:
                return
            self._over.wait(0.1)
        raise AssertionError(f"{len(self.acknowledged)} acknowledged, not {goal}")

    def finish(self) -> None:
        self._over.set()
        self.join()


def stored(client: Elasticsearch) -> set[int]:
    client.indices.refresh(index=INDEX)
    hits = client.search(index=INDEX, size=10_000, sort="number", source=["number"])["hits"]
    return {hit["_source"]["number"] for hit in hits["hits"]}


def test_the_node_with_the_primary_is_killed_under_load(elastic_cluster: Cluster):
    with Elasticsearch(elastic_cluster.urls, request_timeout=30) as client:
        one = {"number_of_shards": 1, "number_of_replicas": 1}
        client.indices.create(index=INDEX, settings=one)
        elastic_cluster.wait(nodes=3)
        load = Load(client)
        load.start()
        try:
            load.wait_for(200)
            victim = elastic_cluster.holder(INDEX)
            victim.kill()
            load.wait_for(200)
        finally:
            load.finish()
        assert elastic_cluster.holder(INDEX) is not victim
        elastic_cluster.wait(nodes=2, status="yellow")
        assert load.acknowledged <= stored(client)
        elastic_cluster.start()
        elastic_cluster.wait(nodes=3)
        assert load.acknowledged <= stored(client)
