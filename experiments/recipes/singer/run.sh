#!/bin/sh
# The same songs from the bank and the learned singer: dry stems, the outside judge, one summary.
#
#   experiments/recipes/singer/run.sh [OUT]        (default out/singer)
#   TRAIN=1 experiments/recipes/singer/run.sh      trains the weights first (OUT/train), instead of the shipped ones
#
# BRANDIRON names the binary (build/release/brandiron), PYTHON one with numpy and scipy (/usr/bin/python3), TEXTS the
# texts (frozen; `tuning` is the only other that may be looked at while tuning), SEEDS the songs of each (3).
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-out/singer}
brandiron=${BRANDIRON:-build/release/brandiron}
python=${PYTHON:-/usr/bin/python3}
weights=models/weights/singer.safetensors

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
mkdir -p "$out"
if [ "${TRAIN:-0}" != 0 ]; then
  "$brandiron" train singer --config configs/train/singer.toml --resume -o "$out/train"
  weights=$out/train/singer.safetensors
fi
"$brandiron" evaluate singer --lyrics experiments/recipes/voice/"${TEXTS:-frozen}"-lyrics/*.txt --weights "$weights" \
  --seeds "${SEEDS:-3}" -o "$out"
"$python" experiments/recipes/singer/measure.py words "$out"
"$python" experiments/recipes/singer/measure.py summary "$out"
