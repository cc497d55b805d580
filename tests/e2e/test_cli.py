"""serverme's other commands, its exit codes, and what people read on the terminal."""

import json
import os
import re
import select
import signal
import subprocess

import pytest

from support.process import clean_environment, run
from support.programs import SERVERME, SERVERMED
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


@pytest.mark.parametrize("words, said", [
    (["nonsense"], "unknown command 'nonsense'"),
    (["http"], "local is missing"),
    (["http", "80", "--nonsense"], "unknown option '--nonsense'"),
    (["stauts"], "did you mean 'status'?"),
])
def test_misuse_is_explained(edge, words, said):
    done = serverme(edge, *words)
    assert done.returncode == 2 and said in done.stderr and "--help`" in done.stderr


@pytest.mark.parametrize("words, said", [
    (["dve"], "unknown command 'dve', did you mean 'dev'?"),
    (["dev"], "--data-dir is missing"),
    (["dev", "--data-dir", "x", "--http", "nonsense"], "--http: 'nonsense' is not HOST:PORT"),
    (["key", "revoke", "abc", "--data-dir", "x"], "'abc' is no number"),
    (["user", "create"], "name is missing"),
    (["demo", "--listen", "nonsense"], "--listen: 'nonsense' is not HOST:PORT"),
])
def test_misuse_of_servermed_is_explained(words, said):
    done = run([SERVERMED, *words], check=False)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""


def test_doctor_passes_where_all_is_well(edge, origin):
    done = serverme(edge, "doctor", str(origin.port))
    text = done.stdout + done.stderr
    assert done.returncode == 0 and "PASS" in text and "FAIL" not in text, text


def steps(done):
    """{"TLS": ("FAIL", text, advice)} of `doctor --json`."""
    found = json.loads(done.stdout)
    assert found["ok"] == (done.returncode == 0)
    return {each["name"]: (each["outcome"], each["detail"], each["advice"]) for each in found["checks"]}


def test_doctor_names_the_step_that_fails(edge, workplace, origin):
    """Each step of the way fails in turn: it has advice, what needs it is skipped."""
    broken = workplace / "broken.yml"
    broken.write_text("servver: x\n")
    web = f"localhost:{edge.http[1]}"
    cases = [
        ("Configuration", {"config": broken}, [], "servver"),
        ("Server name", {}, ["--server", "no-such-host.invalid:8443"], "SM-4005"),
        ("Connection", {}, ["--server", "localhost:1"], "SM-4005"),
        ("TLS", {}, ["--server", web], "SM-"),
        ("TLS", {}, ["--ca", SERVERME], "SM-"),
        ("API key", {}, ["--token", "sm_live_" + "y" * 32], "SM-2001"),
    ]
    for name, keywords, options, said in cases:
        done = serverme(edge, *options, "doctor", "--json", **keywords)
        assert done.returncode == 1, name
        found = steps(done)
        outcome, detail, advice = found[name]
        assert outcome == "FAIL" and said in detail and advice, (name, found)
        behind = list(found)[list(found).index(name) + 1:]
        assert all(found[each][0] == "SKIP" for each in behind), found


def test_doctor_tries_the_local_service(edge, origin):
    assert steps(serverme(edge, "doctor", str(origin.port), "--json"))["Local service"][0] == "PASS"
    done = serverme(edge, "doctor", "1")
    assert done.returncode == 1 and "FAIL  Local service" in done.stdout and "SM-1006" in done.stdout
    # It answers, but not with TLS.
    done = serverme(edge, "doctor", f"https://localhost:{origin.port}")
    assert done.returncode == 1 and "FAIL  Local service" in done.stdout
    origin.malformed = []  # the ClientHello


def test_authtoken_is_kept_for_its_owner_only(edge, workplace):
    path = workplace / "fresh.yml"
    done = serverme(edge, "authtoken", "sm_live_something", config=path)
    assert done.returncode == 0, done.stderr
    assert "sm_live_something" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_authtoken_is_read_from_the_standard_input(edge, workplace):
    path = workplace / "piped.yml"
    source = workplace / "key.txt"
    source.write_text("sm_live_piped\r\n")
    with open(source, "rb") as text:
        done = run([SERVERME, "--config", path, "authtoken"], stdin=text,
                   env=clean_environment(edge.directory))
    assert done.stderr == "" and path.read_text() == "token: sm_live_piped\n"
    refused = serverme(edge, "authtoken", "no key", config=path)
    assert refused.returncode == 2 and "that is no key" in refused.stderr
    assert serverme(edge, "authtoken", config=path).returncode == 2, "an empty input"
    assert path.read_text() == "token: sm_live_piped\n"


def test_config_path_and_check(edge, workplace):
    assert str(edge.config) in serverme(edge, "config", "path").stdout
    assert serverme(edge, "config", "check").returncode == 0
    path = workplace / "wrong.yml"
    path.write_text("servver: typo\ntunnels: {web: {type: htp, local: 3000}}\n")
    path.chmod(0o600)
    done = serverme(edge, "config", "check", config=path)
    assert done.returncode == 4 and done.stdout == ""
    assert f"{path}:1: unknown key 'servver'" in done.stderr and f"{path}:2: " in done.stderr
    assert "`serverme config check`" not in done.stderr, "that is what was asked"


def test_config_edit_opens_the_editor_and_checks(edge, workplace):
    """$EDITOR may have words of its own; the file may not be there yet."""
    path = workplace / "new place" / "edited.yml"
    editor = workplace / "editor.sh"
    editor.write_text("#!/bin/sh\n[ \"$1\" = -w ] || exit 9\necho 'server: edited:1' >>\"$2\"\n")
    editor.chmod(0o755)
    done = serverme(edge, "config", "edit", config=path, EDITOR=f"{editor} -w")
    assert done.returncode == 0, done.stderr
    assert "edited:1" in done.stdout and path.stat().st_mode & 0o077 == 0
    failed = serverme(edge, "config", "edit", config=path, EDITOR="false")
    assert failed.returncode == 1 and "EDITOR" in failed.stderr


def test_a_ca_that_is_not_there_is_named(edge, origin):
    done = serverme(edge, "--ca", "/nowhere/ca.pem", "http", str(origin.port))
    assert done.returncode == 4 and "ca /nowhere/ca.pem (from an option)" in done.stderr
    assert done.stdout == ""


def test_completions_complete(edge, workplace):
    """In a real bash: commands, options of the command, the global ones."""
    script = workplace / "completion.bash"
    script.write_text(serverme(edge, "completion", "bash").stdout)

    def completed(*words):
        quoted = " ".join(f"'{word}'" for word in words)
        code = (f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _serverme; "
                'echo "${COMPREPLY[@]}"')
        return run(["bash", "-c", code]).stdout.split()

    assert completed("serverme", "st") == ["start", "status"]
    assert completed("serverme", "http", "3000", "--sub") == ["--subdomain"]
    assert "--server" in completed("serverme", "http", "--")
    assert completed("serverme", "config", "") and "check" in completed("serverme", "config", "c")
    for shell in ("zsh", "fish"):
        assert "--subdomain" in serverme(edge, "completion", shell).stdout.replace("-l subdomain", "--subdomain")


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
    tunnels = json.loads(serverme(edge, "status", "--json").stdout)["tunnels"]
    assert [each["name"] for each in tunnels if each["state"] == "online"] == ["shown"]


def test_status_without_a_server_says_so(edge):
    done = serverme(edge, "--api", "http://localhost:1", "status")
    assert done.returncode == 1 and "SM-4005" in done.stderr and "`serverme doctor`" in done.stderr


def test_commands_of_the_operator_print_json_and_nothing_else(edge):
    done = run([SERVERMED, "key", "list", "--database", "host=/nowhere", "--json"], check=False)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("servermed: SM-5001")


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


def test_completed_json_lines_are_all_that_json_output_has(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host)
    agent.await_event("request")
    agent.stop()
    for line in agent.program.lines:
        assert "event" in json.loads(line)
