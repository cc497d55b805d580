"""Agents, and the local services behind them: each answer says whose it is and which request it answers."""

import threading

from support.listening import Listening
from support.process import Program
from support.programs import SERVERME, Agent

_ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Owner: %s\r\nX-Answers: %s\r\n"
           b"Content-Length: %d\r\n\r\n%s")


class Service(Listening):
    """A local service of `owner`, which says what it was asked. It counts how often each request came."""

    def __init__(self, owner, host):
        self.owner = owner
        self.asked = {}
        self._counting = threading.Lock()
        super().__init__(host=host)

    @property
    def place(self):
        return f"{self.host}:{self.port}"

    def serve(self, connection):
        reader = connection.makefile("rb")
        while True:
            head = []
            while (line := reader.readline(16 * 1024)) not in (b"\r\n", b""):
                head.append(line)
            if not head or line == b"":
                return
            fields = {name.strip().lower(): value.strip() for name, _, value in
                      (each.partition(b":") for each in head[1:])}
            number = fields.get(b"x-asks", b"-")
            body = reader.read(int(fields.get(b"content-length", b"0")))
            with self._counting:
                self.asked[number] = self.asked.get(number, 0) + 1
            said = self.owner.encode() + b" " + number + b" " + body
            connection.sendall(_ANSWER % (self.owner.encode(), number, len(said), said))

    def asked_twice(self):
        """Requests that came more than once: somebody repeated them."""
        with self._counting:
            return [number for number, count in self.asked.items() if count > 1 and number != b"-"]


class Laptop(Agent):
    """A `serverme ...` of one user, on the host of all laptops."""

    def __init__(self, cluster, user, *words, config=None, server=None):
        self.user, self.words = user, words
        where = config or cluster.agent_config(user, **({"server": server} if server else {}))
        self.program = Program(f"serverme-{user}", cluster.laptops.command(
            [SERVERME, "--config", where, "--log-format", "json", *words]), cluster.place)

    @property
    def edge(self):
        """The name of the node it is at: where it connected last."""
        connected = self.events("connected")
        return connected[-1]["node"] if connected else None

    @property
    def is_up(self):
        last = [event["event"] for event in self.events()
                if event["event"] in ("connected", "disconnected", "stopped")]
        return bool(last) and last[-1] == "connected"

    def back_after(self, mark, timeout=30):
        """Waits until it is connected again and has its tunnel; lines from `mark` on count."""
        self.await_event("connected", timeout, mark)
        self.await_event("tunnel_ready", timeout, mark)
        return self


class Tunnels:
    """Laptops with one tunnel and one service each; the owner of a tunnel is its name."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.laptops, self.services = {}, {}

    def open(self, name, server=None, user="anna"):
        """A tunnel `name`, at that edge (a host name) or at any."""
        service = self.services[name] = Service(name, self.cluster.laptops.gateway)
        laptop = self.laptops[name] = Laptop(self.cluster, user, "http", service.place,
                                             "--subdomain", name, server=server)
        return laptop

    def close(self):
        for laptop in self.laptops.values():
            laptop.kill()
        for service in self.services.values():
            service.close()
