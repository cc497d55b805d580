"""What an operator sees of a cluster: its nodes, what runs in them, and what has happened."""

import json
import stat

import pytest

from support.figures import record
from support.process import Program, run
from support.programs import SERVERMED, Agent, Edge, Workplace
from support.waiting import Stopwatch, await_condition
from support.websocket import WebSocket

CLUSTER = "cluster:\n  join: 127.0.0.1:0\n  listen: 127.0.0.1:0\n  host: 127.0.0.1\n"


class Node(Edge):
    """A node of a cluster: the first one, or one that joins `control` as `name`."""

    def __init__(self, directory, name, control=None):
        config = directory / "node.yml"
        config.write_text(CLUSTER)
        where = ["--host", "127.0.0.1", "--name", name, "--data-dir", directory / "data", "--json"]
        if control is None:
            made = run([SERVERMED, "init", "--role", "edge", "--config", config, *where])
        else:
            token = control.command("token", "create", "--role", "edge")["token"]
            made = run([SERVERMED, "join", "--token", token, *where])
        self.id = json.loads(made.stdout)["node"]
        super().__init__(directory, "--config", config, "--log-format", "json")
        config.write_text(CLUSTER.replace("listen: 127.0.0.1:0", f"listen: {self.ready['cluster']}"))

    def watch(self, *words, check=False):
        """A command that asks the running node; its exit code is part of the answer."""
        return run([SERVERMED, *words, "--data-dir", self.data], check=check)

    def status(self):
        done = self.watch("status", "--json")
        return done.returncode, json.loads(done.stdout)

    def node(self, which):
        return {each["id"]: each for each in self.status()[1]["nodes"]}.get(which)


@pytest.fixture
def cluster():
    places, nodes = [], []

    def place():
        places.append(Workplace())
        return places[-1].path

    try:
        nodes.append(Node(place(), "first"))
        nodes.append(Node(place(), "second", nodes[0]))
        await_condition(lambda: nodes[0].status()[0] == 0 and len(nodes[0].status()[1]["nodes"]) == 2,
                        20, "both nodes are well")
        # Keys are looked up at the control node that leads, which is found within half a second.
        await_condition(lambda: nodes[0].api("GET", "/api/v1/tunnels")[0] == 200, 10, "keys are known")
        yield nodes
    finally:
        for each in reversed(nodes):
            each.discard()
        for each in places:
            each.remove()


def test_status_shows_the_nodes_and_tells_when_one_is_dead(cluster, origin):
    control, edge = cluster
    agent = Agent(control, "http", str(origin.port), "--subdomain", "shop")
    try:
        agent.ready()
        code, body = control.status()
        assert code == 0 and body["status"] == "ok" and body["problems"] == []
        assert body["leader"] == control.id
        first, second = control.node(control.id), control.node(edge.id)
        assert (first["name"], first["state"], first["leader"]) == ("first", "alive", True)
        assert (second["name"], second["roles"], second["leader"]) == ("second", ["edge"], False)
        assert first["sessions"] + second["sessions"] >= 1 and second["memory_bytes"] > 1 << 20
        assert second["version"] == first["version"] and second["uptime_seconds"] >= 0
    finally:
        agent.kill()
    table = control.watch("status").stdout
    assert "second" in table and "The cluster is ok." in table
    assert "\x1b" not in table, "colours are for terminals"

    follow = Program("servermed-events", [SERVERMED, "events", "--follow", "--json", "--data-dir",
                                          control.data], control.directory)
    # Whether it is connected when the node dies nobody knows; it is long before that comes back.
    watch = Stopwatch()
    edge.kill()
    await_condition(lambda: control.node(edge.id)["state"] == "dead", 20, "the death is seen")
    record("status.death_seen_after", round(watch.seconds, 1), "s")
    code, body = control.status()
    assert code == 1 and body["status"] == "degraded"
    assert "node second is dead" in body["problems"]
    assert control.watch("status").returncode == 1
    events = json.loads(control.watch("events", "--json", check=True).stdout)["events"]
    kinds = [each["kind"] for each in events if each["node"] == edge.id]
    assert kinds.count("node_joined") >= 1 and kinds[-1] == "node_died"
    assert any(each["kind"] == "leader_won" for each in events)
    assert "node_died" in control.watch("events").stdout

    edge.start()
    await_condition(lambda: control.status()[0] == 0, 30, "all is well again")
    kinds = {"node_restarted", "node_returned", "node_joined"}
    follow.await_line(lambda line: json.loads(line)["kind"] in kinds or None, 20, "its return")
    follow.kill()


def test_actors_of_every_node_are_listed(cluster):
    control, edge = cluster
    body = json.loads(control.watch("actors", "--json", check=True).stdout)
    assert {each["node"] for each in body["nodes"]} == {control.id, edge.id}
    assert body["missing"] == []
    for each in body["nodes"]:
        names = {actor["group"] + "/" + actor["name"] for actor in each["actors"]}
        assert {"transport/node_gateway", "links/cluster_member", "watch/node_desk"} <= names
        assert all(actor["state"] == "running" for actor in each["actors"])
    one = json.loads(control.watch("actors", "--node", "second", "--json", check=True).stdout)
    assert [each["node"] for each in one["nodes"]] == [edge.id]
    assert "links/cluster_member" in control.watch("actors", "--node", edge.id[:8]).stdout
    refused = control.watch("actors", "--node", "nobody")
    assert refused.returncode == 2 and "no node is called" in refused.stderr


def test_a_log_in_json_says_which_node_it_is_of(cluster):
    _, edge = cluster
    lines = [json.loads(line) for line in edge.program.errors().splitlines()]
    assert lines and all({"time", "level", "message"} <= set(line) for line in lines)
    told = [line for line in lines if "node" in line]
    assert told and {line["node"] for line in told} == {edge.id}


def test_changes_are_told_as_they_happen(cluster):
    control, edge = cluster
    with WebSocket(control.ready["api"], "/api/v1/cluster/live", "api",
                   [("Authorization", f"Bearer {control.key}")]) as live:
        seen = {}

        def read():
            event = json.loads(live.recv(timeout=30))
            if event["event"] == "node":
                seen[event["node"]["id"]] = event["node"]["state"]
            return event

        while set(seen) != {control.id, edge.id}:
            read()
        edge.kill()
        heard = []
        while seen[edge.id] != "dead" or "node_died" not in heard:
            event = read()
            if event["event"] == "timeline" and event["entry"]["node"] == edge.id:
                heard.append(event["entry"]["kind"])
        assert heard.count("node_died") == 1


def test_the_operator_needs_no_key_beside_the_node_and_nobody_else_has_it(cluster):
    control, _ = cluster
    key = control.data / "operator.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    text = key.read_text().strip()
    assert control.api("GET", "/api/v1/cluster/nodes", key=text)[0] == 200
    other = control.new_user("bob")
    assert control.api("GET", "/api/v1/cluster/nodes", key=other)[0] == 404
    # From elsewhere: with an admin's key, and over this machine only.
    file = control.directory / "admin.key"
    file.write_text(control.key + "\n")
    assert run([SERVERMED, "status", "--api", control.ready["api"], "--key-file", file]).returncode == 0
    far = run([SERVERMED, "status", "--api", "192.0.2.1:8081", "--key-file", file], check=False)
    assert far.returncode == 2 and "in the clear" in far.stderr
    control.stop()
    assert not key.exists()
    away = control.watch("status")
    assert away.returncode == 1 and "SM-5027" in away.stderr


def test_a_server_that_stands_alone_is_shown_too(own_edge):
    alone = own_edge()
    done = run([SERVERMED, "status", "--data-dir", alone.data, "--json"])
    body = json.loads(done.stdout)
    assert done.returncode == 0 and body["status"] == "ok" and len(body["nodes"]) == 1
    assert body["nodes"][0]["id"] is None and body["nodes"][0]["roles"] == ["edge", "control"]
    assert "edge/reception" in run([SERVERMED, "actors", "--data-dir", alone.data]).stdout
    assert "node_started" in run([SERVERMED, "events", "--data-dir", alone.data]).stdout
