"""The reference: nginx, TLS, nginx. What a careful person builds from good parts with both ends on
public addresses; a tunnel does the same work and dials out besides."""

from .. import nginx
from ..ports import free_port
from .contender import HTTP_SERVICES, SERVICES, Contender, Door, straight


class NginxChain(Contender):
    name = "nginx, TLS, nginx"
    settings = (
        "1 worker each: as many as we have loops on two cores",
        f"keepalive {nginx.KEEPALIVE} on both hops: more than there are visitors, no handshake "
        "while measuring",
        "TLS 1.3 with AES-256-GCM, P-256 certificate, verified: as ours; for visitors of HTTPS too",
        "no access log, no temporary files, uploads unbuffered: memory only",
        "proxy buffers 8 x 64 KiB: fewer calls for bulk",
    )

    def start(self, world, link=straight):
        inner = {service: free_port() for service in SERVICES}
        outer = {service: free_port() for service in (*SERVICES, "files_tls")}
        agent = self._start_agent(world, inner)
        edge = self._start_edge(world, outer, {service: link(f"127.0.0.1:{port}")
                                               for service, port in inner.items()})
        self.roles = {"edge": edge, "agent": agent}
        self.doors = {service: Door(f"127.0.0.1:{outer[service]}") for service in SERVICES}
        self.doors["files_tls"] = Door(f"127.0.0.1:{outer['files_tls']}", ca=world.certificate.ca)

    @staticmethod
    def _start_agent(world, ports):
        tls = nginx.tls_server(world.certificate)
        http = nginx.PROXY + tls + "".join(
            nginx.upstream(service, world.origin[service])
            + nginx.server([f"{ports[service]} ssl"], service)
            for service in HTTP_SERVICES)
        stream = (f"{tls} server {{ listen 127.0.0.1:{ports['tcp']} ssl; "
                  f"proxy_pass {world.origin['tcp']}; }}")
        return nginx.start(world, f"chain-agent-{ports['tcp']}", http, ports.values(), stream)

    @staticmethod
    def _start_edge(world, ports, agent):
        trust = nginx.TLS_CLIENT + f"proxy_ssl_trusted_certificate {world.certificate.ca};\n"
        listen = {service: [f"{ports[service]}"] for service in HTTP_SERVICES}
        listen["files"].append(f"{ports['files_tls']} ssl")
        http = nginx.PROXY + nginx.tls_server(world.certificate) + trust + "".join(
            nginx.upstream(service, agent[service])
            + nginx.server(listen[service], service, "https")
            for service in HTTP_SERVICES)
        stream = (f"{trust} proxy_ssl on; server {{ listen 127.0.0.1:{ports['tcp']}; "
                  f"proxy_pass {agent['tcp']}; }}")
        return nginx.start(world, f"chain-edge-{ports['tcp']}", http, ports.values(), stream)
