#!/usr/bin/env bash
# Measures: whole programs beside others, or the cores alone. docs/performance.md explains.
#
#   scripts/bench.sh full|quick [ARGUMENT...]     see `python3 -m bench.compare --help`
#   scripts/bench.sh micro [FILTER]               a regular expression over the names of benchmarks
#   scripts/bench.sh check [--update]             instructions, beside bench/instructions.json
#
# SERVERME_BENCH_BIN: a folder with servermed, serverme and serverme_load, instead of building them.
# SERVERME_BENCH_PEERS: folders with other tunnels (frps, frpc, ...), separated by colons.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-full}
shift || true

compare() {
  scripts/install_packages.sh build run bench
  if [ -z "${SERVERME_BENCH_BIN:-}" ]; then
    scripts/build.sh release servermed serverme serverme_load
  fi
  exec /usr/bin/python3 -B -m bench.compare "$@"
}

case $mode in
  quick) compare --quick "$@" ;;
  full)
    scripts/bench_peers.sh
    export SERVERME_BENCH_PEERS=$PWD/build/bench-peers/bin${SERVERME_BENCH_PEERS:+:$SERVERME_BENCH_PEERS}
    compare "$@"
    ;;
  micro)
    scripts/install_packages.sh build run bench
    cmake --preset release -B build/bench -DSERVERME_BENCH=ON -DSERVERME_TESTS=OFF \
      --log-level=WARNING >/dev/null
    ninja -C build/bench bench/all
    for program in build/bench/bin/*_bench; do
      echo "== $(basename "$program")"
      "$program" ${1:+--benchmark_filter="$1"}
    done
    ;;
  check)
    scripts/install_packages.sh build run bench
    scripts/build.sh release serverme_instructions
    exec /usr/bin/python3 -B -m bench.instructions build/bin/serverme_instructions "$@"
    ;;
  *)
    echo "usage: scripts/bench.sh full|quick|micro|check" >&2
    exit 2
    ;;
esac
