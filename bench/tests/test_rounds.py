"""Who is measured, in which order, and by which door."""

import unittest
from pathlib import Path
from types import SimpleNamespace

from bench.compare.contenders.contender import Door
from bench.compare.rounds import run_rounds
from bench.compare.scenarios.programme import FULL, QUICK, scenarios
from bench.compare.scenarios.public_tls import KeepAliveTls
from bench.compare.scenarios.small import KeepAlive


class Contender:
    def __init__(self, name, *doors):
        self.name = name
        self.doors = {service: Door("127.0.0.1:1") for service in doors}

    def pids(self):
        return {}


class Recorded(KeepAliveTls):
    """Tells who was measured instead of measuring."""

    def __init__(self):
        super().__init__(32)
        self.measured = []

    def run(self, world, contender, mode):
        self.measured.append(contender.name)
        return {"requests": 1}


def measured(*contenders):
    scenario, found = Recorded(), {}
    run_rounds(None, scenario, contenders, SimpleNamespace(rounds=2), found, lambda line: None)
    return scenario.measured, found[scenario.key]


class RoundsTest(unittest.TestCase):
    def test_the_order_turns_round(self):
        order, slots = measured(Contender("a", "files_tls"), Contender("b", "files_tls"))
        self.assertEqual(order, ["a", "b", "b", "a"])
        self.assertEqual([len(each) for each in slots.values()], [2, 2])

    def test_who_ends_no_tls_is_not_measured_with_tls(self):
        order, slots = measured(Contender("passes bytes", "files"), Contender("ends TLS", "files_tls"))
        self.assertEqual(order, ["ends TLS", "ends TLS"])
        self.assertEqual(list(slots), ["passes bytes", "ends TLS"])
        self.assertIn("not_applicable", slots["passes bytes"][0])

    def test_everybody_is_measured_without_tls(self):
        self.assertIsNone(KeepAlive(32).why_not(Contender("passes bytes", "files")))

    def test_keys_are_unique_and_quick_ones_exist(self):
        keys = [scenario.key for scenario in scenarios(FULL)]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual({scenario.key for scenario in scenarios(QUICK)}, QUICK.scenarios)


class DoorTest(unittest.TestCase):
    def test_a_door_without_tls_is_an_address(self):
        self.assertEqual(Door("127.0.0.1:80", "files.here:80").url, "http://127.0.0.1:80")

    def test_a_door_with_tls_is_the_name_in_its_certificate(self):
        self.assertEqual(Door("127.0.0.1:444", "files.here:444", Path("ca")).url, "https://files.here:444")
