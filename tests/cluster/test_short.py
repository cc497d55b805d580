"""A whole cluster in a minute: it finds itself, and one node of each role is killed under load.

The part of tests/cluster that `make test` runs; `make test-cluster` runs all of it.
"""

import time

import pytest

from stage.scene import await_told, fault, open_everywhere, within
from support.figures import record


def test_all_nodes_see_each_other_within_three_seconds(whole_cluster):
    record("cluster.join.all_seen_after", round(whole_cluster.join_took, 2), "s")
    assert whole_cluster.join_took < within(3)
    assert len(whole_cluster.all()) == 7


def victim_of(cluster, role):
    """The one whose death matters most: of control nodes the one that leads."""
    return cluster.leader() if role == "control" else cluster.of(role)[0]


@pytest.mark.parametrize("role", ["worker", "control", "edge"])
def test_a_node_is_killed_and_the_others_know_and_go_on(cluster, tunnels, load, role):
    open_everywhere(cluster, tunnels, load)
    victim = victim_of(cluster, role)
    others = [edge.name for edge in cluster.edges() if edge is not victim]
    with fault(f"kill_{role}", load) as cost:
        killed = time.time()
        victim.kill()
        first, last = await_told(cluster.others(victim), victim.name, "dead", killed)
        cost.note("first_knows_after", round(first, 2), "s")
        cost.note("all_know_after", round(last, 2), "s")
        assert last < within(3)
        victim.start()
        await_told(cluster.others(victim), victim.name, "alive", killed + last)
    assert cost.failed(edges=others) == {}, "visitors of edges that live notice nothing"


def test_nothing_has_grown(cluster):
    cluster.vitals.await_no_growth(cluster.all())
