"""The PostgreSQL of a cluster, on a host of its own, where it can be stopped and cut off."""

import signal
import subprocess
from pathlib import Path

from support.process import Program
from support.waiting import await_condition


def _programs():
    """The newest PostgreSQL that Debian installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise AssertionError("PostgreSQL is not installed (package postgresql)")
    return found[-1].parent


class Database:
    def __init__(self, host, directory):
        self.host = host
        self.directory = directory / "database"
        self.program = None
        self.url = f"postgresql://postgres@{host.address}/postgres?connect_timeout=2"
        self._bin = _programs()
        self._make()
        self.start()

    # It refuses to run as root. The kernel forgets whom to die with when the user changes, so
    # setpriv sets it again.
    @staticmethod
    def _as_postgres(words):
        return ["setpriv", "--pdeathsig=KILL", "--reuid=postgres", "--regid=postgres",
                "--init-groups", "--", *map(str, words)]

    def _make(self):
        self.directory.mkdir()
        subprocess.run(["chown", "postgres:", str(self.directory)], check=True)
        subprocess.run(self._as_postgres([self._bin / "initdb", "-D", self.directory / "cluster", "-A",
                                          "trust", "-E", "UTF8", "--no-locale", "--no-sync"]),
                       check=True, capture_output=True, cwd=self.directory)
        with open(self.directory / "cluster/pg_hba.conf", "a", encoding="ascii") as file:
            file.write("host all all 10.77.0.0/16 trust\n")

    def start(self):
        words = [self._bin / "postgres", "-D", self.directory / "cluster", "-c",
                 f"listen_addresses={self.host.address}", "-c", f"unix_socket_directories={self.directory}",
                 "-c", "fsync=off", "-c", "max_connections=100"]
        self.program = Program("postgres", self.host.command(self._as_postgres(words)), self.directory)
        await_condition(self.is_up, 30, "PostgreSQL is up")

    def is_up(self):
        if not self.program.is_running:
            raise AssertionError(f"PostgreSQL ended\n{self.program.tail()}")
        done = subprocess.run([self._bin / "pg_isready", "-q", "-h", self.host.address],
                              check=False, timeout=10)
        return done.returncode == 0

    def stop(self):
        """At once: open transactions are rolled back, clients lose their connections."""
        self.program.stop(signal.SIGINT, 30)

    def kill(self):
        """As a crash does: SIGQUIT ends all of it without a checkpoint."""
        self.program.stop(signal.SIGQUIT, 30)
