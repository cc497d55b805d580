"""bore: Rust, a connection of its own for each visitor, without encryption."""

from ..children import await_true
from ..ports import answers, free_port, is_free
from .contender import SERVICES, Contender, Door, straight
from .peer import find_program

# It has no option for another one.
CONTROL_PORT = 7835


class Bore(Contender):
    name = "bore"
    settings = ("no TLS: it has none", "one client for each service; HTTP passes as bytes")
    encrypted = False

    def why_absent(self, world):
        if not find_program("bore"):
            return "bore not found (cargo install bore-cli)"
        return None if is_free(CONTROL_PORT) else f"its port {CONTROL_PORT} is taken"

    def start(self, world, link=straight):
        ports = {service: free_port() for service in SERVICES}
        program = find_program("bore")
        edge = world.children.start("bore-server", [
            program, "server", "--bind-addr", "127.0.0.1",
            "--min-port", min(ports.values()), "--max-port", max(ports.values())])
        await_true(lambda: answers(CONTROL_PORT), 10, "bore server", edge)
        self.roles = {"edge": edge}
        for service, port in ports.items():
            self.roles[f"agent {service}"] = agent = world.children.start("bore-client", [
                program, "local", world.origin[service].rpartition(":")[2], "--to", "127.0.0.1",
                "--port", port])
            await_true(lambda port=port: answers(port), 15, "bore client", agent)
        self.doors = {service: Door(f"127.0.0.1:{port}") for service, port in ports.items()}
