#!/usr/bin/env python3
"""The figures of the first line, one function each; the last line printed is the figure.

  figures.py NAME [N]     with BRANDIRON naming the binary (default build/release/brandiron)

Standard library only. Songs are made in a temporary folder and removed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("BRANDIRON", str(SOURCE / "build/release/brandiron"))
MUST_HOLD = {
    "none": "none",
    "MP3 128": "mp3(bitrate_kbps=128)",
    "Opus 64": "opus(bitrate_kbps=64)",
    "22.05 kHz": "resample(rate_hz=22050)",
    "noise 20 dB": "noise(snr_db=20)",
    "30 s crop": "crop(start_s=20, duration_s=30)",
}


def call(*arguments):
    found = subprocess.run([BINARY, "--no-progress", *map(str, arguments), "--json"], check=True,
                           capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


def generate(folder, seed, *more, duration_s=60):
    return call("generate", "--seed", seed, "--duration", duration_s, *more, "-o", folder)[0]


def must_hold(n, folder):
    """Share of (song, attack) pairs whose mark is found at p <= 1e-9 with the right payload."""
    good = pairs = 0
    for seed in range(101, 101 + n):
        song = generate(folder / f"{seed}", seed)
        for name, chain in MUST_HOLD.items():
            out = folder / f"{seed}.flac"
            call("attack", chain, folder / f"{seed}/song.flac", out, "--overwrite")
            verdict = call("watermark", "verify", out)[0]
            right = verdict["present"] and verdict["payload_hex"] == song["payload_hex"]
            print(f"  seed {seed} {name:12} p {verdict['p_value']:.1e} {'ok' if right else 'LOST'}")
            good += right
            pairs += 1
    return f"{good}/{pairs}"


def wrong_keys(n, folder):
    """Marks found in one marked song with n keys that did not mark it."""
    generate(folder / "song", 201)
    found = 0
    for i in range(n):
        key = folder / "wrong.key"
        call("watermark", "keygen", "-o", key, "--overwrite") if i else call("watermark", "keygen", "-o", key)
        found += call("watermark", "verify", folder / "song/song.flac", "--key", key)[0]["present"]
    return f"{found}/{n}"


def twins(n, folder):
    """Marks found in n unmarked songs with the demo key."""
    found = 0
    for seed in range(301, 301 + n):
        generate(folder / f"{seed}", seed, "--no-watermark")
        found += call("watermark", "verify", folder / f"{seed}/song.flac")[0]["present"]
    return f"{found}/{n}"


def human_clips(_, folder):
    """Marks found in the human clips of ../shared/data/audio with the demo key."""
    clips = sorted(p for p in (SOURCE.parent / "shared/data/audio/human").rglob("*")
                   if p.suffix in (".ogg", ".mp3", ".flac", ".wav", ".opus"))
    verdicts = call("watermark", "verify", *clips)
    return f"{sum(v['present'] for v in verdicts)}/{len(verdicts)}"


def reproducible(n, folder):
    """Songs whose second generation, with -j2, and whose render have the recorded samples."""
    same = 0
    for seed in range(401, 401 + n):
        first = generate(folder / f"a{seed}", seed, "-j1")
        again = generate(folder / f"b{seed}", seed, "-j2")
        rendered = call("render", folder / f"a{seed}/song.json", "-o", folder / f"c{seed}")[0]
        same += first["pcm_sha256"] == again["pcm_sha256"] == rendered["pcm_sha256"]
    return f"{same}/{n}"


def speed(n, folder):
    """Median CPU seconds for 180 s of song, all stages, one core."""
    totals = [sum(s["cpu_s"].values()) * 180 / s["duration_s"]
              for s in (generate(folder / f"{seed}", seed, duration_s=180) for seed in range(1, 1 + n))]
    return f"{statistics.median(totals):.2f}"


def verify_speed(n, folder):
    """Median audio seconds verified in one wall second, 180 s songs."""
    ratios = []
    for seed in range(1, 1 + n):
        song = generate(folder / f"{seed}", seed, duration_s=180)
        ratios.append(song["duration_s"] / call("watermark", "verify", folder / f"{seed}/song.flac")[0]["seconds"])
    return f"{statistics.median(ratios):.0f}"


def main():
    figures = {f.__name__: f for f in (must_hold, wrong_keys, twins, human_clips, reproducible, speed,
                                       verify_speed)}
    if len(sys.argv) < 2 or sys.argv[1] not in figures:
        print(__doc__, "\n".join(f"  {n:14} {f.__doc__}" for n, f in figures.items()), file=sys.stderr)
        return 2
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory(prefix="brandiron-figures-") as folder:
        print(figures[sys.argv[1]](n, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
