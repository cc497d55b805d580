"""`make run` as a newcomer types it: a URL that answers, Ctrl+C, and again (the issue's figure 1)."""

import os
import re
import signal
import socket
import subprocess

import pytest

from support.figures import record
from support.process import clean_environment, processes_mentioning, run
from support.programs import Workplace
from support.settings import BIN, PATIENCE, SHORT, SOURCE
from support.waiting import Stopwatch, await_condition


@pytest.fixture
def data():
    place = Workplace()
    yield place.path / "dev-data"
    place.remove()


class MakeRun:
    def __init__(self, data):
        self.data = data
        self.log = data.parent / "make-run.log"
        with open(self.log, "ab") as out:
            self.begin = out.tell()
            self.process = subprocess.Popen(
                [SOURCE / "scripts" / "run.sh"], cwd=SOURCE, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env=clean_environment(data.parent, SERVERME_DATA_DIR=str(data), SERVERME_SKIP_BUILD="1"))

    def text(self):
        return self.log.read_bytes()[self.begin:].decode()

    def await_text(self, pattern):
        def search():
            found = re.search(pattern, self.text())
            assert found or self.process.poll() is None, self.text()
            return found
        return await_condition(search, 90, pattern)

    def interrupt(self):
        """As a terminal does: the whole foreground group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(40 * PATIENCE)


@pytest.mark.skipif(SHORT or BIN != SOURCE / "build" / "bin", reason="it runs what is in build/bin")
def test_make_run_and_again(data):
    for turn in ("first", "second"):
        watch = Stopwatch()
        started = MakeRun(data)
        try:
            url = started.await_text(r"Public URL +(http://\S+)").group(1)
            record(f"make_run.{turn}", round(watch.seconds, 1), "s until the URL, without the build")
            started.await_text(r"serverme --config \S+ http 3000")
            started.await_text(r"API +http://\S+")
            started.await_text(r"Ctrl\+C")
            page = run(["curl", "-sS", "--fail", "-L", url]).stdout
            assert "ServerMe" in page
        finally:
            started.interrupt()
        assert started.process.returncode == 0, started.text()
        await_condition(lambda: not processes_mentioning(data), 10, "everything stopped")


@pytest.mark.skipif(SHORT or BIN != SOURCE / "build" / "bin", reason="it runs what is in build/bin")
def test_make_run_says_when_a_port_is_taken(data):
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            busy.bind(("127.0.0.1", 8080))
            busy.listen()
        except OSError:
            pass  # somebody else has it: as good
        started = MakeRun(data)
        try:
            url = started.await_text(r"Public URL +(http://\S+)").group(1)
            assert "Port 8080 is taken" in started.text() and ":8080" not in url
            assert run(["curl", "-sS", "--fail", url]).returncode == 0
        finally:
            started.interrupt()
