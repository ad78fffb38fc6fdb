#!/bin/sh
# The verifier's learned front end, from nothing: recordings, tables of marked pairs, training, evaluation.
#
#   experiments/recipes/watermark-front-end/run.sh [OUT]        (default out/watermark-front-end)
#
# BRANDIRON names the binary (build/release/brandiron), JOBS the threads for tables (2), MATERIAL the folder
# of ../watermark/fetch-material (OUT/material). Everything that is there already is kept: stop it and
# start it again at any time. AGAIN=1 makes tables and weights anew, as a changed mark asks for.
# INSTALL=1 copies weights and card into models/.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/watermark-front-end
out=${1:-out/watermark-front-end}
brandiron=${BRANDIRON:-build/release/brandiron}
jobs=${JOBS:-2}
material=${MATERIAL:-$out/material}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }

# 1. Whole tracks out of Debian packages.
[ -d "$material" ] || python3 experiments/recipes/watermark/fetch-material "$material"

# 2. Eight songs of ours, unmarked, whose seeds no study uses.
mkdir -p "$out/songs" "$out/own"
for persona in rust-hollow cold-harbor mule-sermon tin-saint; do
  for seed in 5000 5001; do
    song="$out/own/own_$persona-$seed.flac"
    if [ ! -f "$song" ]; then
      "$brandiron" generate --persona "$persona" --seed "$seed" --duration 60 --no-watermark \
        --no-progress --overwrite -o "$out/songs/$persona-$seed" >/dev/null
      cp "$out/songs/$persona-$seed/song.flac" "$song"
    fi
  done
done

# 3. Tables, training, held-out recordings.
resume=--resume
[ "${AGAIN:-}" = 1 ] && resume=--overwrite
"$brandiron" train watermark --config configs/train/watermark-front-end.toml \
  --set "data.folders=[\"$material\",\"$out/own\"]" "$resume" -j "$jobs" -o "$out/run"

# 4. What must come out, and the card.
python3 experiments/recipes/detector/check.py "$recipe/expected.json" "$out/run/metrics.json"
python3 "$recipe/card.py" "$out/run/metrics.json" >"$out/run/model-card.md"

if [ "${INSTALL:-}" = 1 ]; then
  cp "$out/run/watermark-front-end.safetensors" models/weights/watermark-front-end.safetensors
  cp "$out/run/model-card.md" models/cards/watermark-front-end.md
  (cd models/weights && sha256sum ./*.bank ./*.safetensors | sed 's| \./| |' >SHA256SUMS)
fi
