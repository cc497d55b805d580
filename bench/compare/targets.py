"""What ServerMe promises itself against the reference chain, and whether this run kept it."""

from dataclasses import dataclass

from .summary import ratios


@dataclass(frozen=True)
class Target:
    label: str
    scenario: str
    figure: str
    must: float
    aim: float
    more_is_better: bool = False
    # The contender it is compared with; its scenario, unless it is the same; or a fixed figure.
    against: str = "nginx, TLS, nginx"
    against_scenario: str = ""
    against_value: float = 0.0

    def values(self, slots, subject):
        """Round by round: what is judged, and what it is compared with; None when not measured."""
        judged_rounds = slots.get(self.scenario, {}).get(subject)
        base_rounds = slots.get(self.against_scenario or self.scenario, {}).get(self.against)
        if not judged_rounds or not (base_rounds or self.against_value):
            return None
        found = [slot.get(self.figure) for slot in judged_rounds]
        if self.against_value:
            return found, [self.against_value] * len(found)
        return found, [slot.get(self.figure) for slot in base_rounds]

    def judge(self, ratio):
        if ratio is None:
            return "not measured"
        good = (lambda bound: ratio >= bound) if self.more_is_better else (lambda bound: ratio <= bound)
        return "aim" if good(self.aim) else "must" if good(self.must) else "MISSED"


TARGETS = (
    Target("requests/s, 32 visitors", "small_32", "requests_per_second", 1.3, 1.5, True),
    Target("requests/s, 256 visitors", "small_256", "requests_per_second", 1.5, 2.0, True),
    Target("p50, 1 visitor", "small_1", "p50_us", 1.1, 0.9),
    Target("p99, 256 visitors", "small_256", "p99_us", 0.7, 0.4),
    Target("download, one stream", "bulk_down", "mb_per_second", 1.3, 1.6, True),
    Target("upload, one stream", "bulk_up", "mb_per_second", 1.3, 1.6, True),
    Target("CPU per request, 32 visitors", "small_32", "cpu_us_per_request", 0.65, 0.53),
    Target("CPU per request, 256 visitors", "small_256", "cpu_us_per_request", 0.55, 0.42),
    Target("CPU per GB, download", "bulk_down", "cpu_s_per_gb", 0.9, 0.8),
    # Over 50 MB/s: without a bound the relay acknowledges at once, and plain TCP keeps 100 MB under
    # way, which no TCP on a real line does.
    Target("download at 100 ms round trip", "wan_bulk_50ms_50MB", "mb_per_second", 0.9, 0.98, True,
           against="direct"),
    Target("p99 beside 100 stalled readers", "beside_stalled", "p99_us", 2.0, 1.2,
           against="serverme", against_scenario="small_32"),
    Target("p99 beside a download with stalls, 100 ms round trip", "wan_both_50ms_stalls", "p99_us",
           1.3, 1.1, against="the round trip", against_value=100_000.0),
    Target("edge memory per idle agent", "agents_idle", "kb_per_agent", 30, 18,
           against="1 KB", against_value=1.0),
    Target("edge CPU of 10,000 idle agents", "agents_idle", "cpu_percent_of_10000", 3, 1,
           against="1 % of a core", against_value=1.0),
    Target("edge CPU per agent that connects", "agents_reconnect", "cpu_us_per_greeting", 400, 280,
           against="1 us", against_value=1.0),
)


def judged(slots, subject):
    """(target, Summary of ratios or None, verdict) of each that was measured."""
    found = []
    for target in TARGETS:
        values = target.values(slots, subject)
        if values:
            ratio = ratios(*values)
            found.append((target, ratio, target.judge(ratio and ratio.median)))
    return found
