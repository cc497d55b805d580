"""A wide-area link in front of an address; see bench/load/relay.cpp."""

from .children import hear


class Relay:
    def __init__(self, children, load, target):
        self._child, ready = children.start_talking("relay", [load, "relay", "--target", target])
        self.port = ready["port"]
        self.address = f"127.0.0.1:{self.port}"

    def set(self, delay_ms, megabytes_per_second, stall_megabytes):
        """Each direction; 0 megabytes per second is no bound. Each connection stands still for 100 ms
        after every `stall_megabytes`, unless it is 0."""
        line = f"{delay_ms} {megabytes_per_second} {stall_megabytes}\n"
        self._child.stdin.write(line.encode())
        self._child.stdin.flush()
        hear(self._child)
