"""A visitor who stops reading a 1 GiB download costs nobody else anything (the issue's figure 6)."""

from support.figures import percentile, record
from support.settings import SHORT, sized
from support.waiting import Stopwatch
from support.wire import Wire, request

COUNT = sized(3000, 100)


def p99_of(edge, host):
    """Of small requests, one after the other, on one connection."""
    seconds = []
    with Wire(edge.http) as visitor:
        for _ in range(COUNT):
            watch = Stopwatch()
            assert visitor.ask(request("GET", "/", host)).status == 200
            seconds.append(watch.seconds)
    return percentile(seconds, 0.99)


def best_p99_of(edge, host):
    """Of three: what else this machine does disturbs one of them, a real obstacle all."""
    return min(p99_of(edge, host) for _ in range(3))


def stalled_download(edge, host):
    visitor = Wire(edge.http, receive_buffer=65536)
    visitor.send(request("GET", f"/bytes/{1 << 30}", host))
    visitor.read_head()
    visitor.read_exactly(4 << 20)
    return visitor


def test_a_stalled_visitor_slows_nobody(edge, tunnel, origin):
    agent, other = tunnel("http", str(origin.port)), tunnel("http", str(origin.port))
    p99_of(edge, agent.host)  # warm
    quiet = best_p99_of(edge, agent.host)
    stalled = [stalled_download(edge, agent.host) for _ in range(4)]
    same, different = best_p99_of(edge, agent.host), best_p99_of(edge, other.host)
    for visitor in stalled:
        visitor.close()
    record("stalled.p99.before", round(quiet * 1000, 2), "ms")
    record("stalled.p99.same_tunnel", round(same * 1000, 2), "ms")
    record("stalled.p99.other_tunnel", round(different * 1000, 2), "ms")
    # Half a millisecond of grace: below it, the scheduler of the machine is what is measured.
    assert SHORT or same <= 2 * quiet + 0.0005, "second visitor of the same tunnel"
    assert SHORT or different <= 2 * quiet + 0.0005, "visitor of another tunnel"


def test_a_stalled_upload_slows_nobody(edge, tunnel, origin):
    """The local service reads nothing of an endless body."""
    agent = tunnel("http", str(origin.port))
    visitor = Wire(edge.http)
    visitor.send(request("POST", "/refuse-expect", agent.host, [("Content-Length", str(1 << 30))]))
    assert visitor.read_answer("POST").status == 417
    assert edge.fetch(agent.host).status == 200
    visitor.close()


def test_a_stalled_visitor_can_go_on(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    visitor = Wire(edge.http, receive_buffer=65536, timeout=60)
    size = 64 << 20
    visitor.send(request("GET", f"/bytes/{size}", agent.host))
    visitor.read_head()
    visitor.read_exactly(1 << 20)
    p99_of(edge, agent.host)
    assert len(visitor.read_exactly(size - (1 << 20))) == size - (1 << 20)
    visitor.close()
