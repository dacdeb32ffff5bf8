"""Three nodes on 127.0.0.1 that form one cluster, to kill one and see what is left.

with Cluster(tmp_path) as cluster:
    client = Elasticsearch(cluster.urls)
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

from tests.elastic.node import Node, NodeFailed
from tests.tools.ports import free_port

_WAIT_S = 120
_FIRST = "cluster.initial_master_nodes"


class Cluster:
    """A cluster; any of its nodes may become master.

    Args:
        folder: Where each node gets its home.
        size: The number of nodes.
        heap_mb: Of each node.
    """

    def __init__(self, folder: Path, size: int = 3, *, heap_mb: int = 512) -> None:
        names = [f"n{number}" for number in range(1, size + 1)]
        transports = [free_port() for _ in names]
        seeds = ",".join(f"127.0.0.1:{port}" for port in transports)
        common = {"discovery.seed_hosts": seeds, _FIRST: ",".join(names)}
        self.nodes = [
            Node(folder / name, common | {"transport.port": str(port)}, heap_mb=heap_mb)
            for name, port in zip(names, transports, strict=True)
        ]

    @property
    def urls(self) -> list[str]:
        """Where the nodes serve, whether they run or not."""
        return [node.url for node in self.nodes]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the nodes that do not run, and wait until all are in the cluster.

        Raises:
            NodeFailed: See `Node.start`.
        """
        try:
            starting = [node for node in self.nodes if not node.running]
            for node in starting:
                node.launch()
            for node in starting:
                node.wait()
                # Only the first start makes a cluster; a later one must never make a second.
                node.settings.pop(_FIRST, None)
            self.wait(nodes=len(self.nodes), status="yellow")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all nodes."""
        for node in self.nodes:
            node.stop()

    def wait(self, *, nodes: int, status: str = "green") -> None:
        """Wait until so many nodes are in the cluster and its state is at least this.

        Raises:
            NodeFailed: It does not come to that.
        """
        until = f"wait_for_nodes={nodes}&wait_for_status={status}&timeout={_WAIT_S}s"
        self.running[0].ask(f"/_cluster/health?{until}", timeout_s=_WAIT_S + 10)

    @property
    def running(self) -> list[Node]:
        """The nodes whose process is there."""
        return [node for node in self.nodes if node.running]

    def holder(self, index: str) -> Node:
        """The node with the primary of the first shard of an index.

        Raises:
            NodeFailed: The shard has none.
        """
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline:
            for shard in self.running[0].ask(f"/_cat/shards/{index}?format=json"):
                if (shard["shard"], shard["prirep"], shard["state"]) == ("0", "p", "STARTED"):
                    return next(node for node in self.nodes if node.home.name == shard["node"])
            time.sleep(0.1)
        raise NodeFailed(f"{index} has no primary")
