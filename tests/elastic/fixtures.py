"""Fixtures that give any test a real Elasticsearch; tests/conftest.py loads them.

- `elastic_url`: the cluster of HUB_TEST_ELASTIC_URL, else one node for the whole run.
- `elastic_client`: an unmodified client of it.
- `elastic_prefix`: what the names of a test's indices, aliases and templates begin with; they are
  deleted after the test.
- `owned_elastic`: the node of this run, to be killed, paused or restarted; it serves again after
  the test.
- `elastic_cluster`: three nodes of the test's own.

A test that asks for one of them bears the mark `elastic`, and `cluster` if it asks for three
nodes. Where the node cannot be had, it is skipped and the end of the run says why; it fails where
CI=true or HUB_TEST_REQUIRE names `elastic`. A node that can be had and does not start is a failure
everywhere.
"""

from __future__ import annotations

import os
import shutil
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest
from elasticsearch import Elasticsearch

from tests.elastic.cluster import Cluster
from tests.elastic.jars import NotHere
from tests.elastic.node import Node
from tests.required import not_run

_Startable = TypeVar("_Startable", Node, Cluster)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Serving(NamedTuple):
    """A cluster, and its node when this run started it."""

    url: str
    node: Node | None


@contextmanager
def _started(what: _Startable) -> Iterator[_Startable]:
    try:
        what.start()
    except NotHere as error:
        not_run("elastic", str(error))
    try:
        yield what
    finally:
        what.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a node, so that `-m elastic` and `-m cluster` find it."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if any("elastic" in name for name in names):
            item.add_marker("elastic")
        if "elastic_cluster" in names:
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def elastic_serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The cluster of this run."""
    foreign = os.environ.get("HUB_TEST_ELASTIC_URL", "")
    if foreign:
        if urllib.parse.urlsplit(foreign).hostname not in _LOOPBACK:
            pytest.fail("HUB_TEST_ELASTIC_URL: tests connect to 127.0.0.1 only; use a tunnel")
        yield Serving(foreign, None)
        return
    with _started(Node(tmp_path_factory.mktemp("elastic") / "n1")) as node:
        yield Serving(node.url, node)
    shutil.rmtree(node.home)


@pytest.fixture
def elastic_url(elastic_serving: Serving) -> str:
    """Where Elasticsearch serves."""
    return elastic_serving.url


@pytest.fixture(scope="session")
def elastic_client(elastic_serving: Serving) -> Iterator[Elasticsearch]:
    """A client with a time limit that suits a slow machine."""
    with Elasticsearch(elastic_serving.url, request_timeout=60) as client:
        yield client


@pytest.fixture
def elastic_prefix(
    request: pytest.FixtureRequest, elastic_serving: Serving, elastic_client: Elasticsearch
) -> Iterator[str]:
    """A prefix of this test alone; what bears it is deleted after the test."""
    prefix = f"hub-test-{uuid.uuid4().hex[:12]}-"
    yield prefix
    if elastic_serving.node and "owned_elastic" in request.fixturenames:
        _heal(elastic_serving.node)
    indices = elastic_client.indices
    for name in indices.get_settings(index=f"{prefix}*", expand_wildcards="all"):
        indices.delete(index=name)
    # Unlike indices, templates go by pattern; that there is none is not an error here.
    elastic_client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}*")


@pytest.fixture
def owned_elastic(elastic_serving: Serving) -> Iterator[Node]:
    """The node itself, for tests that kill, pause or restart it."""
    if elastic_serving.node is None:
        pytest.skip("elastic tests: NOT RUN (they kill nodes; HUB_TEST_ELASTIC_URL is not ours)")
    yield elastic_serving.node
    _heal(elastic_serving.node)


def _heal(node: Node) -> None:
    if node.running:
        node.resume()
        node.wait()
    else:
        node.start()


@pytest.fixture
def elastic_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three nodes that formed a cluster."""
    with _started(Cluster(tmp_path)) as cluster:
        yield cluster
