# The front door. Every leg of CI is one target here.

CARGO ?= cargo
JOBS ?= 2
# Legs of `make test` share one profile, so that nothing is built twice.
CI := --locked --profile ci -j $(JOBS)
DEMO_FILE ?= target/release/ferrolane
DEMO_OUT := target/demo.out
# Seconds of `make soak`, and the seed of its first round: by the clock unless given.
DURATION ?= 600
SEED ?= $(shell date +%s)
# `make test-independent` is the same run each time unless SEED is given on the command line; ONLY names some of its tests.
INDEPENDENT_SEED := $(if $(filter command%,$(origin SEED)),$(SEED),1)
ONLY ?=
# Random TLPs of `make soak-hostile`, and the seed of its first round.
HOSTILE_TLPS ?= 1000000
HOSTILE_SEED ?= 1
# The bench has many builds of the engine; everything else does with the default one and four that show other sizes.
FEW_ENGINES := FERROLANE_ENGINES=w64_q2_t32,w64_q32,w128_q4,w128_q16,w256_q8
# Tests whose coverage counts.
COVERING := --test system --test align --test faults --test hostile --test soak
# Options of `make system-test`, as in SYSTEM="--machine intel --only feeds"; and what runs it.
SYSTEM ?=
GUEST_TARGET := x86_64-unknown-linux-gnu
SYSTEM_BINARIES := --binaries target/ci --guest-binaries target/$(GUEST_TARGET)/ci
SYSTEM_TEST := python3 tools/system_test $(SYSTEM_BINARIES)
# Options of `make guest`, as in GUEST="--share FOLDER --card sim:gen3x8"; the folder of `make guest-module`.
GUEST ?=
MODULE ?= sw/examples/kernel_module
GUEST_SHELL := python3 tools/system_test/interactive.py $(SYSTEM_BINARIES)
# Options of `make bench-engine`.
BENCH ?=
EXPORTS := markdown=docs/src/registers.md json=docs/src/ferrolane-abi.json c=sw/include/ferrolane.h
SYNTH := python3 tools/synth/synth.py --tools .tools/synth/bin --cache target/synth/cache --json target/synth.json --jobs $(JOBS)
PINS := --pins docs/src/port-pins.md

.PHONY: help tools build demo example test fmt-check clippy lint generate generate-check unit-test system-smoke test-independent system-build system-short system-test guest guest-module test-waveform soak soak-align soak-hostile faults coverage bench-engine verilog synth synth-all clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

tools: ## Set up what is missing: C++ compiler, Python venv, Verilator in .tools/
	@tools/setup.sh

build: tools ## Build the CLI with the simulator (release)
	$(CARGO) build --locked --release -j $(JOBS) -p ferrolane-cli

demo: build ## Send a real file through the RTL in page-sized fragments at odd addresses and compare
	target/release/ferrolane transfer --device sim --input $(DEMO_FILE) --output $(DEMO_OUT) --fragment 4096 --offset 61
	cmp $(DEMO_FILE) $(DEMO_OUT)
	@echo "equal: $(DEMO_FILE) and $(DEMO_OUT)"

example: tools ## A module of Verilog of one's own on the simulated card: sw/examples/user_logic
	$(CARGO) run $(CI) -q -p ferrolane-example-user-logic

test: fmt-check clippy lint generate-check unit-test system-smoke test-independent system-short ## Everything CI runs

fmt-check: ## Formatting
	$(CARGO) fmt --all --check

clippy: tools ## Rust lints, warnings are errors
	$(FEW_ENGINES) $(CARGO) clippy $(CI) --workspace --all-targets -- -D warnings
	$(CARGO) clippy $(CI) -p ferrolane-cli --no-default-features -- -D warnings
	$(FEW_ENGINES) $(CARGO) clippy $(CI) -p ferrolane-guest --features sim --all-targets -- -D warnings

lint: tools ## Coding rules of the engine: source check and width filter over Verilator -Wall
	$(CARGO) run $(CI) -q -p ferrolane-lint

generate: ## Write the registers page, the JSON export and the C header from hw/abi, the page on pins from hw
	$(CARGO) run $(CI) -q -p ferrolane-abi --features export --bin ferrolane-abi-export -- $(EXPORTS)
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-emit -- $(PINS)

generate-check: ## Fail if a generated file is not what its source says
	$(CARGO) run $(CI) -q -p ferrolane-abi --features export --bin ferrolane-abi-export -- --check $(EXPORTS)
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-emit -- --check $(PINS)
	$(CARGO) run $(CI) -q -p ferrolane-faults -- --check docs/src/faults.md sim/tests/faults

unit-test: tools ## Unit tests, Verilated tests of each block, system tests, compile-fail tests
	$(FEW_ENGINES) $(CARGO) test $(CI) --workspace
	$(CARGO) test $(CI) -p ferrolane-cli --no-default-features

system-smoke: tools ## The CLI on files of awkward sizes, compared, with equal clock counts for equal seeds
	$(CARGO) build $(CI) -p ferrolane-cli
	tools/smoke.sh target/ci/ferrolane

test-independent: tools ## The engine's Verilog against the root complex of cocotbext-pcie; SEED= and ONLY="names" choose
	@tools/setup.sh independent
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-emit -- target/verilog
	JOBS=$(JOBS) SEED=$(INDEPENDENT_SEED) .tools/independent/bin/python verify/independent/run.py target/verilog/ferrolane_card.v target/independent $(ONLY)

# Of the host with the simulator, to serve and to compare with; of the guest without, and static, since nothing else is there.
system-build: tools
	$(CARGO) build $(CI) -q -p ferrolane-cli -p ferrolane-guest --features ferrolane-guest/sim
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static -C strip=symbols" \
		$(CARGO) build $(CI) -q --target $(GUEST_TARGET) -p ferrolane-cli --no-default-features -p ferrolane-guest \
		-p ferrolane-conformance
	cc -O2 -Wall -Wextra -static -Isw/include -o target/$(GUEST_TARGET)/ci/loopback sw/examples/vfio_c/loopback.c

system-short: system-build ## A stock Linux kernel drives the simulated card: one boot, a few scenarios; skipped where the packages can't be had
	$(SYSTEM_TEST) --short

system-test: system-build ## The same on every machine with every scenario; SYSTEM="--machine NAME --only TEXT --refresh" chooses
	$(SYSTEM_TEST) $(SYSTEM)

test-waveform: tools ## Waveforms of the simulated card in process, served, and at a stop; a build of its own
	CARGO_TARGET_DIR=target/waveform $(FEW_ENGINES) $(CARGO) test $(CI) -p ferrolane-cli --features trace --test waveform

guest: system-build ## A shell in a virtual machine with the simulated card; GUEST="--help" lists options
	@$(GUEST_SHELL) $(GUEST)

guest-module: ## Build the kernel module in the folder MODULE for that virtual machine
	@$(GUEST_SHELL) --module $(MODULE) $(GUEST)

soak: tools ## Random traffic, links and interventions for DURATION seconds from SEED on; a short slice is in unit-test
	SOAK_SECONDS=$(DURATION) SOAK_SEED=$(SEED) $(CARGO) test $(CI) -p ferrolane-sim --test soak -- --nocapture

soak-align: tools ## Every alignment of lengths, host and card offsets on five links; a slice of it is in unit-test
	ALIGN_EVERY=1 $(CARGO) test $(CI) -p ferrolane-sim --test align -- --nocapture

soak-hostile: tools ## HOSTILE_TLPS random TLPs, settings and resets at the card's pins from HOSTILE_SEED on; a short slice is in unit-test
	HOSTILE_TLPS=$(HOSTILE_TLPS) HOSTILE_SEED=$(HOSTILE_SEED) $(FEW_ENGINES) \
		$(CARGO) test $(CI) -p ferrolane-sim --test hostile -- --nocapture

coverage: tools ## Which lines of the engine's Verilog run in the tests of the whole card; fails below 95 percent; target/coverage.json
	rm -rf target/coverage/data
	VERILATED_COVERAGE=$(CURDIR)/target/coverage/data CARGO_TARGET_DIR=target/coverage/build \
		$(FEW_ENGINES) $(CARGO) test $(CI) -p ferrolane-sim --features coverage $(COVERING)
	python3 tools/coverage/coverage.py target/coverage/data target/coverage/build \
		--json target/coverage.json --missing target/coverage/missing.txt

faults: tools ## Run the tests of the table of faults and write their results to docs/src/faults.md
	@mkdir -p target
	$(FEW_ENGINES) $(CARGO) test $(CI) -p ferrolane-sim --test faults > target/faults.log || cat target/faults.log
	$(CARGO) run $(CI) -q -p ferrolane-faults -- docs/src/faults.md < target/faults.log

bench-engine: tools ## How much of the link's bound the engine reaches; BENCH= takes its options, as in BENCH="--filter q4,h2c --limits"
	$(CARGO) run $(CI) -q -p ferrolane-bench-engine -- $(BENCH)

verilog: ## Write the engine's Verilog to target/verilog
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-emit -- target/verilog

synth: ## Area and timing on an ECP5 of the engine's reference configurations, to target/synth.json (about 25 minutes)
	@tools/setup.sh synth
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-synth-tops -- target/synth/verilog
	$(SYNTH) target/synth/verilog

synth-all: ## The same for every configuration and every block (hours)
	@tools/setup.sh synth
	$(CARGO) run $(CI) -q -p ferrolane-hw --bin ferrolane-synth-tops -- target/synth/verilog
	$(SYNTH) --all target/synth/verilog

clean: ## Remove what was built; keeps .tools
	$(CARGO) clean
