"""The shape of a contender: it starts its programs and says where its visitors go."""

from dataclasses import dataclass
from pathlib import Path

from ..usage import all_processes, family

# What every contender serves. Some end visitors' TLS besides: "files_tls" among their doors.
SERVICES = ("files", "sink", "websocket", "tcp")
HTTP_SERVICES = SERVICES[:-1]


@dataclass(frozen=True)
class Door:
    """Where visitors of one service connect, and the Host that they name."""
    address: str
    host: str = "localhost"
    # Who signed the certificate that its visitors see; None: no TLS.
    ca: Path | None = None

    @property
    def url(self):
        if self.ca is None:
            return f"http://{self.address}"
        return f"https://{self.host.partition(':')[0]}:{self.address.rpartition(':')[2]}"


def straight(address):
    """The link of a contender that has no relay on its way."""
    return address


class Contender:
    name = ""
    # How it is set up and why, a line each, for the table.
    settings = ()
    # Whether bytes between its two programs are encrypted.
    encrypted = True

    def __init__(self):
        self.doors = {}
        self.roles = {}

    def why_absent(self, world):
        """A reason, or None when it can be started."""
        return None

    def start(self, world, link=straight):
        """Sets doors and roles. `link(address)` is that address as the contender's other program
        reaches it: through a relay, or as it is."""
        raise NotImplementedError

    def pids(self):
        """Role to the processes of now: the one that was started and all that came from it."""
        processes = all_processes()
        found = {}
        for role, child in self.roles.items():
            for pid in family(child.pid, processes):
                kind = "database" if processes[pid].name.startswith("postgres") else role
                found.setdefault(kind, []).append(pid)
        return found
