"""Who may come in: nodes with a good token, and nobody else."""

import base64
import os
import socket
import ssl
import zlib

import pytest

from support.process import run
from support.programs import SERVERMED
from support.waiting import await_condition


@pytest.fixture(scope="module")
def stranger(whole_cluster):
    """A machine that is no node, and stays none: the others do not wait for it."""
    return whole_cluster.nodes.pop(whole_cluster.add("stranger", "edge").name)


def assert_refused(node, token, code):
    done = node.command("join", "--token", token, "--host", node.address, config=False, check=False)
    assert done.returncode != 0 and code in done.stderr, done.stderr
    assert not (node.data / "cluster/cluster.json").exists()


def with_other_secret(token):
    """The same CA and address, and a checksum that is right."""
    body = token.removeprefix("smjoin_")
    content = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))[:-4])
    content[33:57] = os.urandom(24)
    whole = bytes(content) + zlib.crc32(content).to_bytes(4, "big")
    return "smjoin_" + base64.urlsafe_b64encode(whole).decode().rstrip("=")


def state_of(cluster, token_id):
    tokens = cluster.control().command("token", "list")
    return {each["id"]: each["state"] for each in tokens}[token_id]


def test_wrong_used_expired_and_revoked_tokens_are_refused(cluster, stranger):
    create = lambda *words: cluster.control().command("token", "create", "--role", "edge", *words)
    assert_refused(stranger, with_other_secret(create()["token"]), "SM-5014")
    late = create("--ttl", "1s")
    await_condition(lambda: state_of(cluster, late["id"]) == "expired", 10, "the token expires")
    assert_refused(stranger, late["token"], "SM-5015")
    taken_back = create()
    cluster.control().command("token", "revoke", taken_back["id"])
    assert_refused(stranger, taken_back["token"], "SM-5016")
    once = create()
    # Somebody else was faster: on the same machine, into another directory.
    servermed = stranger.host.command([SERVERMED])
    other = ["--data-dir", cluster.place / "other", "--json"]
    run([*servermed, "join", "--token", once["token"], "--host", stranger.address, *other])
    assert_refused(stranger, once["token"], "SM-5017")
    run([*servermed, "leave", *other])


def hello_to(node, certificate=None):
    """TLS to the port where nodes connect. What came before the end; None: nothing did."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    with socket.create_connection((node.address, 7947), 5) as plain:
        plain.settimeout(5)
        with context.wrap_socket(plain) as tls:
            tls.sendall(b"x" * 64)
            return tls.recv(1024)


@pytest.mark.parametrize("certificate", ["none", "foreign"])
def test_who_has_no_certificate_of_this_cluster_is_not_listened_to(cluster, certificate):
    shown = (cluster.place / "edge.pem", cluster.place / "edge.key") if certificate == "foreign" else None
    for node in (cluster.control(), cluster.edges()[0]):
        try:
            assert hello_to(node, shown) == b""
        except OSError:
            pass  # refused before it could say a word: as good
        await_condition(lambda: "is no node for us" in node.program.errors(), 5, "its log tells")
        assert node.is_running
