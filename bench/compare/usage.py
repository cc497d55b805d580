"""What processes used: CPU time and memory, from /proc."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    name: str


def _read(path):
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""  # it ended meanwhile


def all_processes():
    """pid to Process, of now."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            name, _, rest = _read(f"/proc/{entry}/stat").rpartition(")")
            if rest:
                found[int(entry)] = Process(int(entry), int(rest.split()[1]), name.partition("(")[2])
    return found


def family(root, processes):
    """`root` and all that came from it."""
    children = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in processes:
            found.append(pid)
            waiting.extend(children.get(pid, ()))
    return found


def cpu_seconds(pid):
    """Nanosecond clock of the scheduler, all threads; in ticks of 10 ms where that is not kept."""
    total = 0
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return 0.0
    for thread in threads:
        fields = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
        if not fields:
            return _cpu_ticks(pid)
        total += int(fields[0])
    return total / 1e9


def _cpu_ticks(pid):
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def memory_bytes(pid):
    """Resident, with shared pages divided among those who share them."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def machine_busy_seconds():
    """CPU time of everything on this machine since it started; stolen time too."""
    fields = [int(field) for field in _read("/proc/stat").split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (fields + [0] * 8)[:8]
    return (user + nice + system + irq + softirq + steal) / _TICKS


class Meter:
    """CPU of each role of a contender, and of everything else, between start and read; and the
    largest memory of each role that was seen meanwhile."""

    # Seldom enough to cost nothing: a sample takes some 0.1 ms for each process.
    SAMPLE_SECONDS = 0.25

    def __init__(self, roles):
        """`roles`: name to the pids that play it."""
        self._roles = {role: list(pids) for role, pids in roles.items()}
        self._memory = {role: 0 for role in self._roles}
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample_until_end, daemon=True)
        self._sampler.start()
        self._before = self._cpu()
        self._busy = machine_busy_seconds()
        self._ours = self._run_seconds()

    def _cpu(self):
        return {role: sum(map(cpu_seconds, pids)) for role, pids in self._roles.items()}

    def _sample_until_end(self):
        while not self._ended.wait(self.SAMPLE_SECONDS):
            self._sample()

    def _sample(self):
        for role, pids in self._roles.items():
            self._memory[role] = max(self._memory[role], sum(map(memory_bytes, pids)))

    @staticmethod
    def _run_seconds():
        """All that this run started: those that live, and those that were waited for."""
        ended = os.times()
        living = sum(cpu_seconds(pid) for pid in family(os.getpid(), all_processes()))
        return living + ended.children_user + ended.children_system

    @property
    def largest_memory(self):
        """Role to bytes, so far."""
        return dict(self._memory)

    def read(self):
        """Ends it."""
        cpu = {role: used - self._before[role] for role, used in self._cpu().items()}
        foreign = machine_busy_seconds() - self._busy - (self._run_seconds() - self._ours)
        self._ended.set()
        self._sampler.join()
        self._sample()
        return {"cpu_seconds": cpu, "memory_bytes": self.largest_memory,
                "foreign_cpu_seconds": max(foreign, 0.0)}
