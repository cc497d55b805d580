"""From rounds to figures: medians, ranges, and ratios to the reference of the same round."""

import math
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Summary:
    median: float
    min: float
    max: float
    count: int

    @property
    def spread(self):
        """How far apart the rounds were, as a share of the median: how noisy it was."""
        return (self.max - self.min) / self.median if self.median else math.nan


def summarize(values):
    """None when there is no value: nobody measured, rather than zero."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    return Summary(median(known), min(known), max(known), len(known)) if known else None


def ratios(values, reference):
    """Round by round: noise that lasts longer than a round hits both. Rounds that either lacks
    are left out."""
    return summarize([value / base for value, base in zip(values, reference)
                      if value is not None and base])
