"""Connections that are quiet for long and must not be dropped for it (the issue's figure 4).

The holds run side by side: the file takes as long as its longest one.
"""

import threading

from support.figures import record
from support.settings import sized
from support.waiting import Stopwatch, let_time_pass
from support.websocket import WebSocket
from support.wire import Wire, request

HOLD = sized(120, 15)
SILENCE = sized(90, 10)
GAP = HOLD / 4


def websocket_echo(edge, agent):
    with WebSocket(edge.http, "/ws", agent.host) as channel:
        watch, turns = Stopwatch(), 0
        while watch.seconds < HOLD:
            let_time_pass(GAP, "an idle WebSocket")
            channel.send(f"turn {turns}")
            assert channel.recv(10) == f"turn {turns}"
            turns += 1
        record("holds.websocket", round(watch.seconds), "s")


def server_sent_events(edge, agent):
    with Wire(edge.http, timeout=GAP + 30) as visitor:
        watch = Stopwatch()
        visitor.send(request("GET", f"/sse?count=5&gap={GAP}", agent.host))
        visitor.read_head()
        seen = visitor.read_to_end()
        assert all(b"event %d" % n in seen for n in range(5)), seen
        assert watch.seconds >= HOLD * 0.95
        record("holds.sse", round(watch.seconds), "s")


def silent_answer(edge, agent):
    with Wire(edge.http, timeout=SILENCE + 30) as visitor:
        watch = Stopwatch()
        answer = visitor.ask(request("GET", f"/silent/{SILENCE}", agent.host))
        assert (answer.status, answer.body) == (200, b"worth the wait\n")
        record("holds.silent_answer", round(watch.seconds), "s")


def idle_tcp(edge, agent):
    with Wire(agent.tcp) as visitor:
        for text in (b"before", b"after"):
            visitor.send(text)
            assert visitor.read_exactly(len(text)) == text
            let_time_pass(HOLD / 2, "an idle TCP tunnel")
        visitor.send(b"end")
        assert visitor.read_exactly(3) == b"end"
        record("holds.tcp", HOLD, "s")


def test_quiet_connections_are_held(edge, tunnel, origin, echo):
    web = tunnel("http", str(origin.port))
    raw = tunnel("tcp", str(echo.port))
    failures = []

    def hold(one, agent):
        try:
            one(edge, agent)
        except BaseException as why:
            failures.append(f"{one.__name__}: {why!r}")

    threads = [threading.Thread(target=hold, args=pair) for pair in (
        (websocket_echo, web), (server_sent_events, web), (silent_answer, web), (idle_tcp, raw))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert not web.events("disconnected") and not raw.events("disconnected")
