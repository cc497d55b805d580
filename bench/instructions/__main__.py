"""python3 -m bench.instructions PROGRAM [--update]: counts with callgrind what the units of
serverme_instructions cost, and fails when one costs more than it is known to."""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

KNOWN = Path(__file__).resolve().parents[1] / "instructions.json"
GROWTH_MAX_PERCENT = 5
# Enough that a unit's first allocations do not count, few enough that callgrind takes seconds.
FEW, MANY = 50, 250


def instructions(program, unit, count):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           str(program), unit, str(count)],
                          capture_output=True, text=True, timeout=300, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise SystemExit(f"callgrind could not run {unit}: {done.stderr.strip()[-400:]}")
    return int(found[1])


def cost(program, unit):
    return (instructions(program, unit, MANY) - instructions(program, unit, FEW)) // (MANY - FEW)


def verdict(known, now):
    """What is said of a unit, and whether it passes."""
    if known is None:
        return "new: run with --update", False
    growth = f"{now / known - 1:+.1%}"
    if now * 100 > known * (100 + GROWTH_MAX_PERCENT):
        return f"{growth}: MORE than {GROWTH_MAX_PERCENT} %", False
    return growth, True


def main():
    parser = argparse.ArgumentParser(prog="bench-check")
    parser.add_argument("program", type=Path, help="serverme_instructions")
    parser.add_argument("--update", action="store_true", help=f"write {KNOWN.name}")
    given = parser.parse_args()
    units = subprocess.run([str(given.program)], capture_output=True, text=True,
                           check=True).stdout.split()
    counts = {unit: cost(given.program, unit) for unit in units}
    if given.update:
        KNOWN.write_text(json.dumps(counts, indent=2) + "\n")
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    passed = True
    for unit, now in counts.items():
        said, fits = verdict(known.get(unit), now)
        passed = passed and fits
        print(f"{unit:20} {now:>10,} instructions  {said}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
