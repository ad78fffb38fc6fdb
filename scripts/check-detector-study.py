#!/usr/bin/env python3
"""Makes the figures of `evaluate detector` again from scores.csv, and compares them with metrics.json.

  check-detector-study.py OUT [--tolerance 1e-6]

An independent reader: standard library only, nothing shared with the program. It covers AUC, equal error rate,
true-positive rates, calibration, the nested false-positive rate of every human source and the AUC of every ai group.
Exit status 1 and one line a difference.
"""

import argparse
import csv
import json
import math
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from pathlib import Path


def auc(positives, negatives):
    if not positives or not negatives:
        return 0.5
    ordered = sorted(negatives)
    return sum(bisect_left(ordered, p) + bisect_right(ordered, p) for p in positives) / 2 / len(positives) / len(negatives)


def threshold(negatives, rate):
    allowed = math.floor(rate * len(negatives) + 1e-9)
    return -math.inf if allowed >= len(negatives) else sorted(negatives, reverse=True)[allowed]


def above(scores, limit):
    return sum(s > limit for s in scores) / len(scores) if scores else 0.0


def equal_error_rate(positives, negatives):
    last_miss, last_alarm = 0.0, 1.0
    for t in sorted(set(positives) | set(negatives)):
        miss, alarm = sum(p <= t for p in positives) / len(positives), above(negatives, t)
        if miss >= alarm:
            before, after = last_alarm - last_miss, miss - alarm
            return last_alarm + (before / (before + after) if before + after > 0 else 0.5) * (alarm - last_alarm)
        last_miss, last_alarm = miss, alarm
    return 0.5


def calibration_error(positives, negatives):
    bins = defaultdict(float)
    for values, truth in ((positives, 1), (negatives, 0)):
        for p in values:
            bins[min(9, int(p * 10))] += (p - truth) / 2 / len(values)
    return sum(abs(x) for x in bins.values())


class Checker:
    def __init__(self, folder, tolerance):
        self.tolerance, self.compared, self.differences = tolerance, 0, []
        self.metrics = json.loads((folder / "metrics.json").read_text())
        self.rows = defaultdict(list)
        with open(folder / "scores.csv", newline="") as lines:
            for line in csv.DictReader(lines):
                if line["score"] != "":
                    self.rows[line["detector"], line["row"]].append(line)

    def same(self, what, ours, theirs):
        self.compared += 1
        if abs(ours - theirs) > self.tolerance:
            self.differences.append(f"{what}: {theirs} in metrics.json, {ours} from scores.csv")

    def scores(self, detector, row, label):
        """A row that one class alone goes through borrows the other from the clean row."""
        for name in (row, "none"):
            found = [float(l["score"]) for l in self.rows[detector, name] if l["label"] == label]
            if found:
                return found
        return []

    def check_detector(self, d):
        name, clean = d["name"], self.rows[d["name"], "none"]
        if not clean:
            return
        ai, human = self.scores(name, "none", "ai"), self.scores(name, "none", "human")
        self.same(f"{name}: AUC", auc(ai, human), d["auc"]["value"])
        self.same(f"{name}: EER", equal_error_rate(ai, human), d["eer"]["value"])
        for rate in d["rates"]:
            self.same(f"{name}: TPR at {rate['fpr']}", above(ai, threshold(human, rate["fpr"])), rate["tpr"]["value"])
            recordings = len({l["recording"] for l in clean if l["label"] == "human"})
            self.same(f"{name}: {rate['fpr']} supported", recordings * rate["fpr"] >= 3 - 1e-9, rate["supported_by_n"])
        for row in d["rows"]:
            positives, negatives = self.scores(name, row["row"], "ai"), self.scores(name, row["row"], "human")
            self.same(f"{name}, {row['row']}: AUC", auc(positives, negatives), row["auc"]["value"])
        if d["ece"] is not None:
            # Numbers in [0, 1] without a probability beside them are probabilities.
            p = {l: [float(r["p"] or r["score"]) for r in clean if r["label"] == l] for l in ("ai", "human")}
            self.same(f"{name}: ECE", calibration_error(p["ai"], p["human"]), d["ece"])
        self.check_sources(d, clean, ai)
        for group in d["groups"]:
            own = [float(l["score"]) for l in clean if l["label"] == "ai" and l["group"] == group["group"]]
            self.same(f"{name}, {group['group']}: AUC", auc(own, human), group["auc"]["value"])

    def check_sources(self, d, clean, ai):
        sources = defaultdict(list)
        for line in clean:
            if line["label"] == "human":
                sources[line["source"]].append(float(line["score"]))
        limits = {}
        for source in d["sources"]:
            name = source["source"]
            others = [s for other, scores in sources.items() if other != name for s in scores]
            limits[name] = threshold(others, 0.01)
            self.same(f"{d['name']}, {name}: FPR", above(sources[name], limits[name]), source["fpr"])
        if d["nested_1_percent"]:
            n = sum(map(len, sources.values()))
            tpr = sum(len(sources[s]) * above(ai, limits[s]) for s in limits) / n
            fpr = sum(len(sources[s]) * above(sources[s], limits[s]) for s in limits) / n
            self.same(f"{d['name']}: nested TPR", tpr, d["nested_1_percent"]["tpr"])
            self.same(f"{d['name']}: nested FPR", fpr, d["nested_1_percent"]["fpr"])

    def run(self):
        if self.metrics["schema"] != "brandiron.detector-study/1":
            self.differences.append(f"schema is {self.metrics['schema']}, expected brandiron.detector-study/1")
            return
        for d in self.metrics["detectors"]:
            self.check_detector(d)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-6)
    arguments = parser.parse_args()
    checker = Checker(arguments.folder, arguments.tolerance)
    checker.run()
    for line in checker.differences:
        print(line)
    print(f"{checker.compared} figures made again, {len(checker.differences)} differ")
    return 1 if checker.differences or not checker.compared else 0


if __name__ == "__main__":
    sys.exit(main())
