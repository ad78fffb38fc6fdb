#!/usr/bin/env python3
"""Corpora: the same bytes however they are built, and what is wrong with one is found."""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness import (BINARY, OUTPUT_LOST, SOME_FAILED, SOURCE, USAGE, Case, environment, main, run)

RECIPE = SOURCE / "configs/corpus/debug.toml"


def manifest(folder):
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    return json.loads(lines[0]), [json.loads(line) for line in lines[1:]]


def files(folder):
    """Everything but the journals."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.relative_to(folder).parts[0] != "journal"}


class Corpus(Case):
    """One corpus is built for all tests: songs cost seconds."""

    @classmethod
    def setUpClass(cls):
        cls.built = Path(tempfile.mkdtemp(prefix="brandiron-corpus-")) / "corpus"
        cls.addClassCleanup(shutil.rmtree, cls.built.parent, True)
        cls.report = run("corpus", "build", RECIPE, "-o", cls.built, "-j", "2")

    def test_a_build_is_what_its_plan_says(self):
        self.assertEqual(self.report.returncode, 0, self.report.stderr)
        plan = self.json("corpus", "plan", RECIPE)
        header, items = manifest(self.built)
        self.assertEqual(plan["all"]["items"], len(items))
        self.assertEqual((header["schema"], header["kind"], header["items"]),
                         ("brandiron.manifest/1", "corpus", len(items)))
        self.assertEqual(plan["recipe_sha256"], header["recipe_sha256"])
        kinds = {i["twin"] or i["kind"] for i in items}
        self.assertLessEqual({"original", "unmarked", "codec", "attack"}, kinds)
        for item in items:
            self.assertTrue((self.built / item["file"]).is_file(), item["id"])
            self.assertEqual(item["labels"] is None, item["kind"] in ("codec", "attack"), item["id"])
        first = items[0]
        self.assertEqual(set(first["labels"]) & {"sections", "beats", "chords", "parts", "lyrics"},
                         {"sections", "beats", "chords", "parts", "lyrics"})
        self.assertAlmostEqual(first["duration_s"], 15, delta=4)
        self.assertNotIn("f0", first["labels"])

    def test_a_virtual_corpus_has_the_same_items(self):
        self.ok("corpus", "build", RECIPE, "-o", self.folder / "v", "--virtual")
        real, virtual = manifest(self.built), manifest(self.folder / "v")
        self.assertEqual(real[0], virtual[0])
        for a, b in zip(real[1], virtual[1]):
            self.assertEqual([a[k] for k in ("id", "persona", "seed", "split", "spec", "payload_hex", "twin")],
                             [b[k] for k in ("id", "persona", "seed", "split", "spec", "payload_hex", "twin")])
            self.assertIsNone(b["file"])
            self.assertIsNone(b["pcm_sha256"])
            self.assertEqual(list(a), list(b))

    def test_marks_and_tags_are_in_the_files(self):
        _, items = manifest(self.built)
        for item in items:
            if item["kind"] not in ("song", "twin"):
                continue
            verdict = self.json("watermark", "verify", self.built / item["file"])
            self.assertEqual(verdict["present"], item["marked"], item["id"])
            if verdict["payload_valid"]:
                self.assertEqual(verdict["payload_hex"], item["payload_hex"], item["id"])
        coded = next(i for i in items if i["codec"])
        self.assertIn(b"AI_GENERATED", (self.built / coded["file"]).read_bytes())

    def test_two_shards_and_a_kill_give_the_same_bytes(self):
        folder = self.folder / "c"
        command = [str(BINARY), "corpus", "build", str(RECIPE), "-o", str(folder), "--shard", "0/2"]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            self.wait_for_a_song(folder, process)
            process.send_signal(signal.SIGKILL)
        before = self.refused_merge(folder)
        self.assertTrue(before["missing"])
        self.ok("corpus", "build", RECIPE, "-o", folder, "--shard", "0/2")
        self.assertEqual(self.refused_merge(folder)["missing"], "1,3")
        self.ok("corpus", "build", RECIPE, "-o", folder, "--shard", "1/2")
        self.ok("corpus", "merge", folder)
        self.assertEqual(files(folder), files(self.built))
        status = self.json("corpus", "status", folder)
        self.assertEqual((status["songs_done"], status["missing"], status["merged"]), (4, "", True))

    def refused_merge(self, folder):
        found = run("corpus", "merge", folder, "--json")
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        self.assertFalse((folder / "manifest.jsonl").exists())
        return json.loads(found.stdout)

    def wait_for_a_song(self, folder, process):
        """Until the first item is journalled: the kill then falls into the work on another."""
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            journal = folder / "journal/0-of-2.jsonl"
            if journal.exists() and journal.stat().st_size > 0:
                return
            time.sleep(0.01)

    def test_terminated_it_asks_to_be_run_again(self):
        command = [str(BINARY), "corpus", "build", str(RECIPE), "-o", str(self.folder / "t")]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            while not (self.folder / "t/journal/0-of-1.jsonl").exists() and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(), 75)
        self.assertEqual([p for p in (self.folder / "t").rglob(".tmp.*")], [])

    def test_check_is_content_and_finds_what_is_broken(self):
        copy = self.folder / "copy"
        shutil.copytree(self.built, copy)
        report = self.json("corpus", "check", copy, "--sample", "2", "-j", "2")
        self.assertEqual((report["findings"], report["rendered"]), ([], 2))
        victim = copy / "audio/00000/s00002.flac"
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 0x10
        victim.write_bytes(data)
        found = run("corpus", "check", copy, "--json")
        self.assertEqual(found.returncode, SOME_FAILED)
        findings = json.loads(found.stdout)["findings"]
        self.assertEqual({f["id"] for f in findings}, {"s00002"})
        self.assertTrue(any("sha256" in f["what"] for f in findings), findings)

    def test_labels_are_compared_with_the_sound(self):
        copy = self.folder / "copy"
        shutil.copytree(self.built, copy)
        text = copy / "manifest.jsonl"
        lines = text.read_text().splitlines()
        song = json.loads(lines[1])
        song["duration_s"] += 0.01
        text.write_text("\n".join([lines[0], json.dumps(song), *lines[2:]]) + "\n")
        found = run("corpus", "check", copy, "--labels", "--label-csv", self.folder / "l.csv", "-j", "2", "--json")
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        report = json.loads(found.stdout.splitlines()[1])
        self.assertEqual((report["schema"], report["errors"]), ("brandiron.label-check/1", []))
        rows = {row["label"]: row for row in report["labels"]}
        self.assertFalse(rows["duration"]["reached"])
        self.assertEqual([case["id"] for case in rows["duration"]["worst"]], [song["id"]])
        self.assertTrue(rows["loudness"]["reached"], rows["loudness"])
        self.assertGreater(rows["percussion"]["events"], 0)
        self.assertIn(f"{song['id']},duration,1,0,0,", (self.folder / "l.csv").read_text())

    def test_a_line_becomes_its_audio_again(self):
        _, items = manifest(self.built)
        for item in (items[0], next(i for i in items if i["codec"]), next(i for i in items if i["attack"])):
            report = self.json("corpus", "render", self.built, "--id", item["id"], "-o", self.folder)
            self.assertTrue(report["identical"])
            made = self.folder / Path(item["file"]).name
            self.assertEqual(made.read_bytes(), (self.built / item["file"]).read_bytes())
        self.refused(USAGE, ["no item", "s99999"], "corpus", "render", self.built, "--id", "s99999", "-o",
                     self.folder)

    def test_another_recipe_or_key_in_the_folder_is_refused(self):
        self.refused(OUTPUT_LOST, ["another recipe", "recipe.toml"], "corpus", "build", RECIPE, "-o", self.built,
                     "--set", "songs=5")
        self.ok("watermark", "keygen", "-o", self.folder / "k")
        self.refused(OUTPUT_LOST, ["watermark key", "another folder"], "corpus", "build", RECIPE, "-o", self.built,
                     "--watermark-key", self.folder / "k")

    def test_bad_recipes_are_refused_in_one_line(self):
        recipe = self.folder / "r.toml"
        recipe.write_text("songs = 3\n[personas]\nelvis = 1\n")
        self.refused(USAGE, ["r.toml:3", "elvis", "rust-hollow"], "corpus", "plan", recipe)
        self.refused(USAGE, ["--shard", "0 <= I < N"], "corpus", "build", RECIPE, "-o", self.folder / "x",
                     "--shard", "two")
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    main()
