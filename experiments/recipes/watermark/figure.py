#!/usr/bin/env python3
"""One figure of a study, alone on the last line; or expected.json for all of them.

  figure.py SUMMARY ROW exact|present       "107/108", brandiron at the only strength of the study
  figure.py SUMMARY fidelity NAME           sdr_db sdr_min_db nmr_db nmr_max_db nmr_above ...
  figure.py SUMMARY negatives twin|wrong-key   "0/108"
  figure.py NULL.JSON null aligned|searched P  "0/10520000": trials with p at most P (evaluate false-positives)
  figure.py SUMMARY --expected              what experiments/recipes/watermark/expected.json holds

SUMMARY is summary.json of `brandiron evaluate watermark`.
"""

import json
import sys

FIDELITY = {"sdr_db": ("mean SDR, dB", 1.0), "sdr_min_db": ("least SDR, dB", 1.0),
            "nmr_db": ("mean noise-to-mask ratio (BS.1387), dB", 1.0),
            "nmr_max_db": ("largest noise-to-mask ratio, dB", 1.0)}
RUN = "FRONT_END=classical STEPS='fetch choose issue' KEYS={keys} experiments/recipes/watermark/run.sh >/dev/null && experiments/recipes/watermark/figure.py " \
      "out/watermark/issue/summary.json "


def ours(summary, table):
    found = [r for r in summary[table] if r["tool"] == "brandiron"]
    if len({r.get("strength", 1) for r in found}) > 1:
        sys.exit("figure.py: the study has several strengths, expected one")
    return found


def count(estimate):
    return f"{round(estimate['value'] * estimate['n'])}/{estimate['n']}"


def value(summary, words):
    if words[0] == "fidelity":
        found = ours(summary, "fidelity")[0][words[1]]
        return f"{found['value'] if isinstance(found, dict) else found:.2f}"
    if words[0] == "null":
        counts = summary[words[1]]
        point = next(c for c in counts["at_most"] if c["p"] == float(words[2]))
        return f"{point['count']}/{counts['trials']}"
    if words[0] == "negatives":
        row = next(r for r in ours(summary, "negatives") if r["kind"] == words[1])
        return f"{row['present']}/{row['n']}"
    return count(next(r for r in ours(summary, "rows") if r["row"] == words[0])[words[1]])


def expected(summary):
    run = summary["run"]
    minutes = round(run["files"] * run["keys"] * 1.1)  # CPU minutes on one core
    figures = {}

    def add(name, what, words, n, interval, spread=None):
        shown = value(summary, words)
        figures[name] = {"what": what, "shown": shown, "value": shown, "n": n, "interval": interval,
                         "minutes": minutes, "command": RUN.format(keys=run["keys"]) + " ".join(words)}
        if spread:
            figures[name] |= {"low": float(shown) - spread, "high": float(shown) + spread}

    marked = ours(summary, "fidelity")[0]
    for name, (what, spread) in FIDELITY.items():
        found = marked[name]
        interval = f"{found['low']:.2f} to {found['high']:.2f} (by recording)" if isinstance(found, dict) else "-"
        add(f"mark.{name.replace('_', '-')}", f"{what}, default strength", ["fidelity", name],
            f"{marked['n']} ({marked['files']} recordings)", interval, spread)
    for row in ours(summary, "rows"):
        for kind, goal in (("exact", row["target_exact"]), ("present", row["target_present"])):
            if goal is None:
                continue
            e = row[kind]
            what = "all 64 bits exact" if kind == "exact" else f"present at p <= {row['p_threshold']:g}"
            add(f"mark.{row['row'].replace('+', '-plus-')}.{kind}", f"{row['title']}: {what} (target {100 * goal:.0f} %)", [row["row"], kind],
                f"{e['n']} ({e['clusters']} recordings)",
                f"{e['low']:.3f} to {e['high']:.3f} ({e['method']}, by recording)")
    for row in ours(summary, "negatives"):
        kind = "unmarked twins" if row["kind"] == "twin" else "marked files under wrong keys"
        add(f"mark.{row['kind']}", f"marks found in {kind}, all searches on", ["negatives", row["kind"]], str(row["n"]),
            f"<= {3 / row['n']:.2g}" if row["present"] == 0 else "-")
    return json.dumps({"schema": "brandiron.expected/1", "figures": figures}, indent=2)


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    summary = json.load(open(sys.argv[1]))
    print(expected(summary) if sys.argv[2] == "--expected" else value(summary, sys.argv[2:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
