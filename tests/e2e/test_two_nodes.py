"""Nodes of a cluster: each is what its roles say, one serves what another decides, and none needs the
others to go on."""

import json

import pytest

from support.cluster import Control, Machines, Member
from support.figures import record
from support.programs import Agent
from support.waiting import Stopwatch, await_condition
from support.websocket import WebSocket


@pytest.fixture
def machines():
    made = Machines()
    yield made
    made.discard()


@pytest.fixture
def cluster(machines):
    control = machines.add(Control(machines.place()))
    return control, machines.add(Member(machines.place(), control))


@pytest.fixture
def one_of_each(machines):
    control = machines.add(Control(machines.place(), roles=()))
    return (control, machines.add(Member(machines.place(), control)),
            machines.add(Member(machines.place(), control, "worker")))


def is_ready(node):
    return node.readiness()[1]["status"] == "ready"


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


def test_a_node_is_what_its_roles_say(one_of_each):
    control, edge, worker = one_of_each
    listens = [{name for name in ("http", "tls", "api", "join", "cluster", "health") if name in node.ready}
               for node in one_of_each]
    assert listens == [{"api", "join", "cluster", "health"}, {"http", "tls", "cluster", "health"},
                       {"cluster", "health"}]
    assert [node.ready["roles"] for node in one_of_each] == ["control", "edge", "worker"]
    assert "runs nothing yet" in worker.program.errors()
    for node in one_of_each:
        await_condition(lambda: is_ready(node), 10, f"{node.ready['roles']} is ready")
        await_condition(lambda: node.metrics()['serverme_members{state="alive"}'] == 3, 10,
                        "it sees the others")
    assert set(control.readiness()[1]["parts"]) == {"database", "actors", "membership", "leader"}
    assert set(edge.readiness()[1]["parts"]) == {"database", "actors", "membership", "leader", "edge"}
    assert control.readiness("api")[0] == 200
    assert control.metrics()["serverme_is_leader"] == 1
    assert "serverme_is_leader" not in edge.metrics() and "serverme_sessions" not in control.metrics()
    for node in reversed(one_of_each):
        node.stop()


def test_the_api_of_a_control_node_reaches_the_tunnels_of_an_edge(one_of_each, origin):
    control, edge, _ = one_of_each
    agent = Agent(edge, "http", str(origin.port), "--subdomain", "shop")
    try:
        agent.ready()
        assert edge.fetch(agent.host, "/echo?first", method="POST", body=b"hello").body == b"hello"
        assert edge.metrics()["serverme_sessions"] == 1 and edge.metrics()["serverme_routes"] == 1

        def tunnels():
            return control.api("GET", "/api/v1/tunnels")[1]["tunnels"]
        tunnel = f"/api/v1/tunnels/{await_condition(tunnels, 10, 'the tunnel is listed')[0]['id']}"

        def requests():
            return control.api("GET", f"{tunnel}/requests")[1]["requests"]
        first = await_condition(requests, 10, "the request is recorded")[0]
        status, whole = control.api("GET", f"{tunnel}/requests/{first['id']}")
        assert status == 200 and whole["request"]["body"]["content"] == "hello"
        status, again = control.api("POST", f"{tunnel}/requests/{first['id']}/replay")
        assert status == 200 and again["replay_of"] == first["id"]
        assert again["response"]["body"]["content"] == "hello"
        with WebSocket(control.ready["api"], f"{tunnel}/live", "api",
                       [("Authorization", f"Bearer {control.key}")]) as live:
            assert edge.fetch(agent.host, "/status/418?live").status == 418
            seen = json.loads(live.recv(15))["request"]
            assert (seen["path"], seen["status"]) == ("/status/418?live", 418)
        assert control.api("DELETE", tunnel)[0] == 200
        await_condition(lambda: edge.fetch(agent.host).status == 404, 10, "it is closed")
    finally:
        agent.kill()


def test_who_cannot_ask_a_control_node_says_so_and_an_edge_keeps_its_visitors(one_of_each):
    control, edge, worker = one_of_each
    await_condition(lambda: is_ready(edge) and is_ready(worker), 10, "all is well")
    control.kill()

    def says(node):
        status, body = node.readiness()
        return status, body["status"], {"database", "leader"} <= set(body["missing"])
    await_condition(lambda: says(edge) == (200, "degraded", True), 10, "the edge is degraded")
    await_condition(lambda: says(worker) == (200, "degraded", True), 10, "the worker too")
    control.start()
    await_condition(lambda: is_ready(edge) and is_ready(worker), 20, "all is well again")
