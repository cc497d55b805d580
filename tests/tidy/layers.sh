#!/usr/bin/env bash
# Fails when a folder includes a layer that it must not know. The rules are the table in
# docs/architecture.md, one line each.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0

forbid() { # FOLDER, INCLUDES IT MUST NOT HAVE, WHY
  [ -d "$1" ] || return 0
  if grep -rnE --include='*.hpp' --include='*.cpp' "#include [\"<]($2)" "$1"; then
    echo "^ $1: $3" >&2
    failed=1
  fi
}

packages='caf/|boost/|openssl/|pqxx|nlohmann/|curl/|CLI/|spdlog/|fmt/|yaml-cpp/'
system='sys/|netinet/|arpa/|unistd|fcntl|poll'
world='thread>|mutex>|condition_variable>|atomic>|random>|fstream>|iostream>|filesystem>'
forbid protocol "$packages|$system|$world" 'protocol is without I/O: pass bytes, time and randomness in'
forbid protocol 'net/|actors/|nodes/|cli/' 'protocol knows no other layer'
forbid config 'caf/|boost/|openssl/|pqxx|nlohmann/|curl/|net/|actors/|nodes/|cli/' \
  'settings and command lines are text: protocol, yaml-cpp and CLI11 only'
forbid net 'caf/|pqxx|CLI/|actors/|nodes/|cli/' 'net moves bytes: protocol, Asio, OpenSSL and the system only'
forbid actors "net/|nodes/|cli/|boost/|openssl/|pqxx|curl/|CLI/|yaml-cpp/|$system" \
  'actors decide: what touches the world is behind actors/ports/'
forbid nodes/cluster 'nodes/(edge|control|worker|servermed)/|cli/|pqxx' 'the transport knows no role'
forbid nodes/edge 'nodes/(control|worker|servermed)/|cli/|pqxx' 'roles do not include each other'
forbid nodes/control 'nodes/(edge|worker|servermed)/|cli/' 'roles do not include each other'
forbid nodes/worker 'nodes/(edge|control|servermed)/|cli/|pqxx' 'roles do not include each other'
forbid cli 'caf/|pqxx|actors/|nodes/' 'the agent is a client, not a node'

if grep -rn --include='*.hpp' --include='*.cpp' '#include <caf/\(io\|openssl\)' actors nodes cli net protocol |
  grep -v '^actors/transport/'; then
  echo '^ the network of CAF is behind actors/transport/' >&2
  failed=1
fi
if grep -rnE --include='*.hpp' --include='*.cpp' '^[^/]*\b(double|float)\b' protocol/messages; then
  echo '^ infinity hangs the network thread of CAF: send integers, or bits' >&2
  failed=1
fi
if grep -rnE --include='*.hpp' --include='*.cpp' \
  '^[^/]*((steady|system|high_resolution)_clock::now|std::random_device|\brand\(\))' protocol actors; then
  echo '^ time and randomness come in as arguments' >&2
  failed=1
fi
exit $failed
