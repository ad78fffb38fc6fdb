#!/usr/bin/env bash
# make demo: one song, six attacks, controls, one report. Asks nothing; works offline once built (the
# human recording is then left out, and the report says so).
#
#   scripts/demo.sh BRANDIRON OUT
#
# Exit code 0 when every mark verdict is what it must be, 1 when one is not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
brandiron=$(realpath "$1")
out=${2:-out/demo}
seed=${DEMO_SEED:-17}
duration_s=${DEMO_DURATION_S:-75}
persona=${DEMO_PERSONA:-rust-hollow}
started=$SECONDS

say() { printf '%4d s  %s\n' "$((SECONDS - started))" "$*" >&2; }
run() { "$brandiron" --no-progress "$@" </dev/null; }

mkdir -p "$out"
rm -rf "$out/ca" "$out/registry.sqlite" "$out/song" "$out/twin" "$out/attacks" "$out/human" "$out/other.key" "$out/demo.json" "$out/report.html"
mkdir -p "$out/attacks" "$out/human"

# human_recording: prints the path of one human recording under its free licence, or nothing.
# It is taken from Debian's fretsonfire-songs-sectoid (MIT-style licence), which no training ever sees.
human_recording() {
  local cache=${BRANDIRON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/brandiron}/demo
  local package=fretsonfire-songs-sectoid
  local inside="usr/share/games/fretsonfire/data/songs/sectoid/Feelings/song.ogg"
  if [ -f "/$inside" ]; then printf '%s\n' "/$inside"; return; fi
  if [ ! -f "$cache/$inside" ]; then
    mkdir -p "$cache"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
    (cd "$cache" && { apt-get -qq download "$package" ||
        { "${as_root[@]}" apt-get -qq update && apt-get -qq download "$package"; }; }) \
      >/dev/null 2>&1 </dev/null || return 0
    dpkg-deb -x "$cache/$package"_*.deb "$cache" && rm -f "$cache/$package"_*.deb
  fi
  if [ -f "$cache/$inside" ]; then printf '%s\n' "$cache/$inside"; fi
}

rows=()
notes=()
quote() { local text=${1//\\/\\\\}; printf '"%s"' "${text//\"/\\\"}"; }

# judge NAME KIND EXPECT CHAIN NOTE FILE [KEY]: verify and detect one file; one row of demo.json.
judge() {
  local name=$1 kind=$2 expect=$3 chain=$4 note=$5 file=$6 key=${7:-}
  local key_flag=()
  if [ -n "$key" ]; then key_flag=(--key "$key"); fi
  local verify detect
  verify=$(run watermark verify "$file" "${key_flag[@]}" --json) || verify=${verify:-null}
  # Nothing changes for the detector when only the key does.
  if [ "$kind" = other-key ]; then detect='{"error":{"message":"as above"}}'; else
    detect=$(run detect "$file" --segments --json 2>"$out/detect.err") ||
      detect="{\"error\":{\"message\":$(quote "$(head -1 "$out/detect.err")")}}"
  fi
  rows+=("{\"name\":$(quote "$name"),\"kind\":\"$kind\",\"expect\":\"$expect\",\"chain\":$(quote "$chain"),\"note\":$(quote "$note"),\"file\":$(quote "${file#"$out"/}"),\"verify\":$verify,\"detect\":$detect}")
  say "judged: $name"
}

say "generating a song of $duration_s s by $persona, seed $seed"
# A test certificate, and a registry of the demo's own: nothing outside the folder is touched.
run disclose make-test-ca -o "$out/ca" >/dev/null
run generate --persona "$persona" --seed "$seed" --duration "$duration_s" --stems -o "$out/song" \
  --certificates "$out/ca/chain.pem" --signing-key "$out/ca/signing.key" --registry "$out/registry.sqlite" >/dev/null
song=$out/song/song.flac
judge "the song" marked mark "" "song.flac as generated" "$song"

attack() {
  local name=$1 chain=$2 file=$3
  run --seed 1 attack "$chain" "$song" "$out/attacks/$file" >/dev/null
  judge "$name" attack mark "$chain" "" "$out/attacks/$file"
}
attack "MP3, 128 kbit/s" "mp3(bitrate_kbps=128)" mp3-128.flac
attack "Opus, 64 kbit/s" "opus(bitrate_kbps=64)" opus-64.flac
attack "resampled to 22.05 kHz" "resample(rate_hz=22050)" resample-22050.flac
attack "white noise, 20 dB below" "noise(snr_db=20)" noise-20.flac
attack "30 seconds cut out" "crop(start_s=20, duration_s=30)" crop-30.flac
attack "MP3 64, then half as loud" "mp3(bitrate_kbps=64) | gain(-6)" mp3-64.flac

say "what the file says of itself, and what is found again when that was stripped"
disclosure=$(run disclose check "$song" --key demo --trust "$out/ca/root.pem" --registry "$out/registry.sqlite" \
  --profile eu,ca --json) || disclosure=null
run --seed 1 attack "mp3(bitrate_kbps=64)" "$song" "$out/attacks/stripped.mp3" >/dev/null
recovery=$(run disclose recover "$out/attacks/stripped.mp3" --key demo --trust "$out/ca/root.pem" \
  --registry "$out/registry.sqlite" --json) || recovery=null

say "the unmarked twin, another key, a human recording"
run generate --persona "$persona" --seed "$seed" --duration "$duration_s" --no-watermark -o "$out/twin" >/dev/null
judge "the unmarked twin" twin no-mark "" "same seed, --no-watermark" "$out/twin/song.flac"
run watermark keygen -o "$out/other.key" >/dev/null
judge "the song, another key" other-key no-mark "" "a fresh key that marked nothing" "$song" "$out/other.key"
recording=$(human_recording)
if [ -n "$recording" ]; then
  cp "$recording" "$out/human/recording.ogg"
  judge "a human recording" human no-mark "" "Sectoid, Feelings (fretsonfire-songs-sectoid, MIT-style)" "$out/human/recording.ogg"
else
  notes+=("no human recording: Debian's fretsonfire-songs-sectoid could not be fetched (offline?)")
  say "${notes[-1]}"
fi

join() { local IFS=,; printf '%s' "$*"; }
quoted_notes=()
for note in "${notes[@]}"; do quoted_notes+=("$(quote "$note")"); done
printf '{"schema":"brandiron.demo/1","song":"song/song.json","notes":[%s],"disclosure":%s,"recovery":%s,"rows":[%s]}\n' \
  "$(join "${quoted_notes[@]}")" "$disclosure" "$recovery" "$(join "${rows[@]}")" >"$out/demo.json"
rm -f "$out/detect.err"

code=0
run report demo "$out" -o "$out/report.html" --exit-code || code=$?
say "done: open $out/report.html"
exit "$code"
