"""Child processes: started with a clean environment, logged, ended with the test that started them."""

import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path

from .settings import PATIENCE
from .waiting import await_condition

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1

# Every program of this run, for the logs that a failing test shows.
programs = []


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def clean_environment(home, **extra):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVERME_")}
    return {**kept, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8", **extra}


class Program:
    """One child. Its output goes to a file; `lines` follows its standard output."""

    def __init__(self, name, command, directory, **extra_environment):
        self.name = name
        self.command = [str(part) for part in command]
        self.directory = Path(directory)
        self.log = self.directory / f"{name}.{len(programs)}.log"
        self.lines = []
        self._arrived = threading.Condition()
        with open(self.log, "wb") as errors:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.directory,
                env=clean_environment(self.directory, **extra_environment),
                preexec_fn=_die_with_parent,
            )
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()
        programs.append(self)

    def _follow(self):
        for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self._arrived:
                self.lines.append(line)
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def await_line(self, accept, timeout=15.0, what="a line", start=0):
        """The first line from `start` on for which `accept` gives something true: that something."""

        def search():
            for line in self.lines[start:]:
                found = accept(line)
                if found:
                    return found
            if not self.is_running and not self._reader.is_alive():
                raise AssertionError(
                    f"{self.name} ended with {self.process.returncode} before {what}\n{self.tail()}")
            return None

        return await_condition(search, timeout, f"{what} of {self.name}")

    def wait(self, timeout=20.0):
        try:
            self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout * PATIENCE:g} s") from None
        self._reader.join(5)
        return self.process.returncode

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=20.0):
        if self.is_running:
            self.send_signal(number)
        return self.wait(timeout)

    def kill(self):
        if self.is_running:
            self.process.kill()
        self.process.wait()

    def output(self):
        return "\n".join(self.lines)

    def errors(self):
        try:
            return self.log.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""  # of an earlier file of tests, gone with its directory

    def tail(self, count=60):
        text = self.errors().splitlines()[-count:]
        return "\n".join(["-- stdout"] + self.lines[-count:] + ["-- stderr"] + text)


def run(command, timeout=30.0, check=True, **keywords):
    """A command that ends by itself; returns what subprocess.run returns, as text."""
    done = subprocess.run([str(part) for part in command], timeout=timeout * PATIENCE,
                          capture_output=True, text=True, errors="replace",
                          stdin=keywords.pop("stdin", subprocess.DEVNULL), check=False, **keywords)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n"
                             f"{done.stdout}\n{done.stderr}")
    return done


def resident_bytes(pid):
    """RSS of one process; servermed's PostgreSQL is not part of it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def processes_mentioning(text):
    """Pids whose command line has `text`: to find what a program left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(text).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found
