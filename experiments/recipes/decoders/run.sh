#!/bin/sh
# What the shipped decoders keep, which combs they leave, and what becomes of the mark in them.
#
#   experiments/recipes/decoders/run.sh [OUT]        (default out/decoders)
#
# BRANDIRON names the binary (build/release/brandiron), JOBS the files at a time (2), SONGS the songs of the marks (11),
# TWINS how many of them are compared with their twins (4), RATES bit rates of the codecs beside
# their default (none; e.g. 3,6,12).
# Stopped, it goes on where it was.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/decoders}
brandiron=${BRANDIRON:-build/release/brandiron}
jobs=${JOBS:-2}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
JOBS=$jobs experiments/recipes/decoders/make-material "$out" "$brandiron"
evaluate() { "$brandiron" evaluate decoder --resume -j "$jobs" "$@"; }
evaluate --songs "$out/twins.jsonl" --marks 0 -o "$out/twins"
evaluate --songs "$out/marks.jsonl" --no-twins --marks 1000 -o "$out/marks"
if [ -n "${RATES:-}" ]; then
  evaluate --family encodec dac --kbps "$RATES" --songs "$out/marks.jsonl" --no-twins --marks 1000 -o "$out/rates"
fi
experiments/recipes/decoders/figure.py show "$out"
