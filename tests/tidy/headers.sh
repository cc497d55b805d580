#!/usr/bin/env bash
# Fails when a header does not compile alone. Needs a minute: part of `make lint`, not of `make test`.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile() {
  g++ -std=c++20 -fsyntax-only -x c++ -I . -I build/generated -DBOOST_ASIO_NO_DEPRECATED \
    -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_BEAST_SEPARATE_COMPILATION -DSPDLOG_COMPILED_LIB \
    -DSPDLOG_FMT_EXTERNAL -DSERVERME_VERSION='"0"' -w "$1"
}
export -f compile
git ls-files -- '*.hpp' ':!tests/unit/test.hpp' | xargs -P "$(nproc)" -I{} bash -c 'compile {} || { echo "^ {}"; exit 1; }'
