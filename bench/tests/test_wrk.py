"""What is read from wrk's report."""

import unittest

from bench.compare.children import GaveUp
from bench.compare.wrk import parse

REPORT = """Running 1s test @ http://127.0.0.1:12345/small
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.03ms    2.10ms  48.51ms   97.70%
    Req/Sec    31.11k     6.01k   40.50k    80.00%
  Latency Distribution
     50%  812.00us
     75%    1.01ms
     90%    1.42ms
     99%    4.04ms
  31004 requests in 1.01s, 38.05MB read
Requests/sec:  30697.03
Transfer/sec:     37.67MB
"""


class WrkTest(unittest.TestCase):
    def test_figures_come_in_microseconds(self):
        found = parse(REPORT)
        self.assertEqual(found["requests"], 31004)
        self.assertAlmostEqual(found["requests_per_second"], 31004 / 1.01)
        self.assertAlmostEqual(found["p50_us"], 812.0)
        self.assertAlmostEqual(found["p99_us"], 4040.0)
        self.assertEqual(found["errors"], 0)

    def test_errors_of_every_kind_are_added_up(self):
        found = parse(REPORT + "  Socket errors: connect 1, read 2, write 3, timeout 4\n"
                               "  Non-2xx or 3xx responses: 5\n")
        self.assertEqual(found["errors"], 15)

    def test_a_share_of_the_standard_deviation_is_no_percentile(self):
        # "80.50%" at the end of a line of statistics ends in "50%".
        self.assertAlmostEqual(parse(REPORT.replace("80.00%", "80.50%"))["p50_us"], 812.0)

    def test_no_answer_at_all_is_no_figure(self):
        with self.assertRaises(GaveUp):
            parse("  0 requests in 1.00s, 0.00B read\n")
