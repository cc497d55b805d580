"""About forty requests of every shape, sent directly and through a tunnel: equal answers, and equal
requests at the origin, but for the lists that are declared here."""

import pytest

from support.wire import Wire, chunked, request

# What a tunnel may add, drop or change in an answer. Connection management is between neighbours
# (RFC 9110, section 7.6.1).
MAY_DIFFER_IN_ANSWERS = {"connection", "keep-alive", "transfer-encoding"}
# And in a request: connection management, and who the visitor is.
MAY_DIFFER_IN_REQUESTS = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te",
                          "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"}


def get(target, *headers):
    return "GET", target, list(headers), b""


def send(method, target, body, *headers):
    return method, target, list(headers), body


CHUNKED = ("Transfer-Encoding", "chunked")
SHAPES = {
    "get": get("/"),
    "get with a query": get("/?a=b&c=%20d&e"),
    "get with odd characters": get("/~a/b;c=d/e,f/g:h@i!$&'()*+%C3%A9"),
    "get with dots and slashes": get("/a/../b/./c//d/"),
    "get not found": get("/nowhere"),
    "get with a body": send("GET", "/echo", b"a body in a GET"),
    "head": ("HEAD", "/", [], b""),
    "head of a large body": ("HEAD", "/bytes/100000", [], b""),
    "head of chunks": ("HEAD", "/chunked", [], b""),
    "options": ("OPTIONS", "/echo", [], b""),
    "options of the server": ("OPTIONS", "*", [], b""),
    "delete": ("DELETE", "/echo", [], b""),
    "patch": send("PATCH", "/echo", b'{"a":1}', ("Content-Type", "application/json-patch+json")),
    "put": send("PUT", "/upload", b"x" * 100000),
    "post empty": ("POST", "/echo", [("Content-Length", "0")], b""),
    "post without a length": ("POST", "/echo", [], b""),
    "post form": send("POST", "/echo", b"a=1&b=2", ("Content-Type", "application/x-www-form-urlencoded")),
    "post chunked": send("POST", "/upload", chunked(b"one", b"two" * 5000), CHUNKED),
    "post chunked and empty": send("POST", "/upload", chunked(), CHUNKED),
    "post chunked with trailers": send("POST", "/upload", chunked(b"x", trailers=[("X-Sum", "1")]),
                                       CHUNKED, ("Trailer", "X-Sum")),
    "post with chunk extensions": send("POST", "/upload", b"3;a=b\r\nabc\r\n0;z\r\n\r\n", CHUNKED),
    "post expecting 100": send("POST", "/echo", b"expected", ("Expect", "100-continue")),
    "unknown method": send("BREW", "/echo", b"coffee"),
    "method with signs": ("M-SEARCH", "/echo", [], b""),
    "range": get("/range", ("Range", "bytes=10-19")),
    "open range": get("/range", ("Range", "bytes=990-")),
    "range too far": get("/range", ("Range", "bytes=5000-")),
    "condition": get("/status/304", ("If-None-Match", '"v1"')),
    "304 with a length": get("/304-with-length"),
    "204": get("/status/204"),
    "500": get("/status/500"),
    "status without a meaning": get("/status/799"),
    "early hints": get("/early-hints"),
    "processing": get("/processing"),
    "cookies": get("/cookies", ("Cookie", "a=b"), ("Cookie", "c=d")),
    "odd answer headers": get("/odd-headers"),
    "many answer headers": get("/many-headers"),
    "big answer header": get("/big-header/20000"),
    "repeated request headers": get("/headers-seen", ("X-R", "1"), ("x-r", "2"), ("X-R", "")),
    "odd request headers": get("/headers-seen", ("X-Empty", ""), ("x-mIxEd", "v"), ("X-L", "caf\xe9"),
                               ("X-Tab", "a\tb"), ("X-Comma", "1, 2"), ("!#$%&'*+.^_`|~", "token")),
    "big request header": get("/headers-seen", ("X-Big", "b" * 12000)),
    "many request headers": get("/headers-seen", *[(f"X-N-{n}", str(n)) for n in range(60)]),
    "long target": get("/headers-seen?" + "q" * 6000),
    "authorization is the origin's": get("/headers-seen", ("Authorization", "Bearer token")),
    "chunked answer": get("/chunked?count=20"),
    "chunk extensions in the answer": get("/chunk-extension"),
    "trailers": get("/trailers", ("TE", "trailers")),
    "compressed": get("/gzip", ("Accept-Encoding", "gzip")),
    "redirect": get("/redirect"),
    "body until close": get("/until-close"),
    "old origin": get("/http10"),
    "closing origin": get("/close"),
    "byte by byte head": get("/slow-headers"),
    "upgrade": get("/upgrade", ("Connection", "Upgrade"), ("Upgrade", "shout")),
    "upgrade refused": get("/", ("Connection", "Upgrade"), ("Upgrade", "h2c")),
}


def kept(headers, dropped):
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def summary(answer):
    return {
        "status": answer.status,
        "reason": answer.reason,
        "headers": kept(answer.headers, MAY_DIFFER_IN_ANSWERS),
        "body": answer.body,
        "trailers": answer.trailers,
        "interim": [(status, kept(headers, MAY_DIFFER_IN_ANSWERS))
                    for status, headers in answer.interim],
    }


def ask(address, shape, host, origin):
    method, target, headers, body = SHAPES[shape]
    before = len(origin.seen)
    with Wire(address) as wire:
        answer = wire.ask(request(method, target, host, headers, body), method)
    assert len(origin.seen) == before + 1, "asked once"
    seen = origin.seen[-1]
    return summary(answer), {
        "line": seen.head.split(b"\r\n", 1)[0],
        "headers": kept(seen.headers, MAY_DIFFER_IN_REQUESTS),
        "body": (seen.body_bytes, seen.body_sha256),
        "trailers": seen.trailers,
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tunnel_changes_nothing_else(edge, web, shape):
    agent, origin = web
    direct, direct_seen = ask(origin.address, shape, agent.host, origin)
    tunneled, tunneled_seen = ask(edge.http, shape, agent.host, origin)
    assert tunneled == direct
    assert tunneled_seen == direct_seen


@pytest.fixture(scope="module")
def web(edge):
    """One tunnel for all shapes: what one leaves behind must not disturb the next."""
    from support.origin import Origin
    from support.programs import Agent
    origin = Origin()
    agent = Agent(edge, "http", str(origin.port)).ready()
    yield agent, origin
    agent.kill()
    origin.close()
    assert origin.malformed == []


def test_the_number_of_shapes_is_reported():
    from support.figures import record
    record("differential.shapes", len(SHAPES))
