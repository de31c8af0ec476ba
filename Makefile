# Everything is built and run from here; `make` alone lists the targets. No target needs a step by hand before it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The command and the library are promised below target/, so a target folder from the environment is not taken.
export CARGO_TARGET_DIR := $(CURDIR)/target
export CGO_ENABLED := 1

RULES ?= testdata/rules
TRACES ?= testdata/traces

# rust-toolchain.toml names one version. A machine may have just that one under another name, "stable", and no way to
# install it twice.
RUST_VERSION := $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
ifndef RUSTUP_TOOLCHAIN
ifeq ($(shell rustup run $(RUST_VERSION) rustc --version 2>/dev/null),)
ifneq ($(findstring $(RUST_VERSION),$(shell rustup run stable rustc --version 2>/dev/null)),)
export RUSTUP_TOOLCHAIN := stable
endif
endif
endif

GO_MODULES := go/betrace go/betraceprocessor go/betraceconnector go/demoshop go/e2e go/receivers
COLLECTOR := dist/otelcol-betrace
GENERATED := target/otelcol/.generated
BUILDER := target/tools/builder
GO_BUILD := go build -trimpath -buildvcs=false

# A cold build of the Collector takes minutes: say every so often how far it is; what is no package name passes.
packages = 2>&1 | awk '/^[a-z0-9.]+(\/[A-Za-z0-9._-]+)*$$/ { if (++n % 100 == 0) { printf "    %d packages compiled\n", n; fflush() } next } { print; fflush() }' >&2

say = @printf '\033[1m==>\033[0m %s\n' "$(1)" >&2
ifdef NO_COLOR
say = @printf '==> %s\n' "$(1)" >&2
endif

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

# A minute on a fresh machine: the command alone, compiled quickly rather than to be quick.
TRY := --config 'profile.try.inherits="dev"' --config 'profile.try.debug=false' --profile try

## try: replay recorded traces with the command alone and print the violations, in about a minute (TRACES=path RULES=path)
.PHONY: try
try:
	$(call say,Building the command (a minute when the caches are cold, seconds when warm))
	@cargo build $(TRY) --locked -p betrace-cli
	$(call say,Replaying $(TRACES) with the rules of $(RULES))
	@target/try/betrace replay --rules '$(RULES)' '$(TRACES)' || [ $$? -eq 1 ]

## run: send recorded traces through the built Collector and print the violations (TRACES=path RULES=path)
.PHONY: run
run: collector runner
	$(call say,Replaying $(TRACES) with the rules of $(RULES))
	@target/bin/run -collector $(COLLECTOR) -rules '$(RULES)' -traces '$(TRACES)'

# The rules of the shop say nothing of other applications; those of the packs may.
SERVED = $(if $(filter file,$(origin RULES)),rules,$(RULES))

## serve: leave the built Collector running for your own applications, with the packs below rules/ (RULES=path)
.PHONY: serve
serve: collector runner
	@target/bin/run -serve -idle-timeout 10s -collector $(COLLECTOR) -rules '$(SERVED)'

## cli: the command, target/release/betrace
.PHONY: cli
cli:
	$(call say,Building the command target/release/betrace)
	@BETRACE_COMMIT=$$(git rev-parse --short=12 HEAD 2>/dev/null || true) cargo build --release --locked -p betrace-cli

## lib: the native library that the Go processor links
.PHONY: lib
lib:
	$(call say,Building the native library)
	@cargo build --release --locked -p betrace-capi
	@go/betrace/install-library.sh target/release/libbetrace.a

## collector: the distribution, dist/otelcol-betrace
.PHONY: collector
collector: lib $(GENERATED)
	$(call say,Building the Collector $(COLLECTOR) (minutes when the caches are cold, seconds when warm))
	@mkdir -p dist
	@cd target/otelcol && $(GO_BUILD) -v -ldflags='-s -w -buildid=' -o ../../$(COLLECTOR) . $(packages)

# The distribution's sources depend on the manifest and on what our modules require, not on our code.
$(GENERATED): otelcol-builder.yaml $(BUILDER) go/betrace/go.mod go/betraceprocessor/go.mod go/betraceconnector/go.mod
	$(call say,Generating the distribution of otelcol-builder.yaml and fetching its modules)
	@mkdir -p target
	@$(BUILDER) --config otelcol-builder.yaml --skip-strict-versioning=false --skip-compilation
	@touch $@

$(BUILDER): go/tools/go.mod go/tools/go.sum
	$(call say,Building the Collector builder)
	@mkdir -p target/tools
	@cd go/tools && CGO_ENABLED=0 $(GO_BUILD) -o ../../$(BUILDER) go.opentelemetry.io/collector/cmd/builder
	@touch $@

target/tools/mdatagen: go/tools/go.mod go/tools/go.sum
	$(call say,Building mdatagen)
	@mkdir -p target/tools
	@cd go/tools && CGO_ENABLED=0 $(GO_BUILD) -o ../../$@ go.opentelemetry.io/collector/cmd/mdatagen
	@touch $@

## generate: write again what mdatagen derives from the components' metadata.yaml
.PHONY: generate
generate: target/tools/mdatagen
	$(call say,Generating from metadata.yaml)
	@for module in go/betraceprocessor go/betraceconnector; do (cd $$module && ../../target/tools/mdatagen metadata.yaml) || exit 1; done

.PHONY: runner
runner:
	$(call say,Building the runner)
	@mkdir -p target/bin
	@cd go/e2e && $(GO_BUILD) -o ../../target/bin/run ./cmd/run

target/bin/demoshop: FORCE
	$(call say,Building the demo shop)
	@mkdir -p target/bin
	@cd go/demoshop && $(GO_BUILD) -o ../../$@ .
FORCE:

## record: run the demo shop, healthy and with each fault, and keep what the Collector recorded
.PHONY: record
record: collector target/bin/demoshop
	@cd go/e2e && $(GO_BUILD) -o ../../target/bin/record ./cmd/record
	$(call say,Recording the demo shop into testdata/traces)
	@target/bin/record -collector $(COLLECTOR) -demoshop target/bin/demoshop

BUILDER_NEWEST := target/tools/builder-newest
GENERATED_NEWEST := target/otelcol-newest/.generated

$(BUILDER_NEWEST): go/tools/newest/go.mod go/tools/newest/go.sum
	$(call say,Building the builder of the newest Collector release)
	@mkdir -p target/tools
	@cd go/tools/newest && CGO_ENABLED=0 $(GO_BUILD) -o ../../../$@ go.opentelemetry.io/collector/cmd/builder
	@touch $@

$(GENERATED_NEWEST): otelcol-builder-newest.yaml $(BUILDER_NEWEST) go/betrace/go.mod go/betraceprocessor/go.mod go/betraceconnector/go.mod
	$(call say,Generating the newest Collector of otelcol-builder-newest.yaml and fetching its modules)
	@mkdir -p target
	@$(BUILDER_NEWEST) --config otelcol-builder-newest.yaml --skip-strict-versioning=false --skip-compilation
	@touch $@

## newest: the newest Collector release with the processor and little else, dist/otelcol-newest
.PHONY: newest
newest: lib $(GENERATED_NEWEST)
	$(call say,Building the newest Collector dist/otelcol-newest)
	@mkdir -p dist
	@cd target/otelcol-newest && $(GO_BUILD) -v -ldflags='-s -w -buildid=' -o ../../dist/otelcol-newest . $(packages)

# Tools are of one version each: Go's in go/tools/go.mod, cargo-deny here.
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := target/tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

$(CARGO_DENY):
	$(call say,Building cargo-deny $(CARGO_DENY_VERSION) (once: some minutes))
	@mkdir -p target/tools
	@CARGO_TARGET_DIR=$(CURDIR)/target/tools/build cargo install --quiet --debug --locked --version $(CARGO_DENY_VERSION) --root target/tools/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny
	@rm -rf target/tools/build

target/tools/staticcheck: go/tools/go.mod go/tools/go.sum
	$(call say,Building staticcheck)
	@mkdir -p target/tools
	@cd go/tools && CGO_ENABLED=0 $(GO_BUILD) -o ../../$@ honnef.co/go/tools/cmd/staticcheck
	@touch $@

# What mdatagen wrote is mdatagen's to mend; every other finding counts, and so does a staticcheck that did not run.
STATICCHECK = { findings=$$(../../target/tools/staticcheck ./...) || [ $$? = 1 ]; } && \
	findings=$$(grep -v '^[^:]*generated_[a-z_]*\.go:' <<<"$$findings" || true) && \
	{ [ -z "$$findings" ] || { printf '%s\n' "$$findings" >&2; false; }; }

CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := $(CURDIR)/target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin/cargo-fuzz

CARGO_MUTANTS_VERSION := 27.1.0
CARGO_MUTANTS := $(CURDIR)/target/tools/cargo-mutants-$(CARGO_MUTANTS_VERSION)/bin/cargo-mutants

CARGO_CYCLONEDX_VERSION := 0.5.9
CARGO_CYCLONEDX := $(CURDIR)/target/tools/cargo-cyclonedx-$(CARGO_CYCLONEDX_VERSION)/bin/cargo-cyclonedx

$(CARGO_FUZZ) $(CARGO_MUTANTS) $(CARGO_CYCLONEDX):
	$(call say,Building $(notdir $@) (once: a minute or two))
	@mkdir -p target/tools
	@name=$(notdir $@); folder=$(patsubst %/bin/,%,$(dir $@)); \
		CARGO_TARGET_DIR=$(CURDIR)/target/tools/build cargo install --quiet --debug --locked --version "$${folder##*-}" --root "$$folder" "$$name"
	@rm -rf target/tools/build

# The Go side is looked at with the library's header in place, so the library is built first; a debug build will do.
.PHONY: header
header:
	@if [ ! -f go/betrace/lib/linux_amd64/libbetrace.a ] || ! cmp -s include/betrace.h go/betrace/betrace.h; then \
		cargo build --locked -p betrace-capi && go/betrace/install-library.sh target/debug/libbetrace.a; fi

## check: formatting, lints with warnings denied, licences, and how long files and functions are
.PHONY: check
check: target/tools/staticcheck $(CARGO_DENY) header
	$(call say,Checking the format)
	@cargo fmt --all --check
	@cargo fmt --check --manifest-path python/Cargo.toml
	@unformatted=$$(gofmt -l go); [ -z "$$unformatted" ] || { printf 'gofmt would change:\n%s\n' "$$unformatted" >&2; exit 1; }
	$(call say,Linting Rust)
	@cargo clippy --locked --workspace --all-targets -- --deny warnings
	@for module in $(GO_MODULES) go/tools; do \
		printf '==> Vetting %s\n' $$module >&2; \
		(cd $$module && go vet ./... && $(STATICCHECK)) || exit 1; \
	done
	$(call say,Checking licences and sources of crates)
	@for manifest in Cargo.toml python/Cargo.toml; do \
		$(CARGO_DENY) --log-level error --manifest-path $$manifest --config deny.toml check --hide-inclusion-graph licenses bans sources || exit 1; \
	done
	$(call say,Measuring files and functions)
	@cd go/tools && go test ./... && go run ./house -root ../.. -exceptions ../../.ci/long.txt

# Go takes a result of before where the tests are the same, and those of go/e2e ask programs that it does not know of.
## test: every test: Rust, Go, end to end
.PHONY: test
test: cli collector runner target/bin/demoshop
	$(call say,Testing the Rust workspace)
	@INSTA_UPDATE=no cargo test --locked --workspace
	@cargo test --release --locked -p betrace-sim --test simulation --test faults
	@for module in $(GO_MODULES); do \
		printf '==> Testing %s\n' $$module >&2; \
		race=; case $$module in go/betrace|go/betraceprocessor|go/betraceconnector) race=-race;; esac; \
		experiment=; case $$module in go/betrace) experiment=cgocheck2;; esac; \
		again=; case $$module in go/e2e) again=-count=1;; esac; \
		(cd $$module && GOEXPERIMENT=$$experiment go test $$race $$again -timeout 40m ./...) || exit 1; \
	done
	$(call say,Testing the processor without cgo)
	@cd go/betraceprocessor && CGO_ENABLED=0 go test -run WithoutCgo .

## e2e: the end-to-end tests again, with a Collector that is built with the race detector
.PHONY: e2e
e2e: cli collector newest runner target/bin/demoshop target/tools/jaeger target/tools/sdks $(if $(shell command -v mvn),target/tools/kafka)
	$(call say,Building the Collector with the race detector)
	@cd target/otelcol && $(GO_BUILD) -v -race -o ../otelcol-betrace-race . $(packages)
	$(call say,Testing end to end with it)
	@cd go/e2e && BETRACE_TABLES=1 BETRACE_COLLECTOR=$(CURDIR)/target/otelcol-betrace-race go test -race -count=1 -timeout 60m -v ./...

## getting-started: run the programs of docs/getting-started.md in an environment of their own (RECORD=1 to keep what they send)
.PHONY: getting-started
getting-started: cli
	$(call say,Running the programs of docs/getting-started.md)
	@docs/getting-started/record.sh target/release/betrace $(if $(RECORD),docs/getting-started)

## recordings: run the stacks of testdata/instrumentation and keep what the Collector recorded (STACK="name …"; CHECK=1: at their newest releases, and print what changed)
.PHONY: recordings
recordings: collector
	$(call say,Running stacks with real instrumentation)
	@testdata/instrumentation/record.py $(COLLECTOR) $(if $(CHECK),--check) $(STACK)

## walks: the way of a message and of a rule's text through the files, and how often it comes back to a room (needs gdb; WRITE=1 for the page)
.PHONY: walks
walks:
	$(call say,Walking from the bytes to the finding and from the text to the rule)
	@docs/walks/walk.py --bytes 13 --text 4 --page docs/architecture.md $${WRITE:+--write}

## laws: the property tests of the language's laws over a million traces (TRIALS=traces SEED=first)
.PHONY: laws
laws:
	$(call say,Testing the laws against the oracle)
	@env BETRACE_LAWS_TRACES=$${TRIALS:-1000000} $${SEED:+BETRACE_LAWS_SEED=$$SEED} BETRACE_LAWS_TOGETHER=192 BETRACE_PATTERNS_LENGTH=$${LENGTH:-6} BETRACE_REAL_ALL=1 \
		INSTA_UPDATE=no cargo test --release --locked -p betrace-sim -- --include-ignored --nocapture

## faults: recorded traces delivered late, twice, in parts, not at all and over crashes, as a table; and the simulation for long (MINUTES=60)
.PHONY: faults
faults:
	$(call say,Delivering recorded traces as networks and operators do)
	@BETRACE_REAL_ALL=1 cargo test --release --locked -p betrace-sim --test faults -- --nocapture --test-threads 1
	$(call say,Simulating)
	@BETRACE_SIMULATION_MINUTES=$${MINUTES:-60} BETRACE_SIMULATION_SPANS=1000 \
		cargo test --release --locked -p betrace-sim --test simulation -- --nocapture --test-threads 1 --include-ignored

## fuzz: the fuzz targets, one after another (SECONDS=60 for each)
.PHONY: fuzz
fuzz: SECONDS ?= 60
fuzz: $(CARGO_FUZZ)
	$(call say,Fuzzing)
	@CARGO_FUZZ=$(CARGO_FUZZ) rust/fuzz/run.sh $(SECONDS)
	@cd go/betrace && CGO_ENABLED=0 go test -run '^$$' -fuzz FuzzThin -fuzztime $(SECONDS)s -fuzzminimizetime 1s .

## mutants: whether the tests bite: a part of all mutants of lang and engine, in an order by chance (SHARD=1/13 SEED=1 MINUTES=60 TESTS=lang ONLY=rust/lang/ OF=survivors|left MOST=300 LONGEST=8 RESUME=yes)
.PHONY: mutants
mutants: $(CARGO_MUTANTS)
	$(call say,Listing mutants)
	@mkdir -p target/mutants
	@$(CARGO_MUTANTS) mutants --list --json -p betrace-lang -p betrace-engine > target/mutants/list.json
	$(call say,Running the tests against each mutant)
	@CARGO_TARGET_DIR=$(CURDIR)/target/mutants/tool cargo build --quiet --locked --manifest-path rust/mutants/Cargo.toml
	@target/mutants/tool/debug/betrace-mutants target/mutants/list.json --shard $${SHARD:-1/13} --seed $${SEED:-1} \
		$${MINUTES:+--minutes $$MINUTES} $${TESTS:+--tests $$TESTS} $${ONLY:+--only $$ONLY} $${OF:+--of $$OF} $${MOST:+--most $$MOST} \
		$${LONGEST:+--longest $$LONGEST} $${RESUME:+--resume $$RESUME}

## sanitize: sequences of calls of the C interface under valgrind and the sanitizers, each skipped aloud where it is not there
.PHONY: sanitize
sanitize:
	@rust/capi/sanitize.sh

## helgrind: calls of several threads under valgrind's helgrind and DRD, which see races and locks in either order
.PHONY: helgrind
helgrind:
	@rust/capi/sanitize.sh helgrind drd

## swaps: changes of ten thousand rules under load: how long batches are held, and whether memory comes to rest
.PHONY: swaps
swaps: lib
	$(call say,Changing ten thousand rules under load)
	@cd go/betraceprocessor && BETRACE_SWAPS=1 go test -count=1 -v -run SwapsOfManyRules .

## loom: the engine's locks, in every order in which its threads may take them
.PHONY: loom
loom:
	$(call say,Trying every order of the locks)
	@RUSTFLAGS='--cfg loom' CARGO_TARGET_DIR=$(CURDIR)/target/loom cargo test --locked -p betrace-engine --lib interleavings

## bench: what BeTrace costs against its peers, as one table and as target/bench/summary.json (QUICK=1: a rough one)
.PHONY: bench
bench: lib collector
	@rm -rf target/bench
	$(call say,Writing traffic and rules)
	@cargo run --release --locked --quiet -p betrace-bench --bin traffic
	$(call say,Benching the engine)
	@cargo bench --locked -p betrace-engine --bench costs --bench rules_growth
	$(call say,Benching the command)
	@cargo bench --locked -p betrace-cli --bench replay
	$(call say,Benching the Go parts)
	@for module in go/betrace go/betraceprocessor go/e2e; do (cd $$module && BETRACE_BENCH=$(CURDIR)/target/bench go test -count=1 -timeout 40m -v -run TestRow .) || exit 1; done
	@cargo run --release --locked --quiet -p betrace-bench --bin summary

## benches: every other bench, of parts and for those who work on them
.PHONY: benches
benches: lib
	$(call say,Benching the Rust parts)
	@cargo bench --locked --workspace
	$(call say,Benching the Go parts)
	@cd go/betrace && go test -run '^$$' -bench . -benchmem ./...
	@cd go/betraceprocessor && go test -run '^$$' -bench . -benchmem ./...

## instructions: instructions a span of the hot path against the committed counts, which may grow by 5 % at most (WRITE=1: write them anew)
.PHONY: instructions
instructions:
	$(call say,Counting the instructions of the hot path)
	@WRITE=$(WRITE) rust/engine/benches/instructions.sh

## floods: resident memory, work and waiting under floods against the bounds (QUICK=1: the smallest of each)
.PHONY: floods
floods:
	$(call say,Flooding engines, each in a process of its own)
	@cargo bench --locked -p betrace-engine --bench floods -- $(if $(QUICK),quick)

TRESTLE := target/tools/trestle/.installed

$(TRESTLE): testdata/evidence/requirements.txt
	$(call say,Installing compliance-trestle)
	@rm -rf target/tools/trestle && mkdir -p target/tools
	@python3 -m venv target/tools/trestle
	@target/tools/trestle/bin/pip install --quiet --no-compile --disable-pip-version-check --requirement testdata/evidence/requirements.txt
	@touch $@

## oscal: hold the OSCAL documents of `betrace evidence report` against compliance-trestle
.PHONY: oscal
oscal: $(TRESTLE)
	@cargo test --locked -p betrace-cli --test command -- evidence_report::trestle --nocapture

# The wheel, in an environment of its own with all that its tests want.
PYTHON := target/tools/python/bin
WHEEL = rm -rf target/wheels/test && $(PYTHON)/maturin build --quiet $(PROFILE) --locked --manifest-path python/Cargo.toml --out target/wheels/test && \
	$(PYTHON)/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall target/wheels/test/*.whl

target/tools/python/.%: python/requirements%.txt python/requirements-python.txt
	$(call say,Installing what the tests of the Python package want)
	@[ -x $(PYTHON)/pip ] || python3 -m venv target/tools/python
	@$(PYTHON)/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

## python: lint the Python package, build its wheel, quickly, and test it
.PHONY: python
python: PROFILE := --profile dev
python: target/tools/python/.-python
	$(call say,Building the wheel and testing it)
	@cargo clippy --locked --manifest-path python/Cargo.toml -- --deny warnings
	@cargo build --locked -p betrace-cli
	@$(WHEEL)
	@BETRACE=$(CURDIR)/target/debug/betrace $(PYTHON)/python -m pytest --quiet -p no:cacheprovider python/tests --ignore python/tests/test_spark.py

## spark: the Python package on Apache Spark, on two workers of which one is killed (needs JDK 17; downloads PySpark, 450 MB)
.PHONY: spark
spark: PROFILE := --release
spark: target/tools/python/.-spark
	$(call say,Building the wheel and testing it on Spark)
	@cargo build --locked -p betrace-cli
	@$(WHEEL)
	@BETRACE=$(CURDIR)/target/debug/betrace $(PYTHON)/python -m pytest --quiet -p no:cacheprovider python/tests/test_spark.py

## ids: fifteen million ids of closed traces: bytes an id, and how many new ones look like one of them
.PHONY: ids
ids:
	$(call say,Filling fifteen million ids)
	@cargo test --release --locked -p betrace-engine --lib -- --ignored --nocapture fifteen_million_ids

include deploy/deploy.mk

## clean: remove all that was built (not the caches of Go and cargo)
.PHONY: clean
clean:
	$(call say,Removing target and dist)
	@rm -rf target dist
	@git clean -fdXq go/betrace
