#!/usr/bin/env bash
# make bench: CPU seconds by stage for 180 s of song on one core, n songs in one process; a table and a JSON file.
#
#   scripts/bench.sh MAKE_SONGS OUT [N]        (MAKE_SONGS: build/ci/tests/bench/make_songs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
make_songs=$(realpath "$1")
out=${2:-out/bench}
n=${3:-6}
rm -rf "$out"
mkdir -p "$out"
"$make_songs" "$out/songs" --songs "$n" --duration 180 </dev/null >"$out/songs.jsonl"
python3 - "$out/songs.jsonl" <<'END'
import json, statistics, sys

*songs, batch = [json.loads(line) for line in open(sys.argv[1])]
budget = {"songwriter": 0.3, "voice": 1.2, "band": None, "mix": None, "mark": 0.45, "files": 0.4}
rest = songs[1:] or songs
seconds = lambda song, stage: song["cpu_s"][stage] * 180 / song["duration_s"]
print(f"CPU seconds a stage, one core, scaled to 180 s of song (median of {len(rest)} songs after the first)")
total = first = 0.0
for stage in budget:
    median = statistics.median(seconds(s, stage) for s in rest)
    total += median
    first += seconds(songs[0], stage)
    goal = f"{budget[stage]:.2f}" if budget[stage] else ("1.00 with mix" if stage == "band" else "")
    print(f"  {stage:12} {median:6.2f}   first song {seconds(songs[0], stage):6.2f}   budget {goal}")
print(f"  {'all':12} {total:6.2f}   first song {first:6.2f}   budget 3.46; {180 / total:.0f} x real time")
print(f"  the process {batch['cpu_s_per_180_s']:.2f} for 180 s of song, its start included, {batch['songs']} songs")
END
