#!/usr/bin/env bash
# Fetches the tunnels that others make into build/bench-peers/bin, where their package clients are at
# hand. What cannot be had is no failure: `make bench` names it as missing.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=$PWD/build/bench-peers
mkdir -p "$peers/bin"

fetch() { # PROGRAM, CLIENT, ARGUMENT...: unless it is there, or could not be had before
  local program=$1
  shift
  [ ! -x "$peers/bin/$program" ] && [ ! -e "$peers/$program.log" ] || return 0
  if ! command -v "$1" >/dev/null; then
    echo "no $1 here: the benchmark goes without $program"
    return 0
  fi
  echo "fetching $program ($*): once, takes minutes"
  if ! timeout 900 "$@" >"$peers/$program.log" 2>&1; then
    echo "could not be had; the benchmark goes without $program: $(tail -n 1 "$peers/$program.log")"
    echo "(delete $peers/$program.log to try again)"
  fi
}

fetch bore cargo install bore-cli --root "$peers"
fetch rathole cargo install rathole --root "$peers" --no-default-features --features server,client,tls
GOBIN=$peers/bin fetch chisel go install github.com/jpillora/chisel@latest
