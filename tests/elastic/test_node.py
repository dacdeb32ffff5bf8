"""The node is a real Elasticsearch: what the hub relies on works in it, and its data survive."""

from __future__ import annotations

from typing import Any

import pytest
from elastic_transport import ConnectionTimeout
from elasticsearch import BadRequestError, ConflictError, Elasticsearch
from elasticsearch.helpers import bulk

from tests.elastic.node import Node

MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"excludes": ["words"]},
    "properties": {
        "kind": {"type": "keyword"},
        "name": {"type": "keyword", "normalizer": "lowercase"},
        "words": {"type": "text", "analyzer": "whitespace"},
        "nets": {"type": "ip_range"},
        "address": {"type": "ip"},
        "ordinal": {"type": "long"},
        "span": {"type": "long_range"},
        "at": {"type": "date_nanos"},
        "labels": {"type": "flattened"},
    },
}
DOCS: list[dict[str, Any]] = [
    {
        "kind": "malware" if n % 3 else "indicator",
        "name": f"Name-{n}",
        "words": f"lua dao số-{n} Case",
        "nets": [f"10.0.{n}.0/24", "2001:db8::/32"],
        "address": f"10.0.{n}.7",
        "ordinal": n,
        "span": {"gte": n * 10, "lt": n * 10 + 10},
        "at": f"2026-01-{n + 1:02}T00:00:00.000001Z",
        "labels": {"tlp": "green", "n": str(n)},
    }
    for n in range(20)
]


@pytest.fixture
def index(elastic_client: Elasticsearch, elastic_prefix: str) -> str:
    name = f"{elastic_prefix}objects"
    create(elastic_client, name)
    fill(elastic_client, name, DOCS)
    return name


def create(client: Elasticsearch, name: str, **settings: Any) -> None:
    client.indices.create(
        index=name,
        mappings=MAPPING,
        settings={"number_of_replicas": 0, "refresh_interval": "-1", **settings},
    )


def fill(client: Elasticsearch, name: str, docs: list[dict[str, Any]]) -> None:
    actions = [
        {"_op_type": "create", "_index": name, "_id": str(n), "_source": doc}
        for n, doc in enumerate(docs)
    ]
    assert bulk(client, actions, chunk_size=2000) == (len(docs), [])
    shards = client.indices.refresh(index=name)["_shards"]
    assert (shards["total"], shards["successful"], shards["failed"]) == (1, 1, 0)


def ids(client: Elasticsearch, index: str, query: dict[str, Any]) -> set[int]:
    hits = client.search(index=index, query=query, size=100)["hits"]["hits"]
    return {int(hit["_id"]) for hit in hits}


def test_the_client_takes_it_for_the_product(elastic_client):
    health = elastic_client.cluster.health(wait_for_status="yellow", timeout="30s")
    assert health.meta.headers["x-elastic-product"] == "Elasticsearch"
    assert not health["timed_out"]
    (node,) = elastic_client.nodes.info(node_id="_local")["nodes"].values()
    assert node["version"].startswith("8.")


def test_a_field_that_is_not_mapped_is_refused(elastic_client, index):
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping_exception"):
        elastic_client.index(index=index, document={"unheard": 1})


def test_text_is_split_at_spaces_and_otherwise_left_alone(elastic_client, index):
    tokens = elastic_client.indices.analyze(
        index=index, field="words", text="Lừa-đảo 10.0.0.1 Case"
    )
    assert [token["token"] for token in tokens["tokens"]] == ["Lừa-đảo", "10.0.0.1", "Case"]
    assert ids(elastic_client, index, {"match_phrase": {"words": "dao số-7"}}) == {7}
    assert ids(elastic_client, index, {"match": {"words": "case"}}) == set()
    assert ids(elastic_client, index, {"prefix": {"words": "số-1"}}) == {1, *range(10, 20)}


def test_keywords_and_labels(elastic_client, index):
    assert ids(elastic_client, index, {"term": {"name": "NAME-4"}}) == {4}
    assert ids(elastic_client, index, {"terms": {"kind": ["indicator", "none"]}}) == set(
        range(0, 20, 3)
    )
    assert ids(elastic_client, index, {"term": {"labels.n": "5"}}) == {5}
    assert ids(elastic_client, index, {"bool": {"must_not": {"exists": {"field": "kind"}}}}) == (
        set()
    )


def test_addresses_and_networks(elastic_client, index):
    assert ids(elastic_client, index, {"term": {"address": "10.0.0.0/22"}}) == {0, 1, 2, 3}
    assert ids(elastic_client, index, {"term": {"nets": "10.0.9.200"}}) == {9}
    assert ids(elastic_client, index, {"term": {"nets": "2001:db8::1"}}) == set(range(20))
    overlap = {"gte": "10.0.3.255", "lte": "10.0.5.0", "relation": "intersects"}
    assert ids(elastic_client, index, {"range": {"nets": overlap}}) == {3, 4, 5}
    inside = overlap | {"relation": "within"}  # one of several networks is enough
    assert ids(elastic_client, index, {"range": {"nets": inside}}) == {4}


def test_ranges_of_numbers_and_dates(elastic_client, index):
    assert ids(elastic_client, index, {"range": {"ordinal": {"gt": 2**40}}}) == set()
    assert ids(elastic_client, index, {"range": {"ordinal": {"gte": 3, "lt": 5}}}) == {3, 4}
    assert ids(elastic_client, index, {"range": {"span": {"gte": 19, "lte": 20}}}) == {1, 2}
    late = {"gt": "2026-01-18T00:00:00.000001Z"}
    assert ids(elastic_client, index, {"range": {"at": late}}) == {18, 19}


def test_what_was_created_is_not_created_again(elastic_client, index):
    operations = [
        {"create": {"_id": "1"}},
        {"ordinal": 999},
        {"create": {"_id": "new"}},
        {"ordinal": 999},
    ]
    answer = elastic_client.bulk(index=index, operations=operations)
    assert [item["create"]["status"] for item in answer["items"]] == [409, 201]
    assert elastic_client.get(index=index, id="1")["_source"]["ordinal"] == 1


def test_a_write_that_counts_on_an_old_state_is_refused(elastic_client, index):
    seen = elastic_client.get(index=index, id="1")
    guard = {"if_seq_no": seen["_seq_no"], "if_primary_term": seen["_primary_term"]}
    elastic_client.index(index=index, id="1", document={"ordinal": 50}, **guard)
    with pytest.raises(ConflictError):
        elastic_client.index(index=index, id="1", document={"ordinal": 51}, **guard)
    with pytest.raises(ConflictError):
        elastic_client.delete(index=index, id="1", **guard)


def test_get_is_at_once_and_search_is_after_the_refresh(elastic_client, index):
    elastic_client.index(index=index, id="late", document={"kind": "late"})
    found = elastic_client.mget(index=index, ids=["late", "0", "absent"])["docs"]
    assert [doc["found"] for doc in found] == [True, True, False]
    assert "words" not in found[1]["_source"]
    late = {"term": {"kind": "late"}}
    assert elastic_client.count(index=index, query=late)["count"] == 0
    elastic_client.indices.refresh(index=index)
    assert elastic_client.count(index=index, query=late)["count"] == 1
    elastic_client.delete(index=index, id="late", refresh=True)
    assert elastic_client.count(index=index, query=late)["count"] == 0


def test_pages_of_one_point_in_time(elastic_client, index):
    pit = elastic_client.open_point_in_time(index=index, keep_alive="1m")["id"]
    elastic_client.delete(index=index, id="5", refresh=True)
    seen: list[int] = []
    after: dict[str, Any] = {}
    while hits := elastic_client.search(
        pit={"id": pit, "keep_alive": "1m"},
        sort=[{"ordinal": "desc"}, {"_shard_doc": "asc"}],
        size=7,
        track_total_hits=False,
        **after,
    )["hits"]["hits"]:
        seen += [hit["_source"]["ordinal"] for hit in hits]
        after = {"search_after": hits[-1]["sort"]}
    assert seen == list(range(19, -1, -1))
    assert elastic_client.close_point_in_time(id=pit)["succeeded"]
    with pytest.raises(BadRequestError, match="Result window is too large"):
        elastic_client.search(index=index, from_=10_000)


def test_aggregations(elastic_client, index):
    counts = elastic_client.search(
        index=index,
        size=0,
        aggs={
            "kinds": {"terms": {"field": "kind"}},
            "some": {"terms": {"field": "name", "include": ["name-3", "name-4"]}},
            "begins": {"terms": {"field": "kind", "include": "mal.*"}},
            "days": {"date_histogram": {"field": "at", "fixed_interval": "10d"}},
            "tens": {"histogram": {"field": "ordinal", "interval": 10}},
            "split": {"filters": {"filters": {"low": {"range": {"ordinal": {"lt": 4}}}}}},
            "first": {"min": {"field": "at"}},
            "distinct": {"cardinality": {"field": "name"}},
        },
    )["aggregations"]

    def buckets(name: str) -> list[tuple[Any, int]]:
        return [(bucket["key"], bucket["doc_count"]) for bucket in counts[name]["buckets"]]

    assert buckets("kinds") == [("malware", 13), ("indicator", 7)]
    assert buckets("some") == [("name-3", 1), ("name-4", 1)]
    assert buckets("begins") == [("malware", 13)]
    assert buckets("tens") == [(0.0, 10), (10.0, 10)]
    assert sum(count for _, count in buckets("days")) == 20
    assert counts["split"]["buckets"]["low"]["doc_count"] == 4
    assert counts["first"]["value_as_string"].startswith("2026-01-01")
    assert counts["distinct"]["value"] == 20


def test_an_alias_moves_in_one_step(elastic_client, elastic_prefix, index):
    alias, other = f"{elastic_prefix}current", f"{elastic_prefix}other"
    create(elastic_client, other)
    indices = elastic_client.indices
    indices.update_aliases(actions=[{"add": {"index": index, "alias": alias}}])
    assert elastic_client.count(index=alias)["count"] == 20
    swap = [
        {"remove": {"index": index, "alias": alias, "must_exist": True}},
        {"add": {"index": other, "alias": alias, "is_write_index": True}},
    ]
    indices.update_aliases(actions=swap)
    assert list(indices.get_alias(name=alias)) == [other]
    assert elastic_client.count(index=alias)["count"] == 0


def test_templates_and_new_fields(elastic_client, elastic_prefix):
    name = f"{elastic_prefix}made"
    elastic_client.indices.put_index_template(
        name=name, index_patterns=[f"{name}*"], template={"mappings": MAPPING}
    )
    elastic_client.indices.create(index=name, settings={"number_of_replicas": 0})
    elastic_client.indices.put_mapping(
        index=name, properties={"added": {"type": "long"}}, meta={"version": 2}
    )
    mapping = elastic_client.indices.get_mapping(index=name)[name]["mappings"]
    assert mapping["_meta"] == {"version": 2}
    assert mapping["dynamic"] == "strict"
    assert {"added", "nets"} <= mapping["properties"].keys()
    elastic_client.indices.put_settings(index=name, settings={"refresh_interval": "5s"})
    elastic_client.cluster.health(index=name, wait_for_status="green", timeout="30s")


def test_many_documents(elastic_client, elastic_prefix):
    name = f"{elastic_prefix}many"
    create(elastic_client, name)
    fill(elastic_client, name, [{"kind": "x", "ordinal": n} for n in range(20_000)])
    found = elastic_client.search(index=name, track_total_hits=True, size=0)
    assert found["hits"]["total"] == {"value": 20_000, "relation": "eq"}


def test_acknowledged_documents_survive_a_kill(owned_elastic, elastic_client, index):
    url, pid = owned_elastic.url, owned_elastic.pid
    acknowledged = elastic_client.index(index=index, id="last", document={"kind": "late"})
    owned_elastic.kill()
    assert not owned_elastic.running
    owned_elastic.start()
    assert (owned_elastic.url, owned_elastic.pid != pid) == (url, True)
    elastic_client.indices.refresh(index=index)
    assert elastic_client.count(index=index)["count"] == len(DOCS) + 1
    assert elastic_client.get(index=index, id="last")["_seq_no"] == acknowledged["_seq_no"]


def test_a_paused_node_hangs_and_goes_on(owned_elastic: Node, index):
    with Elasticsearch(owned_elastic.url, request_timeout=1, max_retries=0) as client:
        owned_elastic.pause()
        with pytest.raises(ConnectionTimeout):
            client.count(index=index)
        owned_elastic.resume()
        assert client.options(request_timeout=60).count(index=index)["count"] == len(DOCS)
