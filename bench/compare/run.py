"""One run from start to end: contenders up, scenarios in turn, contenders down."""

import time

from . import machine
from .children import GaveUp
from .contenders import field
from .rounds import run_rounds, warm_up
from .scenarios import programme


def start_all(world, contenders, result, say, make_link=None):
    """Those that came up; the others are named as missing, with the reason. `make_link(name)` gives
    the link of a contender."""
    running = []
    for contender in contenders:
        why = contender.why_absent(world)
        if not why:
            say(f"starting {contender.name}")
            try:
                contender.start(world, **({"link": make_link(contender.name)} if make_link else {}))
            except GaveUp as failed:
                why = f"did not start: {failed}"
        if why:
            say(f"MISSING: {contender.name}: {why}")
            result["missing"][contender.name] = why
        else:
            running.append(contender)
            result["settings"][contender.name] = list(contender.settings)
    return running


class Links:
    """The relays of all contenders, set together."""

    def __init__(self, world):
        self._world = world
        self._relays = []

    def of(self, _name):
        def link(address):
            relay = self._world.relay(address)
            self._relays.append(relay)
            return relay.address
        return link

    def set(self, *link):
        for relay in self._relays:
            relay.set(*link)


def perform(world, mode, scenarios, wanted, root, say):
    """The result, as it is written; also of a run that was interrupted."""
    name, changed = machine.commit(root)
    began = time.monotonic()
    result = {"date": time.strftime("%Y-%m-%d %H:%M"), "commit": name, "changed": changed,
              "mode": mode.name, "rounds": mode.rounds, "machine": machine.describe(),
              "settings": {}, "missing": {}, "slots": {}, "cut_short": "", "seconds": 0.0}
    try:
        world.open()
        _measure_all(world, mode, scenarios, wanted, result, say)
    except KeyboardInterrupt:
        result["cut_short"] = "interrupted"
    except GaveUp as why:
        result["cut_short"] = str(why)
    result["seconds"] = time.monotonic() - began
    return result


def _measure_all(world, mode, scenarios, wanted, result, say):
    entrants = field.home()
    if mode.peers:
        entrants += field.peers()
    else:
        for contender in field.peers():
            result["missing"][contender.name] = f"not in mode {mode.name}; see --peers"
    near = [one for one in scenarios if not one.link]
    far = [one for one in scenarios if one.link]
    if near:
        running = start_all(world, [one for one in entrants if wanted(one.name)], result, say)
        if not mode.warm_each:
            for scenario in programme.warm_up():
                warm_up(world, scenario, running, mode, say)
        for scenario in near:
            if mode.warm_each:
                warm_up(world, scenario, running, mode, say)
            run_rounds(world, scenario, running, mode, result["slots"], say)
    if far:
        links = Links(world)
        entrants = [one for one in field.over_a_link() if wanted(one.name)]
        running = start_all(world, entrants, result, say, links.of)
        for scenario in far:
            links.set(*scenario.link)
            warm_up(world, scenario, running, mode, say)
            run_rounds(world, scenario, running, mode, result["slots"], say)
        links.set(0, 0, 0)  # what is stopped next should not take round trips
