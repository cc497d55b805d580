"""Who may open a lane: keys, certificates, and nothing in plain text (the issue's figure 8)."""

import json
import signal

from support.figures import record
from support.listening import Recorder
from support.process import run
from support.programs import SERVERME, SERVERMED
from support.waiting import Stopwatch, await_condition, let_time_pass


def test_a_bad_key_ends_the_agent_after_one_attempt(edge, agents, relay, origin):
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), config=edge.config_for("sm_live_" + "x" * 32, "bad"),
                   options=["--server", f"localhost:{network.port}"])
    assert agent.program.wait() == 3
    record("keys.bad_key.attempts", network.accepted)
    assert network.accepted == 1
    assert "SM-2001" in agent.program.output() + agent.program.errors()


def test_a_missing_key_is_said_before_dialing(edge, agents, origin, workplace):
    lines = [line for line in edge.config.read_text().splitlines() if not line.startswith("token:")]
    path = workplace / "keyless.yml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    agent = agents("http", str(origin.port), config=path)
    assert agent.program.wait() not in (0, None)
    assert "authtoken" in agent.program.output() + agent.program.errors()


def test_a_certificate_of_nobody_is_refused(edge, agents, relay, origin, workplace):
    """Without --ca the development CA is unknown: refused, without a retry, and the key is not sent."""
    lines = [line for line in edge.config.read_text().splitlines() if not line.startswith("ca:")]
    path = workplace / "no-ca.yml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    network = relay(edge.tls)
    agent = agents("http", str(origin.port), config=path,
                   options=["--server", f"localhost:{network.port}"])
    assert agent.program.wait() not in (0, None)
    assert "SM-4006" in agent.program.output() + agent.program.errors()
    record("keys.unknown_ca.attempts", network.accepted)
    assert network.accepted == 1


def test_a_certificate_for_another_name_is_refused(edge, agents, relay, origin):
    """The CA is trusted, but the name that was dialed is not in the certificate."""
    network = relay(edge.tls, host="127.0.0.2")
    agent = agents("http", str(origin.port), options=["--server", f"127.0.0.2:{network.port}"])
    assert agent.program.wait() == 3
    assert "SM-4006" in agent.program.output() + agent.program.errors()
    assert not agent.events("connected")


def test_the_key_never_travels_in_the_clear(edge, agents, origin):
    """Something answers on the port that is no TLS server: the agent says nothing but its ClientHello."""
    listener = Recorder()
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{listener.port}"])
    await_condition(lambda: listener.received and listener.received[0], what="a first record")
    let_time_pass(2, "a fallback would come now")
    agent.kill()
    for kept in listener.received:
        assert bytes(kept[:2]) == b"\x16\x03", "a TLS handshake"
        assert edge.key.encode() not in kept and b"sm_live_" not in kept
    listener.close()


def test_a_revoked_key_ends_its_sessions(edge, agents, origin):
    edge.command("user", "create", "leaver")
    made = edge.command("key", "create", "--user", "leaver")
    agent = agents("http", str(origin.port), config=edge.config_for(made["key"], "leaver")).ready()
    assert edge.fetch(agent.host).status == 200
    run([SERVERMED, "key", "revoke", made["id"], "--data-dir", edge.data])
    watch = Stopwatch()
    assert agent.program.wait(15) == 3
    record("keys.revoked.ended_after", round(watch.seconds, 1), "s")
    assert watch.seconds < 5
    assert edge.fetch(agent.host).status == 404
    assert edge.api("GET", "/api/v1/tunnels", key=made["key"])[0] == 401


def test_keys_are_listed_without_their_secrets(edge):
    edge.command("user", "create", "lister")
    made = edge.command("key", "create", "--user", "lister")
    done = run([SERVERMED, "key", "list", "--data-dir", edge.data, "--json"])
    assert made["id"] in done.stdout and made["key"] not in done.stdout
    assert isinstance(json.loads(done.stdout), (list, dict))


def test_only_a_hash_of_a_key_is_stored(edge):
    """The secret stands in cli.yml and nowhere else in the data directory, PostgreSQL's files included."""
    secret = edge.key.removeprefix("sm_live_")
    run(["grep", "-rq", "sm_live_", edge.data])
    found = run(["grep", "-rlaF", secret, edge.data], check=False).stdout.split()
    assert found == [str(edge.config)]


def test_files_with_secrets_are_for_their_owner(edge):
    assert edge.config.stat().st_mode & 0o077 == 0
    for path in edge.data.rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_configuration_that_others_can_read_is_refused_or_warned_about(edge, workplace):
    path = workplace / "open.yml"
    path.write_text(edge.config.read_text())
    path.chmod(0o644)
    done = run([SERVERME, "--config", path, "config", "check"], check=False)
    assert "SM-4003" in done.stdout + done.stderr


def test_ctrl_c_while_connecting_ends_the_agent(edge, agents, origin):
    listener = Recorder()
    agent = agents("http", str(origin.port), options=["--server", f"localhost:{listener.port}"])
    await_condition(lambda: listener.received, what="an attempt")
    assert agent.program.stop(signal.SIGINT) == 0
    listener.close()
