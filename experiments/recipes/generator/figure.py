#!/usr/bin/env python3
"""Figures of a study of written songs, alone on the last line.

  figure.py SUMMARY.JSON ID              the figure (shares in per cent)
  figure.py SUMMARY.JSON --expected      this recipe's expected.json out of a run
"""

import json
import sys

RUN = "experiments/recipes/generator/run.sh && experiments/recipes/generator/figure.py out/generator/summary.json "
MINUTES = 5


def number(row, value):
    return f"{100 * value:.2f}" if row["share"] else f"{value:.3f}"


def shown(row, value):
    return number(row, value) + (" %" if row["share"] else "")


def target(row):
    low, high = row["least"], row["most"]
    if low is None and high is None:
        return ""
    text = lambda v: f"{100 * v:g} %" if row["share"] else f"{v:g}"
    if low is not None and high is not None:
        return f"; target {text(low)}" + ("" if low == high else f" to {text(high)}")
    return f"; target {'at least ' + text(low) if low is not None else 'at most ' + text(high)}"


def expected(study):
    figures = {}
    for row in study["rows"]:
        ours = row["ours"]
        if ours is None:
            continue
        human = row["human"]
        what = row["what"] + target(row) + (f" ({row['verdict']})" if row["verdict"] else "")
        if human is not None:
            what += f"; human songs {shown(row, human['value'])}"
        value = number(row, ours["value"])
        figures["generator." + row["id"].replace("/", "-")] = {
            "what": what, "shown": shown(row, ours["value"]), "value": value,
            "low": round(float(value) - 0.01, 4), "high": round(float(value) + 0.01, 4), "n": f"{ours['n']} {row['counted']}", "minutes": MINUTES,
            "interval": f"{shown(row, ours['low'])} to {shown(row, ours['high'])} (95 %, by song)",
            "command": RUN + row["id"]}
    return json.dumps({"schema": "brandiron.expected/1", "figures": figures}, indent=1)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1]) as file:
        study = json.load(file)
    if sys.argv[2] == "--expected":
        print(expected(study))
        return 0
    row = next((r for r in study["rows"] if r["id"] == sys.argv[2]), None)
    if row is None or row["ours"] is None:
        print(f"{sys.argv[2]}: no such figure in {sys.argv[1]}", file=sys.stderr)
        return 3
    print(number(row, row["ours"]["value"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
