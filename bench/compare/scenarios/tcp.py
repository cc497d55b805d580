"""A TCP tunnel as somebody feels it who types: one byte there and back."""

from ..children import run_json
from .scenario import P50, P99, Figure, Scenario


class PingPong(Scenario):
    key = "tcp_ping_pong"
    title = "TCP tunnel: one byte there and back"
    figures = (P50, P99, Figure("cpu_us_per_request", "CPU us/trip", digits=1))

    def run(self, world, contender, mode):
        said = run_json([world.load, "ping-pong", "--target", contender.doors["tcp"].address,
                         "--seconds", mode.seconds / 2], mode.seconds + 30)
        return {**said, "requests": said["count"], "errors": 0}
