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
        files, files_tls = self._start_origin()
        self.origin["files"] = f"127.0.0.1:{files}"
        self.origin["files_tls"] = f"127.0.0.1:{files_tls}"
        _, services = self.children.start_talking("services", [self.load, "services"])
        for name, port in services.items():
            self.origin[name] = f"127.0.0.1:{port}"

    def _start_origin(self):
        site = self.directory / "site"
        site.mkdir()
        (site / "small").write_bytes(b"s" * 1024)
        with open(site / "large", "wb") as large:
            large.truncate(LARGE_BYTES)
        ports = free_port(), free_port()
        nginx.start(self, "origin", f"""
  open_file_cache max=16 inactive=1h;
  tcp_nopush off;
  {nginx.tls_server(self.certificate)}
  server {{ listen 127.0.0.1:{ports[0]} backlog=4096; listen 127.0.0.1:{ports[1]} ssl backlog=4096;
            root {site}; default_type text/plain; }}""", ports)
        return ports

    def relay(self, address):
        return Relay(self.children, self.load, address)

    def close(self):
        self.children.stop_all()
        shutil.rmtree(self.directory, ignore_errors=True)
