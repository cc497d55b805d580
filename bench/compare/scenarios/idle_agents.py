"""Agents that nobody visits: what each costs the edge at rest, and how soon all of them are back."""

import os
import time

from ..contenders.ours import Ours
from .agent_fleet import AgentNode
from .scenario import Figure, Scenario

# For the last handshakes to be over, and what they took to be given back.
SETTLE_SECONDS = 3.0
# Longer than every agent's ping takes to come round.
REST_SECONDS = 5.0
# As many as are connecting at once when a fleet is started with care; who comes back asks nobody.
CONNECTING_AT_ONCE = 128


def count_from(variable, otherwise):
    return int(os.environ.get(variable) or otherwise)


class OfAgents(Scenario):
    def __init__(self, count):
        self.count = count

    def why_not(self, contender):
        if not isinstance(contender, Ours):
            return "the agents that are simulated here are ours"
        return None if contender.inspect else "without visitors there is nothing to inspect"


class IdleAgents(OfAgents):
    """Once a run: ten thousand agents take half a minute, and their memory does not change."""
    key = "agents_idle"
    figures = (Figure("kb_per_agent", "KB/agent", digits=1),
               Figure("cpu_percent_at_rest", "CPU % at rest", digits=2),
               Figure("cpu_us_per_greeting", "CPU us/greeting", digits=1))

    options = ()

    def __init__(self, count=None):
        super().__init__(count or count_from("SERVERME_BENCH_IDLE_AGENTS", 10_000))
        self.title = f"{self.count:,} idle agents: what each costs the edge (one measurement)"
        self._found = None

    def run(self, world, contender, mode):
        if self._found is None:
            with AgentNode(world, self.count) as node:
                self._found = self._measure(node)
        return dict(self._found)

    def _measure(self, node):
        memory, cpu = node.memory_bytes(), node.cpu_seconds()
        news = node.connect(CONNECTING_AT_ONCE, *self.options)
        connecting = node.cpu_seconds() - cpu
        time.sleep(SETTLE_SECONDS)
        cpu, began = node.cpu_seconds(), time.monotonic()
        time.sleep(REST_SECONDS)
        at_rest = (node.cpu_seconds() - cpu) / (time.monotonic() - began)
        return of_idle(news, node.memory_bytes() - memory, connecting, at_rest)


class IdleTunnels(IdleAgents):
    """As they are in life. Fewer: each name is a row of the database, which takes its time."""
    key = "agents_idle_tunnels"
    options = ("--bind", "http")

    def __init__(self, count=None):
        super().__init__(count or count_from("SERVERME_BENCH_IDLE_TUNNELS", 2_000))
        self.title = (f"{self.count:,} idle agents with an inspected HTTP tunnel each: what each costs "
                      "the edge (one measurement)")


def of_idle(news, memory_bytes, connecting_seconds, cores_at_rest):
    """Measurements of a fleet that came up and rested."""
    return {"agents": news["up"], "errors": news["tries"] - news["up"],
            "seconds_to_connect": news["seconds"],
            "kb_per_agent": memory_bytes / news["up"] / 1000,
            "cpu_percent_at_rest": 100 * cores_at_rest,
            # What is promised is promised for so many.
            "cpu_percent_of_10000": 100 * cores_at_rest * 10_000 / news["up"],
            "cpu_us_per_greeting": connecting_seconds / news["up"] * 1e6}


class AgentsReconnect(OfAgents):
    """With the back-off of real agents: a quarter of a second, at random, before the first try."""
    key = "agents_reconnect"
    figures = (Figure("seconds_to_return", "s until all are back", digits=2),
               Figure("cpu_us_per_return", "CPU us/return", digits=1),
               Figure("cpu_us_per_greeting", "CPU us/greeting", digits=1),
               Figure("database_cpu_us_per_greeting", "of the database", digits=1))

    def __init__(self, count=None):
        super().__init__(count or count_from("SERVERME_BENCH_RETURNING_AGENTS", 1_000))
        self.title = f"{self.count:,} agents lose their connections at once and come back"

    def run(self, world, contender, mode):
        with AgentNode(world, self.count) as node:
            cpu, database = node.cpu_seconds(), node.database_cpu_seconds()
            first = node.connect(CONNECTING_AT_ONCE)
            connected, asked = node.cpu_seconds(), node.database_cpu_seconds()
            back = node.drop()
            return {"agents": back["up"], "errors": first["failed"] + back["failed"],
                    "seconds_to_connect": first["seconds"], "seconds_to_return": back["seconds"],
                    "cpu_us_per_greeting": (connected - cpu) / self.count * 1e6,
                    "database_cpu_us_per_greeting": (asked - database) / self.count * 1e6,
                    "cpu_us_per_return": (node.cpu_seconds() - connected) / self.count * 1e6}
