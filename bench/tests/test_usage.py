"""CPU and memory as /proc tells them."""

import os
import subprocess
import sys
import time
import unittest

from bench.compare.usage import Meter, all_processes, family, memory_bytes


class UsageTest(unittest.TestCase):
    def test_a_process_that_computes_is_charged_for_it(self):
        meter = Meter({"me": [os.getpid()]})
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        self.assertGreater(meter.read()["cpu_seconds"]["me"], 0.045)

    def test_the_largest_memory_counts_not_the_last(self):
        meter = Meter({"me": [os.getpid()]})
        before = memory_bytes(os.getpid())
        block = bytearray(os.urandom(1) * (32 << 20))
        deadline = time.monotonic() + 20
        while meter.largest_memory["me"] < before + (16 << 20) and time.monotonic() < deadline:
            time.sleep(0.01)
        del block
        self.assertGreater(meter.read()["memory_bytes"]["me"], before + (16 << 20))

    def test_memory_is_more_than_nothing(self):
        self.assertGreater(memory_bytes(os.getpid()), 1 << 20)

    def test_a_family_is_a_process_and_its_descendants(self):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        try:
            self.assertIn(child.pid, family(os.getpid(), all_processes()))
            self.assertEqual(family(child.pid, all_processes()), [child.pid])
        finally:
            child.communicate()

    def test_a_pid_that_is_gone_costs_nothing(self):
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        used = Meter({"gone": [child.pid]}).read()
        self.assertEqual((used["cpu_seconds"]["gone"], used["memory_bytes"]["gone"]), (0.0, 0))
