#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, starting from the corpus in the repository.
#
#   scripts/fuzz.sh [SECONDS]
#
# New inputs are kept under build/fuzz/corpus; a crash leaves its input in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
scripts/install_packages.sh build dev
scripts/build.sh fuzz fuzzers

top=$PWD
crashes=$top/build/fuzz/crashes
mkdir -p "$crashes"
failed=0
found=0
for target in build/fuzz/bin/*_fuzz; do
  [ -x "$target" ] || continue
  found=$((found + 1))
  name=$(basename "$target" _fuzz)
  grown=$top/build/fuzz/corpus/$name
  mkdir -p "$grown"
  seeds=()
  [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
  log=build/fuzz/$name.log
  if "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$crashes/$name-" "$grown" "${seeds[@]}" >"$log" 2>&1; then
    echo "ok    $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
  else
    echo "FAIL  $name: $log"
    tail -n 30 "$log"
    failed=1
  fi
done
[ "$found" -gt 0 ] || { echo "no fuzz target was built" >&2; exit 1; }
exit $failed
