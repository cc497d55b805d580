"""Agents and their edges: one that dies, a thousand that move, and what they cost."""

import time

import pytest

from stage.cluster import EDGES
from stage.fleets import Fleet
from stage.scene import await_all_served, fault, within
from support.figures import record
from support.process import resident_bytes
from support.settings import SHORT, sized
from support.waiting import Stopwatch, await_condition, let_time_pass

COUNT = sized(1000, 100)


@pytest.fixture
def fleet(cluster):
    made = []

    def start(count, *options, server=EDGES):
        made.append(Fleet(cluster, count, *options, server=server))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def edge_of(cluster, laptop):
    return cluster.nodes[laptop.edge]


def test_an_agent_whose_edge_is_killed_is_at_another_one_soon(cluster, tunnels, load):
    """It knows one name that leads to all edges; visitors of the tunnel ask the edge where it is."""
    laptop = tunnels.open("shop").ready()
    victim = edge_of(cluster, laptop)
    mark, watch = laptop.mark(), Stopwatch()
    victim.kill()
    laptop.back_after(mark, timeout=10)
    took = watch.seconds
    record("cluster.kill_edge_of_agent.back_after", round(took, 2), "s")
    home = edge_of(cluster, laptop)
    assert home is not victim and took < within(2)
    load.visit(home, "shop", 10)
    await_condition(lambda: load.answered_since(0), 5, "its new edge serves it")


def test_no_request_fails_at_edges_that_live_when_the_agents_edge_is_killed(cluster, tunnels, load):
    laptop = tunnels.open("shop").ready()
    victim = edge_of(cluster, laptop)
    alive = [edge for edge in cluster.edges() if edge is not victim]
    for edge in alive:
        load.visit(edge, "shop", 20)
    await_condition(lambda: not load.pairs() - load.answered_since(0), 10, "every edge serves it")
    with fault("kill_home", load) as cost:
        mark = laptop.mark()
        victim.kill()
        laptop.await_event("connected", 10, mark)
    # What was on its way when the connection broke cannot be sent again: it may have been done.
    assert set(cost.failed()) <= {"declared SM-1015", "declared SM-1005"}, cost.failed()
    assert sum(cost.failed().values()) <= 4, cost.failed()


def test_every_edge_serves_every_name(cluster, tunnels, load):
    laptop = tunnels.open("shop").ready()
    began = time.time()
    for edge in cluster.edges():
        load.visit(edge, "shop", 20)
    record("cluster.any_edge.served_after", round(await_all_served(load, began), 2), "s")
    assert laptop.is_up


def test_a_thousand_agents_whose_edge_is_killed_are_back_within_five_seconds(cluster, fleet):
    """All were at one edge of three, and none of them was prepared for it."""
    agents = fleet(COUNT)
    agents.await_complete(1)
    before = {edge.name: edge.descriptors() for edge in cluster.edges()}
    victim = max(cluster.edges(), key=lambda edge: before[edge.name])
    assert before[victim.name] > COUNT
    victim.kill()
    news = agents.await_complete(2)
    record("cluster.agents_move.agents", COUNT)
    record("cluster.agents_move.back_after", round(news["seconds"], 2), "s")
    record("cluster.agents_move.tries", news["tries"])
    record("cluster.agents_move.tries_rate", round(news["tries"] / news["seconds"]), "tries/s")
    assert news["seconds"] < within(5) and news["lost"] == COUNT
    assert news["tries"] <= 3 * COUNT, "they do not storm the edges that are left"


def growth_per(fleet, edges, count, *options, server):
    """Bytes for each agent, at each of these edges."""
    before = [resident_bytes(edge.pid) for edge in edges]
    made = fleet(count, *options, server=server)
    made.await_complete(1)
    let_time_pass(2, "what the edge needed for the handshakes alone is given back")
    return made, [(resident_bytes(edge.pid) - was) / count for edge, was in zip(edges, before)]


@pytest.mark.skipif(SHORT, reason="sanitizers have memory of their own")
def test_what_an_agent_and_a_tunnel_cost(cluster, fleet):
    home, other, _ = cluster.edges()
    for edge in (home, other):  # memory that earlier tests left behind would hide it
        edge.stop()
        edge.start()
    cluster.heal()
    agents, (per_agent, _) = growth_per(fleet, [home, other], COUNT, server=f"{home.name}.{EDGES}")
    record("cluster.memory.per_agent", round(per_agent / 1024, 1), "KiB")
    assert per_agent < 60 * 1024
    agents.stop()
    _, (at_home, elsewhere) = growth_per(fleet, [other, home], COUNT, "--bind", "http", "--inspect", "0",
                                         server=f"{other.name}.{EDGES}")
    record("cluster.memory.per_agent_with_tunnel", round(at_home / 1024, 1), "KiB")
    record("cluster.memory.per_route_of_another_edge", round(elsewhere / 1024, 1), "KiB")


def gossip_of(node):
    """Bytes of membership that it has sent."""
    return node.metrics()["serverme_gossip_sent_bytes_total"]


def test_what_nodes_say_to_each_other_at_rest(cluster):
    """A worker says nothing but what keeps the cluster together: gossip, heartbeats, all heads of packets."""
    seconds = 10
    before = {node.name: (node.host.bytes_sent(), gossip_of(node)) for node in cluster.all()}
    let_time_pass(seconds, "a rate needs time")
    for node in cluster.all():
        wire, gossip = before[node.name]
        rate = (node.host.bytes_sent() - wire) / seconds
        record(f"cluster.at_rest.{node.name}.sent", round(rate), "bytes/s on the wire")
        record(f"cluster.at_rest.{node.name}.gossip", round((gossip_of(node) - gossip) / seconds), "bytes/s")
        assert not node.is_a("worker") or rate < 20_000
