# dobos: what one types. The build itself is Meson's; this drives it (docs/building.md).
.DEFAULT_GOAL := all
.PHONY: all build run test check acceptance soak bench fuzz install clean help

PREFIX ?= /usr/local
DESTDIR ?=

all: build ## builds build/dobos and build/libdobos.a (installs what it needs when root)

build:
	@./scripts/setup build
	@./scripts/build build

run: build ## puts a real curl on a network of dobos and fetches a page
	@./scripts/run

test: ## builds, runs the whole test suite, closes with "N passed, N failed"
	@./scripts/test

check: ## all checks of the CI beside the test suite: compilers, sanitizers, tidy, fuzz smoke
	@./scripts/setup test
	@./scripts/check

acceptance: ## the acceptance lines on a clean clone, as root; log in acceptance-log/
	@./scripts/setup acceptance
	@./scripts/acceptance

soak: ## the long runs: fuzzing, many seeds; SOAK_MINUTES=60 says how long
	@./scripts/setup test
	@./scripts/soak

bench: ## instructions per unit and bytes per connection, against bench/baseline.tsv
	@./scripts/setup test
	@./scripts/bench

fuzz: ## builds the fuzz targets into build-fuzz/fuzz/ and runs each for FUZZ_SECONDS (60)
	@./scripts/setup test
	@./scripts/fuzz

install: build ## installs command, libraries, headers, man pages under PREFIX (/usr/local)
	@meson configure build -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C build

clean: ## removes what was built
	@rm -rf build build-*

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
