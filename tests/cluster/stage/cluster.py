"""A whole cluster: two control nodes on one PostgreSQL, three edges, two workers, each on its own host."""

import subprocess
import time

from support.programs import SERVERMED
from support.process import run
from support.waiting import await_condition

from .database import Database
from .node import Node, await_seen

DOMAIN = "tunnels.test"
# What agents are told: each edge is behind it.
EDGES = "edges.test"

_SETTINGS = """data_dir: {data}
node: {name}
domain: {domain}
http: 0.0.0.0:80
tls: 0.0.0.0:443
api: 0.0.0.0:8081
health: 0.0.0.0:8082
tcp_host: 0.0.0.0
tcp_ports: 10000-10199
certificates:
  - chain: {place}/edge.pem
    key: {place}/edge.key
cluster:
  host: {address}
limits:
  drain_time: 5s
"""


def make_certificate(place):
    """A CA, and a certificate of it for the domain, for agents and visitors who trust ca.pem."""
    names = f"subjectAltName=DNS:{DOMAIN},DNS:*.{DOMAIN},DNS:{EDGES},DNS:*.{EDGES}"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(["openssl", "req", "-x509", *new_key, "-days", "2", "-subj", "/CN=CA of a test",
         "-keyout", place / "ca.key", "-out", place / "ca.pem"])
    run(["openssl", "req", "-x509", *new_key, "-days", "2", "-subj", f"/CN={DOMAIN}",
         "-CA", place / "ca.pem", "-CAkey", place / "ca.key", "-addext", names,
         "-addext", "basicConstraints=CA:FALSE", "-keyout", place / "edge.key", "-out", place / "edge.pem"])
    for name in ("ca.key", "edge.key"):
        (place / name).chmod(0o600)


class Cluster:
    def __init__(self, network, place):
        self.network, self.place = network, place
        make_certificate(place)
        self.database = Database(network.add("database"), place)
        self.nodes = {}
        self.laptops = network.add("laptops")
        self._keys = {}

    def start(self, controls=2, edges=3, workers=2):
        """All of them; how long after the last one was ready all saw each other."""
        self._found()
        for number in range(2, controls + 1):
            self.join(f"control-{number}", "control").begin()
        for number in range(1, edges + 1):
            self.join(f"edge-{number}", "edge").begin()
            self.network.name(EDGES, self.nodes[f"edge-{number}"].address)
        for number in range(1, workers + 1):
            self.join(f"worker-{number}", "worker").begin()
        for node in self.all():
            node.await_ready(60)
        ready_at = time.time()
        self.join_took = max(0.0, await_seen(self.all(), 10) - ready_at)
        return self

    def add(self, name, roles):
        """A host for a node, and its configuration."""
        host = self.network.add(name)
        self.network.name(f"{name}.{EDGES}", host.address)
        settings = _SETTINGS.format(name=name, data=self.place / name / "data", place=self.place,
                                    domain=DOMAIN, address=host.address)
        if "control" in roles:
            settings += f"database: {self.database.url}\n"
        self.nodes[name] = Node(host, self.place, roles, settings)
        return self.nodes[name]

    def _found(self):
        first = self.add("control-1", "control")
        run(first.host.command([SERVERMED, "init", "--config", first.config, "--host", first.address,
                                "--name", first.name, "--json"]))
        first.start()

    def token(self, roles, *words):
        answer = self.control().command("token", "create", "--role", roles, *words)
        return answer["token"]

    def join(self, name, roles):
        """Makes it one of the cluster; it is not started."""
        node = self.add(name, roles)
        node.command("join", "--token", self.token(roles), "--host", node.address, "--name", name,
                     config=False)
        return node

    # --- who is there --------------------------------------------------------------------

    def all(self):
        return list(self.nodes.values())

    def running(self):
        return [node for node in self.all() if node.is_running and not node.is_frozen]

    def of(self, role):
        return [node for node in self.all() if node.is_a(role)]

    def edges(self):
        return self.of("edge")

    def control(self):
        """One that runs."""
        return next(node for node in self.of("control") if node.is_running and not node.is_frozen)

    def leader(self):
        """The control node that leads, as the database says: it holds the lock."""
        query = "select client_addr from pg_locks join pg_stat_activity using (pid) " \
                "where locktype = 'advisory' and granted"
        done = subprocess.run(["psql", "-At", "-d", self.database.url, "-c", query],
                              capture_output=True, text=True, timeout=10, check=False)
        holders = set(done.stdout.split())
        found = [node for node in self.of("control") if node.address in holders]
        return found[0] if len(found) == 1 else None

    def others(self, *those):
        return [node for node in self.all() if node not in those]

    def hosts(self, nodes):
        return [node.host for node in nodes]

    # --- whose it is ---------------------------------------------------------------------

    def key(self, user="admin"):
        """An API key of that user, who is made when there is none."""
        if user not in self._keys:
            first = self.control()
            first.command("user", "create", user, *(["--admin"] if user == "admin" else []))
            self._keys[user] = first.command("key", "create", "--user", user)["key"]
        return self._keys[user]

    def agent_config(self, user, server=EDGES, tunnels="", name=None):
        path = self.place / f"{name or user + '-' + server}.yml"
        path.write_text(f"server: {server}:443\ntoken: {self.key(user)}\nca: {self.place / 'ca.pem'}\n"
                        f"{tunnels}")
        path.chmod(0o600)
        return path

    # --- faults end ----------------------------------------------------------------------

    def heal(self, timeout=10):
        """Whatever a test did to it is over, and all see each other. How long that took."""
        self.network.mend()
        if not self.database.program.is_running:
            self.database.start()
        for node in self.all():
            if node.is_frozen and node.is_running:
                node.thaw()
        stopped = [node for node in self.all() if not node.is_running]
        for node in stopped:
            node.begin()
        for node in stopped:
            node.await_ready(60)
        began = time.monotonic()
        await_seen(self.all(), timeout)
        await_condition(self.leader, timeout, "a control node leads")
        return time.monotonic() - began

    def discard(self):
        for node in self.all():
            if node.program is not None:
                node.kill()
        self.database.program.kill()
