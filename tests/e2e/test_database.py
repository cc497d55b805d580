"""PostgreSQL of a running servermed dies alone: tunnels go on, and it comes back by itself."""

import os
import signal

from support.figures import record
from support.programs import Agent
from support.waiting import Stopwatch, await_condition


def postmaster_of(edge):
    """Its pid, as PostgreSQL itself writes it down."""
    return int((edge.data / "postgres/cluster/postmaster.pid").read_text().split()[0])


def readiness(edge):
    status, body = edge.api("GET", "/readyz", key="")
    return status, body["parts"]["database"]


def test_tunnels_go_on_without_the_database(own_edge, origin):
    edge = own_edge()
    agent = Agent(edge, "http", str(origin.port))
    try:
        agent.ready()
        cluster = edge.data / "postgres/cluster"
        away = cluster.with_name("away")
        before = postmaster_of(edge)
        cluster.rename(away)  # it cannot be started before this is undone
        os.kill(before, signal.SIGKILL)
        await_condition(lambda: readiness(edge) == (503, "unavailable"), 10, "/readyz says so")
        for number in range(20):
            assert edge.fetch(agent.host, "/echo", method="POST", body=b"%d" % number).body == b"%d" % number
        assert readiness(edge) == (503, "unavailable"), "still"
        watch = Stopwatch()
        away.rename(cluster)
        await_condition(lambda: readiness(edge) == (200, "ready"), 40, "PostgreSQL is back")
        record("database.back_after", round(watch.seconds, 1), "s")
        assert postmaster_of(edge) != before
        assert edge.fetch(agent.host).status == 200
        assert len(agent.events("connected")) == 1, "the agent has noticed nothing"
        key = edge.new_user("later")
        other = Agent(edge, "http", str(origin.port), config=edge.config_for(key))
        try:
            assert edge.fetch(other.ready().host).status == 200
        finally:
            other.kill()
    finally:
        agent.kill()
    edge.stop()


def test_it_comes_back_as_often_as_it_is_killed(own_edge):
    edge = own_edge()
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGQUIT):
        before = postmaster_of(edge)
        os.kill(before, number)

        def is_back():
            try:
                return postmaster_of(edge) != before and readiness(edge) == (200, "ready")
            except (OSError, IndexError):
                return False

        await_condition(is_back, 40, f"PostgreSQL is back after {number.name}")
    edge.stop()
