"""Interleaved rounds: everybody once per round, in turns, so that a busy minute hits all."""

import time

from .children import GaveUp
from .usage import Meter


def measure(world, scenario, contender, mode):
    """One slot: the scenario's measurements and what the contender's programs used."""
    meter = Meter(contender.pids())
    began = time.monotonic()
    try:
        measured = scenario.run(world, contender, mode)
    except GaveUp as why:
        return {"failed": str(why)}
    finally:
        used = meter.read()
    measured["slot_seconds"] = time.monotonic() - began
    measured["foreign_cores"] = used["foreign_cpu_seconds"] / measured["slot_seconds"]
    measured["cpu_seconds"] = used["cpu_seconds"]
    measured["memory_bytes"] = used["memory_bytes"]
    add_per_unit(measured)
    return measured


def add_per_unit(measured):
    """CPU per request and per GB; memory of all programs but a database, which is not on the way."""
    cpu = sum(measured["cpu_seconds"].values())
    if measured["cpu_seconds"]:
        if measured.get("requests"):
            measured["cpu_us_per_request"] = cpu / measured["requests"] * 1e6
        elif measured.get("bytes"):
            measured["cpu_s_per_gb"] = cpu / measured["bytes"] * 1e9
        measured["memory_mib"] = sum(size for role, size in measured["memory_bytes"].items()
                                     if role != "database") / 2**20


def warm_up(world, scenario, contenders, mode, say):
    """Connections, caches, windows: one slot each, which is not kept."""
    for contender in applicable(scenario, contenders):
        say(f"{scenario.title}: warm-up, {contender.name}")
        measure(world, scenario, contender, mode)


def applicable(scenario, contenders):
    return [contender for contender in contenders if not scenario.why_not(contender)]


def run_rounds(world, scenario, contenders, mode, found, say):
    """Fills `found[scenario.key]`: contender's name to its slots, one a round. The order turns round
    each time: whoever is first finds another machine than whoever is last."""
    slots = found[scenario.key] = {}
    for contender in contenders:
        why = scenario.why_not(contender)
        slots[contender.name] = [{"not_applicable": why}] if why else []
    contenders = applicable(scenario, contenders)
    for number in range(mode.rounds):
        say(f"{scenario.title}: round {number + 1} of {mode.rounds}")
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            slots[contender.name].append(measure(world, scenario, contender, mode))
