"""The reference: nginx, TLS, nginx. What a careful person builds from good parts with both ends on
public addresses; a tunnel does the same work and dials out besides."""

from .. import nginx
from ..ports import free_port
from .contender import SERVICES, Contender, Door, straight


class NginxChain(Contender):
    name = "nginx, TLS, nginx"
    settings = (
        "1 worker each: as many as we have loops on two cores",
        f"keepalive {nginx.KEEPALIVE} on both hops: more than there are visitors, no handshake "
        "while measuring",
        "TLS 1.3 with AES-256-GCM, P-256 certificate, verified: as ours",
        "no access log, no temporary files, uploads unbuffered: memory only",
        "proxy buffers 8 x 64 KiB: fewer calls for bulk",
    )

    def start(self, world, link=straight):
        inner = {service: free_port() for service in SERVICES}
        outer = {service: free_port() for service in SERVICES}
        agent = self._start_agent(world, inner)
        edge = self._start_edge(world, outer, {service: link(f"127.0.0.1:{port}")
                                               for service, port in inner.items()})
        self.roles = {"edge": edge, "agent": agent}
        self.doors = {service: Door(f"127.0.0.1:{port}") for service, port in outer.items()}

    @staticmethod
    def _start_agent(world, ports):
        tls = (f"ssl_certificate {world.certificate.chain}; "
               f"ssl_certificate_key {world.certificate.key}; ssl_protocols TLSv1.3;")
        http = nginx.PROXY + tls + "".join(
            nginx.upstream(service, world.origin[service])
            + f"  server {{ listen 127.0.0.1:{ports[service]} ssl backlog=4096; "
              f"location / {{ proxy_pass http://{service}; }} }}\n"
            for service in ("files", "sink"))
        stream = (f"{tls} server {{ listen 127.0.0.1:{ports['tcp']} ssl; "
                  f"proxy_pass {world.origin['tcp']}; }}")
        return nginx.start(world, f"chain-agent-{ports['tcp']}", http, ports.values(), stream)

    @staticmethod
    def _start_edge(world, ports, agent):
        trust = nginx.TLS_CLIENT + f"proxy_ssl_trusted_certificate {world.certificate.ca};\n"
        http = nginx.PROXY + trust + "".join(
            nginx.upstream(service, agent[service])
            + f"  server {{ listen 127.0.0.1:{ports[service]} backlog=4096; "
              f"location / {{ proxy_pass https://{service}; }} }}\n"
            for service in ("files", "sink"))
        stream = (f"{trust} proxy_ssl on; server {{ listen 127.0.0.1:{ports['tcp']}; "
                  f"proxy_pass {agent['tcp']}; }}")
        return nginx.start(world, f"chain-edge-{ports['tcp']}", http, ports.values(), stream)
