#!/bin/sh
# How fast the shipped detector hears on one core: from PCM, from MP3 files, and by six windows of ten seconds.
#
#   experiments/recipes/detector-speed/run.sh [OUT]        (default out/detector-speed)
#
# BRANDIRON names the binary (build/release/brandiron), SONGS how many songs of 180 s a call hears (8). Needs ffmpeg for the MP3
# files. Leaves OUT/summary.json; the songs are kept for the next run.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/detector-speed}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}" SONGS="${SONGS:-8}" OMP_NUM_THREADS=1
[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
python3 experiments/recipes/detector-speed/measure.py run "$out"
