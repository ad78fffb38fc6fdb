#!/usr/bin/env python3
"""Measures published songs with ffmpeg's meters, and times the band beside FluidSynth.

  measure.py levels OUT SHORT LONG     songs of 60 s and of 180 s, personas and seeds in turn
  measure.py speed OUT N               N songs of 180 s
  measure.py summary OUT
  measure.py value OUT NAME            one figure of OUT/summary.json, alone on the last line

What is measured is the file that a listener gets, decoded by ffmpeg. Standard library only.
"""

import array
import json
import math
import os
import re
import resource
import shutil
import statistics
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
PERSONAS = sorted(p.stem for p in (SOURCE / "configs/persona").glob("*.toml"))
FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
LOW_HZ = (30, 120)
FIRST_SEED = 7001


def need(program, package):
    if not shutil.which(program):
        sys.exit(f"measure.py: {program} is not installed (apt-get install {package})")


def generate(folder, *arguments):
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([os.environ["BRANDIRON"], "generate", *map(str, arguments), "--no-progress", "--json", "-o",
                           folder], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def ffmpeg(*arguments):
    return subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "info", *map(str, arguments)],
                          capture_output=True, check=True)


def measure_file(path):
    """Integrated loudness, true peak, and the correlation of left and right between 30 and 120 Hz."""
    low, high = LOW_HZ
    bass = ",".join([f"highpass=f={low}"] * 2 + [f"lowpass=f={high}"] * 4 + ["aresample=2000"])
    chain = f"[0:a]asplit[a][b];[a]ebur128=peak=true:framelog=verbose[loud];[b]{bass}[bass]"
    found = ffmpeg("-i", path, "-filter_complex", chain, "-map", "[loud]", "-f", "null", "-", "-map", "[bass]", "-f",
                   "f32le", "pipe:1")
    text = found.stderr.decode()
    tail = text[text.rindex("Summary:"):]
    pcm = array.array("f", found.stdout)
    left, right = pcm[0::2], pcm[1::2]
    product = sum(l * r for l, r in zip(left, right))
    correlation = product / math.sqrt(sum(l * l for l in left) * sum(r * r for r in right))
    return {"lufs": float(re.search(r"I:\s+(-?[\d.]+) LUFS", tail)[1]),
            "true_peak_dbtp": float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", tail)[1]),
            "bass_correlation": round(correlation, 5)}


def momentary(inputs):
    """Loudness of the sum of files over 400 ms windows, ten a second, as energies by the window's end."""
    arguments = [a for path in inputs for a in ("-i", path)]
    mix = "" if len(inputs) == 1 else f"amix=inputs={len(inputs)}:normalize=0,"
    chain = f"{mix}ebur128=metadata=1:framelog=verbose,ametadata=print:key=lavfi.r128.M:file=-"
    text = ffmpeg(*arguments, "-filter_complex", chain, "-f", "null", "-").stdout.decode()
    return [10 ** (float(v) / 10) if "inf" not in v and "nan" not in v else 0.0
            for v in re.findall(r"lavfi\.r128\.M=(\S+)", text)]


def vocal_over_band(folder):
    """Momentary loudness of the lead's stem over that of all the others but the reverb, where he sings."""
    stems = {s["name"]: folder / s["file"] for s in json.loads((folder / "song.json").read_text())["stems"]}
    lead = momentary([stems.pop("lead_vocal")])
    stems.pop("reverb")
    band = momentary(list(stems.values()))
    n = min(len(lead), len(band))
    loud = sorted(lead)[int(len(lead) * 0.95)]
    sung = [i for i in range(n) if lead[i] > 0.1 * loud]
    return 10 * math.log10(sum(lead[i] for i in sung) / sum(band[i] for i in sung))


def measure_song(out, k, short):
    """Short songs first; every second long one with its stems."""
    persona, seed, long_index = PERSONAS[k % len(PERSONAS)], FIRST_SEED + k, k - short
    stems, folder = long_index >= 0 and long_index % 2 == 0, out / f"song-{k}"
    made = generate(folder, "--persona", persona, "--seed", seed, "--duration", 180 if long_index >= 0 else 60,
                    *(["--stems"] if stems else []))
    song = json.loads((folder / "song.json").read_text())
    row = {"k": k, "persona": persona, "seed": seed, "duration_s": round(made["duration_s"], 2),
           **measure_file(folder / "song.flac"), "mixer_vocal_over_band_db": song["mix"]["vocal_over_band_db"]}
    if stems:
        row["vocal_over_band_db"] = round(vocal_over_band(folder), 2)
    shutil.rmtree(folder)
    return row


def levels(out, short, long):
    need("ffmpeg", "ffmpeg")
    log = out / "levels.jsonl"
    done = {json.loads(line)["k"] for line in log.open()} if log.exists() else set()
    todo = [k for k in range(short + long) if k not in done]
    with log.open("a") as rows, ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for n, row in enumerate(pool.map(lambda k: measure_song(out, k, short), todo)):
            rows.write(json.dumps(row) + "\n")
            rows.flush()
            print(f"levels: {len(done) + n + 1} of {short + long}", file=sys.stderr)


def band_only(midi):
    """score.mid without its track "lead vocal"."""
    tracks, at = [], 14
    while at < len(midi):
        end = at + 8 + struct.unpack(">I", midi[at + 4:at + 8])[0]
        if b"lead vocal" not in midi[at:at + 40]:
            tracks.append(midi[at:end])
        at = end
    return midi[:10] + struct.pack(">H", len(tracks)) + midi[12:14] + b"".join(tracks)


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def least(rounds, work):
    """The least of several measurements, key by key: what others do on the machine, and memory that it has to fetch
    first, only ever add to CPU time."""
    rows = [work() for _ in range(rounds)]
    return {key: min(row[key] for row in rows) for key in rows[0]}


def speed(out, count):
    """Ours and FluidSynth's in turns, ROUNDS times each (3); the first, which fills the disk cache, counts like the others."""
    need("fluidsynth", "fluidsynth")
    rows, folder = [], out / "song"
    for k in range(count):
        def once():
            made = generate(folder, "--seed", 1 + k, "--duration", 180)
            (folder / "band.mid").write_bytes(band_only((folder / "score.mid").read_bytes()))
            render = ["fluidsynth", "-q", "-n", "-i", "-F", str(folder / "band.wav"), "-r", "44100", "-O", "s16", FONT]
            scale = 180 / made["duration_s"]
            return {"band": made["cpu_s"]["band"] * scale, "mix": made["cpu_s"]["mix"] * scale,
                    "fluidsynth": cpu_seconds([*render, str(folder / "band.mid")]) * scale,
                    "fluidsynth_dry": cpu_seconds([*render[:4], "-R", "0", "-C", "0", *render[4:],
                                                   str(folder / "band.mid")]) * scale}
        rows.append({"seed": 1 + k, **least(int(os.environ.get("ROUNDS", "3")), once)})
        print(json.dumps(rows[-1]), file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    (out / "speed.json").write_text(json.dumps(rows, indent=1) + "\n")


def summary(out):
    found = {}
    if (out / "levels.jsonl").exists():
        rows = list({r["k"]: r for r in map(json.loads, (out / "levels.jsonl").open())}.values())
        loud = [r["lufs"] for r in rows]
        found |= {"songs": len(rows), "lufs_least": min(loud), "lufs_most": max(loud),
                  "lufs_mean": round(statistics.mean(loud), 2),
                  "true_peak_most": max(r["true_peak_dbtp"] for r in rows),
                  "within_limits": f"{sum(abs(r['lufs'] + 9.5) <= 0.7 and r['true_peak_dbtp'] <= -1 for r in rows)}"
                                   f"/{len(rows)}",
                  "bass_correlation_least": round(min(r["bass_correlation"] for r in rows), 4),
                  "mixer_vocal_least": min(r["mixer_vocal_over_band_db"] for r in rows),
                  "mixer_vocal_most": max(r["mixer_vocal_over_band_db"] for r in rows)}
        judged = [r["vocal_over_band_db"] for r in rows if "vocal_over_band_db" in r]
        if judged:
            found |= {"vocal_songs": len(judged), "vocal_least": round(min(judged), 2),
                      "vocal_most": round(max(judged), 2), "vocal_mean": round(statistics.mean(judged), 2)}
    if (out / "speed.json").exists():
        rows = json.loads((out / "speed.json").read_text())
        own = [r["band"] + r["mix"] for r in rows]
        found |= {"speed_songs": len(rows), "cpu_s": round(statistics.median(own), 3),
                  "band_cpu_s": round(statistics.median(r["band"] for r in rows), 3),
                  "mix_cpu_s": round(statistics.median(r["mix"] for r in rows), 3),
                  "times_real_time": round(180 / statistics.median(own)),
                  "fluidsynth_ratio": round(statistics.median(r["fluidsynth"] / o for r, o in zip(rows, own)), 2),
                  "fluidsynth_dry_ratio": round(statistics.median(r["fluidsynth_dry"] / o for r, o in zip(rows, own)), 2)}
    (out / "summary.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def main():
    step, out = sys.argv[1], Path(sys.argv[2])
    if step == "levels":
        levels(out, int(sys.argv[3]), int(sys.argv[4]))
    elif step == "speed":
        speed(out, int(sys.argv[3]))
    elif step == "summary":
        summary(out)
    elif step == "value":
        print(json.loads((out / "summary.json").read_text())[sys.argv[3]])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
