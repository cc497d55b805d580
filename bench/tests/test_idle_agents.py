"""What fleets of idle agents say, as figures."""

import unittest

from bench.compare.children import GaveUp
from bench.compare.contenders.direct import Direct
from bench.compare.contenders.ours import Ours
from bench.compare.scenarios.agent_fleet import accounts_for, all_up, why_too_many
from bench.compare.scenarios.idle_agents import AgentsReconnect, IdleAgents, IdleTunnels, of_idle
from bench.compare.table import scenario_table, target_table

NEWS = {"event": "up", "seconds": 2.0, "up": 1000, "failed": 0, "lost": 0, "tries": 1003, "reasons": {}}


class FleetTest(unittest.TestCase):
    def test_a_fleet_that_is_complete_is_what_it_says(self):
        self.assertIs(all_up(NEWS, 1000), NEWS)

    def test_a_fleet_that_is_not_has_no_figure_but_a_reason(self):
        with self.assertRaisesRegex(GaveUp, "999 of 1000 agents are up: too_busy: too many \\(7 times\\)"):
            all_up({**NEWS, "up": 999, "failed": 1, "reasons": {"too_busy: too many": 7}}, 1000)

    def test_there_are_accounts_enough(self):
        self.assertEqual([accounts_for(count) for count in (1, 200, 201, 10_000)], [1, 1, 2, 50])

    def test_who_may_not_have_so_many_descriptors_is_told(self):
        self.assertIsNone(why_too_many(1))


class IdleAgentsTest(unittest.TestCase):
    def test_each_agent_has_its_share(self):
        found = of_idle(NEWS, memory_bytes=20_000_000, connecting_seconds=0.3, cores_at_rest=0.02)
        self.assertEqual((found["kb_per_agent"], found["errors"]), (20.0, 3))
        self.assertAlmostEqual(found["cpu_us_per_greeting"], 300.0)
        self.assertAlmostEqual(found["cpu_percent_at_rest"], 2.0)
        self.assertAlmostEqual(found["cpu_percent_of_10000"], 20.0)

    def test_only_ours_have_agents_and_once(self):
        for scenario in (IdleAgents(10), IdleTunnels(10), AgentsReconnect(10)):
            self.assertIsNone(scenario.why_not(Ours(inspect=True)))
            self.assertIn("inspect", scenario.why_not(Ours(inspect=False)))
            self.assertIn("ours", scenario.why_not(Direct()))

    def test_a_table_without_the_reference_has_figures_and_no_ratios(self):
        rounds = {"direct": [{"not_applicable": "why"}], "serverme": [of_idle(NEWS, 2e7, 0.3, 0.02)]}
        row = scenario_table(rounds, IdleAgents.figures).splitlines()[-1]
        self.assertIn("20.0 [20.0-20.0] |", row)
        self.assertNotIn("x |", row)

    def test_their_targets_are_figures_and_no_ratios(self):
        table = target_table({"agents_idle": {"serverme": [of_idle(NEWS, 2e7, 0.3, 0.001)]}}, "serverme")
        memory, at_rest = table.splitlines()[-2:]
        self.assertTrue(memory.rstrip(" |").endswith("must"), memory)
        self.assertTrue(at_rest.rstrip(" |").endswith("aim"), at_rest)
