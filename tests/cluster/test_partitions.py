"""The network between nodes breaks: in both directions, in one, in the middle, and with the database."""

import time

import pytest

from stage.cluster import EDGES
from stage.laptops import Laptop, Service
from stage.scene import await_told, failed_together, fault, open_everywhere, undeclared, within
from stage.vitals import OwnerWatch
from support.figures import record
from support.waiting import await_condition, let_time_pass


def test_an_edge_that_is_cut_off_serves_what_it_has(cluster, tunnels, load):
    """Its agents and visitors still reach it; the other nodes and the database do not."""
    at = open_everywhere(cluster, tunnels, load)
    edge = cluster.edges()[0]
    rest = cluster.others(edge)
    with fault("cut_edge", load) as cost:
        cut = time.time()
        cluster.network.part([edge.host], cluster.hosts(rest))
        _, last = await_told(rest, edge.name, "dead", cut)
        cost.note("all_know_after", round(last, 2), "s")
        assert last < within(4)
        late = Laptop(cluster, "anna", "http", tunnels.services["shop-1"].place, "--subdomain", "late",
                      server=f"{edge.name}.{EDGES}")
        try:
            await_condition(lambda: "SM-2011" in late.program.output() + late.program.errors(), 15,
                            "a new agent is told that nobody decides")
            mended = time.time()
            cluster.network.mend()
            _, last = await_told(rest, edge.name, "alive", mended, timeout=10)
            cost.note("healed_after", round(last, 2), "s")
            late.ready(timeout=30)
        finally:
            late.kill()
    assert failed_together(cost, at, [edge], rest) == {}, "whoever reaches an edge that has the agent is served"
    assert undeclared(cost) == {}


def test_an_edge_that_hears_the_others_and_is_not_heard(cluster, tunnels, load):
    at = open_everywhere(cluster, tunnels, load)
    edge = cluster.edges()[1]
    rest = cluster.others(edge)
    with fault("cut_edge_one_way", load) as cost:
        cut = time.time()
        for node in rest:
            cluster.network.cut(edge.host, node.host)
        _, last = await_told(rest, edge.name, "dead", cut)
        cost.note("all_know_after", round(last, 2), "s")
        mended = time.time()
        cluster.network.mend()
        _, last = await_told(rest, edge.name, "alive", mended, timeout=10)
        cost.note("healed_after", round(last, 2), "s")
    assert failed_together(cost, at, [edge], rest) == {}
    assert undeclared(cost) == {}


def test_two_halves_find_each_other_again(cluster, tunnels, load):
    """One half has the database, the other the agents of one edge and a control node without one."""
    at = open_everywhere(cluster, tunnels, load)
    half = [cluster.of("control")[1], cluster.edges()[2], cluster.of("worker")[1]]
    other = cluster.others(*half)
    with fault("two_halves", load) as cost:
        cut = time.time()
        cluster.network.part(cluster.hosts(half), cluster.hosts(other) + [cluster.database.host])
        for node in half:
            await_told(other, node.name, "dead", cut, timeout=8)
        await_condition(lambda: cluster.leader() in other, 15, "the half with the database has the lead")
        mended = time.time()
        cluster.network.mend()
        for node in half:
            await_told(other, node.name, "alive", mended, timeout=10)
        cost.note("healed_after", round(time.time() - mended, 2), "s")
    assert failed_together(cost, at, half, other) == {}
    assert undeclared(cost) == {}


def test_the_leader_loses_the_database(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    leader = cluster.leader()
    with fault("cut_leader_from_database", load) as cost:
        cut = time.time()
        cluster.network.part([leader.host], [cluster.database.host])
        await_condition(lambda: cluster.leader() not in (None, leader), 20, "the other one leads")
        cost.note("lead_moved_after", round(time.time() - cut, 2), "s")
        watch = time.time()
        tunnels.open("fresh").ready(timeout=20)
        cost.note("new_name_after", round(time.time() - watch, 2), "s")
        cluster.network.mend()
    assert cost.failed() == {}


@pytest.fixture
def prize(cluster):
    """prize(user, number, edge): a laptop of that user that wants the name `prize` there."""
    made = []

    def start(user, number, edge):
        service = Service(f"{user}-{number}", cluster.laptops.gateway)
        laptop = Laptop(cluster, user, "http", service.place, "--subdomain", "prize",
                        server=f"{edge.name}.{EDGES}")
        made.append((laptop, service))
        return laptop

    yield start
    for laptop, service in made:
        laptop.kill()
        service.close()


def test_a_name_has_one_owner_while_its_edge_is_cut_off(cluster, prize):
    """Nobody else gets it, not even after the lease; the owner does elsewhere, and then that counts."""
    first, second, third = cluster.edges()
    former = prize("anna", 1, first).ready()
    watch = OwnerWatch(cluster.edges(), ["prize"])
    try:
        await_condition(lambda: watch.owner("prize") == "anna", 10, "the owner answers")
        cut = time.time()
        cluster.network.part([first.host], cluster.hosts(cluster.others(first)))
        prize("bob", 1, second).await_event("tunnel_refused", 25)
        let_time_pass(max(0.0, cut + 31 - time.time()), "a lease lasts for 30 s")
        rival = prize("bob", 2, second)
        elsewhere = prize("anna", 2, third).ready(timeout=20)
        rival.await_event("tunnel_refused", 25)
        record("cluster.cut_owner.name_elsewhere_after", round(time.time() - cut, 1), "s")
        mark, mended = former.mark(), time.time()
        cluster.network.mend()
        # The later lease wins: the former laptop loses the name, and cannot have it back.
        former.await_event("tunnel_refused", 20, mark)
        record("cluster.cut_owner.former_gone_after", round(time.time() - mended, 1), "s")
        await_condition(lambda: OwnerWatch.owner_at(third, "prize") == "anna-2", 10, "served there")
        assert OwnerWatch.owner_at(first, "prize") in ("anna-2", None)
        assert elsewhere.is_up
    finally:
        cluster.network.mend()
        watch.stop()


@pytest.mark.parametrize("milliseconds", [40])
def test_a_slow_network_suspects_nobody(cluster, tunnels, load, milliseconds):
    open_everywhere(cluster, tunnels, load, rate=4)
    slow = cluster.edges()[0]
    if not slow.host.delay(milliseconds):
        pytest.skip("this kernel has no netem (sch_netem): packets cannot be delayed")
    began = time.time()
    let_time_pass(6, "several rounds of probes")
    cluster.network.mend()
    for node in cluster.all():
        told = [each for each in node.news() if each[0] > began and each[2] == "dead"]
        assert told == []
