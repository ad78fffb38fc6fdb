#!/bin/sh
# What can be done to a mark without its key: tracks out of Debian packages, then the study.
#
#   experiments/recipes/watermark-security/run.sh [OUT]        (default out/watermark-security)
#
# BRANDIRON names the binary (build/release/brandiron), MATERIAL the folder of the watermark recipe's
# fetch-material (OUT/material). A study that is there is kept.
set -eu
cd "$(dirname "$0")/../../.."
recipe=experiments/recipes/watermark-security
out=${1:-out/watermark-security}
brandiron=${BRANDIRON:-build/release/brandiron}
material=${MATERIAL:-$out/material}

[ -x "$brandiron" ] || { echo "$brandiron is not there; run: make build" >&2; exit 2; }
[ -f "$out/study/security.json" ] && exit 0
[ -f "$material/manifest.jsonl" ] || experiments/recipes/watermark/fetch-material "$material" \
  fretsonfire-songs-muldjord fretsonfire-songs-sectoid lincity-ng-data singularity-music \
  wesnoth-1.16-music naev-data supertuxkart-data redeclipse-data
# Names in there hold no blanks.
set -- $("$recipe/choose-tracks" "$material/manifest.jsonl")
"$brandiron" evaluate security "$@" -o "$out/study" --overwrite
