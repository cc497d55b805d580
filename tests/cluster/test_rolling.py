"""Every node is stopped and started again, one after the other, as an upgrade does."""

import os
import signal
import time
from pathlib import Path

import pytest

from stage.parts import needs
from stage.scene import await_told, fault, open_everywhere
from support.programs import SERVERMED

# A directory with servermed of an earlier commit.
OLD = os.environ.get("SERVERME_CLUSTER_OLD_BIN")


def roll(cluster, nodes, servermed=SERVERMED):
    for node in nodes:
        node.servermed = servermed
        stopped = time.time()
        node.program.send_signal(signal.SIGTERM)
        assert node.program.wait(30) == 0, node.program.tail()
        await_told([other for other in cluster.running() if other is not node], node.name, "left", stopped)
        node.start()
        await_told([other for other in cluster.running() if other is not node], node.name, "alive",
                   stopped, timeout=10)


@pytest.mark.parametrize("role", ["worker", "control"])
def test_nodes_that_carry_no_visitors_are_rolled_without_a_failed_request(cluster, tunnels, load, role):
    open_everywhere(cluster, tunnels, load)
    with fault(f"roll_{role}", load) as cost:
        roll(cluster, cluster.of(role))
    assert cost.failed() == {}


def test_edges_are_rolled_and_their_agents_come_back(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    with fault("roll_edge", load):
        roll(cluster, cluster.edges())
    for laptop in tunnels.laptops.values():
        assert laptop.is_up


@needs("any_edge", "companions", "drain")
def test_edges_are_rolled_without_a_failed_request(cluster, tunnels, load):
    """Visitors who are sent away by an edge that stops come to another: only those who had asked count."""
    open_everywhere(cluster, tunnels, load)
    with fault("roll_edge_drained", load) as cost:
        roll(cluster, cluster.edges())
    left = {kind: count for kind, count in cost.failed().items()
            if kind not in ("refused", "declared SM-1014")}
    assert left == {}


@pytest.mark.skipif(not OLD, reason="SERVERME_CLUSTER_OLD_BIN names no servermed of an earlier commit")
def test_nodes_of_two_versions_are_one_cluster(cluster, tunnels, load):
    """Back to the old version and forward again, one node at a time: each mixture serves."""
    open_everywhere(cluster, tunnels, load)
    for version, servermed in (("old", Path(OLD) / "servermed"), ("new", SERVERMED)):
        for role in ("control", "edge", "worker"):
            with fault(f"to_the_{version}_version.{role}", load):
                roll(cluster, cluster.of(role), servermed)
