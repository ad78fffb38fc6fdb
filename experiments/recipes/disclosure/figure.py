#!/usr/bin/env python3
"""Figures of a disclosure study, alone on the last line.

  figure.py OUT PART SETTING FIELD     out of n, or of those whose payload was read ("copied"); SETTING "all" sums up
  figure.py OUT costs FIELD            a number
  figure.py OUT lead-back              files led back from the command line
  figure.py OUT --expected             this recipe's expected.json out of a run
"""

import json
import sys
from pathlib import Path

RUN = ("experiments/recipes/disclosure/run.sh && experiments/recipes/disclosure/figure.py out/disclosure ")
MINUTES = 20
# id, part, setting, field, what
COUNTS = [
    ("recovered.mp3-64", "genuine", "mp3(64)", "recovered",
     "files of 60 s, stripped of all metadata and coded as MP3 64: the right manifest out of the registry, by the mark"),
    ("recovered.opus-32", "genuine", "opus(32)", "recovered", "the same, Opus 32"),
    ("recovered.crop-15", "genuine", "crop(duration_s=15)", "recovered", "the same, any 15 s"),
    ("false-alarm.genuine", "genuine", "all", "copied",
     "codecs, filters, crops, noise: the payload is read, but its own audio called a copied mark"),
    ("false-alarm.warped", "warped", "all", "copied", "the same for 2 % of speed, tempo or pitch"),
    ("copied.flagged", "copied", "all", "copied",
     "marks moved to other recordings, in every way in which they are read there: flagged"),
    ("copied.cells", "copied", "cells of the difference", "copied",
     "the same by somebody with one recording with and without its mark, cell by cell"),
    ("copied.estimated", "copied", "signs estimated from recordings of one payload", "copied",
     "the same by somebody with 10 marked recordings of one payload"),
    ("copied.samples-read", "copied", "samples of the difference", "payload",
     "the difference of the samples added to another recording: the payload is read at all"),
    ("others.matched", "others", "all", "confirmed",
     "pairs of different recordings, queries of 15, 30 and 60 s in MP3 64: taken for one another"),
]
COSTS = [("cost.fingerprint-ms", "fingerprint_ms", 0.3, 3, "CPU milliseconds for the fingerprint of 3 minutes in stereo"),
         ("cost.fingerprint-bytes", "fingerprint_bytes", 0.99, 1.01, "bytes of the fingerprint of 3 minutes"),
         ("cost.look-up-ms", "look_up_ms", 0.2, 5, "CPU milliseconds from payload and fingerprint to the verdict")]


def study_of(out):
    studies = [json.loads((Path(out) / name / "disclosure.json").read_text()) for name in ("study", "warps", "copied")]
    return {"rows": [row for study in studies for row in study["rows"]], "costs": studies[0]["costs"]}


def count(study, part, setting, field):
    """k, n: a verdict of copied or confirmed is out of the files whose payload was read."""
    rows = [r for r in study["rows"] if r["part"] == part and setting in ("all", r["setting"])]
    if not rows:
        raise SystemExit(f"figure.py: no rows {part}, {setting}")
    of = "payload" if field == "copied" else "n"
    return sum(r[field] for r in rows), sum(r[of] for r in rows)


def tail(n, k):
    """P(at least k of n) as a function of the probability."""
    from math import comb, exp, log
    logs = [log(comb(n, i)) for i in range(n + 1)]

    def reached(p):
        if p <= 0 or p >= 1:
            return float(p >= 1 or k == 0)
        few = range(k) if k <= n - k else range(k, n + 1)
        total = sum(exp(logs[i] + i * log(p) + (n - i) * log(1 - p)) for i in few)
        return 1 - total if k <= n - k else total
    return reached


def interval(n, k):
    """One-sided, 95 %, Clopper-Pearson: from below for a majority, from above else."""
    low, high = 0.0, 1.0
    reached = tail(n, k) if 2 * k > n else tail(n, k + 1)
    level = 0.05 if 2 * k > n else 0.95
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < level else (low, middle)
    return f"{'>=' if 2 * k > n else '<='} {low:.2g}"


def led_back(out):
    found = json.loads((Path(out) / "lead-back/lead-back.json").read_text())
    return found["recovered"], found["n"]


def expected(study, out):
    k, n = led_back(out)
    figures = {"disclosure.led-back": {
        "what": "recordings of 60 s disclosed, stripped and coded as MP3 64, led back by `disclose recover`: their own "
                "manifest, its signer trusted",
        "shown": f"{k}/{n}", "value": f"{k}/{n}", "n": str(n), "minutes": MINUTES, "interval": interval(n, k),
        "command": RUN + "lead-back"}}
    for name, part, setting, field, what in COUNTS:
        k, n = count(study, part, setting, field)
        figures["disclosure." + name] = {
            "what": what, "shown": f"{k}/{n}", "value": f"{k}/{n}", "n": str(n), "minutes": MINUTES,
            "interval": interval(n, k), "command": RUN + f"{part} '{setting}' {field}"}
    for name, field, low, high, what in COSTS:
        shown = f"{study['costs'][field]:.3g}" if study["costs"][field] < 1000 else f"{study['costs'][field]:.0f}"
        figures["disclosure." + name] = {
            "what": what, "shown": shown, "value": shown, "n": "1", "minutes": MINUTES,
            "interval": "-" if low > 0.9 else "machine-dependent", "command": RUN + f"costs {field}",
            "low": low * float(shown), "high": high * float(shown)}
    return json.dumps({"schema": "brandiron.expected/1", "figures": figures}, indent=1)


def main():
    if len(sys.argv) not in (3, 4, 5) or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    study = study_of(sys.argv[1])
    if sys.argv[2] == "--expected":
        print(expected(study, sys.argv[1]))
    elif sys.argv[2] == "lead-back":
        print("{}/{}".format(*led_back(sys.argv[1])))
    elif sys.argv[2] == "costs":
        print(f"{study['costs'][sys.argv[3]]:.3g}" if study["costs"][sys.argv[3]] < 1000 else round(study["costs"][sys.argv[3]]))
    else:
        print("{}/{}".format(*count(study, *sys.argv[2:])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
