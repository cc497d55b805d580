"""Free ports, for programs that cannot take port 0 and say which one they got."""

import random
import socket

# Below what the kernel gives to outgoing connections: those come and go by the thousand here.
_FIRST, _LAST = 11000, 32000
_given = set()


def free_port():
    for _ in range(1000):
        port = random.randrange(_FIRST, _LAST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise RuntimeError("no free port")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port):
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
