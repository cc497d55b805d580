"""One plain reverse proxy: the least that any tunnel does, once and without encryption."""

from .. import nginx
from ..ports import free_port
from .contender import HTTP_SERVICES, SERVICES, Contender, Door, straight


class NginxHop(Contender):
    name = "nginx, one hop"
    settings = (
        "1 worker: as many as we have loops on two cores",
        f"keepalive {nginx.KEEPALIVE} to the origin: more than there are visitors",
        "no access log, no temporary files, uploads unbuffered: memory only",
    )
    encrypted = False

    def start(self, world, link=straight):
        ports = {service: free_port() for service in (*SERVICES, "files_tls")}
        origin = {service: link(address) for service, address in world.origin.items()}
        listen = {service: [f"{ports[service]}"] for service in HTTP_SERVICES}
        listen["files"].append(f"{ports['files_tls']} ssl")
        http = nginx.PROXY + nginx.tls_server(world.certificate) + "".join(
            nginx.upstream(service, origin[service]) + nginx.server(listen[service], service)
            for service in HTTP_SERVICES)
        stream = f"server {{ listen 127.0.0.1:{ports['tcp']}; proxy_pass {origin['tcp']}; }}"
        self.roles = {"edge": nginx.start(world, f"hop-{ports['tcp']}", http, ports.values(), stream)}
        self.doors = {service: Door(f"127.0.0.1:{ports[service]}") for service in SERVICES}
        self.doors["files_tls"] = Door(f"127.0.0.1:{ports['files_tls']}", ca=world.certificate.ca)
