#!/bin/sh
# The watermark's figures, from nothing: material, excerpts, the issue's grid, curves, fill-in
# clips, unmarked audio under random keys, audiowmark.
#
#   experiments/recipes/watermark/run.sh [OUT]        (default out/watermark)
#
# BRANDIRON names the binary (build/release/brandiron), KEYS the keys (3), JOBS the threads (2), MATERIAL the
# folder of fetch-material (OUT/material), FRONT_END=classical reads without the network, STEPS what to do. Stop it and start it again at any time.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/watermark
out=${1:-out/watermark}
export BRANDIRON="${BRANDIRON:-build/release/brandiron}"
keys=${KEYS:-3}
jobs=${JOBS:-2}
material=${MATERIAL:-$out/material}
steps=${STEPS:-fetch choose issue curves fill-in null audiowmark}
front_end=${FRONT_END:+--front-end $FRONT_END}
shared=../shared/data/audio

[ -x "$BRANDIRON" ] || { echo "$BRANDIRON is not there; run: make build" >&2; exit 2; }
manifest="$out/figures/manifest.jsonl"

study() { # folder, then what evaluate is told
  folder=$1
  shift
  "$BRANDIRON" evaluate watermark "$manifest" -o "$out/$folder" --resume -j "$jobs" $front_end "$@"
}

# Unmarked recordings: the packages' tracks, the clips of everything else, our songs without a mark.
null_study() {
  set -- "$material/manifest.jsonl" "$out"/figures/song-*.flac
  for folder in ai singing speech human/awwaiid_thelackthereof human/librosa_data human/mdn_webaudio_examples \
    human/rasheedlewis_vibecraft human/ultrastar_deluxe_songs; do
    [ -d "$shared/$folder" ] && set -- "$@" "$shared/$folder"
  done
  "$BRANDIRON" evaluate false-positives "$@" -o "$out/null-aligned" --aligned-keys 20000 --searched-keys 0 --overwrite
  "$BRANDIRON" evaluate false-positives "$@" -o "$out/null-searched" --aligned-keys 1 --searched-keys "${SEARCHED_KEYS:-200}" \
    --piece-s 5 --resume -j "$jobs"
}

for step in $steps; do
  case $step in
    fetch) python3 "$recipe/fetch-material" "$material" ;;
    choose) python3 "$recipe/choose-material" "$material" "$out/figures" ;;
    issue) study issue --split test --attacks issue --keys "$keys" ;;
    curves) study curves --split test --attacks curves --keys 1 --strength 0.5,0.7,1,1.4 --listen 0 ;;
    fill-in) study fill-in --split fill-in --attacks issue --keys "$keys" ;;
    null) null_study ;;
    audiowmark)
      if command -v audiowmark >/dev/null; then
        study equal-sdr --split test --attacks issue --keys 1 --tool audiowmark --match sdr --listen 0
        study equal-nmr --split test --attacks issue --keys 1 --tool audiowmark --match nmr --listen 0
      else
        echo "audiowmark is not on the PATH: no comparison with it" >&2
      fi
      ;;
    *) echo "$step: not a step; expected some of: fetch choose issue curves fill-in null audiowmark" >&2; exit 2 ;;
  esac
done
