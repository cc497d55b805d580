"""The HTTP API with real tunnels: see, filter, send again, follow live, close."""

import base64
import json

import pytest

from support.waiting import await_condition
from support.websocket import Closed, Refused, WebSocket
from support.wire import Wire, request


@pytest.fixture
def web(tunnel, origin):
    agent = tunnel("http", str(origin.port))
    agent.origin = origin
    return agent


def tunnel_of(edge, agent, **keywords):
    """What the API says about an agent's tunnel."""
    status, body = edge.api("GET", "/api/v1/tunnels", **keywords)
    assert status == 200, body
    return next(one for one in body["tunnels"] if agent.url in one["urls"])


def requests_of(edge, agent, query=""):
    status, body = edge.api("GET", f"/api/v1/tunnels/{tunnel_of(edge, agent)['id']}/requests{query}")
    assert status == 200, body
    return body["requests"]


def await_request(edge, agent, path):
    """Recording is beside the way of the bytes: it may come a moment after the answer."""
    found = await_condition(
        lambda: [one for one in requests_of(edge, agent) if one["path"] == path], what=f"{path} recorded")
    return f"/api/v1/tunnels/{found[0]['tunnel']}/requests/{found[0]['id']}"


def live(edge, agent, key=None):
    target = f"/api/v1/tunnels/{tunnel_of(edge, agent)['id']}/live"
    return WebSocket(edge.ready["api"], target, "api", [("Authorization", f"Bearer {key or edge.key}")])


def next_request(channel):
    while True:
        event = json.loads(channel.recv(15))
        if event["event"] == "request":
            return event["request"]


def test_a_tunnel_is_listed_and_got(edge, web):
    listed = tunnel_of(edge, web)
    assert listed["kind"] == "http" and listed["state"] == "online"
    assert listed["local"].endswith(str(web.origin.port)) and listed["agent"].startswith("serverme/")
    status, one = edge.api("GET", f"/api/v1/tunnels/{listed['id']}")
    assert status == 200 and one["urls"] == listed["urls"]


def test_tunnels_of_every_kind_are_listed(edge, tunnel, origin, echo):
    raw = tunnel("tcp", str(echo.port))
    tls = tunnel("tls", str(echo.port), "--subdomain", "listed")
    listed = edge.api("GET", "/api/v1/tunnels")[1]["tunnels"]
    assert any(one["kind"] == "tcp" and one["port"] == raw.port for one in listed)
    assert any(one["kind"] == "tls" and one["name"] == "listed" for one in listed)
    assert tls.program.is_running


def test_visits_and_bytes_are_counted(edge, web):
    for _ in range(3):
        edge.fetch(web.host, "/bytes/10000")

    def counted():
        one = tunnel_of(edge, web)
        return one["visits"] >= 3 and one["bytes_out"] >= 30000

    await_condition(counted, what="counters")


def test_a_tunnel_that_is_closed_stays_closed(edge, web):
    identity = tunnel_of(edge, web)["id"]
    assert edge.api("DELETE", f"/api/v1/tunnels/{identity}")[0] == 200
    await_condition(lambda: edge.fetch(web.host).status == 404, what="the name served no more")
    assert edge.api("GET", f"/api/v1/tunnels/{identity}")[0] == 404
    assert edge.api("DELETE", f"/api/v1/tunnels/{identity}")[0] == 404


def test_requests_are_recorded_as_they_were(edge, web):
    body = b"name=value&other=\xc3\xa4"
    edge.fetch(web.host, "/echo?first", method="POST", body=body,
               headers=[("X-Twice", "1"), ("X-Twice", "2"), ("Content-Type", "text/odd")])
    status, seen = edge.api("GET", await_request(edge, web, "/echo?first"))
    assert status == 200
    assert (seen["method"], seen["status"], seen["scheme"]) == ("POST", 200, "http")
    assert [one["value"] for one in seen["request"]["headers"] if one["name"] == "X-Twice"] == ["1", "2"]
    for side in ("request", "response"):
        assert seen[side]["body"] == {"encoding": "text", "content": body.decode(),
                                      "bytes": len(body), "truncated": False}
    assert 0 < seen["first_byte_ms"] <= seen["total_ms"]


def test_binary_and_large_bodies_are_named_as_such(edge, web):
    edge.fetch(web.host, "/bytes/1000000")
    _, seen = edge.api("GET", await_request(edge, web, "/bytes/1000000"))
    kept = seen["response"]["body"]
    assert kept["encoding"] == "base64" and kept["truncated"] and kept["bytes"] == 1000000
    assert base64.b64decode(kept["content"])[:256] == bytes(range(256))
    assert 0 < len(base64.b64decode(kept["content"])) <= 10 * 1024


def test_requests_are_filtered_and_paged(edge, web):
    for path, method in (("/status/404?a", "GET"), ("/status/500?b", "GET"), ("/echo?c", "POST")):
        edge.fetch(web.host, path, method=method, body=b"x" if method == "POST" else b"")
    await_request(edge, web, "/echo?c")

    def paths(query):
        return [one["path"] for one in requests_of(edge, web, query)]

    assert paths("?status=404") == ["/status/404?a"]
    assert paths("?status=5xx") == ["/status/500?b"]
    assert paths("?method=post") == ["/echo?c"]
    assert paths("?path=/status/") == ["/status/500?b", "/status/404?a"]
    base = f"/api/v1/tunnels/{tunnel_of(edge, web)['id']}/requests?limit=2"
    first = edge.api("GET", base)[1]
    second = edge.api("GET", f"{base}&before={first['next']}")[1]
    assert [one["path"] for one in first["requests"] + second["requests"]] \
        == ["/echo?c", "/status/500?b", "/status/404?a"]
    assert second["next"] is None
    assert edge.api("GET", f"{base}&limit=5")[0] == 400


def test_requests_are_forgotten_when_asked(edge, web):
    edge.fetch(web.host, "/")
    await_request(edge, web, "/")
    identity = tunnel_of(edge, web)["id"]
    status, body = edge.api("DELETE", f"/api/v1/tunnels/{identity}/requests")
    assert status == 200 and body["cleared"] >= 1
    assert requests_of(edge, web) == []


def test_a_tunnel_without_inspection_records_nothing(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port), "--no-inspect")
    assert edge.fetch(agent.host).status == 200
    identity = tunnel_of(edge, agent)["id"]
    status, body = edge.api("GET", f"/api/v1/tunnels/{identity}/requests")
    assert status == 404 or body["requests"] == []


def test_a_request_is_sent_again_by_the_tunnels_own_route(edge, web):
    edge.fetch(web.host, "/echo?again", method="POST", body=b"once more", headers=[("X-Mark", "7")])
    where = await_request(edge, web, "/echo?again")
    before = len(web.origin.seen)
    status, replayed = edge.api("POST", f"{where}/replay")
    assert status == 200, replayed
    assert replayed["replay_of"] == where.rpartition("/")[2] and replayed["status"] == 200
    assert replayed["response"]["body"]["content"] == "once more"
    assert len(web.origin.seen) == before + 1
    seen = web.origin.seen[-1]
    assert (seen.method, seen.target, seen.get("X-Mark")) == ("POST", "/echo?again", "7")
    assert seen.get("Host") == web.host


def test_a_request_that_was_cut_is_not_sent_again(edge, web):
    edge.fetch(web.host, "/upload?big", method="POST", body=b"x" * 100000)
    where = await_request(edge, web, "/upload?big")
    status, body = edge.api("POST", f"{where}/replay")
    assert (status, body["error"]["code"]) == (409, "SM-3007")


def test_a_live_stream_shows_requests_as_they_happen(edge, web):
    with live(edge, web) as channel:
        edge.fetch(web.host, "/status/418?live")
        seen = next_request(channel)
        assert (seen["method"], seen["path"], seen["status"]) == ("GET", "/status/418?live", 418)
        edge.fetch(web.host, "/?second")
        assert next_request(channel)["path"] == "/?second"


def test_a_live_stream_ends_with_its_tunnel(edge, web):
    with live(edge, web) as channel:
        edge.api("DELETE", f"/api/v1/tunnels/{tunnel_of(edge, web)['id']}")
        with pytest.raises(Closed) as closed:
            while True:
                channel.recv(20)
        assert closed.value.code == 1000


def test_a_live_stream_ends_with_its_key(edge, agents, origin):
    edge.command("user", "create", "watcher")
    made = edge.command("key", "create", "--user", "watcher")
    watching = edge.command("key", "create", "--user", "watcher")
    agent = agents("http", str(origin.port), config=edge.config_for(made["key"], "watcher")).ready()
    with live(edge, agent, watching["key"]) as channel:
        edge.command("key", "revoke", watching["id"])
        with pytest.raises(Closed) as closed:
            while True:
                channel.recv(5)
        assert closed.value.code == 1008
    assert edge.fetch(agent.host).status == 200, "the other key is still good"


def test_the_key_must_be_in_the_header(edge, web):
    identity = tunnel_of(edge, web)["id"]
    target = f"/api/v1/tunnels/{identity}"
    assert edge.api("GET", target, key="")[0] == 401
    assert edge.api("GET", target, key="sm_live_" + "z" * 40)[0] == 401
    assert edge.api("GET", f"{target}?key={edge.key}", key="")[0] == 401
    with pytest.raises(Refused) as refused:
        WebSocket(edge.ready["api"], f"{target}/live?token={edge.key}", "api")
    assert refused.value.status == 401


def test_errors_have_a_code_a_name_and_a_message(edge):
    status, body = edge.api("GET", "/api/v1/nothing")
    assert status == 404
    assert body["error"]["code"] == "SM-3002" and body["error"]["name"] == "not_found"
    assert body["error"]["message"]
    status, body = edge.api("PATCH", "/api/v1/tunnels")
    assert (status, body["error"]["code"]) == (405, "SM-3004")


def test_actors_are_shown_to_admins(edge):
    status, body = edge.api("GET", "/api/v1/actors")
    assert status == 200
    assert "name_registry" in {one["name"] for one in body["actors"]}
    assert all(one["state"] == "running" for one in body["actors"])
    member = edge.new_user("curious")
    assert edge.api("GET", "/api/v1/actors", key=member)[0] == 404


def test_the_api_does_not_answer_at_length_to_nonsense(edge):
    for junk, status in ((b"nonsense\r\n\r\n", 400),
                         (b"GET / HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n", 431),
                         (b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n", 413)):
        with Wire(edge.ready["api"]) as wire:
            wire.send(junk)
            assert wire.read_answer().status == status
    with Wire(edge.ready["api"]) as wire:
        assert wire.ask(request("GET", "/healthz", "api")).status == 200


def test_admins_see_which_bounds_were_reached(edge):
    status, body = edge.api("GET", "/api/v1/counters")
    assert status == 200
    assert {"edge_connections_refused", "edge_streams_refused", "gate_binds_refused",
            "store_questions_refused", "api_connections_refused"} <= set(body["counters"])
    assert all(isinstance(count, int) for count in body["counters"].values())
    assert edge.api("GET", "/api/v1/counters", key=edge.new_user("counting"))[0] == 404
