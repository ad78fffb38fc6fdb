#!/usr/bin/env python3
"""Times `brandiron detect` on one core.

  measure.py run OUT            makes the songs where they are missing, times every way: OUT/summary.json
  measure.py value OUT ID       one figure, alone on the last line
  measure.py expected OUT       expected.json out of a run

Environment: BRANDIRON, SONGS (run.sh says what).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import shared  # noqa: E402

BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
RUN = "experiments/recipes/detector-speed/run.sh && experiments/recipes/detector-speed/measure.py value out/detector-speed "
SONGS, SECONDS, TURNS = int(os.environ.get("SONGS", "8")), 180, 3
WAYS = {  # kind of file, options, what, asked
    "pcm": ("wav", [], "16-bit WAV files", 350),
    "mp3": ("mp3", [], "MP3 files of 128 kbit/s", 130),
    "windows": ("wav", ["--windows", "6"], "16-bit WAV files, six windows of 10 s each", 500)}


def song(folder, seed):
    if not (folder / "song.mp3").exists():
        subprocess.run([BRANDIRON, "generate", "--seed", str(seed), "--duration", str(SECONDS), "-o", str(folder),
                        "--overwrite", "-q"], check=True, stdout=subprocess.DEVNULL)
        for name in ("song.wav", "song.mp3"):
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(folder / "song.flac"), "-b:a", "128k", str(folder / name)],
                           check=True)
    return folder


def run(out):
    folders = [song(out / f"song-{i}", 900 + i) for i in range(SONGS)]
    heard = sum(json.loads((folder / "song.json").read_text())["audio"]["duration_s"] for folder in folders)
    ways = {}
    for name, (kind, options, _, _) in WAYS.items():
        command = [BRANDIRON, "detect", "--json", "--no-progress", *options, *(str(f / f"song.{kind}") for f in folders)]
        took = min((shared.timed([command]) for _ in range(TURNS)), key=lambda t: t["cpu_s"])
        # By the score, not the verdict: a song that may be a decoder's is left undecided, and is heard all the same.
        if any(json.loads(line)["p_ai"] < 0.9 for line in took["outputs"][0].splitlines()):
            raise SystemExit(f"{name}: a song of ours was not heard as one")
        ways[name] = {"cpu_s": took["cpu_s"], "times_real_time": heard / took["cpu_s"]}
        print(f"{name:8} {heard / took['cpu_s']:6.0f} x real time ({took['cpu_s']:.2f} CPU seconds for {heard:.0f} s)")
    (out / "summary.json").write_text(json.dumps({"songs": SONGS, "audio_s": heard, "ways": ways}, indent=1) + "\n")


def figures(out):
    result = json.loads((out / "summary.json").read_text())
    rows = {}
    for name, row in result["ways"].items():
        _, _, what, asked = WAYS[name]
        rows[f"detector-speed.{name}"] = {
            "what": f"{what}: times real time a core, starting and reading included (asked: {asked})",
            "shown": f"{row['times_real_time']:.0f} x", "n": f"{result['songs']} songs of 180 s", "minutes": 1,
            "command": RUN + f"detector-speed.{name}"} | shared.machine_dependent(row["times_real_time"])
    return rows


if __name__ == "__main__":
    sys.exit(shared.main(__doc__, {"run": run}, figures))
