"""rathole: Rust, a connection of its own for each visitor, from a pool."""

from .contender import SERVICES
from .peer import Peer, find_program


class Rathole(Peer):
    name = "rathole"
    programs = ("rathole",)
    how_to_get = "cargo install rathole"
    settings = ("TLS transport with the same certificate, nodelay; HTTP passes as bytes",)

    def server(self, world, place, port, ports):
        services = "".join(f'[server.services.{name}]\nbind_addr = "127.0.0.1:{ports[name]}"\n'
                           for name in SERVICES)
        (place / "server.toml").write_text(f"""
[server]
bind_addr = "127.0.0.1:{port}"
default_token = "bench"
[server.transport]
type = "tls"
[server.transport.tls]
pkcs12 = "{world.certificate.pkcs12}"
pkcs12_password = "bench"
{services}""")
        return [find_program("rathole"), "--server", place / "server.toml"]

    def client(self, world, place, port, ports):
        services = "".join(f'[client.services.{name}]\nlocal_addr = "{world.origin[name]}"\n'
                           for name in SERVICES)
        (place / "client.toml").write_text(f"""
[client]
remote_addr = "127.0.0.1:{port}"
default_token = "bench"
[client.transport]
type = "tls"
[client.transport.tls]
trusted_root = "{world.certificate.ca}"
hostname = "localhost"
{services}""")
        return [find_program("rathole"), "--client", place / "client.toml"]
