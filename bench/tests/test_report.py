"""Tables, verdicts and plots of made-up slots."""

import unittest
from xml.dom import minidom

from bench.compare.plots import of_scenario
from bench.compare.rounds import add_per_unit
from bench.compare.scenarios.small import KeepAlive
from bench.compare.table import (failures, noise_line, not_applicable, scenario_table,
                                 target_table)

REFERENCE = "nginx, TLS, nginx"


def slot(rate, cpu=20.0, errors=0):
    return {"requests_per_second": rate, "p50_us": 1.0, "p99_us": 2.0, "cpu_us_per_request": cpu,
            "memory_mib": 8.0, "errors": errors, "foreign_cores": 0.25}


ROUNDS = {
    REFERENCE: [slot(100.0), slot(110.0), slot(120.0)],
    "serverme": [slot(200.0, 8.0), slot(220.0, 8.0), {"failed": "it <broke>"}],
}


class ReportTest(unittest.TestCase):
    def test_a_row_has_median_range_and_ratio(self):
        table = scenario_table(ROUNDS, KeepAlive(32).figures)
        row = next(line for line in table.splitlines() if line.startswith("| serverme"))
        self.assertIn("210 [200-220]", row)
        self.assertIn("2.00x", row)
        self.assertIn("1 rounds failed", row)

    def test_all_lines_of_a_table_are_of_one_width(self):
        self.assertEqual(len({len(line) for line in scenario_table(
            ROUNDS, KeepAlive(32).figures).splitlines()}), 1)

    def test_reasons_of_failures_are_told_once(self):
        self.assertEqual(failures(ROUNDS), ["serverme, 1 rounds: it <broke>"])

    def test_who_has_no_part_in_a_scenario_is_named_with_the_reason(self):
        rounds = {**ROUNDS, "bore": [{"not_applicable": "no TLS"}], "frp": [{"not_applicable": "no TLS"}]}
        table = scenario_table(rounds, KeepAlive(32).figures)
        row = next(line for line in table.splitlines() if line.startswith("| bore"))
        self.assertTrue(row.endswith("not applicable |"), row)
        self.assertEqual(not_applicable(rounds), ["not applicable to bore, frp: no TLS"])
        self.assertEqual(failures(rounds), failures(ROUNDS))

    def test_noise_is_the_spread_of_the_reference(self):
        self.assertIn("reference spread 18%", noise_line(ROUNDS, KeepAlive(32).figures))

    def test_targets_are_judged_by_the_median_ratio(self):
        table = target_table({"small_32": ROUNDS}, "serverme")
        rate = next(line for line in table.splitlines() if line.startswith("| requests/s, 32"))
        self.assertTrue(rate.rstrip(" |").endswith("aim"), rate)

    def test_a_target_that_is_missed_says_so(self):
        slow = {REFERENCE: [slot(100.0)], "serverme": [slot(90.0, 40.0)]}
        self.assertEqual(target_table({"small_32": slow}, "serverme").count("MISSED"), 2)

    def test_a_target_may_be_a_fixed_figure_or_another_scenario_of_ours(self):
        slots = {"small_32": {"serverme": [slot(1.0)]},
                 "beside_stalled": {"serverme": [{"p99_us": 3.0}]},
                 "wan_both_50ms_stalls": {"serverme": [{"p99_us": 120_000.0}]}}
        table = target_table(slots, "serverme")
        self.assertIn("1.50 [1.50-1.50]", table)
        self.assertIn("1.20 [1.20-1.20]", table)
        self.assertEqual(table.count("must"), 3)  # the heading's too

    def test_a_plot_is_well_formed_whatever_the_names(self):
        rounds = {"a < b & c": ROUNDS["serverme"], **ROUNDS}
        picture = minidom.parseString(of_scenario(KeepAlive(32), rounds))
        self.assertEqual(len(picture.getElementsByTagName("rect")), 4)

    def test_cpu_is_divided_by_what_was_done(self):
        measured = {"requests": 1000, "cpu_seconds": {"edge": 0.03, "database": 0.01},
                    "memory_bytes": {"edge": 3 << 20, "database": 99 << 20}}
        add_per_unit(measured)
        self.assertAlmostEqual(measured["cpu_us_per_request"], 40.0)
        self.assertEqual(measured["memory_mib"], 3.0)
