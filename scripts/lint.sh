#!/usr/bin/env bash
# Everything that can be said about the sources without running them.
#
# What compiles looks at the files that differ from BASE (default: the upstream branch, else the last
# commit); BASE=all takes every file, which needs minutes.
# shellcheck disable=SC2317  # the functions are called through step
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh build dev
failed=0
step() { # NAME, COMMAND...
  local name=$1
  shift
  if "$@"; then echo "ok    $name"; else echo "FAIL  $name"; failed=1; fi
}

changed() { # PATTERN
  local base=${BASE:-$(git rev-parse -q --verify '@{upstream}' || echo HEAD)}
  if [ "$base" = all ]; then
    git ls-files -- "$1"
  else
    { git diff --name-only --diff-filter=d "$base" -- "$1"
      git ls-files --others --exclude-standard -- "$1"; } | sort -u
  fi | grep -vE '^(tests/fuzz|bench/micro)/' || true # not part of this configuration
}

tidy() {
  local sources
  sources=$(changed '*.cpp')
  [ -n "$sources" ] || return 0
  # A configuration of its own: without precompiled headers, which clang-tidy cannot read from gcc.
  cmake --preset debug -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON --log-level=WARNING >/dev/null
  echo "$sources" | xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet
}

headers() { changed '*.hpp' | xargs --no-run-if-empty tests/tidy/headers.sh; }

shell_scripts() { git ls-files -- '*.sh' .ci/run | xargs shellcheck; }

step format scripts/format.sh --check
for check in layers sizes unfinished links; do
  step "$check" "tests/tidy/$check.sh"
done
step headers headers
step shellcheck shell_scripts
step clang-tidy tidy
exit $failed
