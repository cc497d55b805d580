#!/usr/bin/env bash
# `make run`: a server, a demo site and a tunnel to it, until Ctrl+C.
#
# SERVERME_DATA_DIR (default build/dev-data) keeps users, keys and captures between runs.
set -euo pipefail
cd "$(dirname "$0")/.."
# The test of this script has just built what it runs.
if [ -z "${SERVERME_SKIP_BUILD:-}" ]; then
  scripts/install_packages.sh build run
  scripts/build.sh release serverme servermed
fi

data=${SERVERME_DATA_DIR:-$PWD/build/dev-data}
mkdir -p "$data"
data=$(cd "$data" && pwd)
shown=${data#"$PWD/"} # as it is typed from here
logs=$data/logs
mkdir -p "$logs"
# shellcheck source=scripts/children.sh
source scripts/children.sh

# The usual port, or 0 (any free one) when somebody has it.
port_or_any() { # PORT, WHAT
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    echo "Port $1 is taken: the $2 gets a free one instead." >&2
    echo 0
  else
    echo "$1"
  fi
}

if [ -f "$data/ready.json" ]; then
  pid=$(pid_of "$data/ready.json")
  if [ -n "$pid" ] && is_running "$pid"; then
    echo "A server already runs on $data (pid $pid). Stop it, or set SERVERME_DATA_DIR." >&2
    exit 1
  fi
  rm -f "$data/ready.json"
fi

http=$(port_or_any 8080 "public HTTP listener")
tls=$(port_or_any 8443 "TLS listener")
api=$(port_or_any 8081 "API")
start servermed build/bin/servermed dev --data-dir "$data" \
  --http "127.0.0.1:$http" --tls "127.0.0.1:$tls" --api "127.0.0.1:$api"
await servermed "${started[-1]}" servermed test -s "$data/ready.json"

start demo build/bin/servermed demo --listen 127.0.0.1:0
demo_pid=${started[-1]}
await "The demo site" "$demo_pid" demo grep -q 'http://127' "$logs/demo.log"
demo=$(grep -o 'http://127[^ "]*' "$logs/demo.log" | head -n 1)
demo=${demo#http://}

start tunnel build/bin/serverme --config "$data/cli.yml" --log-format json http "${demo%/}" --subdomain demo
await "The tunnel" "${started[-1]}" tunnel grep -q tunnel_ready "$logs/tunnel.log"
url=$(grep tunnel_ready "$logs/tunnel.log" | grep -o 'http://[^"]*' | head -n 1)

cat <<TEXT

  ServerMe is running.

  Public URL    $url
  API           http://$(field "$data/ready.json" api)   (key: in $shown/cli.yml)
  Logs          $shown/logs

  A second tunnel, to whatever listens on port 3000 of this machine:

    build/bin/serverme --config $shown/cli.yml http 3000

  Ctrl+C stops everything.

TEXT

# Until the first of them ends, or a signal.
wait -n "${started[@]}" || true
give_up "One of the programs ended by itself; the logs are in $logs." "$logs/servermed.log"
