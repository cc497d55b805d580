"""Tunnels that others make: their programs are found on this machine, or named as missing."""

import os
import shutil
from pathlib import Path

from ..children import await_true
from ..ports import answers, free_port
from .contender import SERVICES, Contender, Door, straight


def find_program(name):
    """In a folder of $SERVERME_BENCH_PEERS (separated as in PATH), where `cargo install` and
    `go install` put it, or on the PATH."""
    folders = [*os.environ.get("SERVERME_BENCH_PEERS", "").split(os.pathsep),
               Path.home() / ".cargo/bin", Path.home() / "go/bin"]
    for folder in filter(None, folders):
        if (path := Path(folder) / name).exists():
            return path
    return shutil.which(name)


class Peer(Contender):
    """One that has a server program, a client program, and a public port for each service."""
    programs = ()
    how_to_get = ""

    def why_absent(self, world):
        missing = [name for name in self.programs if not find_program(name)]
        return f"{', '.join(missing)} not found ({self.how_to_get})" if missing else None

    def start(self, world, link=straight):
        port = free_port()
        place = world.directory / f"{self.programs[0]}-{port}"
        place.mkdir()
        ports = {service: free_port() for service in SERVICES}
        edge = world.children.start(f"{self.programs[0]}-server",
                                    self.server(world, place, port, ports))
        await_true(lambda: answers(port), 15, f"{self.name}, server", edge)
        inner = int(link(f"127.0.0.1:{port}").rpartition(":")[2])
        agent = world.children.start(f"{self.programs[-1]}-client",
                                     self.client(world, place, inner, ports))
        await_true(lambda: all(map(answers, ports.values())), 20, f"{self.name}, client", agent)
        self.roles = {"edge": edge, "agent": agent}
        self.doors = {service: Door(f"127.0.0.1:{port}") for service, port in ports.items()}

    def server(self, world, place, port, ports):
        """Its command line; writes its configuration into `place`."""
        raise NotImplementedError

    def client(self, world, place, port, ports):
        raise NotImplementedError
