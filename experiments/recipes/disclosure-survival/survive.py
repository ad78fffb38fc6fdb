#!/usr/bin/env python3
"""What each disclosure layer survives: files disclosed by Brandiron, handled as tools and platforms do, checked again.

    survive.py OUT SONG...              treats and checks
    survive.py OUT --cost SONG          what the layers beyond the mark add to one file: CPU seconds, bytes
    survive.py OUT --expected           this recipe's expected.json out of both
    survive.py OUT --figure ID          one figure, alone on the last line

Every SONG (any length) becomes a WAV, FLAC and MP3 with all layers; each of those goes through every treatment below
that its tools are installed for. OUT/survival.json holds each verdict, OUT/survival.txt the table. A
treatment whose tool is missing is named and left out.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
HERE = Path(__file__).parent
KINDS = ["wav", "flac", "mp3"]
FFMPEG = ["ffmpeg", "-v", "error", "-y", "-i", "{in}"]

# name, group, kinds, tools, output's extension ("": as it came), commands; {in} and {out} are files. An .m4a or .webm
# comes back to a WAV, since what is uploaded is judged as it is heard.
TREATMENTS = [
    ("byte copy", "copy", KINDS, ["cp"], "", [["cp", "{in}", "{out}"]]),
    ("ffmpeg -c copy", "copy", KINDS, ["ffmpeg"], "", [FFMPEG + ["-c", "copy", "{out}"]]),
    ("ffmpeg -c copy, tags stripped", "strip", KINDS, ["ffmpeg"], "",
     [FFMPEG + ["-c", "copy", "-map_metadata", "-1", "-fflags", "+bitexact", "{out}"]]),
    ("metaflac --remove-all", "strip", ["flac"], ["metaflac"], "",
     [["cp", "{in}", "{out}"], ["metaflac", "--remove-all", "--dont-use-padding", "{out}"]]),
    ("id3v2 --delete-all", "strip", ["mp3"], ["id3v2"], "", [["cp", "{in}", "{out}"], ["id3v2", "--delete-all", "{out}"]]),
    ("eyeD3 --title", "tag editor", ["mp3"], ["eyeD3"], "",
     [["cp", "{in}", "{out}"], ["eyeD3", "-Q", "--title", "Another title", "{out}"]]),
    ("mid3v2 --song", "tag editor", ["mp3"], ["mid3v2"], "", [["cp", "{in}", "{out}"], ["mid3v2", "--song", "Another title", "{out}"]]),
    ("metaflac --set-tag", "tag editor", ["flac"], ["metaflac"], "",
     [["cp", "{in}", "{out}"], ["metaflac", "--set-tag=MOOD=low", "{out}"]]),
    ("ffmpeg to WAV", "re-encode", KINDS, ["ffmpeg"], "wav", [FFMPEG + ["{out}"]]),
    ("ffmpeg to FLAC", "re-encode", KINDS, ["ffmpeg"], "flac", [FFMPEG + ["{out}"]]),
    ("ffmpeg to MP3 128", "re-encode", KINDS, ["ffmpeg"], "mp3", [FFMPEG + ["-b:a", "128k", "{out}"]]),
    ("sox to WAV", "re-encode", ["wav", "flac"], ["sox"], "wav", [["sox", "{in}", "{out}"]]),
    ("AAC 128 in MP4", "upload", KINDS, ["ffmpeg"], "wav",
     [FFMPEG + ["-c:a", "aac", "-b:a", "128k", "{tmp}.m4a"], FFMPEG[:4] + ["-i", "{tmp}.m4a", "{out}"]]),
    ("Opus 128 in WebM", "upload", KINDS, ["ffmpeg"], "wav",
     [FFMPEG + ["-c:a", "libopus", "-b:a", "128k", "{tmp}.webm"], FFMPEG[:4] + ["-i", "{tmp}.webm", "{out}"]]),
    ("-14 LUFS, Vorbis 160", "upload", KINDS, ["ffmpeg"], "ogg",
     [FFMPEG + ["-af", "loudnorm=I=-14:TP=-1", "-ar", "44100", "-c:a", "libvorbis", "-b:a", "160k", "{out}"]]),
    ("voice message: Opus 32, mono", "upload", KINDS, ["ffmpeg"], "opus",
     [FFMPEG + ["-ac", "1", "-c:a", "libopus", "-b:a", "32k", "{out}"]]),
    ("stripped, MP3 64", "upload", KINDS, ["ffmpeg"], "mp3", [FFMPEG + ["-map_metadata", "-1", "-b:a", "64k", "{out}"]]),
]


def brandiron(*arguments):
    found = subprocess.run([BRANDIRON, "--no-progress", *map(str, arguments)], capture_output=True, text=True)
    if found.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {found.stderr.strip()}")
    return found.stdout


def fill(word, source, target):
    return word.replace("{in}", str(source)).replace("{out}", str(target)).replace("{tmp}", str(target.with_suffix(".tmp")))


def treat(treatment, source, folder):
    """The treated file, or None and why it could not be made."""
    name, _, _, tools, extension, commands = treatment
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        return None, f"{missing[0]} is not installed"
    target = folder / f"{source.stem}.treated.{extension or source.suffix[1:]}"
    target.unlink(missing_ok=True)
    for command in commands:
        ran = subprocess.run([fill(word, source, target) for word in command], capture_output=True, text=True)
        # id3v2 and others warn by their exit code about tags they leave alone: only a missing file counts.
        if not target.exists() and command is commands[-1]:
            return None, f"{name}: {ran.stderr.strip()[:200]}"
    return target, ""


def verdicts(path, work):
    check = json.loads(brandiron("disclose", "check", path, "--key", work / "my.key", "--trust", work / "ca/root.pem",
                                 "--registry", work / "registry.sqlite", "--profile", "eu", "--json"))
    recovered = json.loads(brandiron("disclose", "recover", path, "--key", work / "my.key", "--trust", work / "ca/root.pem",
                                     "--registry", work / "registry.sqlite", "--json"))
    layers = check["layers"]
    return {"watermark": layers["watermark"]["verdict"],
            "payload": layers["watermark"].get("payload_hex"),
            "manifest": layers["manifest"]["verdict"],
            "tags": "kept" if layers["tags"]["verdict"] == "well-formed" else layers["tags"]["verdict"],
            "registry": check["registry"]["verdict"],
            "recovered": recovered.get("manifest", "").startswith("genuine")}


def cost(song, out):
    """Least of five runs, since whatever else runs on the machine only adds."""
    work = prepared(out)
    lines = []
    for kind in KINDS + ["ogg"]:
        runs = [json.loads(brandiron("disclose", song, work / f"all.{kind}", "--json", "--payload", "77", *layers(song, work)))
                for _ in range(5)]
        brandiron("disclose", song, work / f"mark.{kind}", "--key", work / "my.key", "--payload", "77", "--layers", "watermark",
                  "--no-registry", "--overwrite")
        sidecar = work / "all.c2pa"
        size = (work / f"all.{kind}").stat().st_size + (sidecar.stat().st_size if kind == "ogg" else 0)
        lines.append({"kind": kind, "other_s": min(run["cpu_s"]["other"] for run in runs),
                      "mark_s": min(run["cpu_s"]["mark"] for run in runs),
                      "bytes": size - (work / f"mark.{kind}").stat().st_size})
    shutil.rmtree(work)
    (out / "cost.json").write_text(json.dumps({"song": song.name, "cost": lines}, indent=1) + "\n")
    for line in lines:
        print(f"{line['kind']:<5} beyond the mark: {1000 * line['other_s']:.0f} ms CPU, {line['bytes']} bytes; mark and coding "
              f"{line['mark_s']:.2f} s")


def layers(song, work):
    credits = [word for role in ("vocals", "instrumentation", "composition", "post-production", "lyrics")
               for word in ("--credit", f"{role}=full")]
    return ["--key", work / "my.key", "--certificates", work / "ca/chain.pem", "--signing-key", work / "ca/signing.key",
            "--registry", work / "registry.sqlite", "--title", song.stem, "--provider", "Survival study", "--system",
            "brandiron", "--system-version", "1", *credits, "--overwrite"]


def disclosed(song, kind, payload, work):
    out = work / f"{song.stem}.{kind}"
    brandiron("disclose", song, out, "--payload", payload, *layers(song, work))
    return out


def prepared(out):
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    brandiron("watermark", "keygen", "-o", work / "my.key")
    brandiron("disclose", "make-test-ca", "-o", work / "ca")
    return work


def run(songs, work):
    rows = []
    for number, song in enumerate(songs, 1):
        for kind in KINDS:
            payload = f"{0xB0A0000000000000 + 16 * number + KINDS.index(kind):016x}"
            source = disclosed(song, kind, payload, work)
            for treatment in TREATMENTS:
                if kind not in treatment[2]:
                    continue
                treated, why = treat(treatment, source, work)
                row = {"treatment": treatment[0], "group": treatment[1], "song": song.name, "kind": kind}
                if treated is None:
                    rows.append({**row, "left_out": why})
                    continue
                found = verdicts(treated, work)
                rows.append({**row, **found, "right": found["payload"] == payload})
            print(f"{song.name} as {kind}: done ({number} of {len(songs)} songs)", file=sys.stderr)
    return rows


def share(rows, good):
    return f"{sum(map(good, rows))}/{len(rows)}"


def table(rows):
    lines = []
    for name, group, *_ in TREATMENTS:
        mine = [row for row in rows if row["treatment"] == name and "left_out" not in row]
        if not mine:
            continue
        states = sorted({row["manifest"] for row in mine})
        lines.append({"treatment": name, "group": group, "files": len(mine),
                      "payload": share(mine, lambda row: row["right"]),
                      "manifest": share(mine, lambda row: row["manifest"] in ("trusted", "valid")),
                      "manifest_states": "/".join(states),
                      "tags": share(mine, lambda row: row["tags"] == "kept"),
                      "recovered": share(mine, lambda row: row["recovered"])})
    return lines


RUN = "experiments/recipes/disclosure-survival/run.sh && experiments/recipes/disclosure-survival/survive.py out/disclosure-survival --figure "
FIELDS = {"payload": "payload read from the sound", "manifest": "manifest in the file valid or trusted",
          "tags": "our tags kept", "recovered": "manifest led back to by mark, registry and fingerprint"}


def least_share(text):
    """One-sided 95 % Clopper-Pearson bound of "good/n"."""
    good, n = map(int, text.split("/"))
    low, high = 0.0, good / n
    for _ in range(50):
        middle = (low + high) / 2
        tail = sum(math.comb(n, k) * middle ** k * (1 - middle) ** (n - k) for k in range(good, n + 1))
        low, high = (middle, high) if tail < 0.05 else (low, middle)
    return low


def figures(out):
    """Of both parts of the study, by id."""
    made = {}
    for line in json.loads((out / "survival.json").read_text())["table"]:
        name = "".join(c if c.isalnum() else "-" for c in line["treatment"].lower()).strip("-")
        for field, what in FIELDS.items():
            made[f"{name}.{field}"] = {"what": f"{line['treatment']}: {what}", "shown": line[field], "value": line[field],
                                       "n": str(line["files"]), "interval": f">= {least_share(line[field]):.2f}"}
    for line in json.loads((out / "cost.json").read_text())["cost"]:
        made[f"cost.{line['kind']}.ms"] = {
            "what": f"CPU milliseconds of all layers beyond the mark, 3 minutes as {line['kind'].upper()}, least of 5",
            "shown": f"{1000 * line['other_s']:.0f}", "value": round(1000 * line["other_s"]), "low": 0.3, "high": 3, "n": "1",
            "interval": "machine-dependent, 0.3-3 x"}
        made[f"cost.{line['kind']}.bytes"] = {
            "what": f"bytes that they add, {line['kind'].upper()}", "shown": str(line["bytes"]), "value": line["bytes"],
            "low": 0.9, "high": 1.1, "n": "1", "interval": "0.9-1.1 x"}
    return {name: {**f, "minutes": 8, "command": RUN + name} for name, f in made.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("songs", type=Path, nargs="*")
    parser.add_argument("--cost", type=Path)
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    out = arguments.out
    if arguments.cost:
        cost(arguments.cost, out)
    if arguments.expected:
        text = json.dumps({"schema": "brandiron.expected/1", "figures": figures(out)}, indent=1)
        (HERE / "expected.json").write_text(text + "\n")
    if arguments.figure:
        print(figures(out)[arguments.figure]["shown"])
    if not arguments.songs:
        return
    work = prepared(out)
    rows = run(arguments.songs, work)
    lines = table(rows)
    (out / "survival.json").write_text(json.dumps({"rows": rows, "table": lines}, indent=1) + "\n")
    text = [f"{'treatment':<32}{'files':>6}{'payload':>9}{'manifest':>10}{'tags':>7}{'recovered':>11}   states"]
    text += [f"{l['treatment']:<32}{l['files']:>6}{l['payload']:>9}{l['manifest']:>10}{l['tags']:>7}{l['recovered']:>11}"
             f"   {l['manifest_states']}" for l in lines]
    text += sorted({f"left out: {row['treatment']}: {row['left_out']}" for row in rows if "left_out" in row})
    (out / "survival.txt").write_text("\n".join(text) + "\n")
    print("\n".join(text))
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
