#!/bin/sh
# Loudness, peak, balance and bass of published songs by ffmpeg's meters; the band's speed beside FluidSynth.
#
#   experiments/recipes/mix/run.sh [OUT]        (default out/mix)
#
# BRANDIRON names the binary (build/release/brandiron), SHORT and LONG how many songs of 60 and of 180 seconds are
# measured (180, 20), SPEED how many songs are timed (5). STEPS: levels speed summary. Songs are made, measured and
# thrown away one by one; a run that was stopped goes on where it was.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/mix
out=${1:-out/mix}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}" OMP_NUM_THREADS=1
[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
for step in ${STEPS:-levels speed summary}; do
  case $step in
    levels) python3 "$recipe/measure.py" levels "$out" "${SHORT:-180}" "${LONG:-20}" ;;
    speed) python3 "$recipe/measure.py" speed "$out" "${SPEED:-5}" ;;
    *) python3 "$recipe/measure.py" "$step" "$out" ;;
  esac
done
