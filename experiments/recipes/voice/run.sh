#!/bin/sh
# How the personas sing: songs on frozen texts, the outside judges, our own acoustics, one summary.
#
#   experiments/recipes/voice/run.sh [OUT]        (default out/voice)
#
# BRANDIRON names the binary (build/release/brandiron), PYTHON one with numpy and scipy (/usr/bin/python3),
# TEXTS the texts (frozen; `tuning` is the only other that may be looked at while tuning), PERSONAS and SEEDS
# which singers and how many seeds of the house persona (all, 3). STEPS: songs words mix_words teacher similarity
# acoustics summary. Songs that are there already are kept; the judges are reported as skipped where they are absent.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/voice
out=${1:-out/voice}
brandiron=${BRANDIRON:-build/release/brandiron}
python=${PYTHON:-/usr/bin/python3}
texts=${TEXTS:-frozen}
house=rust-hollow
personas=${PERSONAS:-$(basename -s .toml configs/persona/*.toml)}
seeds=${SEEDS:-3}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
mkdir -p "$out/songs"

song() {  # persona text seed
  folder="$out/songs/$1/$2-$3"
  [ ! -f "$folder/generated.json" ] || return 0
  rm -rf "$folder"
  mkdir -p "$out/songs/$1"
  line=$("$brandiron" generate --persona "$1" --lyrics "$recipe/$texts-lyrics/$2.txt" --seed "$3" --stems \
    --no-watermark --no-progress --json -o "$folder")
  # The judges need the voice, the mix and the truth; the band's stems are most of the disk.
  for stem in "$folder"/stems/*; do
    case $stem in */lead_vocal_dry.flac) ;; *) rm "$stem" ;; esac
  done
  printf '%s\n' "$line" >"$folder/generated.json"
}

for step in ${STEPS:-songs words mix_words teacher similarity acoustics summary}; do
  case $step in
    songs)
      for persona in $personas; do
        for text in $(basename -s .txt "$recipe/$texts-lyrics"/*.txt); do
          seed=1
          while [ "$seed" -le "$seeds" ]; do
            if [ "$persona" = "$house" ] || [ "$seed" = 1 ]; then song "$persona" "$text" "$seed"; fi
            seed=$((seed + 1))
          done
        done
      done ;;
    *) "$python" "$recipe/measure.py" "$step" "$out" ;;
  esac
done
