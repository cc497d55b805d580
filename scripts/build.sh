#!/usr/bin/env bash
# Configures once and builds.
#
#   scripts/build.sh [PRESET] [NINJA-ARGUMENT...]     release (the default), debug, asan, tsan, fuzz
#
# The release preset builds into build/, the others into build/PRESET; programs are in bin/ there.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
directory=build/$preset
[ "$preset" = release ] && directory=build

if [ ! -f "$directory/build.ninja" ]; then
  cmake --preset "$preset" --log-level=WARNING
fi
exec ninja -C "$directory" "$@"
