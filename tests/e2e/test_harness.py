"""The tools of these tests, against each other: what they say must not depend on servermed."""

import base64
import os
import socket

import pytest

from support.listening import CountAfterEnd, Echo
from support.origin import Origin, pattern_digest
from support.relay import Relay
from support.waiting import await_condition
from support.wire import ConnectionEnded, Wire, chunked, fetch, request

import hashlib


def test_the_origin_reads_bodies_of_both_framings(origin):
    with Wire(origin.address) as wire:
        first = wire.ask(request("POST", "/echo", "h", body=b"abc"))
        second = wire.ask(request("POST", "/echo", "h", [("Transfer-Encoding", "chunked")],
                                  chunked(b"de", b"f", trailers=[("X-T", "1")])))
    assert (first.body, second.body) == (b"abc", b"def")
    assert origin.last("/echo").trailers == (("X-T", "1"),)
    assert origin.accepted == 1


def test_the_origin_notices_what_is_malformed():
    strict = Origin()
    answer = fetch(strict.address, "/", "h", headers=[("Bad name", "x")])
    strict.close()
    assert answer.status == 400 and len(strict.malformed) == 1


def test_answers_of_every_framing_are_read(origin):
    assert fetch(origin.address, "/until-close", "h").framing == "close"
    assert fetch(origin.address, "/bytes/5", "h").framing == "length"
    answer = fetch(origin.address, "/trailers", "h")
    assert answer.framing == "chunked" and answer.trailers[0] == ("X-Checksum", "abc123")
    answer = fetch(origin.address, "/early-hints", "h")
    assert [status for status, _ in answer.interim] == [103, 103] and answer.status == 200
    assert fetch(origin.address, "/bytes/5", "h", method="HEAD").body == b""
    assert hashlib.sha256(fetch(origin.address, "/bytes/3000000", "h").body).hexdigest() \
        == pattern_digest(3000000)


def test_a_cut_answer_is_no_answer(origin):
    with pytest.raises(ConnectionEnded):
        fetch(origin.address, "/reset", "h")
    with pytest.raises(ConnectionEnded):
        fetch(origin.address, "/drop", "h")


def test_the_origin_says_when_a_visitor_left(origin):
    wire = Wire(origin.address)
    wire.send(request("GET", "/hang", "h"))
    await_condition(lambda: origin.last("/hang"), what="the request")
    wire.reset()
    assert origin.last("/hang").aborted.wait(5)


def test_the_origin_speaks_websocket(origin):
    with Wire(origin.address) as wire:
        key = base64.b64encode(os.urandom(16)).decode()
        answer = wire.ask(request("GET", "/ws", "h", [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", "13")]))
        assert answer.status == 101
        wire.send(b"\x81\x82\0\0\0\0hi")
        assert wire.read_exactly(4) == b"\x81\x02hi"


def test_half_close_passes_a_relay():
    counter = CountAfterEnd()
    relay = Relay(counter.address)
    with Wire(relay.address) as wire:
        wire.send(b"x" * 100000)
        wire.finish()
        assert wire.read_to_end().startswith(b"100000 ")
    relay.close()
    counter.close()


def test_a_blackhole_closes_nothing_and_passes_nothing():
    echo = Echo()
    relay = Relay(echo.address)
    with Wire(relay.address) as wire:
        wire.send(b"before")
        assert wire.read_exactly(6) == b"before"
        relay.blackhole()
        wire.send(b"lost")
        wire.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            wire.read_some()
        relay.restore_for_new_connections()
        with Wire(relay.address) as other:
            other.send(b"new")
            assert other.read_exactly(3) == b"new"
    relay.cut()
    relay.close()
    echo.close()


def test_an_origin_can_listen_on_a_unix_socket(tmp_path):
    local = Origin(path=tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        client.sendall(request("GET", "/", "h", [("Connection", "close")]))
        assert client.makefile("rb").read().endswith(b"hello from the origin\n")
    local.close()
