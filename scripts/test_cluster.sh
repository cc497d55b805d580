#!/usr/bin/env bash
# `make test-cluster`: seven nodes in network namespaces, under load and under faults. Minutes.
#
#   scripts/test_cluster.sh [release|asan] [PYTEST-ARGUMENT...]     -k partition, test_names.py, ...
#
# Needs root, for the namespaces. SERVERME_CLUSTER_KEEP=1 keeps logs and data.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
directory=$PWD/build/$preset
[ "$preset" = release ] && directory=$PWD/build

if [ -z "${SERVERME_SKIP_BUILD:-}" ]; then
  scripts/install_packages.sh build run test
  scripts/build.sh "$preset" serverme servermed serverme_load
fi

export SERVERME_E2E_BIN=${SERVERME_E2E_BIN:-$directory/bin}
export SERVERME_E2E_FIGURES=${SERVERME_E2E_FIGURES:-$directory/cluster-figures.json}
if [ "$preset" != release ]; then
  export SERVERME_E2E_SHORT=1 LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp
fi
cd tests/cluster
exec /usr/bin/python3 -B -m pytest -q -p no:cacheprovider -rA --tb=short "$@"
