"""A thread per connection behind a loopback port: what origins, echoes and relays are made of."""

import socket
import threading


class Listening:
    """Accepts on a free port and calls serve(connection) on a thread of its own."""

    def __init__(self, host="127.0.0.1", path=None, tls=None):
        self.tls = tls
        if path is None:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self.listener = socket.socket(family)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host, 0))
            self.host, self.port = self.listener.getsockname()[:2]
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.host, self.port = str(path), 0
        self.listener.listen(256)
        self.accepted = 0
        self.open = set()
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return (self.host, self.port)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.open.add(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        usable = connection
        try:
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                usable = self.tls.wrap_socket(connection, server_side=True)
            self.serve(usable)
        except OSError:
            pass  # visitors leave as they like
        finally:
            usable.close()
            connection.close()
            with self.lock:
                self.open.discard(connection)

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        try:  # wakes the thread in accept(), which close() alone does not
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Echo(Listening):
    """Sends back what comes, and ends when the visitor has ended."""

    def serve(self, connection):
        while data := connection.recv(64 * 1024):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)


class Banner(Listening):
    """A server that speaks first."""

    greeting = b"220 ready\r\n"

    def serve(self, connection):
        connection.sendall(self.greeting)
        while data := connection.recv(4096):
            connection.sendall(b"got " + data)


class CountAfterEnd(Listening):
    """Answers only when the visitor has sent everything: how many bytes, and which SHA-256."""

    def serve(self, connection):
        import hashlib
        digest, count = hashlib.sha256(), 0
        while data := connection.recv(256 * 1024):
            digest.update(data)
            count += len(data)
        connection.sendall(f"{count} {digest.hexdigest()}\n".encode())


class Recorder(Listening):
    """Keeps the bytes of each connection, and says nothing."""

    def __init__(self, **keywords):
        self.received = []
        super().__init__(**keywords)

    def serve(self, connection):
        kept = bytearray()
        self.received.append(kept)
        while data := connection.recv(64 * 1024):
            kept += data
