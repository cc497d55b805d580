"""Over a link with a delay: one download, small requests, both together."""

from .. import wrk
from .beside import beside_bulk
from .bulk import SPEED, move
from .scenario import P50, P99, Figure, Scenario
from .small import RATE

# What a window needs to open, before anything is measured: round trips.
WARM_ROUND_TRIPS = 12


class WideArea(Scenario):
    def __init__(self, delay_ms, megabytes_per_second=0, stall_megabytes=0):
        self.link = (delay_ms, megabytes_per_second, stall_megabytes)
        self.suffix, self.where = f"{delay_ms}ms", f"{2 * delay_ms} ms round trip"
        if megabytes_per_second:
            self.suffix += f"_{megabytes_per_second}MB"
            self.where += f", {megabytes_per_second} MB/s"
        if stall_megabytes:
            self.suffix += "_stalls"
            self.where += f", each connection stalling for 100 ms every {stall_megabytes} MB"

    def seconds(self, mode):
        return mode.seconds + WARM_ROUND_TRIPS * 2 * self.link[0] / 1000


class WideBulk(WideArea):
    figures = (SPEED, Figure("cpu_s_per_gb", "CPU s/GB", digits=2))

    def __init__(self, *link):
        super().__init__(*link)
        self.key, self.title = f"wan_bulk_{self.suffix}", f"Download over {self.where}"

    def run(self, world, contender, mode):
        return move(world, contender.doors["files"], "get", self.seconds(mode))


class WideSmall(WideArea):
    figures = (RATE, P50, P99)

    def __init__(self, *link):
        super().__init__(*link)
        self.key = f"wan_small_{self.suffix}"
        self.title = f"Requests of 1 KB, 32 visitors, over {self.where}"

    def run(self, world, contender, mode):
        return wrk.run(contender.doors["files"], 32, max(mode.wrk_seconds, 2))


class WideBoth(WideArea):
    figures = (P50, P99, Figure("bulk_mb_per_second", "bulk MB/s", more_is_better=True))

    def __init__(self, *link):
        super().__init__(*link)
        self.key = f"wan_both_{self.suffix}"
        self.title = f"100 small requests/s beside one download over {self.where}"

    def run(self, world, contender, mode):
        settle = WARM_ROUND_TRIPS * 2 * self.link[0] / 1000
        return beside_bulk(world, contender.doors["files"], 100, mode.seconds, settle)


def all_wide():
    every = [WideBulk(delay) for delay in (10, 50, 100)]
    return every + [WideSmall(50), WideBoth(50), WideBulk(50, 50), WideBoth(50, 50),
                    WideBoth(50, 0, 5)]
