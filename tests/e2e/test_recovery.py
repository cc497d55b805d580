"""What dies and comes back: the same URLs, in seconds (the issue's figure 7)."""

import signal

import pytest

from support.figures import record
from support.programs import Agent
from support.waiting import Stopwatch, await_condition
from support.wire import Wire, request


def answers(edge, host):
    try:
        return edge.fetch(host, timeout=3).status == 200
    except OSError:
        return False
    except Exception as why:  # cut in the middle of an answer
        return not str(why)


@pytest.fixture
def started():
    """Agents of edges that a test made itself."""
    made = []

    def start(edge, *words, **keywords):
        made.append(Agent(edge, *words, **keywords))
        return made[-1]

    yield start
    for agent in made:
        agent.kill()


def test_an_agent_survives_the_kill_of_servermed(own_edge, started, origin, echo):
    edge = own_edge()
    web = started(edge, "http", str(origin.port)).ready()
    raw = started(edge, "tcp", str(echo.port)).ready()
    marks = web.mark(), raw.mark()
    edge.kill()
    web.await_event("disconnected", start=marks[0])
    edge.start()
    watch = Stopwatch()
    again = web.await_event("tunnel_ready", 40, start=marks[0])
    record("recovery.servermed_restart", round(watch.seconds, 2), "s after ready")
    assert again["url"] == web.url
    assert raw.await_event("tunnel_ready", 40, start=marks[1])["url"] == raw.url
    assert edge.fetch(web.host).status == 200
    with Wire(raw.tcp) as visitor:
        visitor.send(b"back")
        assert visitor.read_exactly(4) == b"back"
    for agent in (web, raw):
        assert agent.stop() == 0
    edge.stop()


def test_a_new_agent_takes_over_from_a_killed_one(edge, agents, tunnel, origin):
    first = tunnel("http", str(origin.port), "--subdomain", "heir")
    assert edge.fetch(first.host).status == 200
    first.kill()
    watch = Stopwatch()
    second = agents("http", str(origin.port), "--subdomain", "heir").ready()
    assert edge.fetch(second.host).status == 200
    record("recovery.agent_replaced", round(watch.seconds, 2), "s")
    assert second.url == first.url and watch.seconds < 2


def test_a_new_agent_takes_over_from_one_that_hangs(edge, agents, relay, origin):
    """The old one's connection is dead and nobody has noticed yet: the same account may replace it."""
    network = relay(edge.tls)
    first = agents("http", str(origin.port), "--subdomain", "ghost",
                   options=["--server", f"localhost:{network.port}"]).ready()
    network.blackhole()
    first.kill()
    watch = Stopwatch()
    second = agents("http", str(origin.port), "--subdomain", "ghost")
    second.await_event("tunnel_ready", 30)
    record("recovery.ghost_replaced", round(watch.seconds, 2), "s")
    network.cut()


def test_a_blackhole_is_noticed_within_10_s(edge, agents, relay, origin):
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{network.port}"]).ready()
    assert edge.fetch(agent.host).status == 200
    mark = agent.mark()
    network.blackhole()
    watch = Stopwatch()
    agent.await_event("disconnected", 12, start=mark)
    noticed = watch.seconds
    record("recovery.blackhole.noticed", round(noticed, 1), "s")
    assert noticed <= 10.5
    network.restore_for_new_connections()
    again = agent.await_event("tunnel_ready", 25, start=mark)
    record("recovery.blackhole.back", round(watch.seconds - noticed, 1), "s")
    assert again["url"] == agent.url
    await_condition(lambda: answers(edge, agent.host), 10, "the tunnel after the blackhole")


def test_the_edge_notices_a_blackhole_too(edge, agents, relay, origin):
    """An agent that vanished without a word: visitors get an error, not an endless wait."""
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{network.port}"]).ready()
    network.blackhole()
    watch = Stopwatch()
    answer = edge.fetch(agent.host, timeout=30)
    record("recovery.edge_notices", round(watch.seconds, 1), "s until 502")
    assert answer.status in (502, 503, 504)
    assert watch.seconds < 20


def test_a_request_waits_for_an_agent_that_comes_back(edge, agents, relay, origin):
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{network.port}"]).ready()
    mark = agent.mark()
    network.cut()
    agent.await_event("disconnected", start=mark)
    watch = Stopwatch()
    assert edge.fetch(agent.host, timeout=20).status == 200
    record("recovery.request_waited", round(watch.seconds, 2), "s")
    assert agent.await_event("tunnel_ready", start=mark)["url"] == agent.url


def test_a_request_on_the_way_fails_when_the_network_does(edge, agents, relay, origin):
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{network.port}"]).ready()
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/hang", agent.host, body=b"x"))
        await_condition(lambda: origin.last("/hang"), what="the request")
        network.cut()
        assert visitor.read_answer().status in (502, 504)


def test_reconnecting_is_patient(own_edge, started, origin):
    """A server that is away is not hammered: the attempts of some seconds can be counted."""
    from support.relay import Relay
    from support.waiting import let_time_pass
    edge = own_edge()
    network = Relay(edge.tls)
    agent = started(edge, "http", str(origin.port), options=["--server", f"localhost:{network.port}"]).ready()
    network.refusing = True
    before = network.accepted
    mark = agent.mark()
    network.cut()
    agent.await_event("disconnected", start=mark)
    let_time_pass(6, "attempts in 6 s")
    attempts = network.accepted - before
    record("recovery.attempts_in_6_s", attempts)
    assert 1 <= attempts <= 20
    network.refusing = False
    assert agent.await_event("tunnel_ready", 30, start=mark)["url"] == agent.url
    network.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_agent_stops_when_asked(edge, tunnel, origin, number):
    agent = tunnel("http", str(origin.port))
    assert agent.stop(number) == 0
    assert agent.events("stopped")


def test_an_agent_stops_while_it_reconnects(own_edge, started, origin):
    edge = own_edge()
    agent = started(edge, "http", str(origin.port)).ready()
    mark = agent.mark()
    edge.kill()
    agent.await_event("disconnected", start=mark)
    agent.await_event("reconnecting", start=mark)
    watch = Stopwatch()
    assert agent.stop(signal.SIGINT) == 0
    assert watch.seconds < 3


def test_servermed_stops_with_agents_and_visitors_on(own_edge, started, origin):
    edge = own_edge()
    agent = started(edge, "http", str(origin.port)).ready()
    visitor = edge.visitor()
    visitor.send(request("GET", "/hang", agent.host))
    await_condition(lambda: origin.last("/hang"), what="the request")
    watch = Stopwatch()
    edge.stop()
    record("recovery.servermed_stop", round(watch.seconds, 1), "s with a hanging request")
    visitor.close()
