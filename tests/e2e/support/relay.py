"""A TCP relay between two programs that can do what bad networks do."""

import socket
import threading

from .listening import Listening


class Relay(Listening):
    """Forwards to `target`. blackhole(): nothing passes, nothing is closed. cut(): all closed."""

    def __init__(self, target, **keywords):
        self.target = target
        self.gate = self._open_gate()
        self.refusing = False
        super().__init__(**keywords)

    @staticmethod
    def _open_gate():
        gate = threading.Event()
        gate.set()
        return gate

    def serve(self, connection):
        if self.refusing:
            return
        gate = self.gate
        far = socket.create_connection(self.target)
        with self.lock:
            self.open.add(far)
        back = threading.Thread(target=self._pump, args=(far, connection, gate), daemon=True)
        back.start()
        try:
            self._pump(connection, far, gate)
            back.join()
        finally:
            far.close()
            with self.lock:
                self.open.discard(far)

    @staticmethod
    def _pump(source, sink, gate):
        try:
            while data := source.recv(64 * 1024):
                # A blackhole keeps what came and acknowledges it, as a dead router's peers see it.
                gate.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def blackhole(self):
        """For the connections of now; see restore_for_new_connections()."""
        self.gate.clear()

    def restore_for_new_connections(self):
        """Old connections stay dead; new ones pass."""
        self.gate = self._open_gate()

    def cut(self):
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
