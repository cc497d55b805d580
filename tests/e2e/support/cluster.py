"""Nodes of a cluster on this machine, as an operator makes them."""

from .process import run
from .programs import SERVERMED, Edge, Workplace

CLUSTER = "cluster:\n  join: 127.0.0.1:0\n  listen: 127.0.0.1:0\n  host: 127.0.0.1\n"


class Certificate:
    """For localhost and what is below it, its own CA: all edges show the same one."""

    def __init__(self, directory):
        self.chain, self.key = directory / "edges.pem", directory / "edges.key"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,DNS:*.localhost", "-keyout", self.key, "-out", self.chain])

    def settings(self):
        return f"certificates:\n  - chain: {self.chain}\n    key: {self.key}\n"


class Control(Edge):
    """The first node of a cluster; an edge too unless it is told otherwise."""

    def __init__(self, directory, settings="", roles=("edge",)):
        config = directory / "control.yml"
        config.write_text(CLUSTER + settings)
        roles = [word for role in roles for word in ("--role", role)]
        run([SERVERMED, "init", *roles, "--host", "127.0.0.1", "--config", config,
             "--data-dir", directory / "data", "--json"])
        super().__init__(directory, "--config", config)
        # A restart comes back where the others know it.
        config.write_text(settings
                          + CLUSTER.replace("listen: 127.0.0.1:0", f"listen: {self.ready['cluster']}")
                          .replace("join: 127.0.0.1:0", f"join: {self.ready['join']}"))

    def token(self, role):
        return self.command("token", "create", "--role", role)["token"]


class Member(Edge):
    """A node that joined, with `role`. `ca`: what its agents trust, when not its own CA."""

    def __init__(self, directory, control, role="edge", settings="", ca=None):
        config = directory / "member.yml"
        config.write_text(CLUSTER + settings)
        run([SERVERMED, "join", "--host", "127.0.0.1", "--data-dir", directory / "data", "--token",
             control.token(role), "--json"])
        super().__init__(directory, "--config", config)
        self._control = control
        if role != "edge":
            return
        self.agent_config = directory / "agent.yml"
        self.agent_config.write_text(f"server: localhost:{self.tls[1]}\ntoken: {control.key}\n"
                                     f"ca: {ca or self.data / 'ca.pem'}\n")
        self.agent_config.chmod(0o600)

    @property
    def config(self):
        return self.agent_config

    @property
    def key(self):
        return self._control.key


class Machines:
    """Directories and the nodes in them; the last one made ends first."""

    def __init__(self):
        self.places, self.nodes = [], []

    def place(self):
        self.places.append(Workplace())
        return self.places[-1].path

    def add(self, node):
        self.nodes.append(node)
        return node

    def discard(self):
        for node in reversed(self.nodes):
            node.discard()
        for each in self.places:
            each.remove()
