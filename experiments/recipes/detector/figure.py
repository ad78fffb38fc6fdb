#!/usr/bin/env python3
"""expected.json out of a training run: what is published of it, with bounds for another machine, more data and small
changes of the generator.

  figure.py METRICS > expected.json
"""

import json
import sys

CHECK = ("experiments/recipes/detector/train.sh && experiments/recipes/detector/check.py "
         "experiments/recipes/detector/expected.json out/detector/run/metrics.json ")
MINUTES = 130  # with the data: 40 (of one core), features 30, training 60


def look_up(tree, path):
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


class Rows(dict):
    def __init__(self, metrics):
        super().__init__()
        self.metrics = metrics

    def guard(self, path, low, high):
        """Bounds that the recipe checks and nobody publishes."""
        self[path] = {"low": round(low, 3), "high": round(high, 3)}

    def publish(self, path, low, high, what, n, interval="-", shown="{:.3f}"):
        value = shown.format(look_up(self.metrics, path))
        self.guard(path, low, high)
        self[path] |= {"shown": value, "value": value, "n": n, "interval": interval, "minutes": MINUTES,
                       "command": CHECK + path, "what": what}

    def auc(self, path, what, slack=0.05, least=None):
        block = look_up(self.metrics, path.rsplit(".", 1)[0])
        low = block["auc"] - slack if least is None else least
        self.publish(path, low, 1.0, what, titles(block),
                     f"{block['auc_95_low']:.3f}-{block['auc_95_high']:.3f} (bootstrap by title)")

    def rate(self, path, what, slack=0.3):
        block = look_up(self.metrics, path.rsplit(".", 1)[0])
        self.publish(path, max(0, block["tpr_at_1_fpr"] - slack), 1.0, what, titles(block),
                     f"{block['tpr_at_1_fpr_95_low']:.2f}-{block['tpr_at_1_fpr_95_high']:.2f} (bootstrap by title)", "{:.2f}")


def titles(block):
    return f"{block['ai_titles']} / {block['human_titles']} titles"


def rows_of(metrics):
    rows, held_out = Rows(metrics), metrics["cross_validation"]
    own = "cross_validation.plain.own_unseen_personas"
    rows.auc(f"{own}.auc", "AUC, songs of unseen personas against unseen human sources, random codecs, bands and levels", 0.03)
    rows.rate(f"{own}.tpr_at_1_fpr", "the same: found at 1 % false alarms")
    own = "cross_validation.own_unseen_personas"
    rows.auc(f"{own}.auc", "the same under random attacks besides (speed, pitch, tempo, rooms, noise, equalisers, voices)", 0.03)
    rows.rate(f"{own}.tpr_at_1_fpr", "the same: found at 1 % false alarms")
    rows.guard("cross_validation.auc", held_out["auc"] - 0.05, 1.0)
    rows.publish("cross_validation.expected_calibration_error", 0.0, 0.12,
                 "expected calibration error on held-out sources, under random attacks", titles(held_out))
    rows.publish("cross_validation.plain.expected_calibration_error", 0.0, 0.12, "the same, under random codecs, bands and levels",
                 titles(held_out["plain"]))
    for i, system in enumerate(held_out["systems"]):
        for where, treated in (("plain.", "random codecs"), ("", "random attacks")):
            rows.auc(f"cross_validation.{where}systems.{i}.auc",
                     f"AUC, {system['source']} left out of training, against unseen human sources, {treated}", least=0.3)
        rows.publish(f"cross_validation.plain.systems.{i}.branches.all_without_comb", 0.3, 1.0,
                     f"AUC, {system['source']}, random codecs, without the searches for combs and lines", titles(system))
    for i, family in enumerate(held_out["leave_one_family_out"]):
        for where, treated in (("plain.", "random codecs"), ("", "random attacks")):
            path = f"cross_validation.{where}leave_one_family_out.{i}.pooled"
            rows.auc(f"{path}.auc", f"AUC, songs through the decoder family {family['family']}, which the network does not know, {treated}",
                     least=0.8)
            rows.rate(f"{path}.tpr_at_1_fpr", "the same: found at 1 % false alarms")
    rows.guard("boundaries.ai.claimed_rate", 0.005, 0.06)
    n = metrics["boundaries"]["ai"]["n"]
    rows.guard("boundaries.ai.n", n - 40, n + 200)
    rows.publish("shortcuts.content_free_auc_canonical", 0.3, 0.75,
                 "AUC of seven content-free measurements as the branches hear the audio (0.5 is none)", titles(held_out))
    rows.guard("shortcuts.permuted_source_auc_mean", 0.3, 0.7)
    for label in ("ai", "human"):
        rows.guard(f"shortcuts.watermark.{label}.auc", 0.44, 0.56)
    rows.publish("shortcuts.watermark.twins.auc", 0.44, 0.56, "AUC between marked and unmarked twins (0.5 is none)",
                 f"{metrics['shortcuts']['watermark']['twins']['n']} twins")
    chain = metrics["test"]["chains"][0]
    rows.auc("test.chains.0.own_vs_human.auc",
             "AUC, test songs (three personas never trained on) against test recordings of people")
    rows.rate("test.chains.0.own_vs_human.tpr_at_1_fpr", "the test songs: found at 1 % false alarms", 0.2)
    rows.auc("test.chains.0.foreign_vs_human.auc",
             "AUC, clips of ACE-Step v1 (never trained on) against test recordings of people", least=0.6)
    for kind, what in (("human", "test recordings of people"), ("resynthesised", "people through our decoders, or Griffin-Lim,")):
        count = chain[kind]
        rows.publish(f"test.chains.0.{kind}.said_ai", 0, count["said_ai"] + 5, f"{what} called ai, of {count['n']}", str(count["n"]),
                     shown="{}")
    places = metrics["test"]["places"]
    rows.publish("test.places.segment_auc", 0.5, 1.0, "AUC of seconds, tracks spliced from test songs and test recordings",
                 f"{places['recordings']} tracks", f"{places['segment_auc_95_low']:.3f}-{places['segment_auc_95_high']:.3f} (bootstrap by track)")
    rows.publish("test.places.boundary_error_median_s", 0, 30, "median error of the boundaries in them, s",
                 f"{places['boundaries']} boundaries", shown="{:.1f}")
    rows.publish("test.places.splices.boundary_error_median_s", 0, 10, "the same, where one kind cuts to the other, s",
                 f"{places['splices']['boundaries']} boundaries", shown="{:.2f}")
    treated = held_out["places"]
    rows.publish("cross_validation.places.segment_auc", 0.5, 1.0,
                 "AUC of seconds, treated hybrids of held-out sources by networks that do not know them",
                 f"{treated['recordings']} copies", f"{treated['segment_auc_95_low']:.3f}-{treated['segment_auc_95_high']:.3f} (bootstrap by copy)")
    rows.publish("cross_validation.places.splices.boundary_error_median_s", 0, 5, "in them: median error of the boundaries where one kind cuts to the other, s",
                 f"{treated['splices']['boundaries']} boundaries", shown="{:.2f}")
    named = held_out["family_named"]
    rows.publish("cross_validation.family_named.right", named["n"] // 7, named["n"],
                 f"synthetic copies of held-out sources whose decoder family is named right, of {named['n']}, where the network knew it",
                 str(named["n"]), shown="{}")
    rows.guard("weights.bytes", 1, 4000000)
    return rows


def main(args):
    if len(args) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(args[0], encoding="utf-8") as opened:
        print(json.dumps({"schema": "brandiron.expected/1", "figures": rows_of(json.load(opened))}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
