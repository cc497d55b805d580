"""The TLS port: HTTPS of tunnels, and passthrough that leaves every byte alone."""

import json
import socket
import ssl

import pytest

from support.listening import Echo
from support.origin import Origin
from support.process import run
from support.waiting import let_time_pass
from support.wire import Wire, request

# Fits into the buffers on the way.
TURN_BYTES = 64_000


@pytest.fixture(scope="module")
def certificate(workplace):
    """A certificate of the local service's own, which the edge never sees the key of."""
    base = workplace / "origin-tls"
    base.mkdir(exist_ok=True)
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=origin", "-addext",
         "subjectAltName=DNS:localhost,DNS:*.localhost,DNS:passed.localhost,DNS:slow.localhost,IP:127.0.0.1",
         "-keyout", base / "key.pem", "-out", base / "cert.pem"])
    return base / "cert.pem", base / "key.pem"


@pytest.fixture
def own_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def https(edge, name, alpn=None):
    return Wire(edge.tls, tls=edge.trust(alpn), server_name=name)


def test_a_tunnel_answers_over_https(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    with https(edge, agent.name) as visitor:
        assert visitor.ask(request("GET", "/headers", agent.host)).status == 200
        assert visitor.ask(request("POST", "/echo", agent.host, body=b"again")).body == b"again"
    seen = origin.last("/headers")
    assert seen.get("X-Forwarded-Proto") == "https" and "proto=https" in seen.get("Forwarded")


def test_curl_trusts_the_development_ca(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    url = f"https://{agent.name}:{edge.tls[1]}/bytes/1000000"
    done = run(["curl", "-sS", "--fail", "--cacert", edge.ca, "--resolve",
                f"{agent.name}:{edge.tls[1]}:127.0.0.1", "-o", edge.directory / "out",
                "-w", "%{http_version} %{ssl_verify_result}", url])
    assert done.stdout == "1.1 0"
    assert (edge.directory / "out").stat().st_size == 1000000


def test_nobody_else_s_trust_is_enough(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    with pytest.raises(ssl.SSLCertVerificationError):
        Wire(edge.tls, tls=ssl.create_default_context(), server_name=agent.name)


def test_http_1_1_is_agreed_on(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    with https(edge, agent.name, ["h2", "http/1.1"]) as visitor:
        assert visitor.socket.selected_alpn_protocol() == "http/1.1"


def test_old_tls_is_refused(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    old = edge.trust()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError):
        Wire(edge.tls, tls=old, server_name=agent.name)


def test_a_name_nobody_serves_gets_an_error_page_over_https(edge):
    with https(edge, f"nobody.{edge.domain}") as visitor:
        answer = visitor.ask(request("GET", "/", f"nobody.{edge.domain}", [("Accept", "application/json")]))
        assert answer.status == 404 and json.loads(answer.body)["error"]["code"] == "SM-1004"


def test_passthrough_shows_the_service_s_own_certificate(edge, tunnel, certificate, own_tls):
    service = Origin(tls=own_tls)
    agent = tunnel("tls", str(service.port), "--subdomain", "passed")
    trust = ssl.create_default_context(cafile=certificate[0])
    with Wire(edge.tls, tls=trust, server_name=agent.name) as visitor:
        presented = ssl.DER_cert_to_PEM_cert(visitor.socket.getpeercert(binary_form=True))
        assert presented.split() == certificate[0].read_text().split()
        assert visitor.ask(request("GET", "/bytes/300000", agent.name)).status == 200
    seen = service.last("/bytes/300000")
    assert seen.get("X-Forwarded-For") is None, "nobody touched it"
    service.close()


class Handshake:
    """A TLS client over bytes, so that a test decides how they are cut."""

    def __init__(self, context, name):
        self.inbox, self.outbox = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inbox, self.outbox, server_hostname=name)

    def drive(self, connection, action, piece):
        """Runs `action` to its end, sending `piece` bytes at a time."""
        while True:
            try:
                result = action()
                wanted = False
            except ssl.SSLWantReadError:
                result, wanted = None, True
            while out := self.outbox.read(piece):
                connection.sendall(out)
                if piece < 100:
                    let_time_pass(0.001, "so that pieces travel alone")
            if not wanted:
                return result
            self.inbox.write(connection.recv(65536))


@pytest.mark.parametrize("piece", [1, 7, 400])
def test_a_client_hello_may_come_in_pieces(edge, tunnel, certificate, own_tls, piece):
    service = Origin(tls=own_tls)
    agent = tunnel("tls", str(service.port), "--subdomain", "slow")
    shake = Handshake(ssl.create_default_context(cafile=certificate[0]), agent.name)
    with socket.create_connection(edge.tls, 20) as connection:
        shake.drive(connection, shake.tls.do_handshake, piece)
        shake.drive(connection, lambda: shake.tls.write(request("GET", "/", agent.name)), 16384)
        assert shake.drive(connection, lambda: shake.tls.read(12), 16384) == b"HTTP/1.1 200"
    service.close()


def test_a_client_hello_over_several_records_is_understood(edge, tunnel, certificate, own_tls):
    """Legal, and what some browsers do with large hellos (RFC 8446, section 5.1)."""
    service = Origin(tls=own_tls)
    agent = tunnel("tls", str(service.port), "--subdomain", "passed")
    shake = Handshake(ssl.create_default_context(cafile=certificate[0]), agent.name)
    with pytest.raises(ssl.SSLWantReadError):
        shake.tls.do_handshake()
    record = shake.outbox.read()
    hello = record[5:]
    pieces = [hello[:3], hello[3:60], hello[60:]]
    with socket.create_connection(edge.tls, 20) as connection:
        connection.sendall(b"".join(record[:3] + len(p).to_bytes(2, "big") + p for p in pieces))
        shake.drive(connection, shake.tls.do_handshake, 16384)
        assert shake.tls.getpeercert()
    service.close()


def test_passthrough_keeps_large_transfers_whole(edge, tunnel, certificate, own_tls):
    echo = Echo(tls=own_tls)
    agent = tunnel("tls", str(echo.port), "--subdomain", "passed")
    data = bytes(range(256)) * 4000
    with Wire(edge.tls, tls=ssl.create_default_context(cafile=certificate[0]),
              server_name=agent.name) as visitor:
        # By turns: an OpenSSL connection that one thread reads and another writes says at times that
        # it has ended.
        for at in range(0, len(data), TURN_BYTES):
            part = data[at:at + TURN_BYTES]
            visitor.send(part)
            assert visitor.read_exactly(len(part)) == part
    echo.close()


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 100,
                                  b"\x16\x03\x01\xff\xff" + b"\xff" * 500, b"SSH-2.0-x\r\n"])
def test_what_is_no_tls_is_hung_up_on(edge, junk):
    with Wire(edge.tls) as visitor:
        visitor.send(junk)
        visitor.socket.settimeout(15)
        visitor.read_to_end()


def test_a_visitor_without_sni_is_served_or_refused_but_not_hung(edge):
    context = edge.trust()
    context.check_hostname = False
    try:
        with Wire(edge.tls, tls=context) as visitor:
            visitor.send(request("GET", "/", "x"))
            visitor.read_answer()
    except (OSError, ssl.SSLError):
        pass
