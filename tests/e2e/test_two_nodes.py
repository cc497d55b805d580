"""A control node and an edge that joined it: one serves what the other decides, and neither needs the
other to go on."""

import pytest

from support.cluster import Control, Machines, Member
from support.figures import record
from support.programs import Agent
from support.waiting import Stopwatch, await_condition


@pytest.fixture
def cluster():
    machines = Machines()
    try:
        control = machines.add(Control(machines.place()))
        yield control, machines.add(Member(machines.place(), control))
    finally:
        machines.discard()


def test_an_edge_serves_what_a_control_node_decides(cluster, origin):
    control, edge = cluster
    agent = Agent(edge, "http", str(origin.port), "--subdomain", "shop")
    try:
        agent.ready()
        assert edge.fetch(agent.host).status == 200
        # Whoever asks the control node sees it too.
        def seen():
            status, body = control.api("GET", "/api/v1/tunnels")
            return status == 200 and [each["name"] for each in body["tunnels"]] == ["shop"]
        await_condition(seen, 20, "the control node lists the edge's tunnel")
        # One name, one owner, whichever edge is asked.
        other = Agent(control, "http", str(origin.port), "--subdomain", "shop",
                      config=control.config_for(control.new_user("bob")))
        try:
            await_condition(lambda: "SM-2002" in other.program.output() + other.program.errors(), 30,
                            "the name is in use")
        finally:
            other.kill()
    finally:
        agent.kill()


def test_tunnels_go_on_while_the_control_node_is_away(cluster, origin):
    control, edge = cluster
    agent = Agent(edge, "http", str(origin.port), "--subdomain", "shop")
    try:
        agent.ready()
        control.kill()
        for number in range(20):
            body = b"%d" % number
            assert edge.fetch(agent.host, "/echo", method="POST", body=body).body == body
        late = Agent(edge, "http", str(origin.port), "--subdomain", "cafe")
        try:
            watch = Stopwatch()
            control.start()
            late.ready(timeout=30)
            record("cluster.names_again_after", round(watch.seconds, 1), "s")
            assert edge.fetch(late.host).status == 200
        finally:
            late.kill()
        assert edge.fetch(agent.host).status == 200
        assert len(agent.events("connected")) == 1, "the agent has noticed nothing"
    finally:
        agent.kill()
