"""A node is what its roles say, and tells how it is."""

import socket

import pytest

from support.waiting import await_condition


def listens(node, port):
    try:
        socket.create_connection((node.address, port), 2).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("role, ports", [("edge", {80, 443}), ("control", {8081, 7946}), ("worker", set())])
def test_a_node_listens_where_its_role_says(cluster, role, ports):
    node = cluster.of(role)[0]
    assert {port for port in (80, 443, 8081, 7946) if listens(node, port)} == ports


def test_every_node_counts_the_others(cluster):
    for node in cluster.all():
        await_condition(lambda: node.metrics()['serverme_members{state="alive"}'] == 7, 5, node.name)
        assert node.readiness()[0] == 200
    await_condition(lambda: sum(node.metrics()["serverme_is_leader"] for node in cluster.of("control")) == 1,
                    5, "one leads")


def test_a_node_that_is_removed_stops_and_is_let_in_no_more(cluster):
    """A fourth edge, for this test alone."""
    node = cluster.join("edge-9", "edge").start()
    try:
        await_condition(lambda: all(other.sees().get(node.name) == "alive" for other in cluster.others(node)),
                        10, "it is a member")
        listed = {each["name"]: each["id"] for each in cluster.control().command("node", "list")}
        cluster.control().command("node", "remove", listed[node.name])
        await_condition(lambda: not node.is_running, 10, "the node that was removed stops")
        assert "SM-5023" in node.program.errors()
        node.begin()
        await_condition(lambda: not node.is_running, 20, "it is let in no more")
    finally:
        node.kill()
        del cluster.nodes[node.name]
