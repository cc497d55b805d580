"""Figures that tests measured: printed, and collected in build/e2e-figures.json."""

import fcntl
import json

from .settings import FIGURES, SHORT


def record(name, value, unit=""):
    """Files of tests run side by side: the collection is rewritten under a lock."""
    print(f"figure: {name} = {value} {unit}".rstrip())
    if SHORT:
        return
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    with open(FIGURES, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        figures = json.loads(text) if text.strip() else {}
        figures[name] = f"{value} {unit}".rstrip()
        file.seek(0)
        file.truncate()
        json.dump(figures, file, indent=2, sort_keys=True)
        file.write("\n")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
