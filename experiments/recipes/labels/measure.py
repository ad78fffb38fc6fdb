#!/usr/bin/env python3
"""Figures of the label check.

  measure.py summary OUT        OUT/check.jsonl -> OUT/summary.json, and prints it
  measure.py value OUT ROW      one figure, per cent of songs: `tempo`; with `.events` of what is counted: `beats.events`
  measure.py expected OUT       this recipe's expected.json
"""
import json
import sys
from pathlib import Path

RUN = "experiments/recipes/labels/run.sh && experiments/recipes/labels/measure.py value out/labels "
MINUTES = 30


def read_check(out):
    lines = [json.loads(line) for line in (out / "check.jsonl").read_text().splitlines() if line.startswith("{")]
    of = {line["schema"]: line for line in lines}
    return of["brandiron.corpus-check/1"], of["brandiron.label-check/1"]


def summarise(out):
    corpus, labels = read_check(out)
    rows = {"findings": {"what": "items whose schema, hash or decoded samples are not those of the manifest; asked: 0",
                         "value": len(corpus["findings"]), "unit": "", "n": f"{corpus['items']} items", "interval": "-"}}
    for row in labels["labels"]:
        asked = f"; asked: {100 * row['asked']:g} %" if row["asked"] is not None else ""
        rows[row["label"]] = {
            "what": f"songs in which it agrees: {row['estimator']}; {row['tolerance']}{asked}", "unit": "%",
            "value": round(100 * row["agreement"], 2), "n": f"{row['songs']} songs",
            "interval": f"{100 * row['low']:.1f} to {100 * row['high']:.1f} % (Wilson, 95 %)", "worst": row["worst"]}
        if row["counted"] != "songs":
            rows[row["label"] + ".events"] = {
                "what": f"{row['counted']} within the tolerance, all songs together", "unit": "%", "interval": "-",
                "value": round(100 * row["agreed_events"] / row["events"], 2), "n": f"{row['events']} {row['counted']}"}
    (out / "summary.json").write_text(json.dumps({"songs": labels["songs"], "errors": labels["errors"], "rows": rows},
                                                 indent=1) + "\n")
    for name, row in rows.items():
        print(f"{name:20} {row['value']:8} {row['unit']:2} {row['n']:22} {row['interval']:34} {row['what']}")
        for case in row.get("worst", []):
            print(f"    {case['id']}: expected {case['expected']}, found {case['found']}"
                  f" ({case['agreed']} of {case['events']})")
    for error in labels["errors"]:
        print(f"    {error['id']}: {error['error']}")


def expected(out):
    figures = {}
    for name, row in json.loads((out / "summary.json").read_text())["rows"].items():
        slack = 1.0 if row["unit"] == "%" else 0.0
        figures["labels." + name.replace(".", "-")] = {
            "what": row["what"], "shown": f"{row['value']} {row['unit']}".strip(), "value": str(row["value"]),
            "low": round(row["value"] - slack, 3), "high": round(row["value"] + slack, 3), "n": row["n"],
            "interval": row["interval"], "minutes": MINUTES, "command": RUN + name}
    return {"schema": "brandiron.expected/1", "figures": figures}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    verb, folder = sys.argv[1], Path(sys.argv[2])
    if verb == "summary":
        summarise(folder)
    elif verb == "value":
        print(json.loads((folder / "summary.json").read_text())["rows"][sys.argv[3]]["value"])
    elif verb == "expected":
        print(json.dumps(expected(folder), indent=1))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
