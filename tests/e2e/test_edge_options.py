"""servermed's own life: addresses, ready.json, loops, timeouts, a second start."""

import json
import os
import signal
import socket

import pytest

from support.figures import record
from support.process import Program, processes_mentioning, resident_bytes, run
from support.programs import SERVERMED, Agent
from support.waiting import Stopwatch, await_condition
from support.wire import Wire, as_address, request


@pytest.fixture
def started():
    made = []

    def start(edge, *words, **keywords):
        made.append(Agent(edge, *words, **keywords))
        return made[-1].ready()

    yield start
    for agent in made:
        agent.kill()


def test_ready_json_says_where_everything_is(edge):
    assert {"http", "tls", "api", "pid", "domain"} <= set(edge.ready)
    assert edge.ready["pid"] == edge.pid
    for name in ("http", "tls", "api"):
        host, port = as_address(edge.ready[name])
        assert host == "127.0.0.1", "development listens on loopback"
        socket.create_connection((host, port), 5).close()


def test_health_and_readiness_need_no_key(edge):
    assert edge.api("GET", "/healthz", key="")[0] == 200
    assert edge.api("GET", "/readyz", key="")[0] == 200


def test_nothing_listens_beyond_loopback(edge):
    """Every listening socket of the process, from the kernel's own list."""
    mine = {os.readlink(f"/proc/{edge.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{edge.pid}/fd")}
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")):
        for line in open(f"/proc/net/{table}").read().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
                assert fields[1].startswith(loopback), fields[1]


def test_a_second_servermed_on_the_same_data_is_refused(edge):
    second = Program("second", [SERVERMED, "dev", "--data-dir", edge.data, "--http", "127.0.0.1:0",
                                "--tls", "127.0.0.1:0", "--api", "127.0.0.1:0"], edge.directory)
    assert second.wait() != 0
    assert "SM-5007" in second.output() + second.errors()
    assert edge.api("GET", "/healthz", key="")[0] == 200, "the first is not disturbed"
    assert json.loads((edge.data / "ready.json").read_text())["pid"] == edge.pid


def test_a_taken_port_is_said(edge, workplace):
    taken = edge.ready["http"]
    program = Program("taken", [SERVERMED, "dev", "--data-dir", workplace / "taken", "--http", taken,
                                "--tls", "127.0.0.1:0", "--api", "127.0.0.1:0"], workplace)
    assert program.wait(40) != 0
    assert "SM-5003" in program.output() + program.errors()
    await_condition(lambda: not processes_mentioning(workplace / "taken"), 10, "PostgreSQL gone")


@pytest.mark.parametrize("arguments", [
    ["--http", "nonsense"], ["--http", "127.0.0.1:99999"], ["--tcp-ports", "20-10"],
    ["--tcp-ports", "0-70000"], ["--tcp-ports", "abc"], ["--unknown"],
])
def test_wrong_arguments_are_refused(workplace, arguments):
    program = Program("wrong", [SERVERMED, "dev", "--data-dir", workplace / "wrong", *arguments], workplace)
    assert program.wait(10) != 0
    assert len(program.errors() + program.output()) > 10, "it says why"


def test_two_loops_serve_one_tunnel(own_edge, started, origin):
    edge = own_edge("--loops", "2")
    agent = started(edge, "http", str(origin.port))
    for _ in range(40):
        answer = edge.fetch(agent.host, "/echo", method="POST", body=b"any loop")
        assert (answer.status, answer.body) == (200, b"any loop")
    with edge.visitor() as visitor:
        for number in range(10):
            assert visitor.ask(request("POST", "/echo", agent.host, body=b"%d" % number)).body == b"%d" % number
    assert agent.stop() == 0
    edge.stop()


def test_everything_works_over_ipv6(own_edge, started, origin):
    edge = own_edge(http="[::1]:0", tls="[::1]:0", api="[::1]:0")
    agent = started(edge, "http", str(origin.port))
    assert edge.fetch(agent.host, "/headers").status == 200
    seen = origin.last("/headers")
    assert seen.get("X-Forwarded-For") == "::1"
    assert 'for="[::1]"' in seen.get("Forwarded")
    assert edge.api("GET", "/healthz", key="")[0] == 200
    edge.stop()


def test_another_domain_can_be_used(own_edge, started, origin):
    edge = own_edge("--domain", "tunnels.example.test")
    agent = started(edge, "http", str(origin.port), "--subdomain", "mine")
    assert agent.name == "mine.tunnels.example.test"
    assert edge.fetch(agent.name).status == 200
    assert edge.fetch("mine.localhost").status == 404
    edge.stop()


def test_a_head_that_never_ends_times_out(edge):
    """One byte a second is not a request (Slowloris)."""
    with edge.visitor(timeout=60) as visitor:
        watch = Stopwatch()
        visitor.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        visitor.socket.settimeout(1)
        while watch.seconds < 50:
            try:
                visitor.send(b"X")
                if not visitor._more():
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        record("options.head_timeout", round(watch.seconds, 1), "s")
        assert watch.seconds < 45


def test_a_thousand_silent_connections_harm_nobody(edge, started, origin):
    agent = started(edge, "http", str(origin.port))
    before = resident_bytes(edge.pid)
    silent = [Wire(edge.http) for _ in range(1000)]
    watch = Stopwatch()
    assert edge.fetch(agent.host).status == 200
    assert watch.seconds < 2
    record("options.1000_silent_connections", round((resident_bytes(edge.pid) - before) / 1e6, 1), "MB")
    for visitor in silent:
        visitor.close()


def test_a_second_start_keeps_users_and_keys(own_edge, started, origin):
    edge = own_edge()
    key = edge.new_user("keeper")
    first_key, first_ca = edge.key, open(edge.ca, "rb").read()
    edge.stop()
    edge.start()
    assert edge.key == first_key and open(edge.ca, "rb").read() == first_ca
    agent = started(edge, "http", str(origin.port), config=edge.config_for(key))
    assert edge.fetch(agent.host).status == 200
    edge.stop()


def test_it_starts_again_after_it_was_killed(own_edge):
    """PostgreSQL of the killed one may still run, and ready.json lies."""
    edge = own_edge()
    edge.kill()
    assert (edge.data / "ready.json").exists()
    watch = Stopwatch()
    edge.start()
    record("options.start_after_kill", round(watch.seconds, 1), "s")
    edge.stop()


def test_a_first_start_is_quick(own_edge):
    watch = Stopwatch()
    edge = own_edge()
    record("options.first_start", round(watch.seconds, 1), "s")
    edge.stop()
    watch = Stopwatch()
    edge.start()
    record("options.second_start", round(watch.seconds, 1), "s")
    edge.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_asked(own_edge, number):
    edge = own_edge()
    assert edge.program.stop(number, 20) == 0
    await_condition(lambda: not processes_mentioning(edge.data), 5, "PostgreSQL gone")


def test_migrations_are_listed(edge):
    done = run([SERVERMED, "migrate", "--status", "--data-dir", edge.data])
    assert "0001" in done.stdout
