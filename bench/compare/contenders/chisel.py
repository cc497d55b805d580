"""chisel: Go, channels of an SSH connection in a WebSocket."""

from .contender import SERVICES
from .peer import Peer, find_program


class Chisel(Peer):
    name = "chisel"
    programs = ("chisel",)
    how_to_get = "go install github.com/jpillora/chisel@latest"
    settings = (
        "plain WebSocket outside, its own SSH encryption inside: TLS besides would encrypt twice",
        "HTTP passes as bytes",
    )

    def server(self, world, place, port, ports):
        return [find_program("chisel"), "server", "--host", "127.0.0.1", "--port", port, "--reverse"]

    def client(self, world, place, port, ports):
        remotes = [f"R:127.0.0.1:{ports[name]}:{world.origin[name]}" for name in SERVICES]
        return [find_program("chisel"), "client", f"http://127.0.0.1:{port}", *remotes]
