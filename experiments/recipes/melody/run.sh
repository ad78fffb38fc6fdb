#!/bin/sh
# The melody model, from nothing: tunes, training, n-grams, held-out perplexity.
#
#   experiments/recipes/melody/run.sh [OUT]        (default out/melody)
#
# BRANDIRON names the binary (build/release/brandiron), HUMAN the folder of melodies.jsonl
# (../shared/data/symbolic). Stop it and start it again at any time. INSTALL=1 copies weights and card
# into models/.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/melody
out=${1:-out/melody}
brandiron=${BRANDIRON:-build/release/brandiron}
human=${HUMAN:-../shared/data/symbolic}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
[ -f "$human/melodies.jsonl" ] || { echo "$human/melodies.jsonl is not there; name the folder in HUMAN" >&2; exit 2; }

"$brandiron" train melody --config configs/train/melody.toml \
  --set "data.tunes=\"$human/melodies.jsonl\"" --resume -o "$out"
python3 experiments/recipes/detector/check.py "$recipe/expected.json" "$out/metrics.json"
python3 "$recipe/card.py" "$out/metrics.json" >"$out/model-card.md"

if [ "${INSTALL:-}" = 1 ]; then
  cp "$out/melody.safetensors" models/weights/melody.safetensors
  cp "$out/model-card.md" models/cards/melody.md
  (cd models/weights && sha256sum ./*.bank ./*.safetensors | sed 's| \./| |' >SHA256SUMS)
fi
