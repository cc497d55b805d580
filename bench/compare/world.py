"""What all contenders of a run share: the origin behind the tunnels, a certificate, a directory."""

import shutil
import tempfile
from pathlib import Path

from . import nginx
from .certificate import Certificate
from .children import Children
from .ports import free_port
from .relay import Relay

LARGE_BYTES = 1 << 30


class World:
    def __init__(self, programs):
        """`programs`: the folder with servermed, serverme and serverme_load."""
        self.programs = programs
        self.load = programs / "serverme_load"
        # Others may enter: the PostgreSQL of servermed runs as a user of its own.
        self.directory = Path(tempfile.mkdtemp(prefix="serverme-bench-"))
        self.directory.chmod(0o755)
        self.children = Children(self.directory)
        self.origin = {}

    def open(self):
        self.certificate = Certificate(self.directory)
        self.origin["files"] = f"127.0.0.1:{self._start_origin()}"
        _, services = self.children.start_talking("services", [self.load, "services"])
        self.origin["sink"] = f"127.0.0.1:{services['sink']}"
        self.origin["tcp"] = f"127.0.0.1:{services['tcp']}"

    def _start_origin(self):
        site = self.directory / "site"
        site.mkdir()
        (site / "small").write_bytes(b"s" * 1024)
        with open(site / "large", "wb") as large:
            large.truncate(LARGE_BYTES)
        port = free_port()
        nginx.start(self, "origin", f"""
  open_file_cache max=16 inactive=1h;
  tcp_nopush off;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {site}; default_type text/plain; }}""", [port])
        return port

    def relay(self, address):
        return Relay(self.children, self.load, address)

    def close(self):
        self.children.stop_all()
        shutil.rmtree(self.directory, ignore_errors=True)
