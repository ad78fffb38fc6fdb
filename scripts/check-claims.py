#!/usr/bin/env python3
"""Runs the commands behind docs/claims.md and compares with what the page says.

  scripts/check-claims.py              the quick rows (five minutes on a laptop)
  scripts/check-claims.py ID...        these rows
  scripts/check-claims.py --list       all rows with their minutes

A figure agrees when it lies in [low, high] of experiments/recipes/*/expected.json. Fractions such as
"0/20" must be equal. Needs `make build` first.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]


def load():
    figures = {}
    for path in sorted(SOURCE.glob("experiments/recipes/*/expected.json")):
        for name, figure in json.loads(path.read_text())["figures"].items():
            if "command" in figure:  # others are bounds for the recipe's own check
                figures[name] = figure
    return figures


def agrees(found, figure):
    if "/" in figure["value"]:
        return found == figure["value"]
    return figure["low"] <= float(found) <= figure["high"]


def main():
    figures = load()
    wanted = sys.argv[1:]
    if wanted == ["--list"]:
        for name, f in figures.items():
            print(f"{name:28} {f['shown']:18} {f['minutes']:>5} min  {f['command']}")
        return 0
    if not wanted:
        wanted = [name for name, f in figures.items() if f.get("quick")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1",
                   "BRANDIRON": os.environ.get("BRANDIRON", str(SOURCE / "build/release/brandiron"))}
    failed = 0
    for name in wanted:
        if name not in figures:
            print(f"check-claims.py: {name}: no such claim; see --list", file=sys.stderr)
            return 2
        figure, begin = figures[name], time.time()
        found = subprocess.run(["bash", "-c", figure["command"]], cwd=SOURCE, env=environment, text=True,
                               capture_output=True, stdin=subprocess.DEVNULL)
        value = found.stdout.splitlines()[-1].strip() if found.stdout.strip() else ""
        good = found.returncode == 0 and value != "" and agrees(value, figure)
        failed += not good
        print(f"{'ok  ' if good else 'DIFF'} {name:28} says {figure['shown']}, found {value or 'nothing'} "
              f"({time.time() - begin:.0f} s)", flush=True)
        if found.returncode != 0:
            print("     " + (found.stderr.strip().splitlines() or ["no message"])[-1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
