"""Medians, ranges and ratios."""

import math
import unittest

from bench.compare.summary import ratios, summarize


class SummaryTest(unittest.TestCase):
    def test_the_median_is_not_moved_by_one_bad_round(self):
        found = summarize([10.0, 11.0, 12.0, 13.0, 900.0])
        self.assertEqual((found.median, found.min, found.max, found.count), (12.0, 10.0, 900.0, 5))

    def test_rounds_without_a_figure_are_left_out(self):
        self.assertEqual(summarize([None, 4.0, math.nan, 2.0]).median, 3.0)

    def test_nothing_measured_is_not_zero(self):
        self.assertIsNone(summarize([None, None]))
        self.assertIsNone(summarize([]))

    def test_spread_is_the_range_as_a_share_of_the_median(self):
        self.assertAlmostEqual(summarize([90.0, 100.0, 120.0]).spread, 0.3)

    def test_ratios_are_taken_round_by_round(self):
        # A machine that halves its speed in the second round changes no ratio.
        found = ratios([200.0, 100.0], [100.0, 50.0])
        self.assertEqual((found.median, found.min, found.max), (2.0, 2.0, 2.0))

    def test_a_round_that_either_lacks_has_no_ratio(self):
        self.assertEqual(ratios([None, 30.0, 8.0], [5.0, 10.0, None]).count, 1)
        self.assertIsNone(ratios([1.0], [0.0]))
