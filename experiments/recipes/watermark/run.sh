#!/bin/sh
# The watermark's figures, from nothing: material, excerpts, the issue's grid, curves, fill-in clips, audiowmark.
#
#   experiments/recipes/watermark/run.sh [OUT]        (default out/watermark)
#
# BRANDIRON names the binary (build/release/brandiron), KEYS the keys (3), JOBS the threads (2), MATERIAL the
# folder of fetch-material (OUT/material), STEPS what to do. Stop it and start it again at any time.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/watermark
out=${1:-out/watermark}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}"
keys=${KEYS:-3}
jobs=${JOBS:-2}
material=${MATERIAL:-$out/material}
steps=${STEPS:-fetch choose issue curves fill-in audiowmark}

[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
manifest="$out/figures/manifest.jsonl"

study() { # folder, then what evaluate is told
  folder=$1
  shift
  "$BRANDIRON" evaluate watermark "$manifest" -o "$out/$folder" --resume -j "$jobs" "$@"
}

for step in $steps; do
  case $step in
    fetch) python3 "$recipe/fetch-material" "$material" ;;
    choose) python3 "$recipe/choose-material" "$material" "$out/figures" ;;
    issue) study issue --split test --attacks issue --keys "$keys" ;;
    curves) study curves --split test --attacks curves --keys 1 --strength 0.5,0.7,1,1.4 --listen 0 ;;
    fill-in) study fill-in --split fill-in --attacks issue --keys "$keys" ;;
    audiowmark)
      if command -v audiowmark >/dev/null; then
        study equal-sdr --split test --attacks issue --keys 1 --tool audiowmark --match sdr --listen 0
        study equal-nmr --split test --attacks issue --keys 1 --tool audiowmark --match nmr --listen 0
      else
        echo "audiowmark is not on the PATH: no comparison with it" >&2
      fi
      ;;
    *) echo "$step: not a step; expected some of: fetch choose issue curves fill-in audiowmark" >&2; exit 2 ;;
  esac
done
