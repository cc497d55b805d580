#!/usr/bin/env bash
# Fails when a page links to a file of the repository that is not there.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
while read -r page; do
  while read -r target; do
    case $target in *://*|mailto:*|'#'*|'') continue ;; esac
    path=$(dirname "$page")/${target%%#*}
    if [ ! -e "$path" ]; then
      echo "$page: no $target"
      failed=1
    fi
  done < <(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//')
done < <(git ls-files -- '*.md')
exit $failed
