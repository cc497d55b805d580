"""serverme's other commands, its exit codes, and what people read on the terminal."""

import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from support.process import clean_environment, run
from support.programs import SERVERME
from support.settings import PATIENCE
from support.waiting import Stopwatch, await_condition


def serverme(edge, *words, config=None, **environment):
    return run([SERVERME, "--config", config or edge.config, *words], check=False,
               env=clean_environment(edge.directory, **environment))


def test_version_is_said_at_once(edge):
    watch = Stopwatch()
    done = serverme(edge, "version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)
    assert watch.seconds < 0.5 * PATIENCE


def test_help_names_the_commands(edge):
    done = serverme(edge, "--help")
    for command in ("http", "tcp", "tls", "start", "status", "authtoken", "config", "doctor"):
        assert command in done.stdout


@pytest.mark.parametrize("words", [["nonsense"], ["http"], ["http", "80", "--nonsense"], []])
def test_misuse_is_explained(edge, words):
    done = serverme(edge, *words)
    assert done.returncode != 0 or not words
    assert len(done.stdout + done.stderr) > 20


def test_doctor_passes_where_all_is_well(edge, origin):
    done = serverme(edge, "doctor", str(origin.port))
    text = done.stdout + done.stderr
    assert done.returncode == 0 and "PASS" in text and "FAIL" not in text, text


def test_doctor_says_what_to_do(edge, workplace):
    done = serverme(edge, "--server", "localhost:1", "doctor")
    assert done.returncode != 0 and "FAIL" in done.stdout
    done = serverme(edge, "--token", "sm_live_" + "y" * 32, "doctor")
    assert done.returncode != 0 and "FAIL" in done.stdout


def test_authtoken_is_kept_for_its_owner_only(edge, workplace):
    path = workplace / "fresh.yml"
    done = serverme(edge, "authtoken", "sm_live_something", config=path)
    assert done.returncode == 0, done.stderr
    assert "sm_live_something" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_config_path_and_check(edge, workplace):
    assert str(edge.config) in serverme(edge, "config", "path").stdout
    assert serverme(edge, "config", "check").returncode == 0
    path = workplace / "wrong.yml"
    path.write_text("servver: typo\n")
    path.chmod(0o600)
    done = serverme(edge, "config", "check", config=path)
    assert done.returncode != 0 and "servver" in done.stdout + done.stderr


def test_environment_and_options_override_the_file(edge, workplace, origin):
    """In this order: option, variable, file."""
    path = workplace / "empty.yml"
    path.write_text("{}\n")
    path.chmod(0o600)
    server = f"localhost:{edge.tls[1]}"
    variables = {"SERVERME_SERVER": server, "SERVERME_TOKEN": edge.key, "SERVERME_CA": edge.ca}
    assert serverme(edge, "doctor", config=path, **variables).returncode == 0
    done = serverme(edge, "--server", "localhost:1", "doctor", config=path, **variables)
    assert done.returncode != 0


def test_status_shows_tunnels(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port), "--subdomain", "shown")
    done = serverme(edge, "status")
    assert done.returncode == 0 and agent.name in done.stdout


def test_requests_are_told_as_events(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host, "/status/500?x=1")
    event = agent.await_event("request", method="GET")
    assert event["status"] == 500 and event["path"].startswith("/status/500")
    assert [name for name in ("connected", "tunnel_ready") if agent.events(name)] \
        == ["connected", "tunnel_ready"]


def test_plain_output_is_lines(edge, origin):
    """Without a terminal: no colours, no cursor movements, the URL on a line."""
    program = subprocess.Popen([SERVERME, "--config", edge.config, "http", str(origin.port)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=clean_environment(edge.directory))
    try:
        seen = b""
        while b"http://" not in seen:
            assert select.select([program.stdout], [], [], 15 * PATIENCE)[0], seen
            piece = os.read(program.stdout.fileno(), 4096)
            assert piece, seen
            seen += piece
        assert b"\x1b" not in seen
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=15 * PATIENCE)
    assert program.returncode == 0


def test_the_terminal_shows_the_url_and_requests(edge, origin):
    """On a terminal of its own; restored when the program ends."""
    master, slave = pty.openpty()
    program = subprocess.Popen([SERVERME, "--config", edge.config, "http", str(origin.port), "--subdomain", "screen"],
                               stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                               env={**clean_environment(edge.directory), "TERM": "xterm-256color",
                                    "COLUMNS": "100", "LINES": "30"})
    os.close(slave)
    seen = b""

    def shows(text):
        nonlocal seen
        if select.select([master], [], [], 0.05)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                pass
        return text in seen

    try:
        host = f"screen.{edge.domain}"
        await_condition(lambda: shows(host.encode()), 15, "the URL")
        edge.fetch(host, "/status/418")
        await_condition(lambda: shows(b"418"), 10, "the request")
    finally:
        program.send_signal(signal.SIGINT)
        await_condition(lambda: shows(b"\0never") or program.poll() is not None, 15, "its end")
    assert program.returncode == 0
    os.close(master)


def test_completed_json_lines_are_all_that_json_output_has(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host)
    agent.await_event("request")
    agent.stop()
    for line in agent.program.lines:
        assert "event" in json.loads(line)
