"""HTTP/1.1 as bytes: what a careful client sees, nothing smoothed over."""

import socket
import ssl
import struct
from dataclasses import dataclass, field

from .settings import PATIENCE


@dataclass
class Answer:
    status: int
    reason: str
    version: str
    headers: list  # (name as sent, value), in order, repeats kept
    body: bytes = b""
    trailers: list = field(default_factory=list)
    interim: list = field(default_factory=list)  # (status, headers) of each 1xx
    framing: str = "none"  # none, length, chunked, close

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]


class ConnectionEnded(Exception):
    """The peer closed before the answer was whole; `partial` is what came."""

    def __init__(self, partial=b""):
        super().__init__(f"connection ended after {len(partial)} bytes: {partial[:200]!r}")
        self.partial = partial


def as_address(text):
    """"127.0.0.1:80" or "[::1]:80" as (host, port)."""
    if isinstance(text, tuple):
        return text
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Wire:
    """One connection, optionally with TLS."""

    def __init__(self, address, timeout=15.0, tls=None, server_name=None, receive_buffer=None):
        self.socket = self._connect(as_address(address), timeout * PATIENCE, receive_buffer)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        self.buffer = b""

    @staticmethod
    def _connect(address, timeout, receive_buffer):
        if receive_buffer is None:
            made = socket.create_connection(address, timeout)
        else:  # must be set before connecting: it is what the handshake offers
            made = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            made.settimeout(timeout)
            made.connect(address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def finish(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST, as a browser that was killed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _more(self):
        try:
            piece = self.socket.recv(256 * 1024)
        except (ConnectionResetError, ssl.SSLEOFError):
            piece = b""
        self.buffer += piece
        return bool(piece)

    def read_some(self):
        """What is there, at least one byte; b"" at the end."""
        if not self.buffer:
            self._more()
        data, self.buffer = self.buffer, b""
        return data

    def read_exactly(self, count):
        if count > 1 << 20:
            return self._read_large(count)
        while len(self.buffer) < count:
            if not self._more():
                raise ConnectionEnded(self.buffer)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _read_large(self, count):
        parts, have = [self.buffer[:count]], min(len(self.buffer), count)
        self.buffer = self.buffer[count:]
        while have < count:
            piece = self.socket.recv(min(256 * 1024, count - have))
            if not piece:
                raise ConnectionEnded(b"".join(parts))
            parts.append(piece)
            have += len(piece)
        return b"".join(parts)

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise ConnectionEnded(self.buffer)
        end = self.buffer.index(mark) + len(mark)
        data, self.buffer = self.buffer[:end], self.buffer[end:]
        return data

    def read_to_end(self):
        while self._more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self, timeout=5.0):
        """True when the peer closes within `timeout`; False when bytes or nothing come."""
        if self.buffer:
            return False
        self.socket.settimeout(timeout * PATIENCE)
        try:
            return not self._more()
        except TimeoutError:
            return False

    def read_head(self):
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        status, _, reason = rest.partition(" ")
        headers = []
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return Answer(int(status), reason, version, headers)

    def read_answer(self, method="GET"):
        interim = []
        answer = self.read_head()
        while 100 <= answer.status < 200 and answer.status != 101:
            interim.append((answer.status, answer.headers))
            answer = self.read_head()
        answer.interim = interim
        self._read_body(answer, method)
        return answer

    def _read_body(self, answer, method):
        if method == "HEAD" or answer.status in (101, 204, 304):
            return
        if "chunked" in (answer.get("Transfer-Encoding") or "").lower():
            answer.framing = "chunked"
            answer.body, answer.trailers = self._read_chunks()
        elif answer.get("Content-Length") is not None:
            answer.framing = "length"
            answer.body = self.read_exactly(int(answer.get("Content-Length")))
        else:
            answer.framing = "close"
            answer.body = self.read_to_end()

    def _read_chunks(self):
        parts = []
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            parts.append(self.read_exactly(size))
            if self.read_exactly(2) != b"\r\n":
                raise AssertionError("a chunk does not end with CR LF")
        trailers = []
        while True:
            line = self.read_until(b"\r\n")[:-2].decode("latin-1")
            if not line:
                return b"".join(parts), trailers
            name, _, value = line.partition(":")
            trailers.append((name, value.strip()))

    def ask(self, request, method=None):
        data = request if isinstance(request, bytes) else request.encode()
        self.send(data)
        return self.read_answer(method or data.split(b" ", 1)[0].decode())


def request(method, target, host, headers=(), body=b"", version="HTTP/1.1"):
    """A request as bytes; Content-Length is added for a body unless framing is among `headers`."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    names = {name.lower() for name, _ in headers}
    lines += [f"{name}: {value}" for name, value in headers]
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces, trailers=()):
    """Pieces as a chunked body."""
    out = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n"
    for name, value in trailers:
        out += f"{name}: {value}\r\n".encode("latin-1")
    return out + b"\r\n"


def fetch(address, target, host, method="GET", headers=(), body=b"", **keywords):
    """One request on a connection of its own."""
    with Wire(address, **keywords) as wire:
        return wire.ask(request(method, target, host, headers, body), method)
