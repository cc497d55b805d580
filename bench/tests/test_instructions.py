"""When an instruction count passes."""

import json
import unittest

from bench.instructions.__main__ import KNOWN, verdict


class VerdictTest(unittest.TestCase):
    def test_five_percent_more_passes_and_above_does_not(self):
        self.assertTrue(verdict(1000, 1050)[1])
        self.assertFalse(verdict(1000, 1051)[1])

    def test_less_passes(self):
        self.assertEqual(verdict(1000, 900), ("-10.0%", True))

    def test_a_unit_that_nobody_counted_yet_does_not_pass(self):
        self.assertFalse(verdict(None, 900)[1])

    def test_the_known_counts_are_positive(self):
        self.assertTrue(all(count > 0 for count in json.loads(KNOWN.read_text()).values()))
