"""ServerMe, as somebody starts it who has read the README."""

import json
import subprocess

from ..children import await_true
from ..ports import free_port
from ..visit import status_of
from .contender import HTTP_SERVICES, Contender, Door, straight


class Ours(Contender):
    def __init__(self, inspect):
        super().__init__()
        self.inspect = inspect
        self.name = "serverme" if inspect else "serverme --no-inspect"
        self.settings = (
            "servermed dev, serverme start: everything at its default",
            "inspection on: every request is captured" if inspect else "inspection off",
            "its PostgreSQL is counted in CPU, as `database`; request lines go to /dev/null",
        )

    def why_absent(self, world):
        missing = [name for name in ("servermed", "serverme") if not (world.programs / name).exists()]
        return f"not built: {', '.join(missing)}" if missing else None

    def start(self, world, link=straight):
        port = free_port()
        place = world.directory / f"ours-{port}"
        place.mkdir()
        place.chmod(0o755)
        edge = world.children.start("servermed", [
            world.programs / "servermed", "dev", "--data-dir", place / "data",
            "--http", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--api", "127.0.0.1:0",
            "--tcp-ports", f"{port}-{port}"])
        await_true((place / "data" / "ready.json").exists, 60, "servermed", edge)
        ready = json.loads((place / "data" / "ready.json").read_text())
        tls = link(ready["tls"])
        agent = world.children.start("serverme", [
            world.programs / "serverme", "--config", self._configure(world, place, port),
            "--server", f"localhost:{tls.rpartition(':')[2]}", "start"], stdout=subprocess.DEVNULL)
        self.roles = {"edge": edge, "agent": agent}
        self.doors = {service: self._door(ready, "http", service) for service in HTTP_SERVICES}
        self.doors["files_tls"] = self._door(ready, "tls", "files", place / "data" / "ca.pem")
        self.doors["tcp"] = Door(f"127.0.0.1:{port}")
        await_true(lambda: status_of(self.doors["files"], "/small") == 200, 30, "the tunnel", agent)

    @staticmethod
    def _door(ready, listener, subdomain, ca=None):
        port = ready[listener].rpartition(":")[2]
        return Door(ready[listener], f"{subdomain}.{ready['domain']}:{port}", ca)

    def _configure(self, world, place, tcp_port):
        """cli.yml with the tunnels of a run."""
        inspect = "true" if self.inspect else "false"
        text = (place / "data" / "cli.yml").read_text() + "\ntunnels:\n"
        for name in HTTP_SERVICES:
            text += (f"  {name}:\n    type: http\n    local: {world.origin[name]}\n"
                     f"    subdomain: {name}\n    inspect: {inspect}\n")
        text += f"  tcp:\n    type: tcp\n    local: {world.origin['tcp']}\n    remote_port: {tcp_port}\n"
        path = place / "data" / "bench.yml"
        path.write_text(text)
        path.chmod(0o600)
        return path
