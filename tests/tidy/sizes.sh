#!/usr/bin/env bash
# Fails when a file is so long that it must hold two ideas, or does not say what it is for.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0

while read -r file; do
  limit=500
  case $file in tests/*) limit=800 ;; esac
  lines=$(wc -l <"$file")
  if [ "$lines" -gt "$limit" ]; then
    echo "$file: $lines lines, at most $limit"
    failed=1
  fi
  # A .cpp beside its header needs no comment of its own.
  if [ "${file%.cpp}" != "$file" ] && [ -e "${file%.cpp}.hpp" ]; then continue; fi
  first=$(head -n 3 "$file")
  case $file:$first in
    *.hpp://*|*.cpp://*|*.sql:--*|*.sh:*'#'*'#'*|*.py:'"""'*|*.py:'#'*|*:/'*'*) ;;
    *) echo "$file: the first lines do not say what it is for"; failed=1 ;;
  esac
done < <(git ls-files -- '*.hpp' '*.cpp' '*.sql' '*.sh' '*.py')

while read -r folder entries; do
  echo "$folder: $entries entries, at most 40: make sub-folders by topic"
  failed=1
done < <(git ls-files -- ':!tests/fuzz/corpus' | awk -F/ '
  { path = ""; for (i = 1; i < NF; i++) path = path $i "/"; seen[path] = seen[path] + 1 }
  END { for (path in seen) if (seen[path] > 40) print path, seen[path] }')
exit $failed
