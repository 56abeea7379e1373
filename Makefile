# What CI runs, and what a contributor runs. make help lists the targets.
LINT_VERSION := v2.15.0
LINT := $(CURDIR)/bin/golangci-lint-$(LINT_VERSION)
APIDIFF_VERSION := v0.0.0-20261014143641-f0251eb4aa3e
APIDIFF := $(CURDIR)/bin/apidiff-$(APIDIFF_VERSION)
FUZZTIME ?= 20s
ROUNDS ?= 5
SEED ?= 1
# make fleet RECORD=1 writes the tables into docs/reliability/fleet.md. The same
# holds for every other trial, and for make mutants.
TRIAL = go test -count=1 -v -timeout 3h
LONG = -args -long -seed $(SEED) $(if $(RECORD),-record $(CURDIR)/docs/reliability/$@.md)

.PHONY: help test check fmt sums vet lint race frameworks generate examples rules docs api api-record bench-once fuzz-short fuzz mutants processes bench fleet soak siege callbacks evidence clients e2e screenshots

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

test: ## the README's test command: every module
	go test work

check: fmt sums vet lint test race frameworks generate examples rules docs api bench-once fuzz-short e2e ## all that CI checks; chromium, redis-server, postgresql, mariadb-server and promtool must be there

fmt:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt wants these files:"; echo "$$files"; exit 1; }

sums: ## no command that only reads changes a file of the modules
	.ci/sums

vet:
	go vet work

# The linter is pinned here and not in go.mod: it would bring hundreds of modules.
lint: $(LINT)
	$(LINT) run ./...
	cd examples && $(LINT) run -c ../.golangci.yml ./...
	cd evidence && $(LINT) run -c ../.golangci.yml ./...
	cd redisstore && $(LINT) run -c ../.golangci.yml ./...
	cd otelfaceid && $(LINT) run -c ../.golangci.yml ./...
	cd sqlstore && $(LINT) run -c ../.golangci.yml ./...
	cd proof && $(LINT) run -c ../.golangci.yml ./...
	cd cmd/faceid && $(LINT) run -c ../../.golangci.yml ./...
	cd examples/frameworks && GOWORK=off $(LINT) run -c ../../.golangci.yml ./...

$(LINT):
	mkdir -p bin
	GOBIN=$(CURDIR)/bin GOFLAGS= GOWORK=off go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $(LINT)

# What runs in other processes than the test's is left out: there the detector
# sees little and takes long.
race: ## the tests under the race detector
	go test -race -timeout 30m $$(go list work | grep -vE '/proof/(fleet|siege|evidence|e2e)$$')

frameworks: ## gin, echo, chi, go-zero and kratos, in a module that the workspace leaves out
	cd examples/frameworks && GOWORK=off go vet ./... && GOWORK=off go test -race ./...

generate: ## generated files are up to date
	go generate ./...
	@git diff --exit-code -- '*/table.go' 'cloudtypes_*.go' docs/errors.md docs/errors.zh-CN.md || { echo "go generate changed files: commit them"; exit 1; }

examples: ## every example builds and runs
	.ci/examples

rules: ## the alert rules of examples/observed, and that each of them fires and keeps quiet (promtool)
	promtool check config examples/observed/prometheus.yml
	cd examples/observed && promtool test rules alerts_test.yaml alerts_days_test.yaml

docs: ## every block of code, command, link and name in the documents, and every comment of the API
	.ci/docs

api: $(APIDIFF) ## nothing that callers use was broken unannounced
	.ci/apidiff $(APIDIFF)

api-record: $(APIDIFF) ## move the baseline of make api to what is here, with a release
	.ci/apidiff $(APIDIFF) record

# Pinned here for the same reason as the linter.
$(APIDIFF):
	mkdir -p bin
	GOBIN=$(CURDIR)/bin GOFLAGS= GOWORK=off go install golang.org/x/exp/cmd/apidiff@$(APIDIFF_VERSION)
	mv bin/apidiff $(APIDIFF)

bench-once: ## the benchmarks run, whatever they measure
	go test -run '^$$' -bench . -benchtime 1x -short . ./faceidtest ./evidence

fuzz-short:
	.ci/fuzz 5s

fuzz: ## every fuzz target, FUZZTIME each
	.ci/fuzz $(FUZZTIME)

mutants: ## every named mutant must be killed by its test; RECORD=1 keeps the list
	.ci/mutants $(if $(RECORD),-record docs/reliability/$@.md)

processes: ## two OS processes on one directory for five periods at speed 20: five minutes
	FACEID_TEST_PERIODS=5 FACEID_TEST_SPEED=20 go test -count=1 -v -timeout 15m -run TestFileStoreIsSharedByTwoProcesses .

bench: ## the benchmarks, ROUNDS times, and whether their targets hold: fifteen minutes
	.ci/bench $(ROUNDS)

fleet: ## eight processes on one Redis under attack, 20 rotations: half an hour (the short form, in go test, also on one Postgres)
	$(TRIAL) ./proof/fleet $(LONG)

soak: ## 100,000 verifications over all products, with faults
	$(TRIAL) ./proof/soak $(LONG)

siege: ## sixteen processes on one directory, 500 kills
	$(TRIAL) ./proof/siege $(LONG)

callbacks: ## a million forged, altered and replayed callbacks
	$(TRIAL) ./proof/callbacks $(LONG)

evidence: ## four engines keep the evidence of 10,000 orders while processes, databases, bucket and platform fail: 45 minutes
	$(TRIAL) ./proof/evidence $(LONG)

e2e: clients ## a browser (chromium) clicks through the merchant demo: two minutes
	FACEID_TEST_E2E=1 go test -count=1 -v -timeout 15m -parallel 4 ./proof/e2e

clients: ## the official SDKs for Node, and curl alone, complete their flows on the simulator (npm fetches the SDKs)
	npm ci --prefix proof/node --ignore-scripts --no-audit --no-fund --loglevel=error
	FACEID_TEST_E2E=1 go test -count=1 ./proof/node ./internal/simulate

screenshots: ## the README's pictures of the merchant demo
	FACEID_TEST_E2E=1 FACEID_TEST_SHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run TestScreenshots ./proof/e2e
