"""What was measured on, so that a figure can be judged and repeated."""

import os
import platform
import re
import subprocess
from pathlib import Path


def _first_line(argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "not here"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def _field(path, name):
    try:
        found = re.search(rf"^{name}\s*:\s*(.+)$", Path(path).read_text(), re.M)
    except OSError:
        found = None
    return found.group(1).strip() if found else "unknown"


def commit(root):
    """Short hash of HEAD, and whether the checkout differs from it."""
    asked = ["git", "-C", str(root)]
    name = _first_line(asked + ["rev-parse", "--short=10", "HEAD"])
    done = subprocess.run(asked + ["status", "--porcelain", "-uno"], capture_output=True, text=True,
                          check=False)
    return name, bool(done.stdout.strip())


def describe():
    flags = _field("/proc/cpuinfo", "flags").split()
    return {
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in flags,
        "aes": "vaes" if "vaes" in flags else "aes" if "aes" in flags else "none",
        "memory": _field("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "nginx": _first_line(["/usr/sbin/nginx", "-v"]).rpartition("/")[2],
        "openssl": _first_line(["openssl", "version"]),
        "openssh": _first_line(["ssh", "-V"]),
        "wrk": _first_line(["wrk", "-v"]).partition(" Copyright")[0],
    }
