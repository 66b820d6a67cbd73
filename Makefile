# Needs make, a POSIX shell and Go. `make` alone lists what can be done.

GO          ?= go
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s
BENCHSTAT    = golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
BENCH       ?= ^Benchmark(Scan|ScanAndSplice|Coding|Containers|Judge|SensorsData|Unlisted|UpstreamSend|LookupHit)$$
COUNT       ?= 6
CACHE_ENTRIES ?= 10000000
ROUNDS      ?= 3
DUR         ?= 2
SIZES       ?= 1k,4k,32k,batch
PEERS       ?= nginx,nethttp,sjson,consentd,consentd-simd

# What builds are made with: the vector instructions of amd64, which Go 1.26 keeps
# behind an experiment. Without it, or on another machine, bodies are read in plain Go.
EXPERIMENT  ?= simd

# No go command may change go.mod or go.sum. What GOFLAGS held before stays.
export GOFLAGS := $(strip $(filter-out -mod=%,$(shell $(GO) env GOFLAGS)) -mod=readonly)

.DEFAULT_GOAL := help
.PHONY: help build test test-simd test-clients test-race check redis lint fuzz withdrawal reloads chaos scaling import bench bench-store bench-cache bench-peers bench-profile bench-waits bench-model pgo cover smoke demo docker clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/consentd
	GOEXPERIMENT=$(EXPERIMENT) CGO_ENABLED=0 $(GO) build -trimpath -o bin/consentd ./cmd/consentd

test: redis check ## format, vet and all tests; some run a redis-server of their own
	$(GO) test -timeout 5m ./...

test-simd: ## the tests of the scanner in plain Go and with vector instructions (amd64)
	$(GO) test ./internal/wire
	GOEXPERIMENT=simd $(GO) test ./internal/wire

test-clients: ## the real SensorsData SDKs from npm against consentd run (Node, npm, Chromium)
	@.ci/need-clients
	$(GO) vet -tags clients ./internal/clients
	$(GO) test -tags clients -count 1 -parallel 4 -timeout 10m ./internal/clients

test-race: redis ## all tests under the race detector (needs a C compiler)
	$(GO) test -race -timeout 15m ./...

check: ## format and vet alone
	@files="$$(gofmt -l .)"; if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:" $$files; exit 1; fi
	$(GO) vet ./...
	GOARCH=amd64 GOEXPERIMENT=simd $(GO) vet ./internal/wire

redis:
	@.ci/need-tools

lint: check ## golangci-lint where it is installed, else staticcheck
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else $(GO) run $(STATICCHECK) -checks inherit,-ST1005 ./...; fi

fuzz: ## each fuzz target for FUZZTIME (30s)
	@set -e; for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "== $$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel 2 $$package; \
	  done; \
	done

withdrawal: redis ## a withdrawal by redis-cli to its effect at the proxy, 1,000 times under load
	$(GO) test ./bench/withdrawal -run '^$$' -bench Withdrawal -benchtime 1000x

import: redis ## a million records into Redis and into an embedded store, and out again: rates and memory
	$(GO) test ./bench/imports -run '^$$' -bench . -benchtime 1000000x -timeout 30m

reloads: ## 200 reloads, good and bad in turn, while 100,000 requests pass
	$(GO) test ./bench/reload -run '^$$' -bench Reload -benchtime 200x

chaos: redis ## faults of Redis and its network while requests pass and consents change (7 minutes; as root with partitions)
	$(GO) vet -tags chaos ./bench/chaos
	$(GO) test -tags chaos -count 1 -timeout 15m -run 'TestCampaign|TestLatency' -v ./bench/chaos

scaling: redis ## what a change costs Redis and each proxy (5 minutes); docs/scaling.md is made of it
	$(GO) test ./bench/scaling -run '^$$' -bench . -benchtime 1000x

bench: redis ## each step of a request, beside the last release by benchstat; BENCH=Name for others
	@mkdir -p bin
	GOEXPERIMENT=$(EXPERIMENT) $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime 100ms -count $(COUNT) \
	  ./internal/wire ./rules/... ./proxy ./cache > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	$(GO) run $(BENCHSTAT) $$(ls bench/results/*.txt 2>/dev/null | sort -V | tail -n 1) bin/bench.txt

bench-store: ## keep what make bench measured last as that of RELEASE=v1.2.3
	@test -n "$(RELEASE)" || { echo "say of which release: make bench-store RELEASE=v1.2.3"; exit 1; }
	@mkdir -p bench/results
	cp bin/bench.txt bench/results/$(RELEASE).txt

bench-cache: redis ## the cache with CACHE_ENTRIES (10 million) beside otter: memory, collection, speed, hits, misses; 5 GB
	CACHE_ENTRIES=$(CACHE_ENTRIES) $(GO) test -timeout 30m -run '^$$' -bench 'Cache' -benchtime 1s ./cache

bench-peers: redis ## consentd beside what else could be used: ROUNDS, DUR, SIZES, PEERS (8 minutes)
	@.ci/need-peers
	$(GO) run ./bench/peers --rounds $(ROUNDS) --dur $(DUR) --sizes $(SIZES) --peers $(PEERS)

bench-profile: redis ## where consentd's time goes, for each of SIZES
	@mkdir -p bin/profiles
	$(GO) run ./bench/peers --sizes $(SIZES) --profile bin/profiles
	@for profile in bin/profiles/*.prof; do echo "== $$profile"; $(GO) tool pprof -top -nodecount 40 $$profile 2>/dev/null | tail -n +5; done

bench-waits: redis ## what consentd's requests wait for among each other, with 64 threads
	@mkdir -p bin/profiles
	GOMAXPROCS=64 $(GO) run ./bench/peers --sizes 1k --conns 256 --waits bin/profiles/waits.prof
	$(GO) tool pprof -top -nodecount 20 bin/profiles/waits.prof

bench-model: ## what a request costs by size, rules, records and layers, and the linear model of it
	GOEXPERIMENT=$(EXPERIMENT) $(GO) run ./bench/model

pgo: redis ## record the profile that builds of consentd are optimised by
	@mkdir -p bin/pgo
	$(GO) run ./bench/peers --sizes 1k,4k,32k,batch --profile bin/pgo
	$(GO) tool pprof -proto bin/pgo/*.prof > cmd/consentd/default.pgo

cover: redis ## tests with coverage, a page in bin/cover.html
	@mkdir -p bin
	$(GO) test -timeout 10m -coverpkg ./... -coverprofile bin/cover.out ./...
	$(GO) tool cover -html bin/cover.out -o bin/cover.html
	@$(GO) tool cover -func bin/cover.out | tail -n 1

smoke: ## the demo once, on free ports: a whole proxy with real requests through it
	$(GO) run ./cmd/consentd demo --once --listen 127.0.0.1:0 --admin 127.0.0.1:0

demo: ## the demo, which keeps serving until Ctrl-C
	$(GO) run ./cmd/consentd demo

docker: ## the container image consentd
	docker build --tag consentd .

clean: ## remove what was built
	rm -rf bin
