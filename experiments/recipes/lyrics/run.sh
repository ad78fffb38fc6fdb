#!/bin/sh
# The lyric model, from nothing: books of verse, training, held-out books, card.
#
#   experiments/recipes/lyrics/run.sh [OUT]        (default out/lyrics)
#
# BRANDIRON names the binary (build/release/brandiron), HUMAN the folder of human songs
# (../shared/data/symbolic). Stop it and start it again at any time. AGAIN=1 trains anew. INSTALL=1
# copies weights, card and checksums into models/.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/lyrics
out=${1:-out/lyrics}
brandiron=${BRANDIRON:-build/release/brandiron}
human=${HUMAN:-../shared/data/symbolic}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
[ -d "$human/lyrics" ] || { echo "$human/lyrics is not there; name the folder in HUMAN" >&2; exit 2; }

# 1. What the bank could say and a book has said, against what configs/lyrics knows of it.
mkdir -p "$out"
python3 "$recipe/book-phrases.py" "$human/lyrics" >"$out/book-phrases.txt"
grep -v '^#' configs/lyrics/book-phrases.txt | diff - "$out/book-phrases.txt" ||
  { echo "configs/lyrics/book-phrases.txt is not up to date" >&2; exit 1; }

# 2. Training and held-out books. A finished run's weights are kept.
resume=--resume
[ "${AGAIN:-}" = 1 ] && resume=--overwrite
"$brandiron" train lyrics --config configs/train/lyrics.toml \
  --set "data.folder=\"$human/lyrics\"" "$resume" -o "$out/run"

# 3. What must come out, and the card.
python3 experiments/recipes/detector/check.py "$recipe/expected.json" "$out/run/metrics.json"
python3 "$recipe/card.py" "$out/run/metrics.json" >"$out/run/model-card.md"

if [ "${INSTALL:-}" = 1 ]; then
  cp "$out/run/lyrics.safetensors" models/weights/lyrics.safetensors
  cp "$out/run/model-card.md" models/cards/lyrics.md
  (cd models/weights && sha256sum ./*.bank ./*.safetensors | sed 's| \./| |' >SHA256SUMS)
fi
