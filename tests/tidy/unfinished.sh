#!/usr/bin/env bash
# Fails on marks of unfinished work, and on tests that sleep instead of awaiting a condition.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
none() { # PATTERN, WHY, PATHSPEC...
  local pattern=$1 why=$2
  shift 2
  if git grep -nE "$pattern" -- "$@" ':!tests/tidy'; then
    echo "^ $why" >&2
    failed=1
  fi
}
none '\b(TODO|FIXME|XXX|HACK)\b' 'finish it, or file it' '*.cpp' '*.hpp' '*.py' '*.sh' '*.sql' '*.cmake'
none 'sleep_for|sleep_until|\busleep\(' 'await a condition' 'tests/unit/*.cpp'
exit $failed
