"""A network of hosts on one machine, whose cables can be cut: one namespace for each host, and one
for the router between them, in which this process and all visitors are.

Everything is inside two namespaces (network, mounts) that this process alone is in: the kernel takes
all of it away when the last process in them ends, however it ends.
"""

import ctypes
import json
import os
import subprocess
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000

# What is needed, tried in namespaces that are gone when it ends.
_PROBE = """mount --make-rprivate / && mount -t tmpfs none /mnt &&
ip link add probe0 type veth peer name probe1 && ip link set lo up &&
ip rule add pref 100 from 10.77.1.2 to 10.77.2.2 blackhole && echo 1 >/proc/sys/net/ipv4/ip_forward"""


def why_not():
    """Why this machine cannot have such a network; None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root (CAP_SYS_ADMIN and CAP_NET_ADMIN): run it as root"
    try:
        done = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", _PROBE], timeout=20,
                              capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        return f"{missing.filename} is missing (packages util-linux, iproute2)"
    if done.returncode != 0:
        return f"no network namespaces here: {done.stderr.strip()}"
    return None


def _ip(*words, check=True):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done


class Host:
    """One machine: `address` is its own, `gateway` the router's on its cable."""

    def __init__(self, name, number):
        self.name = name
        self.address = f"10.77.{number}.2"
        self.gateway = f"10.77.{number}.1"
        self.cable = f"cable{number}"
        self.is_whole = True
        _ip("netns", "add", name)
        _ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("addr", "add", f"{self.gateway}/30", "dev", self.cable)
        _ip("link", "set", self.cable, "up")
        self.ip("addr", "add", f"{self.address}/30", "dev", "eth0")
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "eth0", "up")
        self.ip("route", "add", "default", "via", self.gateway)

    def ip(self, *words, check=True):
        return _ip("-n", self.name, *words, check=check)

    def command(self, words):
        """The same command, on this host. It becomes the process, so that signals reach it."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, words)]

    def unplug(self):
        """Its cable is out at the far end: everything is lost, both ways."""
        self.is_whole = False
        _ip("link", "set", self.cable, "down")

    def delay(self, milliseconds):
        """What it sends comes so much later. False when the kernel has no netem."""
        self.is_whole = False
        return _tc(self.name, "add", "dev", "eth0", "root", "netem", "delay", f"{milliseconds}ms")

    def mend(self):
        if self.is_whole:
            return
        self.is_whole = True
        _tc(self.name, "del", "dev", "eth0", "root")
        _ip("link", "set", self.cable, "up")

    def bytes_sent(self):
        """Since it was made, with all heads of packets."""
        return json.loads(_ip("-s", "-j", "link", "show", "dev", self.cable).stdout)[0]["stats64"]["rx"]["bytes"]


def _tc(host, *words):
    done = subprocess.run(["tc", "-n", host, "qdisc", *words], capture_output=True, check=False)
    return done.returncode == 0


class Network:
    """Makes this process the router. Call it before the first thread, and once."""

    def __init__(self, hosts_file):
        if _libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        self.hosts = {}
        self.names = Path(hosts_file)
        self.names.write_text("127.0.0.1 localhost\n")
        self._rules = []
        for words in (["mount", "--make-rprivate", "/"], ["mkdir", "-p", "/run/netns"],
                      ["mount", "-t", "tmpfs", "none", "/run/netns"],
                      ["mount", "--bind", str(self.names), "/etc/hosts"]):
            subprocess.run(words, check=True)
        _ip("link", "set", "lo", "up")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def add(self, name):
        made = self.hosts[name] = Host(name, len(self.hosts) + 1)
        self.name(name, made.address)
        return made

    def name(self, name, address):
        """What resolvers say from now on; a name may have several addresses. Written in place: the
        file is mounted."""
        with open(self.names, "a", encoding="ascii") as file:
            file.write(f"{address} {name}\n")

    def cut(self, sender, receiver):
        """What `sender` sends to `receiver` is lost on the way: one direction."""
        number = str(100 + len(self._rules))
        _ip("rule", "add", "pref", number, "from", sender.address, "to", receiver.address, "blackhole")
        self._rules.append(number)

    def part(self, some, others):
        """Between these and those nothing passes, both ways."""
        for one in some:
            for other in others:
                self.cut(one, other)
                self.cut(other, one)

    def mend(self):
        """All that was cut, unplugged or delayed."""
        while self._rules:
            _ip("rule", "del", "pref", self._rules.pop())
        for host in self.hosts.values():
            host.mend()
