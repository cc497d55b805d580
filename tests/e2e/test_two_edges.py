"""A tunnel on several edges: visitors come to any of them, and one may be killed or drained."""

import threading

import pytest

from support.cluster import Certificate, Control, Machines, Member
from support.figures import record
from support.process import run
from support.programs import SERVERMED, Agent
from support.waiting import Stopwatch, await_condition


@pytest.fixture(scope="module")
def machines():
    made = Machines()
    try:
        yield made
    finally:
        made.discard()


@pytest.fixture(scope="module")
def certificate(machines):
    return Certificate(machines.place())


@pytest.fixture(scope="module")
def control(machines, certificate):
    return machines.add(Control(machines.place(), certificate.settings()))


@pytest.fixture
def edges(machines, certificate, control):
    """Two edges beside the control node, which is one as well."""
    return [machines.add(Member(machines.place(), control, settings=certificate.settings(),
                                ca=certificate.chain)) for _ in range(2)]


@pytest.fixture
def shop(edges, origin):
    """An agent whose home is the first edge, and that has a companion."""
    agent = Agent(edges[0], "http", str(origin.port), "--subdomain", "shop")
    try:
        agent.ready()
        agent.await_event("companion")
        yield agent
    finally:
        agent.kill()


def host_at(edge, agent):
    return f"{agent.name}:{edge.http[1]}"


def await_name(edge, agent):
    await_condition(lambda: edge.fetch(host_at(edge, agent)).status == 200, 10, "the name is known there")


class Steady:
    """Requests one after the other, until it is told to stop."""

    def __init__(self, edge, agent):
        self.edge, self.agent = edge, agent
        self.good, self.failures = 0, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        await_condition(lambda: self.good > 20, 10, "requests flow")
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def more(self, count):
        aim = self.good + count
        await_condition(lambda: self.good >= aim, 15, "requests go on")

    def _run(self):
        while not self._over.is_set():
            try:
                status = self.edge.fetch(host_at(self.edge, self.agent), timeout=10).status
            except Exception as why:
                status = repr(why)
            if status == 200:
                self.good += 1
            else:
                self.failures.append(status)


def test_every_edge_serves_the_tunnel(control, edges, shop):
    for edge in (*edges, control):
        await_name(edge, shop)
        assert edge.fetch(host_at(edge, shop), "/echo", method="POST", body=b"x" * 100_000).body \
            == b"x" * 100_000


def test_a_killed_home_costs_visitors_of_other_edges_nothing(control, edges, shop):
    home, other = edges
    for edge in (other, control):
        await_name(edge, shop)
    with Steady(other, shop) as there, Steady(control, shop) as elsewhere:
        mark = shop.mark()
        home.kill()
        watch = Stopwatch()
        back = shop.await_event("connected", 10, start=mark)
        record("edges.agent_back_after_kill", round(watch.seconds, 3), "s")
        assert back["resumed"], "it is the same session"
        assert watch.seconds < 2
        there.more(100)
        elsewhere.more(100)
    lost = len(there.failures) + len(elsewhere.failures)
    record("edges.requests_failed_at_kill", lost, f"of {there.good + elsewhere.good}")
    # Those that were on their way through the killed edge: one for each of the two visitors.
    assert lost <= 2, there.failures + elsewhere.failures
    # Each edge of this test has a port of its own, so only the name is the same.
    assert shop.events("tunnel_ready")[-1]["url"].startswith(f"http://{shop.name}:")


def test_a_drained_home_costs_nobody_anything(control, edges, shop):
    home, other = edges
    for edge in (other, control):
        await_name(edge, shop)
    # An edge that has just joined needs a moment to find the store; its agents try again.
    before = len(shop.events("disconnected"))
    with Steady(other, shop) as there, Steady(control, shop) as elsewhere:
        run([SERVERMED, "drain", "--data-dir", home.data])
        there.more(100)
        elsewhere.more(100)
    record("edges.requests_at_drain", there.good + elsewhere.good)
    assert there.failures + elsewhere.failures == []
    assert len(shop.events("disconnected")) == before
    assert not home.program.is_running
