"""The detector's data by recipe, in its debug size: recordings of people are made here, nothing is fetched."""

import csv
import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import BINARY, SOURCE, Case, environment, main, plucked, write_wav

MAKE_DATA = SOURCE / "experiments/recipes/detector/make-data"
SETS = {"human", "ours", "instrumental", "voice", "voices", "resynthesised", "rates", "hybrids", "controls", "others"}
COLUMNS = ["file", "label", "source", "title", "author", "licence", "genre", "vocals", "seconds", "codec", "origin"]
CLIPS = [  # label, source, title, who sings, seconds
    ("human", "debian:singularity-music_1", "one", "no", 25), ("human", "debian:singularity-music_1", "two", "no", 25),
    ("human", "debian:freecol_2", "three", "no", 25), ("human", "git:awwaiid/thelackthereof", "four", "yes", 25),
    ("human_singing_acappella", "git:ichbinsoftware/everythingisfree", "five", "yes", 12),
    ("human_singing_acappella", "git:spotify/basic-pitch (vocadito)", "six", "yes", 12),
    ("ai", "Mustango", "seven", "no", 10), ("ai", "ACE-Step v1 (demo page)", "eight", "yes", 10)]


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not there")
class DetectorData(Case):
    def collection(self):
        """A folder of clips with a manifest.tsv, as ../shared/data/audio has them."""
        folder = self.folder / "clips"
        folder.mkdir()
        with open(folder / "manifest.tsv", "w", encoding="utf-8", newline="") as opened:
            table = csv.DictWriter(opened, COLUMNS, delimiter="\t")
            table.writeheader()
            for n, (label, source, title, voice, seconds) in enumerate(CLIPS):
                write_wav(folder / f"{title}.wav", [plucked(seconds, 44100, n)], 44100)
                table.writerow({"file": f"{title}.wav", "label": label, "source": source, "title": title, "author": "a tester",
                                "licence": "CC0-1.0", "genre": "plucked", "vocals": voice, "seconds": seconds, "codec": "pcm16",
                                "origin": f"{title}.wav"})
        return folder

    def make(self, *arguments):
        return subprocess.run([sys.executable, "-B", str(MAKE_DATA), str(self.folder / "out"), "--debug", *map(str, arguments)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900, cwd=SOURCE,
                              env={**environment(), "BRANDIRON": str(BINARY), "BRANDIRON_HOME": os.environ.get("BRANDIRON_HOME", str(SOURCE))})

    def rows(self, name):
        return [json.loads(line) for line in (self.folder / "out" / name / "manifest.jsonl").read_text().splitlines()[1:]]

    def test_every_set_whole_and_without_leakage(self):
        clips = self.collection()
        found = self.make("--shared", clips)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertEqual({p.name[6:] for p in (self.folder / "out").glob("READY-*")}, SETS)

        labels = {name: {(r["split"], r["label"]) for r in self.rows(name)} for name in SETS}
        self.assertEqual(labels["human"], {("train", "human"), ("test", "human")})
        self.assertEqual(labels["ours"], {("train", "ai"), ("test", "ai")})
        self.assertEqual(labels["voices"], {("train", "human"), ("test", "human")})
        self.assertIn(("train", "resynthesised"), labels["resynthesised"])
        self.assertEqual({r["marked"] for r in self.rows("ours") if r["split"] == "train"}, {False})
        self.assertEqual({r["marked"] for r in self.rows("ours") if r["split"] == "test"}, {False, True})

        # Through a decoder at another system's rate: the file says that rate, and lasts as it did.
        self.assertEqual(labels["rates"], {("train", "resynthesised"), ("train", "ai")})
        for row in self.rows("rates"):
            with open(self.folder / "out/rates" / row["file"], "rb") as flac:
                head = flac.read(26)
            self.assertEqual(int.from_bytes(head[18:21], "big") >> 4, row["rate_hz"])
            self.assertLess(10, row["seconds"])
            self.assertLess(row["seconds"], 31)
            self.assertNotEqual(row["decoder"], "none")

        kinds = {r["kind"]: r["spans"] for r in self.rows("hybrids") if r["split"] == "train"}
        self.assertEqual(set(kinds), {"ai-in-human", "human-in-ai", "ai-vocal", "ai-band"})
        self.assertEqual([who for _, _, who in kinds["ai-in-human"]], ["human", "ai", "human"])
        self.assertEqual([who for _, _, who in kinds["human-in-ai"]], ["ai", "human", "ai"])

        # The same command changes nothing.
        before = {p: p.stat().st_mtime_ns for p in (self.folder / "out").rglob("*.flac")}
        self.assertEqual(self.make("--shared", clips).returncode, 0)
        self.assertEqual(before, {p: p.stat().st_mtime_ns for p in (self.folder / "out").rglob("*.flac")})

        # A recording on the other side of the split than its package is found, and named.
        path = self.folder / "out/human/manifest.jsonl"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], lines[1].replace('"split": "train"', '"split": "test"'), *lines[2:]]) + "\n")
        found = self.make("--shared", clips)
        self.assertEqual(found.returncode, 1, found.stderr)
        self.assertIn("leakage: source `debian:singularity-music` is in train", found.stderr)

    def test_unknown_set_is_refused(self):
        found = self.make("humans")
        self.assertEqual(found.returncode, 2)
        self.assertIn("humans: not one of", found.stderr)


if __name__ == "__main__":
    main()
