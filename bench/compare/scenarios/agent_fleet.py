"""A node of its own for many idle agents: accounts enough, the agents, and what the edge uses."""

import json
import resource
import shutil
import tempfile
from pathlib import Path

from ..children import GaveUp, await_true, hear, run_text
from ..ports import free_port
from ..usage import all_processes, cpu_seconds, family, memory_bytes

# What the node allows: more of one account are told that it is too busy.
AGENTS_PER_ACCOUNT = 200
# Beside the agents' connections: those to the database, files, listeners.
DESCRIPTORS_BESIDE = 256


def accounts_for(agents):
    return -(-agents // AGENTS_PER_ACCOUNT)


def all_up(news, count):
    """What the fleet said, if everybody came in. Raises GaveUp with the reasons if not."""
    if news["up"] != count:
        reasons = ", ".join(f"{why} ({times} times)" for why, times in news["reasons"].items())
        raise GaveUp(f"{news['up']} of {count} agents are up: {reasons or 'nobody said why'}")
    return news


def why_too_many(count):
    """A reason why this machine cannot hold so many connections, or None."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if allowed == resource.RLIM_INFINITY or allowed >= count + DESCRIPTORS_BESIDE:
        return None
    return f"{count} agents need as many descriptors, and a program may have {allowed}"


class AgentNode:
    """A fresh `servermed dev`: memory that earlier loads left behind would hide what agents take.
    For `with`: its end is the end of the agents too."""

    def __init__(self, world, count):
        if why := why_too_many(count):
            raise GaveUp(why)
        self._world, self._count = world, count
        self._fleet = None

    def __enter__(self):
        self._place = Path(tempfile.mkdtemp(prefix="agents-", dir=self._world.directory))
        self._place.chmod(0o755)
        self._data = self._place / "data"
        port = free_port()
        self.edge = self._world.children.start("servermed-agents", [
            self._world.programs / "servermed", "dev", "--data-dir", self._data,
            "--http", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--api", "127.0.0.1:0",
            "--tcp-ports", f"{port}-{port}"])
        try:
            await_true((self._data / "ready.json").exists, 60, "servermed", self.edge)
            self._ready = json.loads((self._data / "ready.json").read_text())
            self._make_keys()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in filter(None, (self._fleet, self.edge)):
            self._world.children.stop(child)
        shutil.rmtree(self._place, ignore_errors=True)

    def _make_keys(self):
        keys = [self._servermed("key", "create", "--user", self._create_user(number))["key"]
                for number in range(accounts_for(self._count))]
        (self._place / "keys").write_text("\n".join(keys) + "\n")

    def _create_user(self, number):
        return self._servermed("user", "create", f"bench-{number}")["user"]

    def _servermed(self, *words):
        return json.loads(run_text([self._world.programs / "servermed", *words, "--json",
                                    "--data-dir", self._data], 30))

    def connect(self, concurrency, *options):
        """All agents; returns what the fleet says once they are up. `options`: of the load program."""
        port = self._ready["tls"].rpartition(":")[2]
        self._fleet, news = self._world.children.start_talking("agents", [
            self._world.load, "agents", "--count", self._count, "--target", f"localhost:{port}",
            "--ca", self._data / "ca.pem", "--keys", self._place / "keys",
            "--concurrency", concurrency, *options])
        return all_up(news, self._count)

    def drop(self):
        """All connections at once; returns what the fleet says once they are back."""
        self._fleet.stdin.write(b"drop\n")
        self._fleet.stdin.flush()
        return all_up(hear(self._fleet), self._count)

    def cpu_seconds(self):
        """Of the edge, without its database."""
        return cpu_seconds(self.edge.pid)

    def database_cpu_seconds(self):
        return sum(cpu_seconds(pid) for pid in family(self.edge.pid, all_processes())
                   if pid != self.edge.pid)

    def memory_bytes(self):
        return memory_bytes(self.edge.pid)
