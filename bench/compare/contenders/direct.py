"""No tunnel at all: what the origin and the load can do."""

from .contender import SERVICES, Contender, Door, straight


class Direct(Contender):
    name = "direct"
    settings = ("visitors connect to the origin itself; no CPU of its own",)
    encrypted = False

    def start(self, world, link=straight):
        self.doors = {service: Door(link(world.origin[service])) for service in SERVICES}
        self.doors["files_tls"] = Door(world.origin["files_tls"], ca=world.certificate.ca)
