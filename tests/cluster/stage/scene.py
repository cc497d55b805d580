"""What most tests begin and end with: a tunnel at each edge under a steady load, a fault, and its cost."""

import time
from contextlib import contextmanager

from support.figures import record
from support.settings import PATIENCE
from support.waiting import await_condition

from .cluster import EDGES
from .visitors import failures, longest_gap


def open_everywhere(cluster, tunnels, load, rate=8):
    """One tunnel at each edge, and visitors of each at every edge. {name: the edge of its agent}"""
    at = {}
    for edge in cluster.edges():
        name = f"shop-{edge.name[-1]}"
        tunnels.open(name, server=f"{edge.name}.{EDGES}")
        at[name] = edge
    for laptop in tunnels.laptops.values():
        laptop.ready()
    return visit_everywhere(cluster, load, at, rate)


def visit_everywhere(cluster, load, at, rate=8):
    for name in at:
        for edge in cluster.edges():
            load.visit(edge, name, rate)
    await_all_served(load, time.time())
    return at


def await_all_served(load, since, timeout=10):
    """Each visitor has an answer to a request that began after `since`. How long that took."""
    def all_served():
        return not load.pairs() - load.answered_since(since)
    try:
        await_condition(all_served, timeout, "every name is served at every edge")
    except AssertionError as late:
        missing = load.pairs() - load.answered_since(since)
        raise AssertionError(f"{late}: not {sorted(missing)}, {failures(load.between(since))}") from None
    return time.time() - since


class Fault:
    """What a fault cost: requests that began between it and the recovery."""

    def __init__(self, name, load):
        self.name, self.load = name, load
        self.began = time.time()
        self.ended = None

    def outcomes(self, edges=None):
        return self.load.between(self.began, self.ended, edges)

    def failed(self, edges=None):
        return failures(self.outcomes(edges))

    def note(self, what, value, unit=""):
        record(f"cluster.{self.name}.{what}", value, unit)


def failed_together(cost, at, *sides):
    """What failed of requests whose edge and whose agent's home are on the same side of a cut. `at` is what
    open_everywhere() said."""
    side_of = {node.name: number for number, side in enumerate(sides) for node in side}
    return failures([each for each in cost.outcomes()
                     if side_of.get(each.edge, "") == side_of.get(at[each.name].name, None)])


def undeclared(cost, edges=None):
    """Failures that nobody explained."""
    return {kind: count for kind, count in cost.failed(edges).items() if not kind.startswith("declared")}


@contextmanager
def fault(name, load, reachable_within=10):
    """with fault("kill_worker", load) as cost: break something, mend it. Everything is served again
    afterwards; what it cost is noted."""
    cost = Fault(name, load)
    yield cost
    over = time.time()
    took = await_all_served(load, over, reachable_within)
    cost.ended = time.time()
    outcomes = cost.outcomes()
    cost.note("failed", f"{sum(failures(outcomes).values())} of {len(outcomes)} {failures(outcomes) or ''}"
              .rstrip())
    # From the last answer before it on.
    around = load.between(cost.began - 1, cost.ended)
    cost.note("longest_gap", round(longest_gap(around), 2), "s")
    cost.note("served_again_after", round(took, 2), "s")


def await_told(nodes, name, state, since, timeout=5):
    """All of these have told that `name` is so. Seconds after `since`: (the first, the last)."""
    def all_told():
        moments = [node.told(name, state, since) for node in nodes]
        return moments if all(moments) else None
    try:
        moments = await_condition(all_told, timeout, f"all know that {name} is {state}")
    except AssertionError as late:
        views = {node.name: node.sees().get(name) for node in nodes}
        raise AssertionError(f"{late}: {views}") from None
    return min(moments) - since, max(moments) - since


def within(seconds):
    """A bound of a sanitized build is wider."""
    return seconds * PATIENCE
