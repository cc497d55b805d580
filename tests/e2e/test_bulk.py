"""1 GiB each way: the same bytes, and memory that does not grow (the issue's figure 3)."""

import hashlib
import json
import threading

from support.figures import record
from support.origin import _block, pattern_digest
from support.process import resident_bytes
from support.settings import SHORT, sized
from support.waiting import Stopwatch
from support.wire import Wire, request

SIZE = sized(1 << 30, 1 << 26)
GROWTH_MAX = 50_000_000


class MemoryWatch:
    """The most memory that processes had between entering and leaving, beyond what they had before."""

    def __init__(self, **pids):
        self.pids = pids
        self.growth = {}

    def __enter__(self):
        self.before = {name: resident_bytes(pid) for name, pid in self.pids.items()}
        self.peak = dict(self.before)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)
        self.thread.start()
        return self

    def _sample(self):
        while not self.over.wait(0.05):
            for name, pid in self.pids.items():
                self.peak[name] = max(self.peak[name], resident_bytes(pid))

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.growth = {name: self.peak[name] - self.before[name] for name in self.pids}

    def check(self, what):
        for name, growth in self.growth.items():
            record(f"bulk.{what}.{name}.growth", round(growth / 1e6, 1), "MB")
            assert SHORT or growth < GROWTH_MAX, f"{name} grew by {growth} bytes"


def test_an_upload_of_1_gib(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host)  # what a first request allocates is not growth
    with MemoryWatch(servermed=edge.pid, serverme=agent.pid) as memory, Wire(edge.http, timeout=120) as visitor:
        watch = Stopwatch()
        visitor.send(request("PUT", "/upload", agent.host, [("Content-Length", str(SIZE))]))
        for _ in range(SIZE // len(_block)):
            visitor.send(_block)
        got = json.loads(visitor.read_answer("PUT").body)
        record("bulk.upload.rate", round(SIZE / watch.seconds / 1e6), "MB/s")
    assert (got["bytes"], got["sha256"]) == (SIZE, pattern_digest(SIZE))
    memory.check("upload")


def test_a_download_of_1_gib(edge, tunnel, origin):
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host)
    digest = hashlib.sha256()
    with MemoryWatch(servermed=edge.pid, serverme=agent.pid) as memory, Wire(edge.http, timeout=120) as visitor:
        watch = Stopwatch()
        visitor.send(request("GET", f"/bytes/{SIZE}", agent.host))
        assert visitor.read_head().status == 200
        left = SIZE
        while left:
            piece = visitor.read_some()
            assert piece, f"{left} bytes short"
            digest.update(piece)
            left -= len(piece)
        record("bulk.download.rate", round(SIZE / watch.seconds / 1e6), "MB/s")
    assert digest.hexdigest() == pattern_digest(SIZE)
    memory.check("download")


def test_a_slow_reader_of_1_gib_costs_no_memory(edge, tunnel, origin):
    """He reads 8 MiB and then nothing: what is on the way must stay bounded."""
    agent = tunnel("http", str(origin.port))
    edge.fetch(agent.host)
    with MemoryWatch(servermed=edge.pid, serverme=agent.pid) as memory, \
            Wire(edge.http, receive_buffer=65536) as visitor:
        visitor.send(request("GET", f"/bytes/{SIZE}", agent.host))
        visitor.read_head()
        visitor.read_exactly(8 << 20)
        for _ in range(20):
            assert edge.fetch(agent.host).status == 200
    memory.check("stalled")
