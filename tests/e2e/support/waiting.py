"""Waiting for conditions, never for time; and the few holds where time itself is tested."""

import time

from .settings import PATIENCE


def await_condition(condition, timeout=10.0, what="the condition"):
    """Calls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout * PATIENCE:g} s")
        time.sleep(0.02)


def let_time_pass(seconds, why):
    """For tests whose subject is time (an idle gap, a silent answer); `why` is for the reader."""
    assert why
    time.sleep(seconds)


class Stopwatch:
    def __init__(self):
        self.started = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.started
