"""Every node is stopped and started again, one after the other, as an upgrade does."""

import os
import signal
import time
from pathlib import Path

import pytest

from stage.scene import await_all_served, await_told, fault, open_everywhere
from support.programs import SERVERMED

# A directory with servermed of an earlier commit.
OLD = os.environ.get("SERVERME_CLUSTER_OLD_BIN")


def roll(cluster, nodes, load, servermed=SERVERMED):
    """One after the other: the next one when all names are served at all edges again. {name: when it was
    away}; an edge that has just started answers SM-1004 until it has heard what the others serve."""
    away = {}
    for node in nodes:
        node.servermed = servermed
        stopped = time.time()
        node.program.send_signal(signal.SIGTERM)
        assert node.program.wait(30) == 0, node.program.tail()
        others = [other for other in cluster.running() if other is not node]
        await_told(others, node.name, "left", stopped)
        node.start()
        await_told(others, node.name, "alive", stopped, timeout=10)
        await_all_served(load, time.time())
        away[node.name] = (stopped, time.time())
    return away


@pytest.mark.parametrize("role", ["worker", "control"])
def test_nodes_that_carry_no_visitors_are_rolled_without_a_failed_request(cluster, tunnels, load, role):
    open_everywhere(cluster, tunnels, load)
    with fault(f"roll_{role}", load) as cost:
        roll(cluster, cluster.of(role), load)
    assert cost.failed() == {}


def test_edges_are_rolled_without_a_failed_request(cluster, tunnels, load):
    """Whoever does not ask the very edge that is away notices nothing, wherever the agent was."""
    open_everywhere(cluster, tunnels, load)
    with fault("roll_edge", load) as cost:
        away = roll(cluster, cluster.edges(), load)
    elsewhere = [each for each in cost.outcomes() if each.kind != "answered"
                 and not away[each.edge][0] - 0.5 <= each.began <= away[each.edge][1]]
    cost.note("failed_elsewhere", len(elsewhere))
    assert elsewhere == []
    for laptop in tunnels.laptops.values():
        assert laptop.is_up


@pytest.mark.skipif(not OLD, reason="SERVERME_CLUSTER_OLD_BIN names no servermed of an earlier commit")
def test_nodes_of_two_versions_are_one_cluster(cluster, tunnels, load):
    """Back to the old version and forward again, one node at a time: each mixture serves."""
    open_everywhere(cluster, tunnels, load)
    for version, servermed in (("old", Path(OLD) / "servermed"), ("new", SERVERMED)):
        for role in ("control", "edge", "worker"):
            with fault(f"to_the_{version}_version.{role}", load):
                roll(cluster, cluster.of(role), load, servermed)
