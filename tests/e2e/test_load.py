"""Many visitors at once through one tunnel: no error (the issue's figure 2)."""

import re
import threading

from support.figures import percentile, record
from support.process import Program, resident_bytes, run
from support.programs import SERVERMED
from support.settings import sized
from support.waiting import Stopwatch
from support.wire import Wire, request


def demo_site(directory):
    """The demo site that servermed brings: fast enough not to be what is measured."""
    program = Program("demo", [SERVERMED, "demo", "--listen", "127.0.0.1:0"], directory)
    address = program.await_line(lambda line: re.search(r"http://([0-9.]+):(\d+)", line))
    return program, int(address.group(2))


def test_64_visitors_with_50_requests_each(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    visitors, requests = sized((64, 50), (16, 20))
    errors, seconds, lock = [], [], threading.Lock()

    def visit(number):
        mine = []
        try:
            with Wire(edge.http, timeout=30) as wire:
                for turn in range(requests):
                    body = b"%d/%d" % (number, turn)
                    watch = Stopwatch()
                    answer = wire.ask(request("POST", "/echo", agent.host, body=body))
                    mine.append(watch.seconds)
                    if answer.status != 200 or answer.body != body:
                        raise AssertionError(f"{answer.status} {answer.body!r} for {body!r}")
        except Exception as why:
            with lock:
                errors.append(repr(why))
        with lock:
            seconds.extend(mine)

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(visitors)]
    watch = Stopwatch()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record("load.concurrent.requests", len(seconds))
    record("load.concurrent.errors", len(errors))
    record("load.concurrent.rate", round(len(seconds) / watch.seconds), "requests/s")
    record("load.concurrent.p99", round(percentile(seconds, 0.99) * 1000, 1), "ms")
    assert errors == [] and len(seconds) == visitors * requests


def test_wrk_with_64_connections(edge, tunnel, workplace):
    demo, port = demo_site(workplace)
    try:
        agent = tunnel("http", str(port))
        duration = sized(10, 3)
        before = resident_bytes(edge.pid)
        done = run(["wrk", "-t2", "-c64", f"-d{duration}s", "--latency", "-H", f"Host: {agent.host}",
                    f"http://{edge.http[0]}:{edge.http[1]}/"], timeout=60)
        assert "Socket errors" not in done.stdout, done.stdout
        assert "Non-2xx" not in done.stdout, done.stdout
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
        p99 = re.search(r"99%\s+(\S+)", done.stdout).group(1)
        record("load.wrk.rate", round(rate), "requests/s")
        record("load.wrk.p99", p99)
        record("load.wrk.errors", 0)
        record("load.wrk.memory", round((resident_bytes(edge.pid) - before) / 1e6, 1), "MB more")
        assert rate > sized(500, 10)
    finally:
        demo.kill()


def test_connections_that_come_and_go(edge, tunnel, workplace):
    """A new connection for each request, as simple clients do."""
    demo, port = demo_site(workplace)
    try:
        agent = tunnel("http", str(port))
        errors = []

        def visit():
            for _ in range(sized(50, 10)):
                try:
                    with Wire(edge.http, timeout=30) as wire:
                        answer = wire.ask(request("GET", "/", agent.host, [("Connection", "close")]))
                        assert answer.status == 200
                except Exception as why:
                    errors.append(repr(why))

        threads = [threading.Thread(target=visit) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
    finally:
        demo.kill()
