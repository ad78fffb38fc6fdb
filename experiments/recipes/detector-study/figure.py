#!/usr/bin/env python3
"""Figures of a run of this recipe.

  figure.py value OUT ID     one figure, alone on the last line
  figure.py show OUT         all
  figure.py expected OUT     expected.json out of a run

OUT is the recipe's: metrics.json and scores.csv of OUT/study and OUT/study-all are read.
"""

import csv
import json
import random
import sys
from collections import defaultdict
from pathlib import Path

RUN = ("experiments/recipes/detector-study/run.sh && experiments/recipes/detector-study/figure.py value out/detector ")
MINUTES = 45  # on a machine of two cores
DRAWS = 500  # of every bootstrap here
OURS, ACE = "brandiron", "ACE-Step"


def auc_of(ai, human):
    return sum((a > h) + 0.5 * (a == h) for a in ai for h in human) / (len(ai) * len(human))


def found_of(ai, human):
    """At the smallest threshold that flags at most 1 % of the human scores."""
    threshold = sorted(human, reverse=True)[len(human) // 100]
    return sum(a > threshold for a in ai) / len(ai)


def scores_of(folder, detector="brandiron"):
    """{row: {recording: [scores]}} of a detector: ai of ours, ai of ACE-Step, human."""
    heard = {kind: defaultdict(lambda: defaultdict(list)) for kind in (OURS, ACE, "human")}
    with open(folder / "scores.csv", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            kind = next((k for k in (OURS, ACE) if line["label"] == "ai" and line["group"].startswith(k)),
                        "human" if line["label"] == "human" else None)
            if line["detector"] == detector and line["score"] and kind:
                heard[kind][line["row"]][line["recording"]].append(float(line["score"]))
    return heard


def group_figures(heard, kind, rows):
    """Mean and worst AUC over `rows`, and the least share found at 1 % over those of speed and pitch (1 without any), each with its
    95 % interval over recordings. What a row leaves out is the clean copy's."""
    def once(draw):
        aucs, rates = [], []
        people, machines = draw(heard["human"]["none"]), draw(heard[kind]["none"])
        for row in rows:
            human = [s for r in people for s in heard["human"].get(row, heard["human"]["none"])[r]]
            ai = [s for r in machines for s in heard[kind].get(row, heard[kind]["none"])[r]]
            aucs.append(auc_of(ai, human))
            if row.startswith(("speed", "pitch")):
                rates.append(found_of(ai, human))
        return sum(aucs) / len(aucs), min(aucs), min(rates, default=1)

    rng = random.Random(1)
    drawn = [once(lambda table: rng.choices(sorted(table), k=len(table))) for _ in range(DRAWS)]
    values = once(sorted)
    bounds = [sorted(column) for column in zip(*drawn)]
    return [(v, b[round(0.025 * (DRAWS - 1))], b[round(0.975 * (DRAWS - 1))]) for v, b in zip(values, bounds)]


def rows_of(out):
    study = json.loads((Path(out) / "study/metrics.json").read_text())
    by = {d["name"]: d for d in study["detectors"]}
    ours, fourier = by["brandiron"], by["fourier"]
    n = f"{ours['num_ai']} / {ours['num_human']} recordings"
    rows = {}

    def add(name, what, value, interval, low, high, count=n):
        rows["detector-study." + name] = {
            "what": what, "shown": f"{value:.3f}", "value": f"{value:.3f}", "n": count, "interval": interval,
            "minutes": MINUTES, "command": RUN + "detector-study." + name, "low": low, "high": high}

    def clustered(figure):
        return f"{figure['by_recording'][0]:.3f} to {figure['by_recording'][1]:.3f} (bootstrap by recording)"

    def auc(name, what, figure, low=0.75):
        add(name, what, figure["value"], clustered(figure), low, 1.0)

    auc("auc", "AUC, treated copies, before any attack", ours["auc"])
    auc("fourier.auc", "the same, reference fourier", fourier["auc"], 0.6)
    auc("content-free.auc", "the same, seven numbers that ignore the music", by["content-free"]["auc"], 0.3)
    def slug(row):
        return row["row"].replace("+", "-up-")

    for row in ours["rows"][1:]:
        auc(f"{slug(row)}.auc", f"AUC, {row['title']}", row["auc"])
        if row["kind"] == "resynthesis":
            other = next(r for r in fourier["rows"] if r["row"] == row["row"])
            auc(f"fourier.{slug(row)}.auc", f"AUC, {row['title']}, reference fourier", other["auc"], 0.2)
    for row in fourier["rows"][1:]:
        if row["row"] in ("speed-1.01", "pitch+1"):
            auc(f"fourier.{slug(row)}.auc", f"AUC, {row['title']}, reference fourier", row["auc"], 0.2)
    for key, what in (("mean_auc", "mean AUC over the attacks"), ("worst_auc", "worst AUC over the attacks")):
        auc(key.replace("_", "-"), what, ours["attacks"][key])
        auc("fourier." + key.replace("_", "-"), what + ", reference fourier", fourier["attacks"][key], 0.2)
    for key, what in (("mean_over_fourier", "mean"), ("worst_over_fourier", "worst")):
        figure = ours["attacks"][key]
        add(key.replace("_", "-"), f"{what} AUC over the attacks, ours less reference fourier", figure["value"],
            clustered(figure), 0.0, 1.0)
    attacks = [row for row in ours["rows"] if row["kind"] in ("attack", "codec")]
    low = [row["title"] for row in attacks if row["auc"]["value"] < 0.9]
    worse = [row["title"] for row in attacks if row["auc_over_fourier"] and row["auc_over_fourier"]["by_recording"][1] < 0]
    for name, what, found in (("rows-below-0.9", "attacks that leave an AUC below 0.90 (asked: none)", low),
                              ("rows-below-fourier", "attacks under which the reference fourier is better, its interval above ours "
                               "(asked: none)", worse)):
        rows["detector-study." + name] = {
            "what": what + (": " + "; ".join(found) if found else ""), "shown": str(len(found)), "value": str(len(found)),
            "n": f"{len(attacks)} rows", "interval": "-", "minutes": MINUTES, "command": RUN + "detector-study." + name,
            "low": 0, "high": len(found) + 3}
    names = [row["row"] for row in attacks]
    heard = scores_of(Path(out) / "study")
    for kind, slug_of, of in ((OURS, "ours", "our songs alone"), (ACE, "ace-step", "ACE-Step's clips alone")):
        recordings = len(heard[kind]["none"])
        mean, worst, found = group_figures(heard, kind, names)
        for name, what, (value, least, most) in (
                ("mean-auc", f"mean AUC over the attacks, {of}", mean),
                ("worst-auc", f"worst AUC over the attacks, {of}", worst),
                ("least-found", f"found at 1 % of the people of the row, the worst row of speed and pitch, {of}; thirty people "
                                "support no such rate", found)):
            add(f"{slug_of}.{name}", what, value, f"{least:.3f} to {most:.3f} (bootstrap by recording)", max(0.0, least - 0.2), 1.0,
                f"{recordings} / {len(heard['human']['none'])} recordings")
    drift = max(row["drift"]["mean"] for row in ours["rows"] if row["kind"] == "codec")
    add("codec-drift", "mean change of the probability by a codec, the worst of them (asked: 0.05)", drift, "-", 0.0, 0.15)
    permuted = ours["permuted_labels"]
    add("permuted-p", "chance that labels dealt anew to whole sources reach the AUC", permuted["p"], "-", 0.0, 0.1,
        f"{permuted['units']} {permuted['dealt']}")
    nested = ours["nested_1_percent"]
    add("nested.tpr", "found at a threshold of 1 % fitted on the other human sources", nested["tpr"], "-", 0.5, 1.0)
    add("nested.fpr", "human recordings flagged at it", nested["fpr"],
        f"{nested['wilson'][0]:.3f} to {nested['wilson'][1]:.3f} (Wilson, 95 %)", 0.0, 0.15)
    add("ece", "expected calibration error", ours["ece"], "-", 0.0, 0.2)
    add_all(Path(out) / "study-all", add)
    return rows


def add_all(folder, add):
    """The treated copies of every test recording, nothing done to them besides."""
    by = {d["name"]: d for d in json.loads((folder / "metrics.json").read_text())["detectors"]}
    ours = by["brandiron"]
    for detector in ("brandiron", "fourier", "content-free"):
        heard = scores_of(folder, detector)
        prefix, reference = ("", "") if detector == "brandiron" else (detector + ".", f", reference {detector}")
        for kind, slug, of in ((OURS, "ours", "our songs"), (ACE, "ace-step", "ACE-Step's clips")):
            value, least, most = group_figures(heard, kind, ["none"])[0]
            add(f"all.{prefix}{slug}.auc", f"AUC, treated copies of all test recordings, {of}{reference}", value,
                f"{least:.3f} to {most:.3f} (bootstrap by recording)", max(0.0, least - 0.2), 1.0,
                f"{len(heard[kind]['none'])} / {len(heard['human']['none'])} recordings")
    add("all.ece", "expected calibration error, treated copies of all test recordings", ours["ece"], "-", 0.0, 0.2,
        f"{ours['ai_recordings']} / {ours['human_recordings']} recordings")


def main(args):
    if len(args) == 3 and args[0] == "value":
        print(rows_of(args[1])[args[2]]["value"])
    elif len(args) == 2 and args[0] == "show":
        for name, row in rows_of(args[1]).items():
            print(f"{name:36} {row['shown']:>7}  {row['interval']}")
    elif len(args) == 2 and args[0] == "expected":
        print(json.dumps({"schema": "brandiron.expected/1", "figures": rows_of(args[1])}, indent=1))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
