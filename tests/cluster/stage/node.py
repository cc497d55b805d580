"""One servermed on a host of its own: started, killed, stopped and asked, with the log as its witness."""

import json
import re
import signal
from datetime import datetime
from pathlib import Path

from support.process import Program, run
from support.programs import SERVERMED
from support.waiting import await_condition
from support.wire import Wire, fetch, request

HEALTH_PORT = 8082
# What the log says of other members, as node_links.cpp writes it.
_NEWS = re.compile(r"^node [0-9a-f]{32}, (?P<name>\S+) (?P<what>is a member|was started again|"
                   r"does not answer|is back|is dead|has left)$")
_STATES = {"is a member": "alive", "was started again": "alive", "is back": "alive",
           "does not answer": "suspect", "is dead": "dead", "has left": "left"}


class Node:
    """`roles` as in "edge" or "control,edge". It has all ports of its host."""

    def __init__(self, host, directory, roles, settings):
        self.host, self.name, self.roles = host, host.name, roles
        self.directory = Path(directory) / host.name
        self.directory.mkdir()
        self.data = self.directory / "data"
        self.config = self.directory / "servermed.yml"
        self.config.write_text(settings)
        self.program = None
        self.is_frozen = False
        self.servermed = SERVERMED

    def begin(self):
        """Starts it, without waiting."""
        self.is_frozen = False
        self._read, self._news = 0, []
        self.program = Program(self.name, self.host.command(
            [self.servermed, "run", "--config", self.config, "--log-format", "json"]), self.directory)

    def await_ready(self, timeout=30):
        def ready():
            if not self.program.is_running:
                raise AssertionError(f"{self.name} ended with {self.program.process.returncode}\n"
                                     f"{self.program.tail()}")
            try:
                found = json.loads((self.data / "ready.json").read_text())
            except (FileNotFoundError, ValueError):
                return None
            return found["pid"] == self.program.pid
        await_condition(ready, timeout, f"{self.name} is ready")
        return self

    def start(self):
        self.begin()
        return self.await_ready()

    @property
    def pid(self):
        return self.program.pid

    @property
    def address(self):
        return self.host.address

    @property
    def is_running(self):
        return self.program is not None and self.program.is_running

    def is_a(self, role):
        return role in self.roles.split(",")

    def kill(self):
        self.program.kill()
        self.is_frozen = False

    def stop(self, timeout=30):
        """As a service manager does: it drains."""
        code = self.program.stop(signal.SIGTERM, timeout)
        assert code == 0, f"{self.name} ended with {code}\n{self.program.tail()}"

    def freeze(self):
        self.is_frozen = True
        self.program.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.is_frozen = False
        self.program.send_signal(signal.SIGCONT)

    def command(self, *words, check=True, config=True, **keywords):
        """servermed on this host; what it prints with --json, or how it ended with check=False."""
        where = ["--config", self.config] if config else ["--data-dir", self.data]
        done = run(self.host.command([SERVERMED, *words, *where, "--json"]), check=check, **keywords)
        return json.loads(done.stdout) if check and done.stdout.strip() else done

    # --- what it says --------------------------------------------------------------------

    def fetch(self, host, target="/", **keywords):
        return fetch((self.address, 80), target, host, **keywords)

    def api(self, method, path, key="", body=None):
        headers = [("Authorization", f"Bearer {key}")] if key else []
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            headers.append(("Content-Type", "application/json"))
        with Wire((self.address, 8081), timeout=10) as wire:
            answer = wire.ask(request(method, path, "api", headers, data), method)
        return answer.status, json.loads(answer.body) if answer.body else None

    def readiness(self):
        """(status, JSON) of /readyz, as a balancer asks."""
        answer = fetch((self.address, HEALTH_PORT), "/readyz", "node")
        return answer.status, json.loads(answer.body)

    def metrics(self):
        """What Prometheus reads: {'serverme_members{state="alive"}': 7.0, ...}."""
        answer = fetch((self.address, HEALTH_PORT), "/metrics", "node")
        lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def news(self):
        """(when, name, state) of each change of membership that it told, since its start."""
        with open(self.program.log, "rb") as log:
            log.seek(self._read)
            text = log.read()
        whole = text.rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            try:
                said = json.loads(line)
                found = _NEWS.match(said["message"])
            except (ValueError, KeyError, TypeError):
                continue
            if found:
                when = datetime.fromisoformat(said["time"].replace("Z", "+00:00")).timestamp()
                self._news.append((when, found["name"], _STATES[found["what"]]))
        return self._news

    def sees(self):
        """Name -> state of the others, as it told last."""
        return {name: state for _, name, state in self.news()}

    def told(self, name, state, since):
        """When it told that `name` is so, first after `since`; None: not yet."""
        for when, who, what in self.news():
            # The log has milliseconds.
            if who == name and what == state and when >= since - 0.002:
                return when
        return None

    def descriptors(self):
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def await_seen(nodes, timeout=10):
    """Each of these sees each other alive. When the last of them told so (time.time())."""
    names = {node.name for node in nodes}

    def all_seen():
        for node in nodes:
            seen = node.sees()
            if any(seen.get(name) != "alive" for name in names - {node.name}):
                return False
        return True

    try:
        await_condition(all_seen, timeout, "all nodes see each other")
    except AssertionError as late:
        views = "\n".join(f"{node.name}: {node.sees()}" for node in nodes)
        raise AssertionError(f"{late}\n{views}") from None
    return max(when for node in nodes for when, _, state in node.news() if state == "alive")
