#!/usr/bin/env python3
"""`train melody` on tunes made here: figures, resuming, files that are refused."""

import hashlib
import json
import random

from harness import BAD_INPUT, OUTPUT_LOST, SOURCE, Case, main

SMALL = ["--set", "net.hidden=12", "--set", "net.head_width=8", "--set", "train.batch_size=4",
         "--set", "train.window=24", "--set", "train.checkpoint_every_steps=2", "--no-progress"]


def tune(title, rng, fiddle=False):
    """Four bars of quarters, sung twice."""
    pitches = [rng.choice((60, 62, 64, 65, 67)) for _ in range(16)] * 2
    words = ["Down ", "the", "ri-", "ver"] * 8
    return {"id": title, "title": title, "tier": "A", "split": "train", "mode": "major", "meter": "4/4",
            "source": "ryans-mammoth-1883" if fiddle else "open-hymnal", "tonic_pc": 0, "tpq": 48,
            "bars": [192 * b for b in range(8)], "notes": [[48 * n, 48, p] for n, p in enumerate(pitches)],
            "chords": [[0, 0, "maj", None], [384, 5, "maj", None], [768, 7, "7", None]],
            "verses": [[w.strip() for w in words]]}


class TrainMelody(Case):
    def setUp(self):
        super().setUp()
        rng = random.Random(3)
        tunes = [tune(f"Tune {n}", rng) for n in range(12)] + [tune("Reel", rng, True)]
        self.tunes, self.splits = self.folder / "melodies.jsonl", self.folder / "splits.txt"
        self.tunes.write_text("".join(json.dumps(t) + "\n" for t in tunes))
        key = lambda title: hashlib.sha256(title.lower().encode()).hexdigest()[:16]
        roles = {"Tune 0": "test", "Tune 1": "test", "Tune 2": "validation", "Tune 3": "out"}
        self.splits.write_text("# made here\n" + "".join(f"{key(t)} {r}\n" for t, r in roles.items()))

    def arguments(self, out, steps):
        return ["train", "melody", "--config", SOURCE / "configs/train/melody.toml", "-o", self.folder / out, *SMALL, "--set", f"train.steps={steps}",
                "--set", f'data.tunes="{self.tunes}"', "--set", f'data.splits="{self.splits}"']

    def test_measures_held_out_tunes_beside_ngrams_and_does_not_overwrite(self):
        self.ok(*self.arguments("run", 4))
        metrics = json.loads((self.folder / "run/metrics.json").read_text())
        self.assertEqual((metrics["learnt_tunes"], metrics["fiddle_tunes"], metrics["left_out_tunes"]), (8, 1, 1))
        held_out = metrics["held_out"]
        self.assertEqual((held_out["tunes"], held_out["notes"]), (2, 64))
        self.assertGreater(held_out["perplexity"], 1)
        self.assertEqual(list(held_out["ngrams"]), ["notes", "conditions", "memory"])
        for ngram in held_out["ngrams"].values():
            self.assertGreater(ngram["perplexity"], 1)
            ratio = ngram["ratio"]
            self.assertAlmostEqual(ratio["value"], held_out["perplexity"] / ngram["perplexity"], 6)
            self.assertLessEqual(ratio["low"], ratio["high"])
        # Second halves repeat the first: only what remembers them can know that.
        self.assertLess(held_out["ngrams"]["memory"]["perplexity"], held_out["ngrams"]["notes"]["perplexity"])
        self.refused(OUTPUT_LOST, ["melody.safetensors", "--resume"], *self.arguments("run", 4))

    def test_the_same_seed_gives_the_same_weights_and_a_finished_run_is_kept(self):
        whole = self.arguments("whole", 4)
        self.ok(*whole)
        self.ok(*self.arguments("again", 4))
        first, second = ((self.folder / name / "melody.safetensors").read_bytes() for name in ("whole", "again"))
        self.assertEqual(first, second)
        self.ok(*whole, "--resume")
        self.assertEqual(first, (self.folder / "whole/melody.safetensors").read_bytes())

    def test_a_log_that_is_none_is_named_with_its_line(self):
        self.ok(*self.arguments("run", 4))
        log = self.folder / "run/metrics.jsonl"
        self.assertEqual([json.loads(line)["step"] for line in log.read_text().splitlines()], [2, 4])
        log.write_text(log.read_text() + '{"step": 6, "na')
        self.ok(*self.arguments("run", 4), "--resume")
        log.write_text("nothing\n" + log.read_text())
        self.refused(BAD_INPUT, ["metrics.jsonl:1"], *self.arguments("run", 4), "--resume")

    def test_files_that_are_no_tunes_are_named_with_their_line(self):
        self.tunes.write_text(self.tunes.read_text() + "{\n")
        self.refused(BAD_INPUT, ["melodies.jsonl:14"], *self.arguments("bad", 2))
        self.splits.write_text("Tune 0 test\n")
        self.refused(BAD_INPUT, ["splits.txt:1", "validation"], *self.arguments("bad", 2))


if __name__ == "__main__":
    main()
