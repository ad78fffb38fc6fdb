#!/bin/sh
# The detector from its data: features, folds, calibration, the final network, tests, comparison with
# expected.json. fetch-human and make-data come before it (README.md).
#
#   experiments/recipes/detector/train.sh [OUT]            (default out/detector)
#
# BRANDIRON names the binary (build/release/brandiron), JOBS the threads for features (2). Stop it and
# start it again at any time. AGAIN=1 trains anew (features are kept), for a changed configuration.
# INSTALL=1 copies weights and card into models/. Further arguments after OUT go to `train detector`.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/detector
out=${1:-out/detector}
[ $# -eq 0 ] || shift
brandiron=${BRANDIRON:-build/release/brandiron}
jobs=${JOBS:-2}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }

manifests=
for set in human ours instrumental voice voices resynthesised rates hybrids others; do
  [ ! -f "$out/$set/manifest.jsonl" ] || manifests="$manifests${manifests:+, }\"$out/$set/manifest.jsonl\""
done
[ -n "$manifests" ] || { echo "$out holds no manifests; run $recipe/make-data $out" >&2; exit 2; }

resume=--overwrite
[ "${AGAIN:-}" = 1 ] || [ ! -f "$out/run/run.json" ] || resume=--resume
if [ ! -f "$out/run/detector.safetensors" ] || [ "${AGAIN:-}" = 1 ]; then
  "$brandiron" train detector --config configs/train/detector.toml --set "data.manifests=[$manifests]" \
    "$resume" -j "$jobs" -o "$out/run" "$@"
fi

python3 "$recipe/check.py" "$recipe/expected.json" "$out/run/metrics.json"

if [ "${INSTALL:-}" = 1 ]; then
  cp "$out/run/detector.safetensors" models/weights/detector.safetensors
  cp "$out/run/model-card.md" models/cards/detector.md
  (cd models/weights && sha256sum ./*.bank ./*.safetensors | sed 's| \./| |' >SHA256SUMS)
fi
