"""wrk: closed loop, as many requests as fit. Its report, read."""

import re
from pathlib import Path

from .children import GaveUp, run_text

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


# Names of a run are not in the DNS: whatever the URL says, which is the name that TLS asks for.
LOOPBACK = Path(__file__).with_name("wrk_loopback.lua")


def run(door, visitors, seconds):
    script = [] if door.ca is None else ["-s", LOOPBACK]
    text = run_text(["wrk", "-t1", f"-c{visitors}", f"-d{seconds}s", "--timeout", "10s", "--latency",
                     *script, "-H", f"Host: {door.host}", door.url + "/small"], seconds + 30)
    return parse(text)


def parse(text):
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", text)
    if not total or int(total[1]) == 0:
        raise GaveUp("wrk: not one request was answered")
    seconds = float(total[2]) * _UNITS[total[3]] / 1e6
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = (int(refused[1]) if refused else 0) + (sum(map(int, broken.groups())) if broken else 0)
    return {"requests": int(total[1]), "requests_per_second": int(total[1]) / seconds,
            "p50_us": _percentile(text, 50), "p99_us": _percentile(text, 99), "errors": errors}


def _percentile(text, which):
    found = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.M)
    return float(found[1]) * _UNITS[found[2]] if found else None
