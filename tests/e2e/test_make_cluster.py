"""`make cluster` as somebody types it: seven nodes, two tunnels that answer, one node killed, Ctrl+C."""

import os
import random
import re
import signal
import subprocess

import pytest

from support.figures import record
from support.process import clean_environment, processes_mentioning
from support.programs import Workplace
from support.settings import BIN, PATIENCE, SHORT, SOURCE
from support.waiting import Stopwatch, await_condition
from support.wire import fetch


@pytest.fixture
def data():
    place = Workplace()
    yield place.path / "cluster"
    place.remove()


class MakeCluster:
    """On loopback addresses that nobody else is likely to use."""

    def __init__(self, data):
        self.data = data
        self.net = f"127.{random.randrange(20, 250)}.{random.randrange(1, 250)}"
        self.log = data.parent / "make-cluster.log"
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                [SOURCE / "scripts" / "cluster.sh"], cwd=SOURCE, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env=clean_environment(data.parent, SERVERME_CLUSTER_DIR=str(data),
                                      SERVERME_CLUSTER_NET=self.net, SERVERME_SKIP_BUILD="1"))

    def text(self):
        return self.log.read_text()

    def await_text(self, pattern, timeout=90):
        def search():
            found = re.search(pattern, self.text())
            assert found or self.process.poll() is None, self.text()
            return found
        return await_condition(search, timeout, pattern)

    def interrupt(self):
        """As a terminal does: the whole foreground group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60 * PATIENCE)


@pytest.mark.skipif(SHORT or BIN != SOURCE / "build" / "bin", reason="it runs what is in build/bin")
def test_make_cluster_until_interrupted(data):
    watch = Stopwatch()
    started = MakeCluster(data)
    try:
        started.await_text(r"Ctrl\+C stops everything")
        record("make_cluster.ready", round(watch.seconds, 1), "s, without the build")
        text = started.text()
        nodes = dict(re.findall(r"^  ((?:control|edge|worker)-\d) +\S+ +(\d+) ", text, re.M))
        assert len(nodes) == 7
        for name, host in (("demo", "edge-1"), ("shop", "edge-2")):
            address = re.search(rf"^  {host} +(\S+) ", text, re.M).group(1)
            assert f"--resolve {name}.localhost:8080:{address}" in text
            answer = fetch((address, 8080), "/", f"{name}.localhost:8080")
            assert answer.status == 200 and b"ServerMe" in answer.body
        # One that is killed is told of, and takes nothing along.
        os.kill(int(nodes["worker-1"]), signal.SIGKILL)
        started.await_text(r"worker-1 has ended")
        assert started.process.poll() is None
        assert fetch((f"{started.net}.11", 8080), "/", "demo.localhost:8080").status == 200
    finally:
        started.interrupt()
    assert started.process.returncode == 0, started.text()
    await_condition(lambda: not processes_mentioning(data), 10, "everything stopped")
