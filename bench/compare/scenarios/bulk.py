"""Large bodies: one down, one up, eight at once; over HTTP and over a TCP tunnel."""

from ..children import run_json
from .scenario import CPU_PER_GB, MEMORY, Figure, Scenario

SPEED = Figure("mb_per_second", "MB/s", more_is_better=True)
# A contender that is slow is stopped then, not waited for.
SECONDS_MAX = 2


class Bulk(Scenario):
    figures = (SPEED, CPU_PER_GB, MEMORY)

    def __init__(self, key, title, way, service, streams=1):
        self.key, self.title = key, title
        self.way, self.service, self.streams = way, service, streams

    def run(self, world, contender, mode):
        return move(world, contender.doors[self.service], self.way, SECONDS_MAX,
                    bytes_each=mode.bulk_bytes // self.streams, streams=self.streams)


def bulk_command(world, door, way, seconds, bytes_each=0, streams=1):
    """Without `bytes_each`: until the time is over."""
    return [world.load, "bulk", "--target", door.address, "--host", door.host, "--way", way,
            "--bytes", bytes_each, "--seconds", seconds, "--streams", streams]


def move(world, door, way, seconds, bytes_each=0, streams=1):
    said = run_json(bulk_command(world, door, way, seconds, bytes_each, streams), seconds + 60)
    return {**said, "mb_per_second": said["bytes"] / said["seconds"] / 1e6}


def all_bulks():
    return [
        Bulk("bulk_down", "Download, one stream", "get", "files"),
        Bulk("bulk_up", "Upload, one stream", "post", "sink"),
        Bulk("bulk_down_8", "Download, 8 streams at once", "get", "files", streams=8),
        Bulk("tcp_down", "TCP tunnel: download", "tcp-down", "tcp"),
        Bulk("tcp_up", "TCP tunnel: upload", "tcp-up", "tcp"),
    ]
