#!/usr/bin/env python3
"""The steps of the recipe, and its figures.

  measure.py build OUT          songs and controls: OUT/PACKAGE
  measure.py hear OUT           what `brandiron detect` calls each of them: OUT/verdicts.jsonl
  measure.py compare OUT        pairs of kinds through the harness: OUT/compare/NAME
  measure.py summary OUT        OUT/summary.json
  measure.py value OUT ID       one figure, alone on the last line
  measure.py expected OUT       expected.json out of a run

Environment: BRANDIRON, SONGS, JOBS (run.sh says what).
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import shared  # noqa: E402

HERE = Path(__file__).resolve().parent
BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
JOBS = os.environ.get("JOBS", "2")
RUN = "experiments/recipes/controls/run.sh && experiments/recipes/controls/measure.py value out/controls "
MINUTES = 6
BLOCKS = 5  # folds
PACKAGES = ("freecol", "fretsonfire-songs-sectoid")  # neither the detector nor the decoders learnt from them

KINDS = {
    "song": "songs of ours", "human-tune": "people's tunes, sung and played by ours",
    "human-voice": "people's voices, our band around them", "human": "people's recordings, our master",
    "re-decoded": "people's recordings, a decoder of ours, our master"}
# name: what stands for "ai", what for "human"; an AUC over 0.5 is towards the first.
PAIRS = {
    "tune": ("song", "human-tune"), "voice": ("song", "human-voice"), "recording": ("song", "human"),
    "decoded": ("re-decoded", "human")}
DETECTORS = ("brandiron", "fourier", "content-free")


def items_of(out):
    """Of all corpora; ids begin with the package."""
    return [item | {"id": f"{package}-{item['id']}", "song": f"{package}-{item['song']}",
                    "path": os.path.abspath(out / package / item["file"])}
            for package in PACKAGES for item in shared.items_of(out / package)[1]]


def build(out):
    for seed, package in enumerate(PACKAGES, 9122):
        subprocess.run([BRANDIRON, "corpus", "build", str(HERE / "controls.toml"), "-o", str(out / package), "-j", JOBS,
                        "--set", "songs=" + os.environ.get("SONGS", "40"), "--set", f"seed={seed}",
                        "--set", f"controls.recordings=../shared/data/audio/human/{package}"],
                       check=True, stdout=subprocess.DEVNULL)


def hear(out):
    items = items_of(out)
    found = subprocess.run([BRANDIRON, "detect", "--json", "--no-progress", "-j", JOBS, *(item["path"] for item in items)],
                           check=True, stdout=subprocess.PIPE, text=True)
    rows = map(json.loads, found.stdout.splitlines())
    lines = [json.dumps({"id": item["id"], "verdict": row["verdict"], "p_ai": row["p_ai"]})
             for item, row in zip(items, rows, strict=True)]
    (out / "verdicts.jsonl").write_text("\n".join(lines) + "\n")


def pair_lines(items, first, second):
    """A kind as "ai" and a kind as "human", as the harness wants them. What people made is heard more than once: its title, taken
    for the song beside it as well, is the unit of the bootstrap, and folds leave out titles with all that was made beside them,
    so that what tells the kinds apart can only be what differs within."""
    beside = defaultdict(dict)
    for item in items:
        beside[item["song"]][item["kind"]] = item
    pairs = [(kinds[first], kinds[second]) for kinds in beside.values() if first in kinds and second in kinds]
    titles = sorted({item["title"] for pair in pairs for item in pair if item["kind"] != "song"})
    for pair in pairs:
        for item, label in zip(pair, ("ai", "human")):
            title = (pair[1] if item["kind"] == "song" else item)["title"]
            yield {"id": item["id"], "file": item["path"], "label": label, "title": title, "split": "test",
                   "source": f"block-{titles.index(title) % BLOCKS}", "marked": item["marked"],
                   "licence": item["licence"], "generator": "controls"}


def compare(out):
    items = items_of(out)
    for name, (first, second) in PAIRS.items():
        folder = out / "compare" / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = list(pair_lines(items, first, second))
        manifest = folder / "manifest.jsonl"
        manifest.write_text("".join(json.dumps(line) + "\n" for line in
                                    [{"schema": "brandiron.manifest/1", "kind": "detector", "items": len(lines)}, *lines]))
        resume = ["--resume"] if (folder / "study").exists() else []
        subprocess.run([BRANDIRON, "evaluate", "detector", str(manifest), "--grid", str(HERE / "grid.toml"), "-j", JOBS,
                        "-o", str(folder / "study"), *resume], check=True, stdout=subprocess.DEVNULL)


def summary(out):
    verdicts = {row["id"]: row for row in map(json.loads, (out / "verdicts.jsonl").read_text().splitlines())}
    items, kinds = items_of(out), {}
    for kind in KINDS:
        rows = [verdicts[item["id"]] for item in items if item["kind"] == kind]
        said = Counter(row["verdict"] for row in rows)
        chances = sorted(row["p_ai"] for row in rows)
        kinds[kind] = {"n": len(rows), "ai": said["ai"], "undecided": said["undecided"], "human": said["human"],
                       "median_p_ai": chances[len(chances) // 2] if chances else None}
    pairs = {}
    for name in PAIRS:
        study = json.loads((out / "compare" / name / "study/metrics.json").read_text())
        by = {d["name"]: d for d in study["detectors"]}
        pairs[name] = {d: {"auc": by[d]["auc"]["value"], "interval": by[d]["auc"]["by_recording"],
                           "n": [by[d]["num_ai"], by[d]["num_human"]],
                           "titles": max(by[d]["ai_recordings"], by[d]["human_recordings"])} for d in DETECTORS}
    result = {"kinds": kinds, "pairs": pairs}
    (out / "summary.json").write_text(json.dumps(result, indent=1) + "\n")
    for kind, row in kinds.items():
        print(f"{KINDS[kind]:52} {row['n']:4}: ai {row['ai']}, undecided {row['undecided']}, human {row['human']}; "
              f"median p {row['median_p_ai']:.3f}")
    for name, row in pairs.items():
        print(f"{name:10} " + ", ".join(f"{d} {row[d]['auc']:.3f} ({row[d]['interval'][0]:.3f}-{row[d]['interval'][1]:.3f})"
                                        for d in DETECTORS))


def figures(out):
    result, rows = json.loads((out / "summary.json").read_text()), {}

    def add(name, what, shown, value, n, interval, low, high):
        rows["controls." + name] = {"what": what, "shown": shown, "value": value, "n": n, "interval": interval, "low": low,
                                    "high": high, "minutes": MINUTES, "command": RUN + "controls." + name}

    for kind, row in result["kinds"].items():
        low, high = shared.wilson(row["ai"], row["n"])
        add(f"{kind}.ai", f"called ai: {KINDS[kind]} (undecided {row['undecided']}, human {row['human']})",
            f"{row['ai']}/{row['n']}", f"{row['ai'] / row['n']:.3f}", f"{row['n']} clips of 20 to 24 s",
            f"{100 * low:.0f} to {100 * high:.0f} % (Wilson, 95 %)", low, high)
    for name, row in result["pairs"].items():
        first, second = (KINDS[kind] for kind in PAIRS[name])
        for detector in DETECTORS:
            found = row[detector]
            add(f"{name}.{detector}", f"AUC of {detector}, {first} against {second}", f"{found['auc']:.3f}",
                f"{found['auc']:.3f}", f"{found['n'][0]} / {found['n'][1]} clips, {found['titles']} titles",
                f"{found['interval'][0]:.3f} to {found['interval'][1]:.3f} (bootstrap by title)",
                max(0.0, found["auc"] - 0.15), min(1.0, found["auc"] + 0.15))
    return rows


if __name__ == "__main__":
    sys.exit(shared.main(__doc__, {"build": build, "hear": hear, "compare": compare, "summary": summary}, figures))
