#!/usr/bin/env bash
# Builds bench/ and runs every benchmark program in it.
#
#   scripts/bench.sh [FILTER]     a regular expression over the names of benchmarks
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh build run dev
cmake --preset release -B build/bench -DSERVERME_BENCH=ON -DSERVERME_TESTS=OFF --log-level=WARNING >/dev/null
ninja -C build/bench
found=0
for program in build/bench/bin/*_bench; do
  [ -x "$program" ] || continue
  found=1
  echo "== $(basename "$program")"
  "$program" ${1:+--benchmark_filter="$1"}
done
[ "$found" = 1 ] || echo "bench/ has no program yet."
