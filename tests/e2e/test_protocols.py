"""Programs that people really run through tunnels (the issue's figure 5)."""

import getpass
import hashlib
import http.server
import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from support.figures import record
from support.process import Program, run
from support.waiting import await_condition

AS_ROOT = os.geteuid() == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def as_postgres(command):
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] \
        if AS_ROOT else command


@pytest.fixture
def postgres(workplace):
    """A cluster of its own, with TLS; psql asks for it before anything else."""
    programs = max(Path("/usr/lib/postgresql").iterdir(), key=lambda p: float(p.name)) / "bin"
    home = workplace / "postgres"
    home.mkdir()
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-keyout", home / "server.key", "-out", home / "server.crt"])
    (home / "server.key").chmod(0o600)
    if AS_ROOT:
        for path in (home, home / "server.key", home / "server.crt"):
            shutil.chown(path, "postgres", "postgres")
    data = home / "data"
    run(as_postgres([programs / "initdb", "-D", data, "-A", "trust", "-U", "test", "--no-sync"]))
    port = free_port()
    server = Program("postgres", as_postgres([
        programs / "postgres", "-D", data, "-p", str(port), "-c", f"unix_socket_directories={home}",
        "-c", "ssl=on", "-c", f"ssl_cert_file={home}/server.crt",
        "-c", f"ssl_key_file={home}/server.key", "-c", "fsync=off"]), home)
    await_condition(lambda: accepts(port), 20, "PostgreSQL")
    yield port
    server.stop(signal.SIGINT)


def test_psql_with_tls(tunnel, postgres):
    agent = tunnel("tcp", str(postgres))
    address = f"host=127.0.0.1 port={agent.port} user=test dbname=postgres sslmode=require"
    done = run(["psql", address, "-XAtc", "select 'tls ' || ssl from pg_stat_ssl where pid = pg_backend_pid();"
                "select count(*) from generate_series(1, 200000) as s(n)"])
    assert done.stdout.split("\n")[:2] == ["tls true", "200000"]
    done = run(["psql", address, "-XAtc", "select repeat('x', 1000) from generate_series(1, 20000)"])
    assert len(done.stdout) == 20000 * 1001
    record("protocols.psql", "ok")


def test_redis(tunnel, workplace):
    port = free_port()
    home = workplace / "redis"
    home.mkdir()
    server = Program("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                               "--appendonly", "no", "--dir", home], home)
    try:
        await_condition(lambda: accepts(port), 10, "redis")
        agent = tunnel("tcp", str(port))
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(agent.port)]
        assert run([*command, "ping"]).stdout == "PONG\n"
        assert run([*command, "set", "k", "v" * 100000]).stdout == "OK\n"
        assert run([*command, "get", "k"]).stdout == "v" * 100000 + "\n"
        piped = subprocess.run([*command, "--pipe"], input=b"SET a 1\r\n" * 10000, capture_output=True,
                               timeout=30, check=True)
        assert b"errors: 0, replies: 10000" in piped.stdout
        record("protocols.redis", "ok")
    finally:
        server.stop()


@pytest.fixture
def sshd(workplace):
    """A private sshd: it speaks first, and so does its client."""
    home = workplace / "ssh"
    home.mkdir(mode=0o700)
    if AS_ROOT:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it expects to chroot to
    for name in ("host", "user"):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name])
    port = free_port()
    (home / "config").write_text(f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host
PidFile {home}/pid
AuthorizedKeysFile {home}/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
Subsystem sftp internal-sftp
""")
    server = Program("sshd", [shutil.which("sshd", path="/usr/sbin:/usr/bin"), "-D", "-e", "-f", home / "config"],
                     home)
    await_condition(lambda: accepts(port), 10, "sshd")
    yield port, home
    server.stop()


def test_ssh_and_scp(tunnel, sshd):
    port, home = sshd
    agent = tunnel("tcp", str(port))
    options = ["-F", "none", "-i", home / "user", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
               "-o", f"UserKnownHostsFile={home}/known"]
    who = f"{getpass.getuser()}@127.0.0.1"
    assert run(["ssh", *options, "-p", agent.port, who, "echo hello; exit 7"], check=False).returncode == 7
    data = os.urandom(20_000_000)
    (home / "there").write_bytes(data)
    run(["scp", *options, "-P", agent.port, f"{who}:{home}/there", home / "back"], timeout=60)
    run(["scp", *options, "-P", agent.port, home / "back", f"{who}:{home}/again"], timeout=60)
    assert hashlib.sha256((home / "again").read_bytes()).digest() == hashlib.sha256(data).digest()
    record("protocols.ssh_scp", "ok")


@pytest.fixture
def repository(workplace):
    """A bare repository with 5 MB in it, below a folder that servers export."""
    top = workplace / "git"
    work = top / "work"
    work.mkdir(parents=True)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", work]
    run(["git", "init", "-q", "-b", "main", work])
    (work / "large").write_bytes(os.urandom(5_000_000))
    run([*git, "add", "large"])
    run([*git, "commit", "-qm", "one"])
    run(["git", "clone", "-q", "--bare", work, top / "project.git"])
    yield top, run([*git, "rev-parse", "HEAD"]).stdout.strip()
    shutil.rmtree(top)


def cloned(url, target):
    run(["git", "clone", "-q", url, target], timeout=60, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"})
    return run(["git", "-C", target, "rev-parse", "HEAD"]).stdout.strip()


def test_git_clone_over_tcp(tunnel, repository):
    top, head = repository
    port = free_port()
    daemon = Program("git-daemon", ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}",
                                    f"--base-path={top}", "--export-all", top], top)
    try:
        await_condition(lambda: accepts(port), 10, "git daemon")
        agent = tunnel("tcp", str(port))
        assert cloned(f"git://127.0.0.1:{agent.port}/project.git", top / "by-tcp") == head
        record("protocols.git_tcp", "ok")
    finally:
        daemon.stop()


class GitOverHttp(http.server.BaseHTTPRequestHandler):
    """git http-backend behind a plain web server."""

    protocol_version = "HTTP/1.1"
    top = None

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=True, env={
            **os.environ, "GIT_PROJECT_ROOT": str(self.top), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": "127.0.0.1"})
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def test_git_clone_over_http(edge, tunnel, repository):
    top, head = repository
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Git", (GitOverHttp,), {"top": top}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        agent = tunnel("http", str(server.server_port))
        assert cloned(f"{agent.url.rstrip('/')}/project.git", top / "by-http") == head
        record("protocols.git_http", "ok")
    finally:
        server.shutdown()
        server.server_close()
