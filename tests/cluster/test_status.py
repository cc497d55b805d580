"""What an operator sees of a whole cluster, from whichever control node he asks."""

import json

from support.waiting import await_condition


def status_of(node):
    """(exit code, what `servermed status --json` says)"""
    done = node.command("status", check=False)
    return done.returncode, json.loads(done.stdout)


def test_every_control_node_shows_all_nodes(cluster):
    for control in cluster.of("control"):
        await_condition(lambda: status_of(control)[0] == 0, 15, f"{control.name} says that all is well")
        body = status_of(control)[1]
        assert {each["name"]: each["state"] for each in body["nodes"]} \
            == {node.name: "alive" for node in cluster.all()}
        assert [each["name"] for each in body["nodes"] if each["leader"]] == [cluster.leader().name]


def test_a_worker_that_dies_is_seen_and_named(cluster):
    worker = cluster.of("worker")[1]
    worker.kill()
    def is_told():
        code, body = status_of(cluster.control())
        return code == 1 and any(worker.name in each for each in body["problems"])
    await_condition(is_told, 10, "the death is seen")
