#!/usr/bin/env python3
"""What each disclosure layer survives: files disclosed by Brandiron, handled as tools and platforms do, checked again.

    survive.py OUT [--expected] SONG...

Every SONG (any length) becomes a WAV, FLAC and MP3 with all layers; each of those goes through every treatment below
that its tools are installed for. OUT/survival.json holds each verdict, OUT/survival.txt the table. With --expected the
rows go to expected.json. A treatment whose tool is missing is named and left out.
"""

import argparse
import json
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


def disclosed(song, kind, payload, work):
    out = work / f"{song.stem}.{kind}"
    brandiron("disclose", song, out, "--key", work / "my.key", "--payload", payload, "--certificates", work / "ca/chain.pem",
              "--signing-key", work / "ca/signing.key", "--registry", work / "registry.sqlite", "--title", song.stem,
              "--provider", "Survival study", "--system", "brandiron", "--system-version", "1", "--credit", "vocals=full",
              "--credit", "instrumentation=full", "--credit", "composition=full", "--credit", "post-production=full",
              "--credit", "lyrics=full", "--overwrite")
    return out


def run(songs, work):
    brandiron("watermark", "keygen", "-o", work / "my.key")
    brandiron("disclose", "make-test-ca", "-o", work / "ca")
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("songs", type=Path, nargs="+")
    parser.add_argument("--expected", action="store_true")
    arguments = parser.parse_args()
    work = arguments.out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rows = run(arguments.songs, work)
    lines = table(rows)
    (arguments.out / "survival.json").write_text(json.dumps({"rows": rows, "table": lines}, indent=1) + "\n")
    text = [f"{'treatment':<32}{'files':>6}{'payload':>9}{'manifest':>10}{'tags':>7}{'recovered':>11}   states"]
    text += [f"{l['treatment']:<32}{l['files']:>6}{l['payload']:>9}{l['manifest']:>10}{l['tags']:>7}{l['recovered']:>11}"
             f"   {l['manifest_states']}" for l in lines]
    text += sorted({f"left out: {row['treatment']}: {row['left_out']}" for row in rows if "left_out" in row})
    (arguments.out / "survival.txt").write_text("\n".join(text) + "\n")
    print("\n".join(text))
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
