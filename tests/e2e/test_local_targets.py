"""What a tunnel may lead to: ports, names, https, Unix sockets; and only to its own."""

import ssl

import pytest

from support.origin import Origin
from support.process import run
from support.waiting import await_condition
from support.wire import request


@pytest.fixture(scope="module")
def local_tls(workplace):
    """As developers have it: self-signed."""
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", workplace / "local.key", "-out", workplace / "local.crt"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(workplace / "local.crt", workplace / "local.key")
    return context


@pytest.mark.parametrize("form", ["{port}", "localhost:{port}", "127.0.0.1:{port}", "http://localhost:{port}"])
def test_addresses_are_understood(edge, tunnel, origin, form):
    agent = tunnel("http", form.format(port=origin.port))
    assert edge.fetch(agent.host).status == 200


def test_https_services_are_reached(edge, tunnel, local_tls):
    service = Origin(tls=local_tls)
    agent = tunnel("http", f"https://localhost:{service.port}")
    assert edge.fetch(agent.host, "/echo", method="POST", body=b"private").body == b"private"
    assert len(edge.fetch(agent.host, "/bytes/2000000").body) == 2000000
    service.close()


def test_unix_sockets_are_reached(edge, tunnel, workplace):
    service = Origin(path=workplace / "web.sock")
    agent = tunnel("http", f"unix:{workplace}/web.sock")
    assert edge.fetch(agent.host, "/echo", method="POST", body=b"near").body == b"near"
    service.close()


def test_a_service_that_starts_later_is_found(edge, tunnel, workplace):
    agent = tunnel("http", f"unix:{workplace}/later.sock")
    assert edge.fetch(agent.host).status == 502
    service = Origin(path=workplace / "later.sock")
    assert edge.fetch(agent.host).status == 200
    service.close()


@pytest.mark.parametrize("address", ["", "notaport:x", "70000", "ftp://localhost:1", "localhost:0", "unix:"])
def test_nonsense_is_refused_before_dialing(edge, agents, address):
    agent = agents("http", address)
    assert agent.program.wait() != 0
    assert not agent.events("connected")


def configuration(edge, workplace, name, tunnels):
    text = edge.config.read_text() + "tunnels:\n"
    for key, fields in tunnels.items():
        text += f"  {key}:\n" + "".join(f"    {field}: {value}\n" for field, value in fields.items())
    path = workplace / f"{name}.yml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_tunnel_goes_to_its_own_service_whatever_failed_before_it(edge, agents, origin, workplace):
    """The first tunnel is refused (a name no account may take); the second must not get its port."""
    other = Origin()
    path = configuration(edge, workplace, "mixed", {
        "broken": {"type": "http", "local": origin.port, "subdomain": "api"},
        "good": {"type": "http", "local": other.port, "subdomain": "goodone"},
    })
    agent = agents("start", config=path)
    agent.await_event("tunnel_ready")
    await_condition(lambda: edge.fetch(f"goodone.{edge.domain}").status == 200)
    assert len(other.seen) >= 1 and origin.seen == []
    other.close()


def test_start_opens_the_named_tunnels_only(edge, agents, origin, workplace):
    path = configuration(edge, workplace, "two", {
        "one": {"type": "http", "local": origin.port, "subdomain": "firstofall"},
        "two": {"type": "http", "local": origin.port, "subdomain": "secondofall"},
    })
    agent = agents("start", "two", config=path)
    assert "secondofall" in agent.await_event("tunnel_ready")["url"]
    assert edge.fetch(f"secondofall.{edge.domain}").status == 200
    assert edge.fetch(f"firstofall.{edge.domain}").status == 404


def test_start_opens_all_without_a_name(edge, agents, origin, echo, workplace):
    path = configuration(edge, workplace, "all", {
        "web": {"type": "http", "local": origin.port, "subdomain": "webofall"},
        "raw": {"type": "tcp", "local": echo.port},
    })
    agent = agents("start", config=path)
    await_condition(lambda: len(agent.events("tunnel_ready")) == 2, what="two tunnels")
    urls = [event["url"] for event in agent.events("tunnel_ready")]
    assert sum(url.startswith("tcp://") for url in urls) == 1
    with edge.visitor() as visitor:
        assert visitor.ask(request("GET", "/", f"webofall.{edge.domain}")).status == 200


def test_start_with_an_unknown_name_is_refused(edge, agents, workplace, origin):
    path = configuration(edge, workplace, "unknown", {"one": {"type": "http", "local": origin.port}})
    agent = agents("start", "nope", config=path)
    assert agent.program.wait() != 0
