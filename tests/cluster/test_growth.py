"""The same faults again and again, without a node that starts anew: nothing of them stays."""

import time

from stage.cluster import EDGES
from stage.fleets import Fleet
from stage.scene import await_told, failed_together, fault, open_everywhere, undeclared
from stage.vitals import Vitals
from support.figures import record
from support.settings import sized

_AGENTS = sized(300, 50)
_TIMES = sized(6, 2)
_RESIDENT_MORE = 12 * 1024 * 1024


def cut_and_mend(cluster, edge, rest):
    cut = time.time()
    cluster.network.part([edge.host], cluster.hosts(rest))
    await_told(rest, edge.name, "dead", cut)
    mended = time.time()
    cluster.network.mend()
    await_told(rest, edge.name, "alive", mended, timeout=10)


def test_faults_that_are_over_leave_nothing_behind(cluster, tunnels, load):
    at = open_everywhere(cluster, tunnels, load, rate=20)
    edge = cluster.edges()[0]
    rest = cluster.others(edge)
    agents = Fleet(cluster, _AGENTS, "--bind", "http", "--inspect", "0", server=f"{edge.name}.{EDGES}")
    try:
        agents.await_complete(1)
        with fault("again_and_again", load) as cost:
            for _ in range(2):  # what is made once and kept is there
                agents.drop()
                cut_and_mend(cluster, edge, rest)
            before = Vitals(cluster.all())
            for _ in range(_TIMES):
                agents.drop()
                cut_and_mend(cluster, edge, rest)
        assert failed_together(cost, at, [edge], rest) == {} and undeclared(cost) == {}
        growth = before.await_no_growth(cluster.all(), descriptors=6, resident=_RESIDENT_MORE)
        for name, (descriptors, resident) in growth.items():
            record(f"cluster.growth.{name}", f"{descriptors} descriptors, {resident / 2**20:.1f} MiB")
    finally:
        agents.stop()
