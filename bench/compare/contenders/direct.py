"""No tunnel at all: what the origin and the load can do."""

from .contender import Contender, Door, straight


class Direct(Contender):
    name = "direct"
    settings = ("visitors connect to the origin itself; no CPU of its own",)
    encrypted = False

    def start(self, world, link=straight):
        self.doors = {service: Door(link(address)) for service, address in world.origin.items()}
