"""Small requests: 1 KB answers, visitors who stay, visitors who come anew, fixed rates."""

from .. import wrk
from ..children import run_json
from .scenario import CPU_PER_REQUEST, MEMORY, P50, P99, Figure, Scenario

RATE = Figure("requests_per_second", "req/s", more_is_better=True)


class KeepAlive(Scenario):
    service = "files"
    figures = (RATE, P50, P99, CPU_PER_REQUEST, MEMORY)

    def __init__(self, visitors):
        self.visitors = visitors
        self.key = f"small_{visitors}"
        self.title = f"Requests of 1 KB, {visitors} visitor{'s' if visitors > 1 else ''}, keep-alive"

    def run(self, world, contender, mode):
        return wrk.run(contender.doors[self.service], self.visitors, mode.wrk_seconds)


class Closing(Scenario):
    service = "files"
    key = "small_32_closing"
    title = "New connections: 32 visitors, each request of 1 KB on one of its own"
    figures = (RATE, P50, P99, CPU_PER_REQUEST)

    def run(self, world, contender, mode):
        door = contender.doors[self.service]
        tls = ["--tls", "yes", "--ca", door.ca] if door.ca else []
        said = run_json([world.load, "new-connections", "--target", door.address, "--host", door.host,
                         "--workers", 32, "--seconds", mode.seconds, *tls], mode.seconds + 30)
        return {**said, "requests": said["count"], "requests_per_second": said["per_second"]}


class FixedRate(Scenario):
    figures = (P50, P99, Figure("p999_us", "p99.9 us"), CPU_PER_REQUEST,
               Figure("requests_per_second", "reached/s", more_is_better=True))

    def __init__(self, rate):
        self.rate = rate
        self.key = f"rate_{rate}"
        self.title = f"Latency at {rate:,} requests/s (open loop: counted from when each was due)"

    def run(self, world, contender, mode):
        return fixed_rate(world, contender.doors["files"], self.rate, mode.seconds)


def fixed_rate(world, door, rate, seconds, connections=64):
    said = run_json([world.load, "fixed-rate", "--target", door.address, "--host", door.host,
                     "--rate", rate, "--seconds", seconds, "--connections", connections],
                    seconds * 10 + 60)
    return {**said, "requests": said["count"], "requests_per_second": said["per_second"]}
