#!/bin/sh
# A thousand songs of the house persona, seeds 1 to 1000, as scores; no audio.
#
#   experiments/recipes/generator/run.sh [OUT]        (default out/generator)
#
# BRANDIRON names the binary (build/release/brandiron), HUMAN the folder of human songs
# (../shared/data/symbolic). A study that is there is kept.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/generator}
brandiron=${BRANDIRON:-build/release/brandiron}
human=${HUMAN:-../shared/data/symbolic}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
[ -f "$human/melodies.jsonl" ] || { echo "$human/melodies.jsonl is not there; name the folder in HUMAN" >&2; exit 2; }
[ -f "$out/summary.json" ] && exit 0
"$brandiron" evaluate generator -o "$out" --songs 1000 --seed 1 --human "$human" -j2 --overwrite
