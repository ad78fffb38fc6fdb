#!/bin/sh
# Songs of every persona, what the band did in them, and where an onset detector hears its strokes.
#
#   experiments/recipes/band/run.sh [OUT]        (default out/band)
#
# BRANDIRON names the binary (build/release/brandiron), PYTHON one with numpy (/usr/bin/python3), PERSONAS who (all),
# SEEDS how many songs each (4, from seed 11 on: the detector was set up on seed 1), STEMS how many of them with stems
# (2). Songs that are there already are kept.
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/band}
brandiron=${BRANDIRON:-build/release/brandiron}
python=${PYTHON:-/usr/bin/python3}
personas=${PERSONAS:-$(basename -s .toml configs/persona/*.toml)}
seeds=${SEEDS:-4}
stems=${STEMS:-2}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
"$python" -c 'import numpy' || { echo "$python has no numpy; name another in PYTHON, or install python3-numpy" >&2; exit 2; }
for persona in $personas; do
  mkdir -p "$out/songs/$persona"
  seed=11
  while [ "$seed" -lt "$((11 + seeds))" ]; do
    folder="$out/songs/$persona/$seed"
    if [ ! -f "$folder/generated.json" ]; then
      rm -rf "$folder"
      keep=; [ "$seed" -ge "$((11 + stems))" ] || keep=--stems
      line=$("$brandiron" generate --persona "$persona" --seed "$seed" $keep --no-watermark --no-progress --json -o "$folder")
      "$python" experiments/recipes/band/measure.py song "$folder"
      rm -rf "$folder/stems" "$folder"/song.flac  # what is measured stays, the audio does not
      printf '%s\n' "$line" >"$folder/generated.json"
    fi
    seed=$((seed + 1))
  done
done
"$python" experiments/recipes/band/measure.py summary "$out"
