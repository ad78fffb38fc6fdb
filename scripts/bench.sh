#!/usr/bin/env bash
# make bench: CPU seconds by stage for 180 s of song on one core, n songs; a table and a JSON file.
#
#   scripts/bench.sh BRANDIRON OUT [N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
brandiron=$(realpath "$1")
out=${2:-out/bench}
n=${3:-3}
export OMP_NUM_THREADS=1
rm -rf "$out"
mkdir -p "$out"
for seed in $(seq 1 "$n"); do
  echo "song $seed of $n" >&2
  "$brandiron" generate --seed "$seed" --duration 180 --no-progress --json -o "$out/song-$seed" </dev/null \
    >>"$out/songs.jsonl"
  rm -rf "$out/song-$seed/stems"
done
"$brandiron" attack --list >"$out/effects.txt"
python3 - "$out/songs.jsonl" <<'END'
import json, statistics, sys

songs = [json.loads(line) for line in open(sys.argv[1])]
budget = {"songwriter": 0.3, "voice": 1.2, "band": None, "mix": None, "mark": 0.45, "files": 0.4}
print(f"CPU seconds a stage, one core, scaled to 180 s of song (median of {len(songs)} songs)")
total = 0.0
for stage in budget:
    median = statistics.median(s["cpu_s"][stage] * 180 / s["duration_s"] for s in songs)
    total += median
    goal = f"{budget[stage]:.2f}" if budget[stage] else ("1.00 with mix" if stage == "band" else "")
    print(f"  {stage:12} {median:6.2f}   budget {goal}")
print(f"  {'all':12} {total:6.2f}   budget 3.35; {180 / total:.0f} x real time")
END
