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

GO_MODULES := go/betrace go/betraceprocessor go/demoshop go/e2e go/receivers
