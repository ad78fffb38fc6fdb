#!/bin/sh
# What each disclosure layer survives: songs of our own, disclosed, handled as tools and platforms do, checked again.
#
#   experiments/recipes/disclosure-survival/run.sh [OUT]        (default out/disclosure-survival)
#
# BRANDIRON names the binary (build/release/brandiron), SONGS how many songs (4). Tools that are not installed are
# named and left out; all of them: apt-get install ffmpeg sox flac eyed3 id3v2 python3-mutagen
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/disclosure-survival}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}"
songs=${SONGS:-4}
[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }

mkdir -p "$out/songs"
seed=101
while [ "$seed" -le $((100 + songs)) ]; do
  if [ ! -f "$out/songs/song-$seed.wav" ]; then
    "$BRANDIRON" --no-progress generate --seed "$seed" --duration 60 --no-watermark --format wav -o "$out/songs/$seed" --overwrite
    mv "$out/songs/$seed/song.wav" "$out/songs/song-$seed.wav"
    rm -r "$out/songs/$seed"
  fi
  seed=$((seed + 1))
done
if [ ! -f "$out/songs/long.wav" ]; then
  "$BRANDIRON" --no-progress generate --seed 100 --duration 180 --no-watermark --format wav -o "$out/songs/100" --overwrite
  mv "$out/songs/100/song.wav" "$out/songs/long.wav"
  rm -r "$out/songs/100"
fi
python3 experiments/recipes/disclosure-survival/survive.py "$out" "$out"/songs/song-*.wav
exec python3 experiments/recipes/disclosure-survival/survive.py "$out" --cost "$out/songs/long.wav"
