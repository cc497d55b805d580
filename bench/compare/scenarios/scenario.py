"""The shape of a scenario: a load that one contender bears for some seconds, and its figures."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One column of the table."""
    key: str
    label: str
    # What is good: more of it or less of it.
    more_is_better: bool = False
    digits: int = 0


CPU_PER_REQUEST = Figure("cpu_us_per_request", "CPU us/request", digits=1)
CPU_PER_GB = Figure("cpu_s_per_gb", "CPU s/GB", digits=2)
MEMORY = Figure("memory_mib", "MiB", digits=1)
P50 = Figure("p50_us", "p50 us")
P99 = Figure("p99_us", "p99 us")


@dataclass(frozen=True)
class Mode:
    """How long everything takes."""
    name: str
    rounds: int
    # wrk takes whole seconds.
    wrk_seconds: int
    seconds: float
    bulk_bytes: int
    # Other tunnels too.
    peers: bool
    # Before each scenario; else each contender is warmed up once for all.
    warm_each: bool
    scenarios: frozenset = field(default_factory=frozenset)  # empty: all


class Scenario:
    key = ""
    title = ""
    figures = ()
    # Set on those that go through a wide-area link: (milliseconds each way, megabytes per
    # second or 0, megabytes between two stalls of a connection or 0).
    link = None

    def why_not(self, contender):
        """A reason why this says nothing of a contender, or None."""
        return None

    def run(self, world, contender, mode):
        """A dict of measurements; "requests" or "bytes" among them are what CPU is divided by,
        "errors" is shown when it is not 0. Raises GaveUp when there is no figure."""
        raise NotImplementedError
