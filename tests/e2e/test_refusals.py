"""What visitors may not send, and the errors they may meet."""

import json
import socket

import pytest

from support.waiting import Stopwatch
from support.wire import ConnectionEnded, Wire, fetch, request


@pytest.fixture
def web(tunnel, origin):
    agent = tunnel("http", str(origin.port))
    agent.origin = origin
    return agent


# Each would be understood in two ways by two programs in a row (RFC 9112, section 11.2).
SMUGGLED = {
    "two lengths": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two lengths in one": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3, 4\r\n\r\nabcd",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length with a sign": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +3\r\n\r\nabc",
    "length that overflows": b"POST / HTTP/1.1\r\nHost: {host}\r\n"
                             b"Content-Length: 18446744073709551617\r\n\r\nabc",
    "length that is no number": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0x3\r\n\r\nabc",
    "empty length": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: \r\n\r\n",
    "coding that is not chunked": b"POST / HTTP/1.1\r\nHost: {host}\r\n"
                                  b"Transfer-Encoding: identity\r\n\r\n",
    "chunked not last": b"POST / HTTP/1.1\r\nHost: {host}\r\n"
                        b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked with a mark": b"POST / HTTP/1.1\r\nHost: {host}\r\n"
                           b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length : 3\r\n\r\nabc",
    "tab before the colon": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A\t: 3\r\n\r\n",
    "folded line": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\n\r\n",
    "folded first line": b"GET / HTTP/1.1\r\n Host: {host}\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: {host}\n\n",
    "one bare LF": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\nX-C: d\r\n\r\n",
    "bare CR in a value": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\rX-C: d\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\x00c\r\n\r\n",
    "no name": b"GET / HTTP/1.1\r\nHost: {host}\r\n: x\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: {host}\r\nnonsense\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: other\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "bad method": b"G@T / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "no version": b"GET /\r\nHost: {host}\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
}


@pytest.mark.parametrize("shape", SMUGGLED)
def test_ambiguous_requests_get_400(edge, web, shape):
    with edge.visitor() as visitor:
        visitor.send(SMUGGLED[shape].replace(b"{host}", web.host.encode()))
        answer = visitor.read_answer()
        assert answer.status == 400, answer
        assert visitor.is_closed(), "whatever follows cannot be trusted"
    assert web.origin.seen == []


@pytest.mark.parametrize("chunks", [
    b"3\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"+3\r\nabc\r\n0\r\n\r\n",
    b"g\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"ffffffffffffffff1\r\nabc\r\n",
    b" 3\r\nabc\r\n0\r\n\r\n", b"3\r\nabcX\n0\r\n\r\n", b"-1\r\n\r\n", b"\r\n\r\n",
])
def test_bad_chunks_end_the_request(edge, web, chunks):
    """The head may have gone through; the body must not, and nothing may follow it."""
    web.origin.malformed = []
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/echo", web.host, [("Transfer-Encoding", "chunked")]) + chunks
                     + request("GET", "/smuggled", web.host))
        try:
            answer = visitor.read_answer("POST")
            assert answer.status in (400, 502), answer
        except ConnectionEnded:
            pass
        visitor.read_to_end()
    assert web.origin.last("/smuggled") is None
    web.origin.malformed = []  # a body that was cut short is what it should have seen


def refused(edge, host, accept, method="GET"):
    return fetch(edge.http, "/", host, method, [("Accept", accept)])


def test_an_unknown_name_is_explained_to_people(edge):
    answer = refused(edge, f"nobody.{edge.domain}", "text/html,*/*")
    assert answer.status == 404 and answer.get("Content-Type").startswith("text/html")
    assert b"SM-1004" in answer.body


def test_an_unknown_name_is_explained_to_programs(edge):
    answer = refused(edge, f"nobody.{edge.domain}", "application/json")
    assert answer.status == 404 and answer.get("Content-Type").startswith("application/json")
    error = json.loads(answer.body)["error"]
    assert error["code"] == "SM-1004" and error["message"]


def test_errors_follow_the_rules_of_head(edge):
    with edge.visitor() as visitor:
        host = f"nobody.{edge.domain}"
        assert visitor.ask(request("HEAD", "/", host)).status == 404
        assert visitor.ask(request("GET", "/", host)).status == 404, "the connection is still good"


def test_what_visitors_send_is_escaped_in_error_pages(edge):
    answer = refused(edge, "<script>alert(1)</script>", "text/html")
    assert b"<script>alert" not in answer.body


def test_a_foreign_domain_is_no_tunnel(edge):
    assert refused(edge, "example.com", "application/json").status == 404


def test_a_local_service_that_refuses_gives_502(edge, tunnel):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        agent = tunnel("http", str(closed.getsockname()[1]))
        answer = refused(edge, agent.host, "application/json")
        assert answer.status == 502
        assert json.loads(answer.body)["error"]["code"] == "SM-1006"


def test_a_local_refusal_does_not_end_the_agent(edge, tunnel, origin):
    agent = tunnel("http", "1")
    assert refused(edge, agent.host, "*/*").status == 502
    assert agent.program.is_running


@pytest.mark.parametrize("path, code", [("/garbage", "SM-1008"), ("/drop", "SM-1009")])
def test_a_local_service_that_answers_nonsense_gives_502(edge, web, path, code):
    answer = fetch(edge.http, path, web.host, "POST", [("Accept", "application/json")], b"x")
    assert answer.status == 502
    assert json.loads(answer.body)["error"]["code"] == code


def test_a_head_that_is_too_large_gives_431(edge, web):
    with edge.visitor() as visitor:
        visitor.send(b"GET / HTTP/1.1\r\nHost: %s\r\nX-Big: " % web.host.encode())
        try:
            for _ in range(64):
                visitor.send(b"x" * 16384)
        except OSError:
            pass  # it hung up, as it may
        assert visitor.read_answer().status == 431
    assert web.origin.seen == []


def test_too_many_headers_give_431(edge, web):
    many = [(f"X-{n}", "v") for n in range(2000)]
    assert fetch(edge.http, "/", web.host, headers=many).status == 431


@pytest.mark.parametrize("version, status", [("HTTP/2.0", 505), ("HTTP/3.7", 505)])
def test_other_versions_get_505(edge, web, version, status):
    with edge.visitor() as visitor:
        assert visitor.ask(request("GET", "/", web.host, version=version)).status == status


def test_connect_is_not_a_way_through(edge, web):
    with edge.visitor() as visitor:
        visitor.send(b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n")
        assert visitor.read_head().status >= 400


def test_tls_on_the_plain_port_is_hung_up_on(edge):
    with Wire(edge.http) as visitor:
        visitor.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200)
        watch = Stopwatch()
        visitor.read_to_end()
        assert watch.seconds < 15
