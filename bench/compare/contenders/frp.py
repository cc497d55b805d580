"""frp: Go, streams of one yamux connection. Found by a path: SERVERME_BENCH_PEERS."""

from .contender import SERVICES
from .peer import Peer, find_program


class Frp(Peer):
    name = "frp"
    programs = ("frps", "frpc")
    how_to_get = "SERVERME_BENCH_PEERS=FOLDER with frps and frpc, 0.52 or newer"
    settings = ("transport.tls with the same certificate, tcpMux as it comes, no compression",)

    def server(self, world, place, port, ports):
        (place / "frps.toml").write_text(f"""
bindAddr = "127.0.0.1"
proxyBindAddr = "127.0.0.1"
bindPort = {port}
transport.tls.force = true
transport.tls.certFile = "{world.certificate.chain}"
transport.tls.keyFile = "{world.certificate.key}"
log.level = "error"
""")
        return [find_program("frps"), "-c", place / "frps.toml"]

    def client(self, world, place, port, ports):
        proxies = "".join(f"""
[[proxies]]
name = "{name}"
type = "tcp"
localIP = "127.0.0.1"
localPort = {world.origin[name].rpartition(':')[2]}
remotePort = {ports[name]}
""" for name in SERVICES)
        (place / "frpc.toml").write_text(f"""
serverAddr = "127.0.0.1"
serverPort = {port}
transport.tls.trustedCaFile = "{world.certificate.ca}"
transport.tls.serverName = "localhost"
log.level = "error"
{proxies}""")
        return [find_program("frpc"), "-c", place / "frpc.toml"]
