"""WebSocket messages: connections that stay, and each message comes back."""

from ..children import run_json
from .scenario import MEMORY, P50, P99, Figure, Scenario

VISITORS, BYTES = 32, 128
CPU_PER_MESSAGE = Figure("cpu_us_per_request", "CPU us/message", digits=1)
RATE = Figure("requests_per_second", "messages/s", more_is_better=True)


class WebSocket(Scenario):
    key = f"websocket_{VISITORS}"
    title = f"WebSocket: {VISITORS} visitors, each a message of {BYTES} bytes and its echo"
    figures = (RATE, P50, P99, CPU_PER_MESSAGE, MEMORY)
    rate = 0

    def run(self, world, contender, mode):
        door = contender.doors["websocket"]
        said = run_json([world.load, "websocket", "--target", door.address, "--host", door.host,
                         "--connections", VISITORS, "--bytes", BYTES, "--rate", self.rate,
                         "--seconds", mode.seconds], mode.seconds + 60)
        return {**said, "requests": said["count"], "requests_per_second": said["per_second"]}


class WebSocketRate(WebSocket):
    figures = (P50, P99, Figure("p999_us", "p99.9 us"), CPU_PER_MESSAGE, RATE)

    def __init__(self, rate):
        self.rate = rate
        self.key = f"websocket_rate_{rate}"
        self.title = (f"WebSocket latency at {rate:,} messages/s on {VISITORS} connections (open loop: "
                      "counted from when each was due)")
