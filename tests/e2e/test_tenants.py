"""Two users on one edge: neither reads, closes, replays or takes anything of the other (figure 9)."""

import pytest

from support.figures import record
from support.listening import Echo
from support.waiting import await_condition
from support.websocket import Refused, WebSocket
from support.wire import Wire


@pytest.fixture(scope="module")
def first(edge):
    """The configuration and key of the user who is attacked."""
    key = edge.new_user("first")
    return edge.config_for(key, "first"), key


@pytest.fixture(scope="module")
def second(edge):
    key = edge.new_user("second")
    return edge.config_for(key, "second"), key


def tunnels_of(edge, key):
    status, body = edge.api("GET", "/api/v1/tunnels", key=key)
    assert status == 200, body
    return body["tunnels"]


def the_tunnel(edge, key, agent):
    return next(one for one in tunnels_of(edge, key) if agent.url in one["urls"])


@pytest.fixture
def served(edge, tunnel, first, origin, echo):
    """A tunnel of each kind of the first user's, all of them answering."""
    config, _ = first
    made = {"http": tunnel("http", str(origin.port), "--subdomain", "first-web", config=config),
            "tcp": tunnel("tcp", str(echo.port), config=config),
            "tls": tunnel("tls", str(echo.port), "--subdomain", "first-tls", config=config)}
    made["http"].origin = origin
    return made


@pytest.fixture
def targets(edge, first, served):
    """(kind, path of the tunnel in the API) of each."""
    _, key = first
    return [(kind, f"/api/v1/tunnels/{the_tunnel(edge, key, agent)['id']}")
            for kind, agent in served.items()]


def all_serve(edge, served):
    assert edge.fetch(served["http"].host).status == 200
    with Wire(served["tcp"].tcp) as visitor:
        visitor.send(b"mine")
        assert visitor.read_exactly(4) == b"mine"
    for agent in served.values():
        assert agent.program.is_running


def recorded(edge, key, path):
    """The path of the newest recorded request."""
    def search():
        lines = edge.api("GET", f"{path}/requests", key=key)[1]["requests"]
        return lines and f"{path}/requests/{lines[0]['id']}"
    return await_condition(search, what="a recorded request")


def test_nothing_of_the_first_is_listed_for_the_second(edge, served, second):
    _, key = second
    urls = {agent.url for agent in served.values()}
    seen = {url for one in tunnels_of(edge, key) for url in one["urls"]}
    assert not urls & seen
    admin = {url for one in tunnels_of(edge, edge.key) for url in one["urls"]}
    assert urls <= admin, "an admin sees all"


def test_no_tunnel_of_the_first_can_be_read_or_closed(edge, served, targets, first, second):
    _, key = second
    refused = 0
    for _, path in targets:
        for method, way in (("GET", ""), ("DELETE", ""), ("GET", "/requests"), ("DELETE", "/requests"),
                            ("GET", "/requests/1"), ("POST", "/requests/1/replay")):
            status, body = edge.api(method, path + way, key=key)
            assert status == 404 and body["error"]["code"] == "SM-3002", (method, path + way)
            assert body == edge.api(method, path[:-1] + ("0" if path[-1] != "0" else "1") + way,
                                    key=key)[1], "as if there were no such tunnel"
            refused += 1
    record("tenants.api_calls_refused", refused)
    all_serve(edge, served)
    assert {path for _, path in targets} \
        <= {f"/api/v1/tunnels/{one['id']}" for one in tunnels_of(edge, first[1])}


def test_no_request_of_the_first_can_be_read_or_sent_again(edge, served, targets, first, second):
    path = dict(targets)["http"]
    edge.fetch(served["http"].host, "/echo?secret", method="POST", body=b"secret")
    where = recorded(edge, first[1], path)
    before = len(served["http"].origin.seen)
    assert edge.api("GET", where, key=second[1])[0] == 404
    assert edge.api("POST", f"{where}/replay", key=second[1])[0] == 404
    assert edge.api("DELETE", f"{path}/requests", key=second[1])[0] == 404
    assert len(served["http"].origin.seen) == before, "nothing was sent"
    assert edge.api("GET", where, key=first[1])[0] == 200, "nothing was forgotten"


def test_requests_are_not_found_through_a_tunnel_of_ones_own(edge, served, targets, first, second,
                                                            tunnel, origin):
    """The second user's own tunnel is no door to ids of the first's."""
    config, key = second
    where = None
    edge.fetch(served["http"].host, "/?one")
    where = recorded(edge, first[1], dict(targets)["http"])
    own = the_tunnel(edge, key, tunnel("http", str(origin.port), config=config))
    identity = where.rpartition("/")[2]
    assert edge.api("GET", f"/api/v1/tunnels/{own['id']}/requests/{identity}", key=key)[0] == 404
    assert edge.api("POST", f"/api/v1/tunnels/{own['id']}/requests/{identity}/replay", key=key)[0] == 404


def test_no_live_stream_of_the_first_can_be_followed(edge, targets, second):
    for _, path in targets:
        with pytest.raises(Refused) as refused:
            WebSocket(edge.ready["api"], f"{path}/live", "api", [("Authorization", f"Bearer {second[1]}")])
        assert refused.value.status == 404


def all_refused(agents, config, attempts):
    """Runs all attempts at once, since an agent does not give up at the first refusal.
    @returns what each said, in order"""
    thieves = [agents(*words, config=config) for words in attempts]
    for thief, words in zip(thieves, attempts):
        assert thief.program.wait(40) != 0, words
        assert not thief.events("tunnel_ready"), words
    return [thief.program.output() + thief.program.errors() for thief in thieves]


def test_no_name_in_use_can_be_taken(edge, served, agents, second, origin):
    """http and tls share one namespace, in any spelling."""
    names = [served[kind].name.partition(".")[0] for kind in ("http", "tls")]
    attempts = [(kind, str(origin.port), "--subdomain", name)
                for kind in ("http", "tls") for name in names + [names[0].upper()]]
    before = origin.accepted
    for said in all_refused(agents, second[0], attempts):
        assert "SM-2002" in said
    assert origin.accepted == before
    record("tenants.names_refused", len(attempts))
    all_serve(edge, served)


def test_no_port_in_use_can_be_taken(edge, served, agents, second):
    other = Echo()
    attempt = ("tcp", str(other.port), "--remote-port", str(served["tcp"].port))
    assert "SM-2006" in all_refused(agents, second[0], [attempt])[0]
    all_serve(edge, served)
    assert other.accepted == 0
    other.close()


def test_names_and_ports_of_an_agent_that_went_away_are_kept_for_its_account(edge, served, agents,
                                                                             tunnel, first, second,
                                                                             origin, echo):
    """Killed, not stopped: it may be back in a moment."""
    port = str(served["tcp"].port)
    for kind in ("http", "tcp", "tls"):
        served[kind].kill()
    attempts = (("http", str(origin.port), "--subdomain", "first-web"),
                ("tls", str(echo.port), "--subdomain", "first-tls"),
                ("tcp", str(echo.port), "--remote-port", port))
    all_refused(agents, second[0], attempts)
    back = tunnel("http", str(origin.port), "--subdomain", "first-web", config=first[0])
    assert edge.fetch(back.host).status == 200


def test_a_reserved_name_is_its_owners(edge, agents, tunnel, first, second, origin):
    edge.command("name", "reserve", "set-aside", "--user", "first")
    attempts = [(kind, str(origin.port), "--subdomain", "set-aside") for kind in ("http", "tls")]
    for said in all_refused(agents, second[0], attempts):
        assert "SM-2003" in said
    own = tunnel("http", str(origin.port), "--subdomain", "set-aside", config=first[0])
    assert edge.fetch(own.host).status == 200


def test_ids_of_others_cannot_be_guessed_from_ones_own(edge, served, first, second, tunnel, origin):
    """They are random, not counted."""
    own = the_tunnel(edge, second[1], tunnel("http", str(origin.port), config=second[0]))
    theirs = {int(one["id"]) for one in tunnels_of(edge, first[1])}
    assert all(abs(int(own["id"]) - each) > 1 << 20 for each in theirs)
    for step in range(1, 20):
        assert edge.api("GET", f"/api/v1/tunnels/{int(own['id']) + step}", key=second[1])[0] == 404
