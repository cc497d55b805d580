"""servermed and serverme as a person starts them."""

import json
import os
import shutil
import signal
import ssl
import tempfile
from pathlib import Path

from .process import Program, processes_mentioning, run
from .settings import BIN
from .waiting import await_condition
from .wire import Wire, as_address, fetch, request

SERVERMED = BIN / "servermed"
SERVERME = BIN / "serverme"


class Edge:
    """A `servermed dev` with a data directory of its own and free ports everywhere."""

    def __init__(self, directory, *extra, tcp_ports=None, **ready):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.extra = extra
        self.tcp_ports = tcp_ports or free_port_range(20)
        self.addresses = {"http": "127.0.0.1:0", "tls": "127.0.0.1:0", "api": "127.0.0.1:0",
                          "health": "127.0.0.1:0", **ready}
        self.program = None
        self.start()

    def start(self):
        self.program = Program("servermed", [
            SERVERMED, "dev", "--data-dir", self.data,
            *(word for name, where in self.addresses.items() for word in (f"--{name}", where)),
            "--tcp-ports", self.tcp_ports, *self.extra,
        ], self.directory)
        self.ready = await_condition(self._read_ready, 60, "ready.json of servermed")
        # A restart comes back on the ports that agents know.
        self.addresses = {name: self.ready.get(name, asked)
                          for name, asked in self.addresses.items()}

    def _read_ready(self):
        if not self.program.is_running:
            raise AssertionError(f"servermed ended with {self.program.process.returncode}\n"
                                 f"{self.program.tail()}")
        try:
            ready = json.loads((self.data / "ready.json").read_text())
        except FileNotFoundError:
            return None
        # One that a killed server left behind names another process.
        return ready if ready["pid"] == self.program.pid else None

    @property
    def pid(self):
        return self.program.pid

    @property
    def http(self):
        return as_address(self.ready["http"])

    @property
    def tls(self):
        return as_address(self.ready["tls"])

    @property
    def domain(self):
        return self.ready["domain"]

    @property
    def config(self):
        return self.data / "cli.yml"

    @property
    def key(self):
        return self._config_field("token")

    @property
    def ca(self):
        return self._config_field("ca")

    def _config_field(self, name):
        for line in self.config.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip().strip("\"'")
        raise AssertionError(f"{self.config} has no {name}")

    def command(self, *words):
        """servermed with this data directory; the answer of --json."""
        done = run([SERVERMED, *words, "--data-dir", self.data, "--json"])
        return json.loads(done.stdout)

    def new_user(self, name):
        """Another account; returns its key."""
        self.command("user", "create", name)
        return self.command("key", "create", "--user", name)["key"]

    def config_for(self, key, name="other"):
        """A copy of cli.yml with another key."""
        lines = self.config.read_text().splitlines()
        lines = [f"token: {key}" if line.startswith("token:") else line for line in lines]
        path = self.directory / f"{name}.yml"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        return path

    def api(self, method, path, key=None, body=None, headers=()):
        """(status, JSON) of one API call with the admin's key, another, or none (key="")."""
        key = self.key if key is None else key
        sent = list(headers)
        if key:
            sent.append(("Authorization", f"Bearer {key}"))
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            sent.append(("Content-Type", "application/json"))
        with Wire(self.ready["api"], timeout=30) as wire:
            answer = wire.ask(request(method, path, "api", sent, data), method)
        return answer.status, json.loads(answer.body) if answer.body else None

    def readiness(self, at="health"):
        """(status, JSON) of /readyz, for whoever sends visitors here, or callers to the API."""
        with Wire(self.ready[at], timeout=30) as wire:
            answer = wire.ask(request("GET", "/readyz", "health"), "GET")
        return answer.status, json.loads(answer.body)

    def metrics(self):
        """What Prometheus reads: {'serverme_members{state="alive"}': 3.0, ...}."""
        with Wire(self.ready["health"], timeout=30) as wire:
            answer = wire.ask(request("GET", "/metrics", "health"), "GET")
        assert answer.status == 200, answer
        lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def fetch(self, host, target="/", **keywords):
        """As a visitor of a tunnel."""
        return fetch(self.http, target, host, **keywords)

    def visitor(self, **keywords):
        return Wire(self.http, **keywords)

    def trust(self, alpn=None):
        """A visitor's TLS that trusts the development CA."""
        context = ssl.create_default_context(cafile=self.ca)
        if alpn:
            context.set_alpn_protocols(alpn)
        return context

    def kill(self):
        self.program.kill()

    def stop(self):
        """As Ctrl+C and the service manager do; everything must be gone afterwards."""
        code = self.program.stop(signal.SIGTERM, 30)
        assert code == 0, f"servermed ended with {code}\n{self.program.tail()}"
        assert not (self.data / "ready.json").exists(), "ready.json is still there"
        # Agents mention the directory too, for its cli.yml.
        await_condition(lambda: not processes_mentioning(self.data / "postgres"), 5, "PostgreSQL gone")

    def discard(self):
        """Whatever is left, in any state."""
        self.program.kill()
        for pid in processes_mentioning(self.data):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Agent:
    """A `serverme http|tcp|tls|start ...` that speaks JSON lines."""

    def __init__(self, edge, *words, config=None, options=(), binary=SERVERME, **environment):
        self.edge = edge
        self.program = Program("serverme", [
            binary, "--config", config or edge.config, "--log-format", "json", *options, *words,
        ], edge.directory, **environment)

    @property
    def pid(self):
        return self.program.pid

    def await_event(self, name, timeout=20.0, start=0, **fields):
        """The first such event from line `start` on; see mark()."""

        def accept(line):
            try:
                event = json.loads(line)
            except ValueError:
                return None
            same = all(event.get(key) == value for key, value in fields.items())
            return event if event.get("event") == name and same else None

        return self.program.await_line(accept, timeout, f"event {name}", start)

    def mark(self):
        return len(self.program.lines)

    def events(self, name=None):
        found = []
        for line in self.program.lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if name is None or event.get("event") == name:
                found.append(event)
        return found

    def ready(self, timeout=20.0):
        self.url = self.await_event("tunnel_ready", timeout)["url"]
        return self

    @property
    def host(self):
        """What a visitor sends as Host."""
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def name(self):
        return self.host.partition(":")[0]

    @property
    def port(self):
        return int(self.host.rpartition(":")[2])

    @property
    def tcp(self):
        """Where a tcp tunnel answers on this machine."""
        return (self.edge.http[0], self.port)

    def stop(self, number=signal.SIGTERM):
        return self.program.stop(number)

    def kill(self):
        self.program.kill()


def free_port_range(count):
    """A range of TCP ports nobody listens on now; below the kernel's own range, away from 10000."""
    import random
    import socket
    for _ in range(200):
        first = random.randrange(11000, 32000 - count)
        probes = []
        try:
            for port in range(first, first + count):
                probe = socket.socket()
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
            return f"{first}-{first + count - 1}"
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no free range of ports")


class Workplace:
    """A directory under /tmp that others may enter: PostgreSQL runs as another user."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="serverme-e2e-"))
        self.path.chmod(0o755)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
