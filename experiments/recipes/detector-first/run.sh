#!/bin/sh
# The first detector, from nothing: songs, features, training, evaluation, comparison with expected.json.
#
#   experiments/recipes/detector-first/run.sh [OUT]        (default out/detector-first)
#
# BRANDIRON names the binary (build/release/brandiron), SONGS the songs a persona (20), JOBS the threads
# for features (2). Everything that is there already is kept: stop it and start it again at any time.
# AGAIN=1 trains anew (features are kept), for a changed configuration.
# INSTALL=1 copies weights and card into models/.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/detector-first
out=${1:-out/detector-first}
brandiron=${BRANDIRON:-build/release/brandiron}
songs=${SONGS:-20}
jobs=${JOBS:-2}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
[ -f ../shared/data/audio/manifest.tsv ] || {
  echo "../shared/data/audio is absent: the human recordings are not shipped; skipped" >&2; exit 0; }

# 1. Songs, unmarked: training marks half of the copies itself, so that every song has both kinds.
for persona in rust-hollow cold-harbor mule-sermon tin-saint; do
  n=0
  while [ "$n" -lt "$songs" ]; do
    seed=$((1000 + n))
    folder="$out/songs/$persona/$seed"
    if [ ! -f "$folder/song.json" ]; then
      mkdir -p "$out/songs/$persona"
      "$brandiron" generate --persona "$persona" --seed "$seed" --duration $((30 + n % 4 * 5)) \
        --no-watermark --no-progress -o "$folder" >/dev/null
    fi
    n=$((n + 1))
  done
done

# 2. Five a-cappella voices (CC0, AAC) to mix into both classes; ffmpeg decodes them.
voices="$out/voices"
if [ ! -f "$voices/manifest.jsonl" ]; then
  mkdir -p "$voices"
  rows='{"schema":"brandiron.manifest/1"}'
  for file in ../shared/data/audio/singing/ichbinsoftware_everythingisfree/*.m4a; do
    id=$(basename "$file" .m4a)
    ffmpeg -nostdin -v error -y -i "$file" -ac 1 -ar 44100 -t 60 "$voices/$id.flac"
    rows="$rows
{\"id\":\"voice/$id\",\"file\":\"$id.flac\",\"label\":\"voice\",\"source\":\"git:ichbinsoftware-decoded\",\"licence\":\"CC0 1.0\"}"
  done
  printf '%s\n' "$rows" >"$voices/manifest.jsonl"
fi

# 3. Features, cross-validation, calibration, the final network, tests.
resume=--overwrite
[ "${AGAIN:-}" = 1 ] || [ ! -f "$out/run/run.json" ] || resume=--resume
if [ ! -f "$out/run/detector.safetensors" ] || [ "${AGAIN:-}" = 1 ]; then
  "$brandiron" train detector --config configs/train/detector.toml \
    --set "data.songs=[\"$out/songs\"]" --set "data.manifests=[\"$voices/manifest.jsonl\"]" "$resume" -j "$jobs" -o "$out/run"
fi

# 4. What must come out.
python3 "$recipe/check.py" "$recipe/expected.json" "$out/run/metrics.json"

if [ "${INSTALL:-}" = 1 ]; then
  cp "$out/run/detector.safetensors" models/weights/detector.safetensors
  cp "$out/run/model-card.md" models/cards/detector.md
  (cd models/weights && sha256sum ./*.bank ./*.safetensors | sed 's| \./| |' >SHA256SUMS)
fi
