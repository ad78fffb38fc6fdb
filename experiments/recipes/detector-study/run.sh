#!/bin/sh
# The shipped detector on the test side of the data, blind, under an attack grid, beside its references.
#
#   experiments/recipes/detector-study/run.sh [OUT]        (default out/detector, where recipe detector left its data)
#
# Leaves OUT/study and OUT/study-all: scores.csv, metrics.json, report.html, tables.txt. BRANDIRON names the binary, JOBS the
# threads (2), MOST the recordings of a label (30), GRID another grid than
# configs/evaluate/detector.toml. Stopped, it goes on with another call.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/detector}
brandiron=${BRANDIRON:-build/release/brandiron}
[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }

# FOLDER VOICES [OPTION..]: goes on where FOLDER holds something already.
study() {
  folder=$out/$1
  voices=$out/$2/manifest.jsonl
  shift 2
  [ ! -d "$folder" ] || set -- "$@" --resume
  "$brandiron" evaluate detector "$out/ours/manifest.jsonl" "$out/human/manifest.jsonl" "$out/others/manifest.jsonl" \
    "$out/resynthesised/manifest.jsonl" "$voices" --grid "${GRID:-configs/evaluate/detector.toml}" \
    --split test -j "${JOBS:-2}" -o "$folder" "$@"
}

study study voice --most "${MOST:-30}"
# Every test recording, treated, without an attack: more of them than the grid has time for.
study study-all voices --set 'row=[]'
