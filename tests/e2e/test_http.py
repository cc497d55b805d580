"""HTTP tunnels as visitors meet them: routing, connections, headers, uploads, leaving early."""

import contextlib
import hashlib
import json

import pytest

from support.origin import Origin, pattern_digest
from support.waiting import await_condition, let_time_pass
from support.websocket import WebSocket
from support.wire import ConnectionEnded, Wire, chunked, fetch, request


@pytest.fixture
def web(tunnel, origin):
    """An origin, and a tunnel to it."""
    agent = tunnel("http", str(origin.port))
    agent.origin = origin
    return agent


def test_a_request_goes_the_whole_way(edge, web):
    answer = edge.fetch(web.host)
    assert (answer.status, answer.body) == (200, b"hello from the origin\n")


def test_the_url_answers_in_curl(edge, web):
    from support.process import run
    host = web.name
    done = run(["curl", "-sS", "--fail", "--resolve", f"{host}:{edge.http[1]}:127.0.0.1", web.url])
    assert done.stdout == "hello from the origin\n"


def test_a_requested_name_is_given(edge, tunnel, origin):
    agent = tunnel("http", f"localhost:{origin.port}", "--subdomain", "wanted")
    assert agent.name == f"wanted.{edge.domain}"
    assert edge.fetch(agent.host).status == 200


@pytest.mark.parametrize("spelling", ["{}", "{}:80", "{}:1", "{upper}", "{}."])
def test_hosts_are_found_whatever_their_case_and_port(edge, web, spelling):
    host = spelling.format(web.name, upper=web.name.upper())
    assert edge.fetch(host).status == 200


def test_an_absolute_target_counts_more_than_host(edge, web):
    answer = edge.fetch("something.else", f"http://{web.name}/headers")
    assert answer.status == 200
    assert b"GET /headers HTTP/1.1" in answer.body


def test_a_connection_carries_many_requests(edge, web):
    with edge.visitor() as visitor:
        for number in range(20):
            answer = visitor.ask(request("POST", "/echo", web.host, body=b"%d" % number))
            assert answer.body == b"%d" % number
    # Local connections are kept too.
    assert web.origin.accepted <= 2


def test_pipelined_requests_are_answered_in_order(edge, web):
    with edge.visitor() as visitor:
        visitor.send(b"".join(request("POST", "/echo", web.host, body=b"n%d" % n) for n in range(8)))
        assert [visitor.read_answer("POST").body for _ in range(8)] == [b"n%d" % n for n in range(8)]


def test_one_connection_reaches_several_tunnels(edge, tunnel, origin):
    other = Origin()
    first, second = tunnel("http", str(origin.port)), tunnel("http", str(other.port))
    with edge.visitor() as visitor:
        for agent, where in ((first, origin), (second, other), (first, origin)):
            before = len(where.seen)
            assert visitor.ask(request("GET", "/", agent.host)).status == 200
            assert len(where.seen) == before + 1
    other.close()


def test_connection_close_is_kept(edge, web):
    with edge.visitor() as visitor:
        answer = visitor.ask(request("GET", "/", web.host, [("Connection", "close")]))
        assert answer.status == 200 and answer.get("Connection") == "close"
        assert visitor.is_closed()


def test_http_1_0_is_answered_and_closed(edge, web):
    with edge.visitor() as visitor:
        answer = visitor.ask(request("GET", "/", web.host, version="HTTP/1.0"))
        assert answer.status == 200
        assert visitor.is_closed()


def test_a_chunked_answer_reaches_http_1_0_without_chunks(edge, web):
    with edge.visitor() as visitor:
        answer = visitor.ask(request("GET", "/chunked?count=2", web.host, version="HTTP/1.0"))
        assert answer.framing == "close" and answer.body == b"piece 0\npiece 1\n"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_uploads_arrive_unchanged(edge, web, framing):
    data = bytes(range(256)) * 20000
    with edge.visitor() as visitor:
        if framing == "length":
            visitor.send(request("PUT", "/upload", web.host, body=data))
        else:
            pieces = [data[i:i + 50001] for i in range(0, len(data), 50001)]
            visitor.send(request("PUT", "/upload", web.host, [("Transfer-Encoding", "chunked")],
                                 chunked(*pieces, trailers=[("X-Sum", "9")])))
        got = json.loads(visitor.read_answer("PUT").body)
    assert got["bytes"] == len(data) and got["sha256"] == hashlib.sha256(data).hexdigest()
    assert got["trailers"] == ([["X-Sum", "9"]] if framing == "chunked" else [])


def test_downloads_arrive_unchanged(edge, web):
    answer = edge.fetch(web.host, "/bytes/7000001")
    assert hashlib.sha256(answer.body).hexdigest() == pattern_digest(7000001)


def test_answers_stream_as_they_are_made(edge, web):
    """The first event is here while the origin still holds the second back."""
    with edge.visitor() as visitor:
        visitor.send(request("GET", "/sse?count=2&gap=1.5", web.host))
        visitor.read_head()
        seen = b""
        while b"event 0" not in seen:
            seen += visitor.read_some()
        assert b"event 1" not in seen
        while b"event 1" not in seen:
            seen += visitor.read_some()


def test_uploads_stream_as_they_come(edge, web):
    """The origin has the first part before the visitor sends the second."""
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/echo", web.host, [("Content-Length", "10")]) + b"first")
        await_condition(lambda: web.origin.last("/echo"), what="the request at the origin")
        visitor.send(b"later")
        assert visitor.read_answer("POST").body == b"firstlater"


def test_100_continue_comes_from_the_origin(edge, web):
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/echo", web.host,
                             [("Expect", "100-continue"), ("Content-Length", "4")]))
        assert visitor.read_head().status == 100
        visitor.send(b"body")
        answer = visitor.read_answer("POST")
        assert (answer.status, answer.body) == (200, b"body")


def test_a_refused_expectation_is_passed_on(edge, web):
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/refuse-expect", web.host,
                             [("Expect", "100-continue"), ("Content-Length", "4")]))
        assert visitor.read_answer("POST").status == 417


def test_an_early_answer_to_a_long_upload_arrives(edge, web):
    """The origin refuses after the head; the visitor still sends."""
    with edge.visitor() as visitor:
        visitor.send(request("POST", "/refuse-expect", web.host, [("Content-Length", "100000000")])
                     + b"x" * 1000)
        assert visitor.read_answer("POST").status == 417


def test_what_visitors_say_about_themselves_is_not_believed(edge, web):
    answer = edge.fetch(web.host, "/headers", headers=[
        ("X-Forwarded-For", "6.6.6.6"), ("x-forwarded-proto", "https"), ("X-Forwarded-Host", "evil"),
        ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6"), ("X-Forwarded-Port", "666")])
    seen = web.origin.last("/headers")
    assert b"6.6.6.6" not in answer.body and b"evil" not in answer.body
    assert seen.all("X-Forwarded-For") == ["127.0.0.1"]
    assert seen.all("X-Forwarded-Proto") == ["http"]
    assert seen.all("X-Forwarded-Host") == [web.host]
    assert len(seen.all("Forwarded")) == 1 and "for=127.0.0.1" in seen.get("Forwarded")
    assert seen.get("Host") == web.host


def test_hop_by_hop_headers_end_here(edge, web):
    edge.fetch(web.host, "/headers", headers=[
        ("Connection", "keep-alive, X-Private"), ("X-Private", "1"), ("Keep-Alive", "5"),
        ("Proxy-Connection", "keep-alive"), ("X-Public", "1")])
    seen = web.origin.last("/headers")
    assert seen.get("X-Private") is None and seen.get("Proxy-Connection") is None
    assert seen.get("Keep-Alive") is None and seen.get("X-Public") == "1"
    answer = edge.fetch(web.host, "/hop-by-hop")
    assert answer.get("X-Hop") is None and answer.get("X-Stays") == "yes"


def test_connection_cannot_remove_headers_that_we_set(edge, web):
    edge.fetch(web.host, "/headers",
               headers=[("Connection", "close, X-Forwarded-For, Host, Forwarded")])
    seen = web.origin.last("/headers")
    assert seen.all("X-Forwarded-For") == ["127.0.0.1"] and seen.get("Host") == web.host


def test_the_host_header_can_be_replaced(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port), "--host-header", "internal.example")
    edge.fetch(agent.host, "/headers")
    seen = origin.last("/headers")
    assert seen.all("Host") == ["internal.example"] and seen.get("X-Forwarded-Host") == agent.host


def test_basic_auth_is_asked_for(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port), "--basic-auth", "me:se:cret")
    answer = edge.fetch(agent.host)
    assert answer.status == 401 and "basic" in answer.get("WWW-Authenticate").lower()
    wrong = [("Authorization", "Basic bWU6bm8=")]
    assert edge.fetch(agent.host, headers=wrong).status == 401
    assert origin.seen == []
    right = [("Authorization", "Basic bWU6c2U6Y3JldA==")]
    assert edge.fetch(agent.host, headers=right).status == 200


def test_a_visitor_who_leaves_stops_the_local_side(edge, web):
    for leave in (Wire.reset, Wire.close):
        before = len(web.origin.seen)
        visitor = edge.visitor()
        visitor.send(request("GET", "/hang", web.host))
        await_condition(lambda: len(web.origin.seen) > before, what="the request")
        leave(visitor)
        assert web.origin.seen[-1].aborted.wait(10), leave


def test_a_visitor_who_leaves_a_download_stops_it(edge, web):
    visitor = edge.visitor()
    visitor.send(request("GET", "/endless", web.host))
    visitor.read_exactly(1 << 20)
    visitor.reset()
    assert web.origin.last("/endless").aborted.wait(10)


def test_a_local_connection_that_went_stale_is_replaced(edge, web):
    """The origin closes after each answer without saying so; nobody notices."""
    for _ in range(10):
        assert edge.fetch(web.host).status == 200
        with web.origin.lock:
            for connection in web.origin.open:
                with contextlib.suppress(OSError):  # one that is gone already
                    connection.shutdown(2)


def test_a_cut_answer_is_not_mended(edge, web):
    for path in ("/short", "/reset"):
        with pytest.raises(ConnectionEnded):
            edge.fetch(web.host, path)


def test_an_upgrade_carries_bytes_both_ways(edge, web):
    with edge.visitor() as visitor:
        answer = visitor.ask(request("GET", "/upgrade", web.host,
                                     [("Connection", "Upgrade"), ("Upgrade", "shout")]))
        assert answer.status == 101 and answer.get("Upgrade") == "shout"
        visitor.send(b"abc")
        assert visitor.read_exactly(3) == b"ABC"
        visitor.send(b"d" * 300000)
        assert visitor.read_exactly(300000) == b"D" * 300000


def test_bytes_right_behind_an_upgrade_are_not_lost(edge, web):
    with edge.visitor() as visitor:
        visitor.send(request("GET", "/upgrade", web.host,
                             [("Connection", "Upgrade"), ("Upgrade", "shout")]) + b"early")
        assert visitor.read_head().status == 101
        assert visitor.read_exactly(5) == b"EARLY"


def test_websocket_messages_of_every_size_come_back(edge, web):
    with WebSocket(edge.http, "/ws", web.host) as channel:
        for size in (0, 1, 125, 126, 65535, 65536, 1000000):
            channel.send(b"x" * size)
            assert channel.recv(20) == b"x" * size


def test_two_tunnels_of_one_account_share_no_name(edge, agents, tunnel, origin):
    first = tunnel("http", str(origin.port), "--subdomain", "single")
    second = agents("http", str(origin.port), "--subdomain", "single")
    assert second.program.wait() != 0
    assert edge.fetch(first.host).status == 200


def test_a_tunnel_that_ends_is_gone_at_once(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    assert agent.stop() == 0
    answer = edge.fetch(agent.host, headers=[("Accept", "application/json")])
    assert answer.status == 404
    assert json.loads(answer.body)["error"]["code"] == "SM-1004"


def test_nothing_is_asked_of_a_silent_visitor(edge, web):
    """A connection that never asks costs the origin nothing."""
    before = web.origin.accepted
    with edge.visitor():
        let_time_pass(0.3, "an idle connection")
    assert web.origin.accepted <= before + 1
    assert fetch(edge.http, "/", web.host).status == 200
