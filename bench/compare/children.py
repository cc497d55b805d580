"""Processes of a run: started here, ended here by their own pid, whatever happens."""

import ctypes
import json
import os
import signal
import subprocess
import time

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class GaveUp(Exception):
    """A program did not start, or a load ended without a figure. The text says which and why."""


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Children:
    """Every process that was started and not ended yet."""

    def __init__(self, directory):
        self.directory = directory
        self._running = []
        self._count = 0

    def start(self, name, argv, stdin=subprocess.DEVNULL, stdout=None, cwd=None):
        """A session of its own: Ctrl+C reaches us alone, and we end it in order."""
        self._count += 1
        log_path = self.directory / f"{self._count:02}-{name}.log"
        with open(log_path, "wb") as log:
            child = subprocess.Popen([str(word) for word in argv], stdin=stdin,
                                     stdout=log if stdout is None else stdout, stderr=log,
                                     cwd=cwd or self.directory, start_new_session=True,
                                     preexec_fn=_die_with_parent)
        child.name, child.log_path = name, log_path
        self._running.append(child)
        return child

    def start_talking(self, name, argv):
        """One that prints a JSON line when it is ready and ends with its standard input."""
        child = self.start(name, argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return child, hear(child)

    def stop(self, child):
        if child.stdin:
            child.stdin.close()
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child.stdout:
            child.stdout.close()
        if child in self._running:
            self._running.remove(child)

    def stop_all(self):
        """The last one first: agents before the servers they are connected to."""
        for child in reversed(list(self._running)):
            self.stop(child)


def hear(child):
    """The next line of a talking child, as JSON."""
    line = child.stdout.readline()
    if not line:
        raise GaveUp(f"{child.name} ended: {tail(child)}")
    return json.loads(line)


def tail(child, size=400):
    text = child.log_path.read_text("utf-8", "replace").strip()
    return text[-size:] or "it said nothing"


def run_json(argv, patience):
    """A load that prints one JSON object."""
    return json.loads(run_text(argv, patience))


def run_text(argv, patience):
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=patience, check=False, preexec_fn=_die_with_parent)
    except subprocess.TimeoutExpired:
        raise GaveUp(f"{os.path.basename(words[0])} still ran after {patience:g} s") from None
    if done.returncode != 0:
        raise GaveUp(f"{os.path.basename(words[0])}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def await_true(condition, patience, what, child=None):
    """Asks until it holds; a child that ended meanwhile is the reason why it never will."""
    deadline = time.monotonic() + patience
    while not condition():
        if child is not None and child.poll() is not None:
            raise GaveUp(f"{child.name} ended with {child.returncode}: {tail(child)}")
        if time.monotonic() > deadline:
            said = f": {tail(child)}" if child is not None else ""
            raise GaveUp(f"{what}: not within {patience:g} s{said}")
        time.sleep(0.05)
