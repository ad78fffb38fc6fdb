#!/bin/sh
# Registry and fingerprint: the figures' material and more tracks, published, changed, forged, looked up.
#
#   experiments/recipes/disclosure/run.sh [OUT]        (default out/disclosure)
#
# BRANDIRON names the binary (build/release/brandiron), MATERIAL the folder of the watermark recipe's
# fetch-material (OUT/material), FIGURES that of its choose-material (OUT/figures), JOBS the threads (2).
# A study that is there is kept.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/disclosure
out=${1:-out/disclosure}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}"
material=${MATERIAL:-$out/material}
figures=${FIGURES:-$out/figures}
jobs=${JOBS:-2}

[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
[ -f "$material/manifest.jsonl" ] || python3 experiments/recipes/watermark/fetch-material "$material"
[ -f "$figures/manifest.jsonl" ] || python3 experiments/recipes/watermark/choose-material "$material" "$figures"
more() { "$recipe/choose-tracks" "$material/manifest.jsonl" "$figures/manifest.jsonl" "$1"; }

# Names in there hold no blanks.
study() { # folder, then what evaluate is told
  folder=$1
  shift
  [ -f "$out/$folder/disclosure.json" ] ||
    "$BRANDIRON" evaluate disclosure "$@" -o "$out/$folder" -j "$jobs" --overwrite
}
study study "$figures/manifest.jsonl" $(more 12) --split test --part genuine --part others
study warps "$figures"/song-*.flac $(more 12) --part warped
study copied "$figures/manifest.jsonl" --split test --part copied
# The same way back from the command line, for every recording there is.
[ -f "$out/lead-back/lead-back.json" ] ||
  JOBS=$jobs python3 "$recipe/lead-back.py" "$out/lead-back" "$figures"/human-*.flac "$figures"/song-*.flac $(more 200)
