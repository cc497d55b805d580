#!/usr/bin/env bash
# Installs the Debian packages of scripts/packages.txt that are missing.
#
#   scripts/install_packages.sh [SECTION...]     all sections when none is named
#
# Says what it installs and nothing when everything is there. Works on a machine on which
# `apt-get update` was never run.
set -euo pipefail
cd "$(dirname "$0")/.."
list=scripts/packages.txt

sections=" ${*:-build run test dev} "
for section in $sections; do
  grep -q "^\[$section\]" "$list" || { echo "$list has no section [$section]" >&2; exit 2; }
done

wanted=$(awk -v sections="$sections" '
  /^\[/ { name = substr($1, 2, length($1) - 2); active = index(sections, " " name " "); next }
  { sub(/#.*/, "") }
  active && NF { print $1 }' "$list")

missing=()
for package in $wanted; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=(env)
elif command -v sudo >/dev/null; then
  as_root=(sudo env)
else
  echo "Missing packages, and neither root nor sudo to install them. As root:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi

# Another apt may hold the lock (a fresh machine upgrades itself): wait for it.
apt() { "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }
install() { apt install -y --no-install-recommends "${missing[@]}" </dev/null; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
# The package lists may be absent or stale: refresh them when installing does not work without.
if ! install >"$log" 2>&1; then
  if ! { apt update && install; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
fi
