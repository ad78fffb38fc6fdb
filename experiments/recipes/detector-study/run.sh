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
grid=${GRID:-configs/evaluate/detector.toml}
jobs=${JOBS:-2}

resume_of() { [ ! -d "$1" ] || echo --resume; }

"$brandiron" evaluate detector "$out/ours/manifest.jsonl" "$out/human/manifest.jsonl" "$out/others/manifest.jsonl" \
  "$out/resynthesised/manifest.jsonl" "$out/voice/manifest.jsonl" --grid "$grid" \
  --split test --most "${MOST:-30}" -j "$jobs" -o "$out/study" $(resume_of "$out/study")

# Every test recording, treated, without an attack: more of them than the grid has time for.
"$brandiron" evaluate detector "$out/ours/manifest.jsonl" "$out/human/manifest.jsonl" "$out/others/manifest.jsonl" \
  "$out/resynthesised/manifest.jsonl" "$out/voices/manifest.jsonl" --grid "$grid" --set 'row=[]' \
  --split test -j "$jobs" -o "$out/study-all" $(resume_of "$out/study-all")
