#!/usr/bin/env bash
# Formats our own C++ files. With --check, changes nothing and fails when something would change.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh dev
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run -Werror)
git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' |
  xargs -0 --no-run-if-empty -P "$(nproc)" -n 20 clang-format "${mode[@]}"
