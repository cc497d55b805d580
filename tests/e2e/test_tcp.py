"""TCP tunnels: every byte, both ends, whoever speaks first (part of the issue's figure 5)."""

import hashlib
import os
import socket
import threading

import pytest

from support.listening import Banner, CountAfterEnd, Echo, Listening, Recorder
from support.process import run
from support.waiting import await_condition
from support.wire import ConnectionEnded, Wire


def test_bytes_of_every_value_pass(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    data = bytes(range(256)) * 10000
    with Wire(agent.tcp) as visitor:
        threading.Thread(target=visitor.send, args=(data,), daemon=True).start()
        assert visitor.read_exactly(len(data)) == data


def test_a_single_byte_passes_at_once(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    with Wire(agent.tcp) as visitor:
        for byte in (b"\0", b"\xff", b"\n"):
            visitor.send(byte)
            assert visitor.read_exactly(1) == byte


def test_a_server_may_speak_first(tunnel):
    banner = Banner()
    agent = tunnel("tcp", str(banner.port))
    with Wire(agent.tcp) as visitor:
        assert visitor.read_until(b"\n") == Banner.greeting
        visitor.send(b"hello")
        assert visitor.read_exactly(9) == b"got hello"
    banner.close()


def test_an_answer_comes_after_half_close(tunnel):
    counter = CountAfterEnd()
    agent = tunnel("tcp", str(counter.port))
    data = os.urandom(5_000_000)
    with Wire(agent.tcp) as visitor:
        visitor.send(data)
        visitor.finish()
        answer = visitor.read_to_end().decode().split()
    assert answer == [str(len(data)), hashlib.sha256(data).hexdigest()]
    counter.close()


def test_nc_with_half_close_gets_its_answer(tunnel):
    counter = CountAfterEnd()
    agent = tunnel("tcp", str(counter.port))
    host, port = agent.tcp
    done = run(["sh", "-c", f"printf x | nc -N {host} {port}"])
    assert done.stdout.startswith("1 ")
    counter.close()


class TalksAfterItsEnd(Listening):
    """Ends its side first and still reads what the visitor says."""

    def __init__(self):
        self.heard = b""
        super().__init__()

    def serve(self, connection):
        connection.sendall(b"bye")
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(4096):
            self.heard += data


def test_a_server_may_end_first(tunnel):
    service = TalksAfterItsEnd()
    agent = tunnel("tcp", str(service.port))
    with Wire(agent.tcp) as visitor:
        assert visitor.read_to_end() == b"bye"
        visitor.send(b"still here")
        visitor.finish()
        await_condition(lambda: service.heard == b"still here", what="what came after the end")
    service.close()


def test_a_visitor_who_resets_is_noticed_behind_the_tunnel(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    visitor = Wire(agent.tcp)
    visitor.send(b"x")
    visitor.read_exactly(1)
    visitor.reset()
    await_condition(lambda: not echo.open, what="the local connection closed")


def test_a_service_that_closes_is_noticed_by_the_visitor(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    with Wire(agent.tcp) as visitor:
        visitor.send(b"x")
        visitor.read_exactly(1)
        with echo.lock:
            for connection in echo.open:
                connection.shutdown(socket.SHUT_RDWR)
        assert visitor.is_closed()


def test_a_refused_local_port_closes_the_visitor(tunnel):
    agent = tunnel("tcp", "1")
    with Wire(agent.tcp) as visitor:
        assert visitor.is_closed()
    assert agent.program.is_running


def test_a_port_can_be_asked_for(edge, tunnel, echo):
    wanted = edge.tcp_ports.partition("-")[2]
    agent = tunnel("tcp", str(echo.port), "--remote-port", wanted)
    assert agent.port == int(wanted)


def test_a_port_outside_the_range_is_refused(edge, agents, echo):
    for port in ("22", "9", str(int(edge.tcp_ports.partition("-")[2]) + 1)):
        agent = agents("tcp", str(echo.port), "--remote-port", port)
        assert agent.program.wait() != 0
        assert "SM-2005" in agent.program.output() + agent.program.errors()


def test_a_taken_port_is_refused(edge, tunnel, agents, echo):
    first = tunnel("tcp", str(echo.port))
    second = agents("tcp", str(echo.port), "--remote-port", str(first.port))
    assert second.program.wait() != 0


def test_a_port_is_free_again_after_its_tunnel(edge, tunnel, echo):
    first = tunnel("tcp", str(echo.port))
    port = first.port
    assert first.stop() == 0
    with pytest.raises(OSError):
        Wire(("127.0.0.1", port))
    assert tunnel("tcp", str(echo.port), "--remote-port", str(port)).port == port


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_proxy_protocol_names_the_visitor(tunnel, version):
    recorder = Recorder()
    agent = tunnel("tcp", str(recorder.port), f"--proxy-protocol={version}")
    with Wire(agent.tcp) as visitor:
        source = visitor.socket.getsockname()
        visitor.send(b"payload")
        got = await_condition(
            lambda: next((bytes(kept) for kept in recorder.received if b"payload" in kept), None))
    if version == "1":
        line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {source[1]} {agent.port}\r\n"
        assert got == line.encode() + b"payload"
    else:
        assert got[:16] == b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
        assert got[16:24] == bytes([127, 0, 0, 1, 127, 0, 0, 1])
        assert int.from_bytes(got[24:26], "big") == source[1]
        assert int.from_bytes(got[26:28], "big") == agent.port
        assert got[28:] == b"payload"
    recorder.close()


def test_many_connections_at_once(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    visitors = [Wire(agent.tcp) for _ in range(100)]
    for number, visitor in enumerate(visitors):
        visitor.send(b"%d" % number)
    for number, visitor in enumerate(visitors):
        assert visitor.read_exactly(len(b"%d" % number)) == b"%d" % number
    for visitor in visitors:
        visitor.close()


def test_http_through_a_tcp_tunnel_is_bytes(tunnel, origin):
    from support.wire import request
    agent = tunnel("tcp", str(origin.port))
    with Wire(agent.tcp) as visitor:
        answer = visitor.ask(request("GET", "/headers", "anything.at.all"))
        assert answer.status == 200 and b"X-Forwarded" not in answer.body


def test_a_tunnel_that_ends_closes_its_visitors(tunnel, echo):
    agent = tunnel("tcp", str(echo.port))
    with Wire(agent.tcp) as visitor:
        visitor.send(b"x")
        visitor.read_exactly(1)
        agent.stop()
        try:
            assert visitor.is_closed(10)
        except ConnectionEnded:
            pass


def test_ipv6_services_are_reached(tunnel):
    six = Echo(host="::1")
    agent = tunnel("tcp", f"[::1]:{six.port}")
    with Wire(agent.tcp) as visitor:
        visitor.send(b"six")
        assert visitor.read_exactly(3) == b"six"
    six.close()
