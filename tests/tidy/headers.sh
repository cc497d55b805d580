#!/usr/bin/env bash
# Fails when a header does not compile alone: those that are named, or all, which needs minutes. Part
# of `make lint`, not of `make test`.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile() {
  g++ -std=c++20 -fsyntax-only -x c++ -I . -DBOOST_ASIO_NO_DEPRECATED -DBOOST_ASIO_SEPARATE_COMPILATION \
    -DBOOST_BEAST_SEPARATE_COMPILATION -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL \
    -DSERVERME_VERSION='"0"' -w "$1" || { echo "^ $1"; return 1; }
}
export -f compile
if [ $# -gt 0 ]; then printf '%s\n' "$@"; else git ls-files -- '*.hpp'; fi |
  { grep -vx tests/unit/test.hpp || true; } |
  xargs --no-run-if-empty -P "$(nproc)" -I{} bash -c 'compile {}'
