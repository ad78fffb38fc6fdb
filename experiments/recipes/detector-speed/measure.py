#!/usr/bin/env python3
"""Times `brandiron detect` on one core.

  measure.py run OUT SONGS      makes the songs where they are missing, times every way: OUT/summary.json
  measure.py value OUT ID       one figure, alone on the last line
  measure.py expected OUT       expected.json out of a run
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
RUN = "experiments/recipes/detector-speed/run.sh && experiments/recipes/detector-speed/measure.py value out/detector-speed "
SECONDS, TURNS = 180, 3
WAYS = {  # kind of file, options, what, asked
    "pcm": ("wav", [], "16-bit WAV files", 350),
    "mp3": ("mp3", [], "MP3 files of 128 kbit/s", 130),
    "windows": ("wav", ["--windows", "6"], "16-bit WAV files, six windows of 10 s each", 500)}


def songs(out, count):
    for i in range(count):
        folder = out / f"song-{i}"
        if not (folder / "song.mp3").exists():
            subprocess.run([BRANDIRON, "generate", "--seed", str(900 + i), "--duration", str(SECONDS), "-o", str(folder),
                            "--overwrite", "-q"], check=True, stdout=subprocess.DEVNULL)
            for name in ("song.wav", "song.mp3"):
                subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(folder / "song.flac"), "-b:a", "128k",
                                str(folder / name)], check=True)
        yield folder


def duration(folder):
    return json.loads((folder / "song.json").read_text())["audio"]["duration_s"]


def timed(command):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]}: exit code {process.returncode}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, [json.loads(line) for line in lines]


def run(out, count):
    folders = list(songs(out, count))
    result = {"songs": count, "ways": {}}
    for name, (kind, options, _, _) in WAYS.items():
        files = [str(folder / f"song.{kind}") for folder in folders]
        took = [timed([BRANDIRON, "detect", "--json", *options, *files]) for _ in range(TURNS)]
        wall, cpu, verdicts = min(took, key=lambda t: t[1])
        assert all(verdict["verdict"] == "ai" for verdict in verdicts), "a song of ours was not heard as one"
        heard = sum(duration(folder) for folder in folders)
        result["ways"][name] = {"wall_s": wall, "cpu_s": cpu, "audio_s": heard, "times_real_time": heard / cpu}
    (out / "summary.json").write_text(json.dumps(result, indent=1) + "\n")
    for name, row in result["ways"].items():
        print(f"{name:8} {row['times_real_time']:6.0f} x real time ({row['cpu_s']:.2f} CPU seconds for {row['audio_s']:.0f} s)")


def figures(out):
    result = json.loads((out / "summary.json").read_text())
    rows = {}
    for name, row in result["ways"].items():
        value, (_, _, what, asked) = row["times_real_time"], WAYS[name]
        rows[f"detector-speed.{name}"] = {
            "what": f"{what}: times real time a core, starting and reading included (asked: {asked})",
            "shown": f"{value:.0f} x", "value": f"{value:.4g}", "n": f"{result['songs']} songs of 180 s",
            "interval": "machine-dependent", "minutes": 1, "command": RUN + f"detector-speed.{name}",
            "low": round(value * 0.6, 3), "high": round(value * 1.7, 3)}
    return rows


def main(args):
    if len(args) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    step, out = args[0], Path(args[1])
    if step == "value":
        print(figures(out)[args[2]]["value"])
    elif step == "expected":
        print(json.dumps({"schema": "brandiron.expected/1", "figures": figures(out)}, indent=1))
    else:
        run(out, int(args[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
