#!/usr/bin/env bash
# Builds and runs the tests of a preset. ctest's summary is the last thing it prints.
#
#   scripts/test.sh [release|debug|asan|tsan] [CTEST-ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
directory=build/$preset
[ "$preset" = release ] && directory=build

scripts/install_packages.sh build run test
scripts/build.sh "$preset"

# Some tests hold connections for minutes and use no processor meanwhile: more at once than there
# are processors. Those that measure declare RUN_SERIAL.
jobs=$(($(nproc) + 2))
exec ctest --test-dir "$directory" -j "$jobs" --output-on-failure --no-tests=error "$@"
