#!/usr/bin/env bash
# `make cluster`: two control nodes, three edges and two workers on this machine, a demo site and two
# tunnels to it, until Ctrl+C. Needs no root: each node has a loopback address of its own.
#
# SERVERME_CLUSTER_DIR (default build/cluster-data) keeps the cluster between runs.
# SERVERME_CLUSTER_NET (default 127.0.7) is where its nodes are.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${SERVERME_SKIP_BUILD:-}" ]; then
  scripts/install_packages.sh build run
  scripts/build.sh release serverme servermed
fi

data=${SERVERME_CLUSTER_DIR:-$PWD/build/cluster-data}
net=${SERVERME_CLUSTER_NET:-127.0.7}
mkdir -p "$data"
data=$(cd "$data" && pwd)
shown=${data#"$PWD/"} # as it is typed from here
logs=$data/logs
mkdir -p "$logs"
# shellcheck source=scripts/children.sh
source scripts/children.sh

# All nodes at once: each waits for its streams. PostgreSQL, the first of all, after them.
stop_cluster() {
  trap '' INT TERM
  local each
  for each in "${started[@]:1}"; do kill -TERM "$each" 2>/dev/null || true; done
  stop_all
  [ -z "${socket_place:-}" ] || rm -rf "$socket_place"
}
trap 'stop_cluster' EXIT

declare -A address=([control-1]=$net.1 [control-2]=$net.2
  [edge-1]=$net.11 [edge-2]=$net.12 [edge-3]=$net.13 [worker-1]=$net.21 [worker-2]=$net.22)
nodes=(control-1 control-2 edge-1 edge-2 edge-3 worker-1 worker-2)
declare -A pid=() name_of=()

for node in "${nodes[@]}"; do
  if [ -f "$data/$node/ready.json" ]; then
    if is_running "$(pid_of "$data/$node/ready.json")"; then
      echo "A cluster already runs in $data. Stop it, or set SERVERME_CLUSTER_DIR." >&2
      exit 1
    fi
    rm -f "$data/$node/ready.json"
  fi
done

# --- PostgreSQL: one for both control nodes, that neither takes along when it dies --------------

as_postgres=()
if [ "$(id -u)" = 0 ]; then # it refuses to be root
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups --)
fi

start_postgres() {
  local programs
  programs=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1)
  [ -n "$programs" ] || { echo "PostgreSQL is missing: apt-get install postgresql" >&2; exit 1; }
  programs=$(dirname "$programs")
  mkdir -p "$data/postgres"
  chmod 700 "$data/postgres"
  [ "$(id -u)" != 0 ] || chown postgres: "$data/postgres"
  "${as_postgres[@]}" test -x "$data/postgres" ||
    { echo "User postgres cannot enter $data: set SERVERME_CLUSTER_DIR to a place it can." >&2; exit 1; }
  # A path of a socket has at most 107 characters.
  sockets=$data/postgres
  if [ ${#sockets} -gt 80 ]; then
    socket_place=$(mktemp -d /tmp/serverme-cluster-XXXXXX)
    sockets=$socket_place
    [ "$(id -u)" != 0 ] || chown postgres: "$sockets"
  fi
  [ -s "$data/postgres/cluster/PG_VERSION" ] ||
    "${as_postgres[@]}" "$programs/initdb" -D "$data/postgres/cluster" -U serverme -A trust -E UTF8 \
      --no-locale >"$logs/initdb.log" 2>&1 || give_up "initdb failed." "$logs/initdb.log"
  start postgres "${as_postgres[@]}" "$programs/postgres" -D "$data/postgres/cluster" \
    -c "unix_socket_directories=$sockets" -c listen_addresses= -c max_connections=100
  await PostgreSQL "${started[-1]}" postgres "$programs/pg_isready" -q -h "$sockets"
  name_of[${started[-1]}]=PostgreSQL
}

# --- certificates and configurations --------------------------------------------------------------

make_certificate() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365)
  [ ! -s "$data/edges.pem" ] || return 0
  umask 077
  {
    openssl req -x509 "${key[@]}" -subj "/CN=CA of make cluster" -keyout "$data/ca.key" -out "$data/ca.pem"
    openssl req -x509 "${key[@]}" -subj "/CN=localhost" -CA "$data/ca.pem" -CAkey "$data/ca.key" \
      -addext "basicConstraints=CA:FALSE" -addext "subjectAltName=DNS:localhost,DNS:*.localhost,\
IP:${address[edge-1]},IP:${address[edge-2]},IP:${address[edge-3]}" \
      -keyout "$data/edges.key" -out "$data/edges.pem"
  } >"$logs/openssl.log" 2>&1
  umask 022
  [ -s "$data/edges.pem" ] || give_up "openssl could not make a certificate." "$logs/openssl.log"
}

write_config() { # NODE
  local at=${address[$1]}
  mkdir -p "$data/$1"
  cat >"$data/$1.yml" <<YAML
# Written by scripts/cluster.sh at each start.
data_dir: $data/$1
node: $1
http: $at:8080
tls: $at:8443
api: $at:8081
health: $at:8082
tcp_host: $at
tcp_ports: 10000-10099
certificates:
  - chain: $data/edges.pem
    key: $data/edges.key
cluster:
  listen: $at:7947
  host: $at
YAML
  case $1 in control-*)
    cat >>"$data/$1.yml" <<YAML
  join: $at:7946
database: host=$sockets user=serverme dbname=postgres
YAML
    ;;
  esac
}

# --- nodes ----------------------------------------------------------------------------------------

change() { # COMMAND of servermed...
  build/bin/servermed "$@" >"$logs/command.log" 2>&1 || give_up "servermed $1 failed." "$logs/command.log"
}

become_member() { # NODE, which keeps what it is between runs
  [ ! -s "$data/$1/cluster/cluster.json" ] || return 0
  if [ "$1" = control-1 ]; then
    change init --config "$data/$1.yml" --host "${address[$1]}" --name "$1"
  else
    build/bin/servermed token create --role "${1%-*}" --config "$data/control-1.yml" --json |
      sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' >"$data/token"
    change join --config "$data/$1.yml" --token-file "$data/token" --host "${address[$1]}" --name "$1"
    rm -f "$data/token"
  fi
}

start_node() { # NODE
  start "$1" build/bin/servermed dev --config "$data/$1.yml"
  pid[$1]=${started[-1]}
  name_of[${pid[$1]}]=$1
}

await_node() { await "$1" "${pid[$1]}" "$1" test -s "$data/$1/ready.json"; }

# --- tunnels --------------------------------------------------------------------------------------

open_tunnel() { # NAME, EDGE
  (umask 077 && cat >"$data/$1-cli.yml" <<YAML
server: ${address[$2]}:8443
token: $token
ca: $data/ca.pem
YAML
  )
  start "tunnel-$1" build/bin/serverme --config "$data/$1-cli.yml" --log-format json http "$demo" --subdomain "$1"
  name_of[${started[-1]}]="the tunnel $1"
  await "The tunnel $1" "${started[-1]}" "tunnel-$1" grep -q tunnel_ready "$logs/tunnel-$1.log"
}

echo "Starting seven nodes ..."
make_certificate
start_postgres
for node in "${nodes[@]}"; do write_config "$node"; done
become_member control-1
start_node control-1
await_node control-1
for node in "${nodes[@]:1}"; do become_member "$node"; start_node "$node"; done
for node in "${nodes[@]:1}"; do await_node "$node"; done

start demo build/bin/servermed demo --listen "$net.1:0"
name_of[${started[-1]}]="the demo site"
await "The demo site" "${started[-1]}" demo grep -q 'http://127' "$logs/demo.log"
demo=$(grep -o 'http://127[^ "]*' "$logs/demo.log" | head -n 1)
demo=${demo#http://}
demo=${demo%/}
token=$(sed -n 's/^token: *//p' "$data/control-1/cli.yml")
open_tunnel demo edge-1
open_tunnel shop edge-2

cat <<TEXT

  A cluster of seven nodes is running.

  Tunnels     http://demo.localhost:8080   its agent is at edge-1
              http://shop.localhost:8080   its agent is at edge-2

  As a visitor of an edge:

    curl http://demo.localhost:8080 --resolve demo.localhost:8080:${address[edge-1]}
    curl http://shop.localhost:8080 --resolve shop.localhost:8080:${address[edge-2]}

TEXT
printf '  %-11s %-12s %-9s %s\n' NODE ADDRESS PID LOG
for node in "${nodes[@]}"; do
  printf '  %-11s %-12s %-9s %s\n' "$node" "${address[$node]}" "${pid[$node]}" "$shown/logs/$node.log"
done
cat <<TEXT

  Edges have visitors at port 8080, agents and TLS at 8443; control nodes the API at 8081. Each node says how it
  is at 8082: curl http://${address[worker-1]}:8082/readyz, .../metrics

  How it is         build/bin/servermed status --config $shown/control-1.yml
  All tunnels       build/bin/serverme status --config $shown/demo-cli.yml --api http://${address[control-2]}:8081
  One more tunnel   build/bin/serverme --config $shown/demo-cli.yml http 3000
  Try what happens  kill -9 ${pid[edge-3]}, look at a log, then start it again:
                    build/bin/servermed dev --config $shown/edge-3.yml

  Ctrl+C stops everything.

TEXT

# Nodes may be killed: that is what this is for. Until the last one ends, or a signal.
while [ ${#started[@]} -gt 0 ]; do
  ended=
  wait -n -p ended "${started[@]}" || true
  [ -n "${ended:-}" ] || continue
  echo "${name_of[$ended]} has ended."
  left=()
  for each in "${started[@]}"; do [ "$each" = "$ended" ] || left+=("$each"); done
  started=("${left[@]}")
done
