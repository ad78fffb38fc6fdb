#!/usr/bin/env python3
"""Figures of a run of this recipe.

  figure.py value OUT ID     one figure, alone on the last line
  figure.py show OUT         all
  figure.py expected OUT     expected.json out of a run

OUT is the recipe's: OUT/study/metrics.json is read.
"""

import json
import sys
from pathlib import Path

RUN = ("experiments/recipes/detector-study/run.sh && experiments/recipes/detector-study/figure.py value out/detector ")
MINUTES = 45  # on a machine of two cores


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
            "what": what + (": " + ", ".join(found) if found else ""), "shown": str(len(found)), "value": str(len(found)),
            "n": f"{len(attacks)} rows", "interval": "-", "minutes": MINUTES, "command": RUN + "detector-study." + name,
            "low": 0, "high": len(found) + 3}
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
    return rows


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
