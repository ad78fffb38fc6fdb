#!/bin/sh
# Builds songs, makes each again with stems and compares its labels with what is heard.
#
#   experiments/recipes/labels/run.sh [OUT]        (default out/labels)
#
# BRANDIRON names the binary (build/release/brandiron), SONGS how many (as corpus.toml says), JOBS how many at a time
# (1). Interrupted, the same command goes on with the songs that are missing.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/labels}
brandiron=${BRANDIRON:-build/release/brandiron}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
set -- experiments/recipes/labels/corpus.toml
[ -z "${SONGS:-}" ] || set -- "$@" --set "songs=$SONGS"
"$brandiron" corpus build "$@" -o "$out/corpus" --jobs "${JOBS:-1}" --no-progress
# 4: some label didn't reach what is asked. That is a result, not a failure of the recipe.
status=0
"$brandiron" corpus check "$out/corpus" --labels --label-csv "$out/labels.csv" --overwrite --jobs "${JOBS:-1}" \
  --no-progress --json >"$out/check.jsonl" || status=$?
[ "$status" = 0 ] || [ "$status" = 4 ] || exit "$status"
python3 experiments/recipes/labels/measure.py summary "$out"
