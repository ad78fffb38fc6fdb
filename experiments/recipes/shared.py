"""What recipes share: timing the program, manifests, intervals, the command line."""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path


def timed(commands):
    """Runs them side by side; wall seconds, CPU seconds of all, the most memory of one, what each printed."""
    begin = time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    outputs, usages = [], []
    for process in running:
        with process.stdout:
            outputs.append(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        usages.append(usage)
    if any(process.returncode for process in running):
        raise SystemExit(f"{commands[0][0]}: exit codes {[p.returncode for p in running]}")
    return {"wall_s": time.monotonic() - begin, "cpu_s": sum(u.ru_utime + u.ru_stime for u in usages),
            "rss_mb": max(u.ru_maxrss for u in usages) / 1024, "outputs": outputs}


def items_of(folder):
    """Header and lines of a corpus's manifest."""
    with open(folder / "manifest.jsonl", encoding="utf-8") as lines:
        header = json.loads(next(lines))
        return header, [json.loads(line) for line in lines]


def wilson(k, n, z=1.96):
    """Between what rates k of n leave room (95 %)."""
    if n == 0:
        return 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / d), min(1.0, (middle + half) / d)


def machine_dependent(value):
    """Of a figure of expected.json: another machine may be that much slower or faster."""
    return {"value": f"{value:.4g}", "interval": "machine-dependent", "low": round(value * 0.6, 3), "high": round(value * 1.7, 3)}


def main(doc, steps, figures):
    """`STEP OUT` of `steps`, `value OUT ID`, `expected OUT`; the exit code."""
    args = sys.argv[1:]
    if len(args) < 2:
        print(doc, file=sys.stderr)
        return 2
    step, out = args[0], Path(args[1])
    if step == "value":
        print(figures(out)[args[2]]["value"])
    elif step == "expected":
        print(json.dumps({"schema": "brandiron.expected/1", "figures": figures(out)}, indent=1))
    else:
        steps[step](out)
    return 0
