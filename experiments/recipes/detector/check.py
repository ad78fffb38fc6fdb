#!/usr/bin/env python3
"""Compares metrics.json with expected.json: {"dotted.path": {"low": x, "high": y}}, or any
name with that path as "path". Exit 1 on a miss.

check.py EXPECTED METRICS        every figure
check.py EXPECTED METRICS PATH   the value of one, alone on the last line
"""
import json
import sys


def look_up(tree, path):
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


def main():
    expected = json.load(open(sys.argv[1]))["figures"]
    metrics = json.load(open(sys.argv[2]))
    if len(sys.argv) > 3:
        print(look_up(metrics, sys.argv[3]))
        return 0
    missed = 0
    for name, bounds in expected.items():
        path = bounds.get("path", name)
        value = look_up(metrics, path)
        inside = bounds["low"] <= value <= bounds["high"]
        missed += not inside
        print(f"{'ok  ' if inside else 'MISS'} {path} = {value} "
              f"(expected {bounds['low']}-{bounds['high']})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
