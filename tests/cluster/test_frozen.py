"""A node that stops for half a minute and goes on: an overloaded host, a machine that was suspended."""

import time

from stage.scene import await_all_served, await_told, failed_together, fault, open_everywhere, undeclared, within
from support.waiting import await_condition, let_time_pass


def test_a_node_that_sleeps_for_thirty_seconds_comes_back(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    worker, leader = cluster.of("worker")[0], cluster.leader()
    asleep = (worker, leader)
    with fault("freeze_30s", load) as cost:
        frozen = time.time()
        for node in asleep:
            node.freeze()
        for node in asleep:
            first, last = await_told(cluster.others(*asleep), node.name, "dead", frozen)
            cost.note(f"{node.roles}.all_know_after", round(last, 2), "s")
            assert last < within(4)
        # The lock of one that sleeps is let go when the database hears nothing from it.
        watch = time.time()
        await_condition(lambda: cluster.leader() not in (None, leader), 15, "another one leads")
        cost.note("lead_moved_after", round(time.time() - frozen, 2), "s")
        assert cluster.leader().is_running and time.time() - watch < within(15)
        let_time_pass(max(0.0, frozen + 30 - time.time()), "30 s is what a suspension is tested with")
        thawed = time.time()
        for node in asleep:
            node.thaw()
        for node in asleep:
            _, last = await_told(cluster.others(*asleep), node.name, "alive", thawed, timeout=10)
            cost.note(f"{node.roles}.back_after", round(last, 2), "s")
    assert cost.failed() == {}, "no visitor depends on a worker, or on which control node leads"


def test_an_edge_that_sleeps_serves_again(cluster, tunnels, load):
    at = open_everywhere(cluster, tunnels, load)
    edge = cluster.edges()[0]
    others = cluster.edges()[1:]
    with fault("freeze_edge_12s", load) as cost:
        frozen = time.time()
        edge.freeze()
        await_told(cluster.others(edge), edge.name, "dead", frozen)
        let_time_pass(max(0.0, frozen + 12 - time.time()),
                      "longer than the 10 s after which agents think it dead")
        thawed = time.time()
        edge.thaw()
        await_told(cluster.others(edge), edge.name, "alive", thawed, timeout=10)
        await_all_served(load, thawed)
    assert failed_together(cost, at, [], others) == {}
    assert undeclared(cost, [other.name for other in others]) == {}
