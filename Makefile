# A signpost: every target is one line of CMake, CTest or a script that can be typed by hand.
#
#   make demo    a marked song, six attacks, verdicts, out/demo/report.html
#   make test    everything CI runs
#   make help    the rest

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Not nproc: that one obeys OMP_NUM_THREADS, which says nothing about compilers.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
export OMP_NUM_THREADS ?= 1

.PHONY: help packages test-packages build demo test test-asan bench lint tidy format clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || \
	 sed -n 's/^\([a-z-]*\):.*## /  make \1  /p' Makefile

packages:
	@scripts/install-packages.sh build

test-packages:
	@scripts/install-packages.sh build test

build: packages  ## the binary: build/release/brandiron
	@cmake --preset release $(QUIET)
	@cmake --build build/release --target brandiron -j $(JOBS)

demo: build  ## song, mark, attacks, verdicts: out/demo/report.html
	@scripts/demo.sh build/release/brandiron out/demo

test: test-packages  ## configure, build and run every test, then the sanitizers
	@scripts/test.sh $(JOBS)

test-asan: test-packages  ## AddressSanitizer and UBSan on the torch-free targets
	@scripts/test.sh $(JOBS) asan

bench: test-packages  ## CPU seconds by stage of a batch of songs, into out/bench
	@cmake --preset ci >/dev/null && cmake --build build/ci --target make_songs
	@scripts/bench.sh build/ci/tests/bench/make_songs out/bench

lint: test-packages  ## the house rules alone (no compiler needed for most)
	@python3 tests/lint/lint.py --all

tidy:  ## clang-tidy and cppcheck over torch-free sources
	@scripts/install-packages.sh build optional
	@scripts/tidy.sh $(JOBS)

format: test-packages  ## clang-format every C++ file in place
	@git ls-files -z --cached --others --exclude-standard '*.h' '*.cpp' | xargs -0 clang-format -i

clean:  ## remove build/ and out/
	rm -rf build out
