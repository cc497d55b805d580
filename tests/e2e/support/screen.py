"""A program on a terminal of its own, of 100 columns and 30 rows."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios

from .process import clean_environment
from .settings import PATIENCE
from .waiting import await_condition


class OnTerminal:
    """What the program writes is in `seen`; what is typed comes from the terminal."""

    def __init__(self, command, directory, **environment):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.found = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            preexec_fn=self._own_terminal,
            env={**clean_environment(directory), "TERM": "xterm-256color", **environment})

    @staticmethod
    def _own_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _read(self):
        if select.select([self.master], [], [], 0.02)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                pass

    def shows(self, text):
        self._read()
        return text.encode() in self.seen

    def await_text(self, text, timeout=15.0):
        await_condition(lambda: self.shows(text), timeout, f"{text!r} on the terminal")

    def type(self, text):
        os.write(self.master, text.encode())

    def wait(self, timeout=15.0):
        """The exit code; its last words are read meanwhile."""
        await_condition(lambda: self._read() or self.process.poll() is not None, timeout, "its end")
        self._read()
        return self.process.returncode

    @property
    def is_as_found(self):
        """Echo and lines are what they were before the program."""
        return termios.tcgetattr(self.slave)[3] == self.found[3]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(5 * PATIENCE)
        os.close(self.master)
        os.close(self.slave)
