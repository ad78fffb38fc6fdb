#!/bin/sh
# A flood of songs: builds it, reads every mark in it, hears it with the detector, and says on one page what it cost and what is in it.
#
#   experiments/recipes/flood/run.sh [OUT]        (default out/flood)
#
# BRANDIRON names the binary (build/release/brandiron), RECIPE the recipe (configs/corpus/flood.toml; flood-debug for a minute),
# SONGS a recipe of so many songs instead, SHARDS so many eighths of it (all), JOBS how many at once (2), SPEED which of lean,
# vocal, vocal-istft and full the step `speed` measures again (all). STEPS: speed growth build verify detect summary. Stopped,
# it goes on where it was.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/flood
out=${1:-out/flood}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}" OMP_NUM_THREADS=1
[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
for step in ${STEPS:-speed growth build verify detect summary}; do
  python3 "$recipe/measure.py" "$step" "$out"
done
