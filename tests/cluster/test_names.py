"""A thousand names, claimed from three edges at once by three accounts: each has exactly one owner."""

import time
from collections import Counter

import pytest

from stage.cluster import EDGES
from stage.laptops import Laptop, Service
from stage.scene import within
from stage.vitals import OwnerWatch
from support.figures import record
from support.settings import sized
from support.waiting import await_condition

COUNT = sized(1000, 200)
_PER_SESSION = 100
# One for each edge; an account holds a thousand names, so each race has its own.
_USERS = ("dora", "emil", "fred")


class Claimants:
    """At each edge the laptops of one account of its own, which want all names."""

    def __init__(self, cluster, prefix):
        self.names = [f"{prefix}-{number}" for number in range(COUNT)]
        self.users = [f"{user}-{prefix}" for user in _USERS]
        self.services = [Service(user, cluster.laptops.gateway) for user in self.users]
        parts = [self.names[at:at + _PER_SESSION] for at in range(0, COUNT, _PER_SESSION)]
        configs = [self._configure(cluster, number, names, part)
                   for part, names in enumerate(parts) for number in range(len(self.users))]
        self.laptops = [Laptop(cluster, user, "start", config=config) for user, config in configs]

    def _configure(self, cluster, number, names, part):
        """Of one laptop: they begin with different names, else the first one gets all."""
        user, edge = self.users[number], cluster.edges()[number]
        turned = names[number * 30:] + names[:number * 30]
        tunnels = "tunnels:\n" + "".join(
            f"  {name}:\n    type: http\n    local: {self.services[number].place}\n"
            f"    subdomain: {name}\n    inspect: false\n" for name in turned)
        return user, cluster.agent_config(user, f"{edge.name}.{EDGES}", tunnels, f"{user}-{part}")

    def outcome(self):
        """name -> users who were told that they have it; and how many answers are missing."""
        owners, answers = {}, 0
        for laptop in self.laptops:
            verdicts = {}
            for event in laptop.events():
                if event["event"] in ("tunnel_ready", "tunnel_refused"):
                    verdicts[event["tunnel"]] = event["event"]
            answers += len(verdicts)
            for name, verdict in verdicts.items():
                if verdict == "tunnel_ready":
                    owners.setdefault(name, []).append(laptop.user)
        return owners, len(self.laptops) * _PER_SESSION - answers

    def kill(self):
        for laptop in self.laptops:
            laptop.kill()
        for service in self.services:
            service.close()


@pytest.fixture
def claimants(cluster):
    made = []

    def start(prefix):
        made.append(Claimants(cluster, prefix))
        return made[-1]

    yield start
    for each in made:
        each.kill()


def assert_one_owner_each(cluster, race):
    """By what laptops were told, and by what every edge answers."""
    owners, _ = race.outcome()
    twice = {name: users for name, users in owners.items() if len(users) > 1}
    assert twice == {}, "names that were given to two"
    assert len(owners) == COUNT
    for name in race.names[::max(1, COUNT // 100)]:
        answered = {OwnerWatch.owner_at(edge, name) for edge in cluster.edges()} - {None}
        assert answered == set(owners[name]), name


def test_names_claimed_from_three_edges_at_once_have_one_owner_each(cluster, claimants):
    began = time.time()
    race = claimants("race")
    await_condition(lambda: race.outcome()[1] == 0, 60, "every claim is answered")
    record("cluster.race.claims", f"{3 * COUNT} answered in {time.time() - began:.1f} s")
    assert_one_owner_each(cluster, race)
    shares = Counter(users[0] for users in race.outcome()[0].values())
    record("cluster.race.shares", dict(shares))


def test_the_race_with_one_edge_cut_off_and_mended(cluster, claimants):
    cut = cluster.edges()[2]
    cluster.network.part([cut.host], cluster.hosts(cluster.others(cut)))
    race = claimants("split")
    await_condition(lambda: len(race.outcome()[0]) == COUNT, 60, "both edges that decide are done")
    alone = [laptop for laptop in race.laptops if laptop.user == race.users[2]]
    assert not any(laptop.events("tunnel_ready") for laptop in alone), "nobody decides there"
    cluster.network.mend()
    began = time.time()
    await_condition(lambda: race.outcome()[1] == 0, within(60), "every claim is answered")
    record("cluster.split_race.late_answers", f"within {time.time() - began:.1f} s")
    assert_one_owner_each(cluster, race)
