"""Small requests beside others: a download that takes all it can, visitors who stopped reading."""

import subprocess

from .. import wrk
from ..children import GaveUp, hear, tail
from .bulk import bulk_command
from .scenario import P50, P99, Figure, Scenario
from .small import fixed_rate

RATE = Figure("requests_per_second", "req/s", more_is_better=True)
BESIDE_RATE = 200


class BesideBulk(Scenario):
    key = "beside_bulk"
    title = f"{BESIDE_RATE} small requests/s beside one download"
    figures = (P50, P99, Figure("bulk_mb_per_second", "bulk MB/s", more_is_better=True))

    def run(self, world, contender, mode):
        return beside_bulk(world, contender.doors["files"], BESIDE_RATE, mode.seconds)


def beside_bulk(world, door, rate, seconds, settle=0.3):
    """Small requests while a download runs, which began `settle` seconds earlier."""
    command = bulk_command(world, door, "get", seconds + 2 * settle)
    bulk = world.children.start("bulk", command, stdout=subprocess.PIPE)
    try:
        try:
            bulk.wait(settle)
            raise GaveUp(f"the download ended at once: {tail(bulk)}")
        except subprocess.TimeoutExpired:
            pass  # as it should: it runs
        small = fixed_rate(world, door, rate, seconds, connections=16)
        moved = hear(bulk)
    finally:
        world.children.stop(bulk)
    return {**small, "errors": small["errors"] + moved["errors"],
            "bulk_mb_per_second": moved["bytes"] / moved["seconds"] / 1e6}


class BesideStalled(Scenario):
    key = "beside_stalled"
    title = "32 visitors beside 100 who asked for 1 GiB and stopped reading"
    figures = (RATE, P50, P99, Figure("memory_mib", "MiB", digits=1))

    def run(self, world, contender, mode):
        door = contender.doors["files"]
        stalled, _ = world.children.start_talking("stalled", [
            world.load, "stalled-readers", "--target", door.address, "--host", door.host,
            "--count", 100])
        try:
            return wrk.run(door, 32, mode.wrk_seconds)
        finally:
            world.children.stop(stalled)
