#!/usr/bin/env python3
"""Figures of a security study, alone on the last line.

  figure.py SECURITY.JSON ATTACK SETTING FIELD     "present", "payload" ...: out of n; or a number: "agreement"
  figure.py SECURITY.JSON --expected               this recipe's expected.json out of a run
"""

import json
import sys
from pathlib import Path

RUN = "experiments/recipes/watermark-security/run.sh && experiments/recipes/watermark-security/figure.py out/watermark-security/study/security.json "
MINUTES = 8
COUNTS = ("present", "payload", "other_payload", "wrong_payload")
# id, attack, setting, field, what
FIGURES = json.loads(Path(__file__).with_name("figures.json").read_text())


def row_of(study, attack, setting):
    return next(r for r in study["rows"] if r["attack"] == attack and r["setting"] == setting)


def value(study, attack, setting, field):
    row = row_of(study, attack, setting)
    return f"{row[field]}/{row['n']}" if field in COUNTS else f"{row[field]:.3g}"


def tail(n, k):
    """P(at least k of n) as a function of the probability."""
    from math import comb
    return lambda p: sum(comb(n, i) * p**i * (1 - p)**(n - i) for i in range(k, n + 1))


def interval(n, k):
    """One-sided, 95 %, Clopper-Pearson: from below for a majority, from above else."""
    low, high = 0.0, 1.0
    reached = tail(n, k) if 2 * k > n else tail(n, k + 1)
    level = 0.05 if 2 * k > n else 0.95
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < level else (low, middle)
    return f"{'>=' if 2 * k > n else '<='} {low:.2f}"


def expected(study):
    figures = {}
    for name, attack, setting, field, what in FIGURES:
        row, shown = row_of(study, attack, setting), value(study, attack, setting, field)
        figure = {"what": what, "shown": shown, "value": shown, "n": str(row["n"]), "minutes": MINUTES,
                  "interval": interval(row["n"], row[field]) if field in COUNTS else "-",
                  "command": RUN + f"{attack} '{setting}' {field}"}
        if field not in COUNTS:
            figure |= {"low": 0.8 * float(shown), "high": 1.2 * float(shown)}
        figures["security." + name] = figure
    return json.dumps({"schema": "brandiron.expected/1", "figures": figures}, indent=1)


def main():
    if len(sys.argv) not in (3, 5) or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    study = json.load(open(sys.argv[1]))
    print(expected(study) if sys.argv[2] == "--expected" else value(study, *sys.argv[2:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
