# The front door. `make` alone lists what there is; the work is done by scripts/.
.DEFAULT_GOAL := help
.PHONY: help run cluster test test-cluster build bench bench-quick bench-micro bench-check lint format fuzz test-asan test-tsan clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, then a server, a demo site and a tunnel to it, until Ctrl+C
	@scripts/run.sh

cluster: ## build, then two control nodes, three edges, two workers and two tunnels, until Ctrl+C
	@scripts/cluster.sh

test: ## build, then every test: unit, style, and real processes
	@scripts/test.sh release

test-cluster: ## seven nodes in network namespaces, killed, stopped and cut off under load (root; minutes)
	@scripts/test_cluster.sh

build: ## build/bin/serverme and build/bin/servermed
	@scripts/install_packages.sh build run
	@scripts/build.sh release serverme servermed

bench: ## ServerMe beside other tunnels, every scenario: about 15 minutes of measuring
	@scripts/bench.sh full

bench-quick: ## the headline scenarios beside nginx: 3 minutes of measuring
	@scripts/bench.sh quick

bench-micro: ## what the cores cost, by Google Benchmark (FILTER=regex)
	@scripts/bench.sh micro "$(FILTER)"

bench-check: ## fails when the byte path needs over 5 % more instructions than bench/instructions.json
	@scripts/bench.sh check

lint: ## layout, layers, sizes, shell scripts, clang-tidy on what you changed
	@scripts/lint.sh

format: ## clang-format on our own files
	@scripts/format.sh

fuzz: ## every fuzz target for SECONDS=60 each
	@scripts/fuzz.sh "$(or $(SECONDS),60)"

test-asan: ## unit and shortened process tests with ASan and UBSan
	@scripts/test.sh asan

test-tsan: ## what works without CAF (protocol, net, edge, cli) with ThreadSanitizer
	@scripts/test.sh tsan

clean: ## remove what was built; data of `make run` too
	@rm -rf build
