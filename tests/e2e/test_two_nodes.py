"""A control node and an edge that joined it: one serves what the other decides, and neither needs the
other to go on."""

import pytest

from support.figures import record
from support.process import run
from support.programs import SERVERMED, Agent, Edge, Workplace
from support.waiting import Stopwatch, await_condition

CLUSTER = "cluster:\n  join: 127.0.0.1:0\n  listen: 127.0.0.1:0\n  host: 127.0.0.1\n"


class Control(Edge):
    """The first node of a cluster. It is an edge too."""

    def __init__(self, directory):
        config = directory / "control.yml"
        config.write_text(CLUSTER)
        run([SERVERMED, "init", "--role", "edge", "--host", "127.0.0.1", "--config", config,
             "--data-dir", directory / "data", "--json"])
        super().__init__(directory, "--config", config)
        # A restart comes back where the others know it.
        config.write_text(CLUSTER.replace("listen: 127.0.0.1:0", f"listen: {self.ready['cluster']}")
                          .replace("join: 127.0.0.1:0", f"join: {self.ready['join']}"))

    def token(self, role):
        return self.command("token", "create", "--role", role)["token"]


class Member(Edge):
    """A node that joined, with `role`."""

    def __init__(self, directory, control, role="edge"):
        config = directory / "member.yml"
        config.write_text(CLUSTER)
        run([SERVERMED, "join", "--host", "127.0.0.1", "--data-dir", directory / "data", "--token",
             control.token(role), "--json"])
        super().__init__(directory, "--config", config)
        self._control = control
        self.agent_config = directory / "agent.yml"
        self.agent_config.write_text(f"server: localhost:{self.tls[1]}\ntoken: {control.key}\n"
                                     f"ca: {self.data / 'ca.pem'}\n")
        self.agent_config.chmod(0o600)

    @property
    def config(self):
        return self.agent_config

    @property
    def key(self):
        return self._control.key


@pytest.fixture
def cluster():
    places, nodes = [], []

    def place():
        places.append(Workplace())
        return places[-1].path

    try:
        control = Control(place())
        nodes.append(control)
        edge = Member(place(), control)
        nodes.append(edge)
        yield control, edge
    finally:
        for node in reversed(nodes):
            node.discard()
        for each in places:
            each.remove()


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
