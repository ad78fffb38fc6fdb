#!/usr/bin/env python3
"""`evaluate detector`: blind copies of tiny songs, a toy detector and its failures, resuming after a kill, and every
figure made again from scores.csv by a reader of our own."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

from harness import (BAD_INPUT, BINARY, OK, OUTPUT_LOST, SOME_FAILED, SOURCE, USAGE, Case, environment, main, plucked,
                     run, write_wav)

CHECKER = SOURCE / "scripts/check-detector-study.py"
GRID = """schema = "brandiron.detector-grid/1"
name = "tiny"
[material]
excerpt_s = 2
[blind]
rate_hz = 44100
[protocol]
folds = 2
resamples = 40
[run]
batch = 6
timeout_s = 30
[[treatment]]
choose = ["gain({-6:0})"]
[[row]]
id = "noise"
chain = "noise(snr_db=30)"
[[row]]
id = "inverted"
kind = "same"
chain = "polarity"
"""
# Counts zero crossings: our "ai" is brighter. Reads WAV by itself, and keeps a diary of what it was given.
TOY = """import struct, sys
for path in open(sys.argv[1]).read().splitlines():
    data = open(path, "rb").read()
    samples = struct.unpack("<%dh" % ((len(data) - 44) // 2), data[44:])
    print(sum(a < 0 <= b for a, b in zip(samples, samples[1:])) / len(samples))
    with open(__file__ + ".diary", "a") as diary:
        diary.write(path + " " + str(len(data)) + "\\n")
"""


class DetectorStudies(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "grid.toml").write_text(GRID)
        lines = ['{"schema":"brandiron.manifest/1"}']
        for i in range(12):
            label, source = ("ai", "human")[i % 2], f"s{i % 4}"
            samples = plucked(2.5, 16000, seed=i + 1)
            if label == "ai":  # brighter
                samples = [a - b for a, b in zip(samples[1:], samples)]
            write_wav(self.folder / f"{i}.wav", [samples], 16000)
            lines.append(json.dumps({"id": f"track-{i}", "file": f"{i}.wav", "label": label, "source": source,
                                     "title": f"t{i}"}))
        (self.folder / "tracks.jsonl").write_text("\n".join(lines) + "\n")

    def script(self, name, text):
        (self.folder / name).write_text(text)
        return f"{sys.executable} {self.folder / name}"

    def command(self, out, *more):
        return ("evaluate", "detector", self.folder / "tracks.jsonl", "--grid", self.folder / "grid.toml", "--no-builtin",
                "-o", self.folder / out, "--no-progress", *more)

    def toy(self, out, *more, text=TOY):
        return self.command(out, "--detector", "toy=" + self.script("toy.py", text) + " {filelist}", *more)

    def scores(self, out):
        with open(self.folder / out / "scores.csv", newline="") as lines:
            return list(csv.DictReader(lines))

    def checked(self, out):
        found = subprocess.run([sys.executable, str(CHECKER), str(self.folder / out)], capture_output=True, text=True)
        self.assertEqual(found.returncode, OK, found.stdout + found.stderr)
        return found.stdout

    def test_a_study_and_the_same_figures_from_its_scores(self):
        metrics = self.json(*self.toy("out"))
        self.assertEqual(metrics["schema"], "brandiron.detector-study/1")
        names = [d["name"] for d in metrics["detectors"]]
        self.assertEqual(names, ["toy", "fourier", "random", "content-free", "content-free-raw"])
        toy = metrics["detectors"][0]
        self.assertEqual((toy["num_ai"], toy["num_human"]), (6, 6))
        self.assertGreater(toy["auc"]["value"], 0.9)
        self.assertLess(toy["rows"][2]["drift"]["max"], 0.01)
        self.assertEqual(len([r for r in self.scores("out") if r["detector"] == "toy"]), 36)
        self.assertIn("0 differ", self.checked("out"))
        page = (self.folder / "out/report.html").read_text()
        for part in ("Detection error trade-off", "Reliability", "The grid, AUC", "Who is missed"):
            self.assertIn(part, page)
        self.assertNotIn("http", page.split("</style>")[1])

    def test_the_checker_sees_a_figure_that_is_wrong(self):
        self.ok(*self.toy("out"))
        path = self.folder / "out/metrics.json"
        metrics = json.loads(path.read_text())
        metrics["detectors"][0]["rows"][1]["auc"]["value"] -= 0.01
        path.write_text(json.dumps(metrics))
        found = subprocess.run([sys.executable, str(CHECKER), str(self.folder / "out")], capture_output=True, text=True)
        self.assertEqual(found.returncode, 1)
        self.assertIn("toy, noise: AUC", found.stdout)

    def test_the_detector_is_given_nothing_but_sound(self):
        self.ok(*self.toy("out"))
        diary = [l.split() for l in (self.folder / "toy.py.diary").read_text().splitlines()]
        self.assertEqual(len({size for _, size in diary}), 1)
        for path, _ in diary:
            self.assertRegex(path, r"/[0-9a-f]{16}\.wav$")
            for word in ("track", "ai/", "human", "noise", str(self.folder)):
                self.assertNotIn(word, path)
            self.assertFalse(os.path.exists(path))

    def test_goes_on_after_a_kill_and_ends_the_same(self):
        self.ok(*self.toy("whole"))
        slow = TOY.replace("import struct, sys", "import struct, sys, time\ntime.sleep(0.5)")
        started = subprocess.Popen([str(BINARY), *map(str, self.toy("killed", text=slow))], env=environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        records = self.folder / "killed/records.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (records.exists() and '"kind":"score"' in records.read_text()):
            time.sleep(0.05)
        started.send_signal(signal.SIGKILL)
        started.wait()
        before = records.read_text().count('"kind":"score"')
        self.assertGreater(before, 0)
        self.assertLess(before, 36)
        self.refused(OUTPUT_LOST, ("--resume",), *self.toy("killed"))
        (self.folder / "toy.py.diary").unlink()
        self.ok(*self.toy("killed", "--resume"))
        again = len((self.folder / "toy.py.diary").read_text().splitlines())
        self.assertEqual(again, 36 - before)
        self.assertEqual((self.folder / "killed/scores.csv").read_text(), (self.folder / "whole/scores.csv").read_text())
        self.refused(USAGE, ("seed",), *self.toy("killed", "--resume", "--seed", "9"))

    def failing(self, text, *words, more=()):
        found = run(*self.toy("failed", "--overwrite", *more, text=text))
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        for word in words:
            self.assertIn(word, found.stderr)
        self.assertNotIn("Traceback", found.stdout)
        toy = [r for r in self.scores("failed") if r["detector"] == "toy"]
        fourier = [r for r in self.scores("failed") if r["detector"] == "fourier"]
        self.assertEqual(len(fourier), 36)  # the others went on
        self.checked("failed")
        return toy

    def test_a_detector_that_crashes_or_counts_wrong_is_named(self):
        self.assertEqual(self.failing("raise SystemExit('out of luck')", "status 1", "out of luck"), [])
        self.assertEqual(self.failing("print(1)", "1 lines", "6 files"), [])
        self.assertEqual(self.failing("print('loading')\n" + TOY, "7 lines", "6 files"), [])

    def test_a_detector_that_hangs_is_ended(self):
        begun = time.monotonic()
        self.failing("import time; time.sleep(600)", "no end after", more=("--set", "run.timeout_s=0.1"))
        self.assertLess(time.monotonic() - begun, 60)

    def test_what_is_no_number_costs_that_file_alone(self):
        text = TOY.replace("    print(", "    print('nan') if hash(path[-9:]) % 3 == 0 else print(")
        found = run(*self.toy("nan", text=text), extra_env={"PYTHONHASHSEED": "1"})
        self.assertEqual(found.returncode, OK, found.stderr)
        rows = [r for r in self.scores("nan") if r["detector"] == "toy"]
        self.assertEqual(len(rows), 36)
        errors = [r for r in rows if r["error"]]
        self.assertTrue(0 < len(errors) < 36, len(errors))
        for r in errors:
            self.assertEqual(r["score"], "")
            self.assertIn("nan", r["error"])
        self.checked("nan")

    def test_what_cannot_be_read_is_named_and_left_out(self):
        (self.folder / "3.wav").write_text("no audio")
        found = run(*self.toy("out"))
        self.assertEqual(found.returncode, SOME_FAILED)
        self.assertIn("track-3", found.stderr)
        self.assertEqual(len([r for r in self.scores("out") if r["detector"] == "toy"]), 33)

    def test_scores_made_elsewhere_are_judged_too(self):
        rows = [f"track-{i},{(i % 2 == 0) * 2 - 1}" for i in range(12)]
        (self.folder / "theirs.csv").write_text("id,score\n" + "\n".join(rows) + "\n")
        metrics = self.json(*self.command("out", "--scores", f"{self.folder / 'theirs.csv'}"))
        self.assertEqual(metrics["detectors"][0]["name"], "theirs")
        self.assertEqual(metrics["detectors"][0]["auc"]["value"], 1)
        self.checked("out")

    def test_our_own_detector_by_command_line_says_what_it_says_inside(self):
        metrics = self.json("evaluate", "detector", self.folder / "tracks.jsonl", "--grid", self.folder / "grid.toml",
                            "-o", self.folder / "out", "--detector", f"outside={BINARY} detect {{files}} --json")
        inside, outside = metrics["detectors"][:2]
        self.assertEqual((inside["name"], outside["name"]), ("brandiron", "outside"))
        by_name = {}
        for r in self.scores("out"):
            by_name.setdefault(r["detector"], {})[r["clip"], r["row"]] = r
        for key, r in by_name["brandiron"].items():
            self.assertEqual(r["error"], "")
            self.assertAlmostEqual(float(r["score"]), float(by_name["outside"][key]["score"]), 6)

    def test_a_row_that_this_machine_cannot_make_is_left_out(self):
        (self.folder / "grid.toml").write_text(GRID + '[[row]]\nid = "coded"\nchain = "aac(bitrate_kbps=64)"\n')
        bare = {"PATH": str(self.folder)}  # no ffmpeg
        found = self.ok(*self.command("out", "--json"), extra_env=bare)
        self.assertEqual([l for l in found.stderr.splitlines() if "aac" in l],
                         ["brandiron: warning: evaluate detector: row coded needs aac, which this machine lacks: left out"])
        self.assertEqual({r["row"] for r in self.scores("out")}, {"none", "noise", "inverted"})
        # What is refused is refused in one line all the same.
        self.refused(BAD_INPUT, ("no-such.jsonl",), "evaluate", "detector", self.folder / "no-such.jsonl", "--grid",
                     self.folder / "grid.toml", "-o", self.folder / "other", extra_env=bare)

    def test_usage_is_refused_in_one_line(self):
        self.refused(USAGE, ("{filelist}",), *self.command("out", "--detector", "python3 x.py"))
        self.refused(BAD_INPUT, ("no-such.jsonl",), "evaluate", "detector", self.folder / "no-such.jsonl", "-o",
                     self.folder / "out")
        (self.folder / "one.jsonl").write_text('{"schema":"brandiron.manifest/1"}\n'
                                               '{"id":"a","file":"0.wav","label":"ai","source":"s"}\n')
        self.refused(USAGE, ("human",), "evaluate", "detector", self.folder / "one.jsonl", "-o", self.folder / "out")
        found = run(*self.command("out", "--onnx", "model.onnx"))
        self.assertNotEqual(found.returncode, OK)
        self.assertIn("--detector", found.stderr)


if __name__ == "__main__":
    main()
