"""One plain reverse proxy: the least that any tunnel does, once and without encryption."""

from .. import nginx
from ..ports import free_port
from .contender import SERVICES, Contender, Door, straight


class NginxHop(Contender):
    name = "nginx, one hop"
    settings = (
        "1 worker: as many as we have loops on two cores",
        f"keepalive {nginx.KEEPALIVE} to the origin: more than there are visitors",
        "no access log, no temporary files, uploads unbuffered: memory only",
    )
    encrypted = False

    def start(self, world, link=straight):
        ports = {service: free_port() for service in SERVICES}
        origin = {service: link(address) for service, address in world.origin.items()}
        http = nginx.PROXY + "".join(
            nginx.upstream(service, origin[service])
            + f"  server {{ listen 127.0.0.1:{ports[service]} backlog=4096; "
              f"location / {{ proxy_pass http://{service}; }} }}\n"
            for service in ("files", "sink"))
        stream = f"server {{ listen 127.0.0.1:{ports['tcp']}; proxy_pass {origin['tcp']}; }}"
        self.roles = {"edge": nginx.start(world, f"hop-{ports['tcp']}", http, ports.values(), stream)}
        self.doors = {service: Door(f"127.0.0.1:{port}") for service, port in ports.items()}
