"""python3 -m bench.compare: see scripts/bench.sh and docs/performance.md."""

import argparse
import os
import re
import signal
import sys
from pathlib import Path

from . import results
from .contenders.field import REFERENCE
from .run import perform
from .scenarios.programme import FULL, QUICK, scenarios
from .world import World

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="ServerMe beside others, interleaved.")
    parser.add_argument("--quick", action="store_true", help="three minutes instead of fifteen")
    parser.add_argument("--rounds", type=int, help="instead of the mode's number")
    parser.add_argument("--scenarios", default="", help="regular expression over their keys")
    parser.add_argument("--contenders", default="", help="regular expression over their names")
    parser.add_argument("--peers", action="store_true", help="others' tunnels in a quick run too")
    parser.add_argument("--programs", type=Path,
                        default=Path(os.environ.get("SERVERME_BENCH_BIN", ROOT / "build/bin")),
                        help="folder of servermed, serverme and serverme_load")
    parser.add_argument("--results", type=Path, default=ROOT / "bench/results")
    return parser.parse_args()


def interrupt(_number, _frame):
    raise KeyboardInterrupt


def say(line):
    print(f"bench: {line}", file=sys.stderr, flush=True)


def main():
    given = arguments()
    mode = QUICK if given.quick else FULL
    changes = {"peers": mode.peers or given.peers, "rounds": given.rounds or mode.rounds}
    mode = type(mode)(**{**vars(mode), **changes})
    chosen = [one for one in scenarios(mode) if re.search(given.scenarios, one.key)]
    if not chosen:
        say(f"no scenario's key matches {given.scenarios}")
        return 2

    def wanted(name):
        return name == REFERENCE or re.search(given.contenders, name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    world = World(given.programs.resolve())
    try:
        result = perform(world, mode, chosen, wanted, ROOT, say)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        world.close()
    text, path = results.write(given.results, result, chosen)
    print(text)
    say(f"written to {path} and beside it")
    return 1 if result["cut_short"] else 0


sys.exit(main())
