#!/bin/sh
# What a detector hears when people made a part: songs of ours beside people's tunes sung and played by our band, people's voices
# in our mix, people's recordings through our master, and those through a decoder.
#
#   experiments/recipes/controls/run.sh [OUT]        (default out/controls)
#
# BRANDIRON names the binary (build/release/brandiron), SONGS the songs beside the
# recordings of a package (40), JOBS how many at once (2). Needs ../shared/data
# and ffmpeg, which reads its a cappella recordings.
# STEPS: build hear compare summary. Stopped, it goes on where it was.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/controls
out=${1:-out/controls}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}" OMP_NUM_THREADS=1
[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
command -v ffmpeg >/dev/null || { echo "the a cappella recordings are M4A; run: apt-get install ffmpeg" >&2; exit 2; }
mkdir -p "$out"
for step in ${STEPS:-build hear compare summary}; do
  python3 "$recipe/measure.py" "$step" "$out"
done
