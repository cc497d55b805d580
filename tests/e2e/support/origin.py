"""A strict little HTTP/1.1 origin that answers in every shape there is.

It reads requests by the book and fails loudly on anything that is not, records what it was asked
byte by byte, and says when a visitor went away.
"""

import base64
import hashlib
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from .listening import Listening

CRLF = b"\r\n"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_block = bytes(range(256)) * 4096  # 1 MiB


def pattern_digest(count):
    """SHA-256 of /bytes/COUNT."""
    digest = hashlib.sha256()
    whole, rest = divmod(count, len(_block))
    for _ in range(whole):
        digest.update(_block)
    digest.update(_block[:rest])
    return digest.hexdigest()


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    head: bytes
    headers: list
    body_bytes: int = 0
    body_sha256: str = ""
    trailers: tuple = ()
    aborted: threading.Event = None

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Malformed(Exception):
    pass


class Exchange:
    """One request and the answer to it, on one connection."""

    def __init__(self, origin, connection, reader):
        self.origin, self.connection, self.reader = origin, connection, reader
        self.keep_alive = True
        self.seen = None

    def read_head(self):
        head = b""
        while not head.endswith(CRLF + CRLF):
            line = self.reader.readline(128 * 1024)
            if not line:
                if head:
                    raise Malformed("the head is cut short")
                return False
            if not line.endswith(CRLF):
                raise Malformed(f"line without CR LF: {line[:80]!r}")
            head += line
            if head == CRLF:
                raise Malformed("empty line before the request")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        if version != "HTTP/1.1":
            raise Malformed(version)
        headers = []
        for line in lines:
            name, separator, value = line.partition(":")
            if not separator or not TOKEN.fullmatch(name):
                raise Malformed(f"header line {line!r}")
            headers.append((name, value.strip()))
        self.seen = Seen(method, target, head, headers, aborted=threading.Event())
        self.origin.remember(self.seen)
        if len(self.seen.all("Host")) != 1:
            raise Malformed("not exactly one Host")
        return True

    def body(self):
        """Yields the request's body; afterwards seen.trailers is set."""
        coding = self.seen.get("Transfer-Encoding")
        length = self.seen.get("Content-Length")
        if coding and length:
            raise Malformed("two lengths")
        if (self.seen.get("Expect") or "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if coding:
            if coding.lower() != "chunked":
                raise Malformed(coding)
            yield from self._chunks()
        elif length:
            yield from self._exactly(int(length))

    def _exactly(self, count):
        while count:
            piece = self.reader.read1(min(count, 256 * 1024))
            if not piece:
                raise Malformed("the body is cut short")
            count -= len(piece)
            yield piece

    def _chunks(self):
        while True:
            line = self.reader.readline(4096)
            size = int(line.split(b";")[0].strip(), 16)
            if size == 0:
                break
            yield from self._exactly(size)
            if self.reader.read(2) != CRLF:
                raise Malformed("a chunk does not end with CR LF")
        trailers = []
        while (line := self.reader.readline(16 * 1024)) not in (CRLF, b""):
            name, _, value = line.decode("latin-1").partition(":")
            trailers.append((name, value.strip()))
        self.seen.trailers = tuple(trailers)

    def drain(self):
        """The whole body: counted and hashed, kept when it is small."""
        digest, kept = hashlib.sha256(), bytearray()
        for piece in self.body():
            self.seen.body_bytes += len(piece)
            digest.update(piece)
            if self.seen.body_bytes <= 1 << 20:
                kept += piece
        self.seen.body_sha256 = digest.hexdigest()
        return bytes(kept)

    def head(self, status, headers=()):
        lines = [f"HTTP/1.1 {status}"] + [f"{name}: {value}" for name, value in headers]
        self.connection.sendall("\r\n".join(lines).encode("latin-1") + CRLF + CRLF)

    def answer(self, status, body=b"", headers=(), kind="text/plain"):
        data = body if isinstance(body, bytes) else body.encode()
        out = [("Content-Type", kind), ("Content-Length", len(data)), *headers]
        lines = [f"HTTP/1.1 {status}"] + [f"{name}: {value}" for name, value in out]
        if self.seen.method == "HEAD":
            data = b""
        self.connection.sendall("\r\n".join(lines).encode("latin-1") + CRLF + CRLF + data)

    def chunk(self, data):
        self.connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def last_chunk(self, trailers=()):
        out = b"0\r\n"
        for name, value in trailers:
            out += f"{name}: {value}\r\n".encode()
        self.connection.sendall(out + CRLF)

    def wait_for_abort(self, timeout=120):
        """Until the other side closes: that is what some tests are about."""
        self.connection.settimeout(timeout)
        try:
            gone = self.reader.read1(1) == b""
        except TimeoutError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self.seen.aborted.set()
        self.keep_alive = False


class Origin(Listening):
    """`seen` is every request so far, oldest first; `malformed` what broke the rules."""

    def __init__(self, **keywords):
        self.seen = []
        self.malformed = []
        super().__init__(**keywords)

    def remember(self, seen):
        self.seen.append(seen)

    def last(self, target):
        """The newest request for a path."""
        for seen in reversed(self.seen):
            if urlsplit(seen.target).path == target:
                return seen
        return None

    def serve(self, connection):
        reader = connection.makefile("rb", buffering=256 * 1024)
        try:
            while True:
                exchange = Exchange(self, connection, reader)
                if not exchange.read_head():
                    return
                self.dispatch(exchange)
                if not exchange.keep_alive or exchange.seen.get("Connection") == "close":
                    return
        except (Malformed, ValueError) as why:
            self.malformed.append(str(why))
            connection.sendall(b"HTTP/1.1 400 Malformed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def dispatch(self, x):
        parts = urlsplit(x.seen.target)
        first, _, rest = parts.path.lstrip("/").partition("/")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        route = getattr(self, "route_" + first.replace("-", "_"), None)
        if route is None:
            x.drain()
            x.answer("404 Not Found", f"no route {parts.path}\n")
            return
        route(x, rest, query)

    # Bodies

    def route_(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "hello from the origin\n")

    def route_echo(self, x, rest, query):
        body = x.drain()
        x.answer("200 OK", body, [("X-Method", x.seen.method)], x.seen.get("Content-Type", "text/plain"))

    def route_headers(self, x, rest, query):
        x.drain()
        x.answer("200 OK", x.seen.head)

    def route_upload(self, x, rest, query):
        x.drain()
        x.answer("200 OK", json.dumps({"bytes": x.seen.body_bytes, "sha256": x.seen.body_sha256,
                                       "trailers": x.seen.trailers}), kind="application/json")

    def route_bytes(self, x, rest, query):
        x.drain()
        count = int(rest)
        x.head("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", count)])
        while count and x.seen.method != "HEAD":
            piece = _block[:count] if count < len(_block) else _block
            try:
                x.connection.sendall(piece)
            except OSError:
                x.seen.aborted.set()
                raise
            count -= len(piece)

    def route_chunked(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")])
        if x.seen.method == "HEAD":
            return
        for number in range(int(query.get("count", "5"))):
            x.chunk(f"piece {number}\n".encode())
        x.last_chunk()

    def route_chunk_extension(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Transfer-Encoding", "chunked")])
        x.connection.sendall(b"5;name=value;quoted=\"a;b\"\r\nhello\r\n0;last\r\n\r\n")

    def route_trailers(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Transfer-Encoding", "chunked"), ("Trailer", "X-Checksum, X-Second")])
        x.chunk(b"body with trailers")
        x.last_chunk([("X-Checksum", "abc123"), ("X-Second", "two")])

    def route_until_close(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
        x.connection.sendall(b"until the end" * 1000)
        x.keep_alive = False

    def route_http10(self, x, rest, query):
        x.drain()
        x.connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but fine")
        x.keep_alive = False

    def route_range(self, x, rest, query):
        x.drain()
        whole = _block[:1000]
        wanted = x.seen.get("Range")
        if not wanted:
            x.answer("200 OK", whole, [("Accept-Ranges", "bytes"), ("ETag", '"r1"')])
            return
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        if int(start) >= len(whole):
            x.answer("416 Range Not Satisfiable", b"", [("Content-Range", "bytes */1000")])
            return
        stop = min(int(end or 999), 999)
        x.answer("206 Partial Content", whole[int(start):stop + 1],
                 [("Content-Range", f"bytes {start}-{stop}/1000"), ("ETag", '"r1"')])

    # Heads

    def route_status(self, x, rest, query):
        x.drain()
        code = int(rest)
        if code in (204, 304):
            x.head(f"{code} Empty", [("ETag", '"v1"'), ("X-Kept", "yes")])
        else:
            x.answer(f"{code} Some Reason, With: Odd Signs", f"status {code}\n")

    def route_304_with_length(self, x, rest, query):
        x.drain()
        x.head("304 Not Modified", [("ETag", '"v1"'), ("Content-Length", 1234)])

    def route_early_hints(self, x, rest, query):
        x.drain()
        x.head("103 Early Hints", [("Link", "</style.css>; rel=preload")])
        x.head("103 Early Hints", [("Link", "</second.css>; rel=preload")])
        x.answer("200 OK", "after the hints\n")

    def route_processing(self, x, rest, query):
        x.drain()
        x.head("102 Processing")
        x.answer("200 OK", "processed\n")

    def route_cookies(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "", [("Set-Cookie", "a=1; Path=/"), ("X-Between", "y"),
                                ("Set-Cookie", "b=2; HttpOnly"), ("set-cookie", "c=3")])

    def route_odd_headers(self, x, rest, query):
        x.drain()
        x.head("200", [("X-Empty", ""), ("x-MiXeD-cAsE", "kept"), ("X-Latin", "caf\xe9"),
                       ("X-Long", "v" * 4000), ("X-Spaces", "a   b"), ("X-Comma", "1, 2,3"),
                       ("Content-Length", 2)])
        if x.seen.method != "HEAD":
            x.connection.sendall(b"ok")

    def route_many_headers(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "many\n", [(f"X-Number-{n}", n) for n in range(int(query.get("count", "60")))])

    def route_big_header(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "big\n", [("X-Big", "b" * int(rest))])

    def route_redirect(self, x, rest, query):
        x.drain()
        x.answer("302 Found", "", [("Location", f"http://127.0.0.1:{self.port}/elsewhere")])

    def route_gzip(self, x, rest, query):
        import gzip
        x.drain()
        x.answer("200 OK", gzip.compress(b"squeezed" * 100, mtime=0),
                 [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")])

    def route_hop_by_hop(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "hop\n", [("Connection", "keep-alive, X-Hop"), ("X-Hop", "private"),
                                     ("Keep-Alive", "timeout=5"), ("X-Stays", "yes")])

    def route_close(self, x, rest, query):
        x.drain()
        x.answer("200 OK", "then close\n", [("Connection", "close")])
        x.keep_alive = False

    def route_refuse_expect(self, x, rest, query):
        x.answer("417 Expectation Failed", "no\n", [("Connection", "close")])
        x.keep_alive = False

    # Time

    def route_drip(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Transfer-Encoding", "chunked")])
        for number in range(int(query.get("count", "5"))):
            time.sleep(float(query.get("gap", "0.1")))
            x.chunk(f"{number}\n".encode())
        x.last_chunk()

    def route_sse(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"),
                          ("Connection", "close")])
        x.keep_alive = False
        try:
            for number in range(int(query.get("count", "3"))):
                x.connection.sendall(f"id: {number}\ndata: event {number}\n\n".encode())
                time.sleep(float(query.get("gap", "0.1")))
        except OSError:
            x.seen.aborted.set()
            raise

    def route_silent(self, x, rest, query):
        x.drain()
        time.sleep(float(rest))
        x.answer("200 OK", "worth the wait\n")

    def route_slow_headers(self, x, rest, query):
        x.drain()
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Slow: yes\r\n\r\nslow":
            x.connection.sendall(bytes([byte]))
            time.sleep(0.005)

    def route_hang(self, x, rest, query):
        x.drain()
        x.wait_for_abort()

    def route_endless(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Type", "application/octet-stream"), ("Connection", "close")])
        x.keep_alive = False
        try:
            while True:
                x.connection.sendall(_block)
        except OSError:
            x.seen.aborted.set()
            raise

    # Failures

    def route_reset(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Length", 1000)])
        x.connection.sendall(b"half" * 50)
        x.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        x.connection.close()
        x.keep_alive = False

    def route_short(self, x, rest, query):
        x.drain()
        x.head("200 OK", [("Content-Length", 1000)])
        x.connection.sendall(b"half" * 50)
        x.keep_alive = False

    def route_garbage(self, x, rest, query):
        x.drain()
        x.connection.sendall(b"this is not HTTP at all\r\n\r\n")
        x.keep_alive = False

    def route_drop(self, x, rest, query):
        x.drain()
        x.keep_alive = False

    # Upgrades

    def route_ws(self, x, rest, query):
        key = x.seen.get("Sec-WebSocket-Key", "")
        accept = base64.b64encode(hashlib.sha1(
            (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        x.head("101 Switching Protocols", [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                                           ("Sec-WebSocket-Accept", accept)])
        x.keep_alive = False
        while True:
            first = x.reader.read(2)
            if len(first) < 2:
                return
            opcode, length = first[0] & 15, first[1] & 127
            if length == 126:
                length = struct.unpack(">H", x.reader.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", x.reader.read(8))[0]
            mask = x.reader.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(x.reader.read(length)))
            head = bytes([0x80 | (10 if opcode == 9 else opcode)])
            if len(data) < 126:
                head += bytes([len(data)])
            elif len(data) < 65536:
                head += b"\x7e" + struct.pack(">H", len(data))
            else:
                head += b"\x7f" + struct.pack(">Q", len(data))
            x.connection.sendall(head + data)
            if opcode == 8:
                return

    def route_upgrade(self, x, rest, query):
        """Another protocol than WebSocket: echoes bytes in upper case."""
        x.head("101 Switching Protocols", [("Upgrade", x.seen.get("Upgrade", "shout")),
                                           ("Connection", "Upgrade")])
        x.keep_alive = False
        while data := x.reader.read1(4096):
            x.connection.sendall(data.upper())
