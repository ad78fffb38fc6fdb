#!/usr/bin/env python3
"""`evaluate watermark`: readings, tables and pages from a few seconds of audio; resuming; other tools. `evaluate decoder`,
`report sound`: the same of decoders."""

import json
import re

from harness import BAD_INPUT, OK, OUTPUT_LOST, SOME_FAILED, SONGS, SOURCE, USAGE, Case, main, plucked, run, write_wav

GRID = """schema = "brandiron.attack-grid/1"
name = "tiny"
[[row]]
id = "none"
chain = "none"
pool = false
target_exact = 0.98
[[row]]
id = "noise"
title = "noise & <hiss>"
chain = "noise(snr_db=30)"
family = "noise"
level = 30
unit = "dB SNR"
[[row]]
id = "more-noise"
chain = "noise(snr_db=25)"
family = "noise"
level = 25
unit = "dB SNR"
[[row]]
id = "over"
chain = "mix(file={other}, level_db=-20)"
[[row]]
id = "pair"
chain = "{random} | {random}"
pool = false
[[row]]
id = "crop"
chain = "crop(duration_s=8)"
pool = false
repeats = 2
"""
READINGS = 5 + 2 + 2  # rows, draws of the crop, one twin and one wrong key


class Evaluate(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "tiny.toml").write_text(GRID)
        self.files = []
        for seed in (1, 2):
            path = self.folder / f"{seed}.wav"
            write_wav(path, [plucked(24, 16000, seed)], 16000)
            self.files.append(path)
        self.out = self.folder / "out"

    def evaluate(self, *arguments, attacks=None):
        return ("evaluate", "watermark", *self.files, "-o", self.out, "--attacks",
                attacks or self.folder / "tiny.toml", "--no-progress", *arguments)

    def lines(self):
        return [json.loads(l) for l in (self.out / "results.jsonl").read_text().splitlines()]

    def test_a_study_leaves_readings_tables_and_pages(self):
        summary = self.json(*self.evaluate("--listen", "1", "-j2"))
        header, *results = self.lines()
        self.assertEqual(header["schema"], "brandiron.watermark-study/1")
        trials = [r for r in results if r["kind"] == "trial"]
        self.assertEqual(len(trials), 2 * READINGS)
        self.assertEqual([t["error"] for t in trials if t["error"]], [])
        clean = [t for t in trials if t["row"] == "none" and not t["negative"]]
        self.assertTrue(all(t["exact"] and t["present"] for t in clean), clean)
        self.assertFalse(any(t["wrong"] or t["present"] for t in trials if t["negative"]))
        pair = next(t for t in trials if t["row"] == "pair")
        self.assertRegex(pair["chain"], r"^\w+\(.*\) \| \w+\(.*\)$")
        for embed in (r for r in results if r["kind"] == "embed"):
            self.assertGreater(embed["sdr_db"], 20)
            self.assertLess(embed["nmr_db"], 0)
        self.assertEqual(len(summary["rows"]), 6)
        self.assertEqual(summary["rows"][0]["exact"]["clusters"], 2)
        table = (self.out / "tables.txt").read_text()
        self.assertIn("reached", table)
        page = (self.out / "report.html").read_text()
        self.assertIn("noise &amp; &lt;hiss&gt;", page)
        self.assertIn("<svg class=chart", page)
        self.assertNotRegex(page, r"(src|href)=['\"]?(https?:|//)")
        listen = (self.out / "listen.html").read_text()
        for name in re.findall(r"src='([^']+)'", listen):
            self.assertTrue((self.out / name).exists(), name)

    def test_a_study_that_was_stopped_goes_on_where_it_was(self):
        self.ok(*self.evaluate("--listen", "0"))
        whole = (self.out / "results.jsonl").read_text().splitlines()
        (self.out / "results.jsonl").write_text("\n".join(whole[:7]) + "\n" + whole[7][:40])
        self.refused(OUTPUT_LOST, ("--resume",), *self.evaluate("--listen", "0"))
        self.ok(*self.evaluate("--listen", "0", "--resume"))
        again = (self.out / "results.jsonl").read_text().splitlines()
        self.assertEqual(again[:7], whole[:7])

        def strip(line):
            return {k: v for k, v in json.loads(line).items() if not k.endswith("cpu_s")}

        self.assertEqual([strip(l) for l in again], [strip(l) for l in whole])
        # What was measured otherwise does not mix with it.
        for name, *change in (("keys = 1", "--keys", "2"), ("strengths = [1.0]", "--strength", "1.4"),
                              ("effort", "--effort", "fast"), ("front_end", "--front-end", "classical"),
                              ("excerpt_s", "--excerpt-s", "20"), ("negatives", "--negatives", "2")):
            self.refused(USAGE, (name, "another folder"), *self.evaluate("--listen", "0", "--resume", *change))
        (self.folder / "tiny.toml").write_text(GRID.replace("snr_db=30", "snr_db=31"))
        self.refused(USAGE, ("rows_sha256",), *self.evaluate("--listen", "0", "--resume"))
        self.assertEqual((self.out / "results.jsonl").read_text().splitlines(), again)

    def test_another_tool_runs_on_the_same_files(self):
        tool = 'copy=cp {in} {out};grep -c RIFF {in};^1'
        self.ok(*self.evaluate("--listen", "0", "--negatives", "0", "--tool", tool, "--tool",
                               "absent=no-such-tool {in} {out};no-such-tool {in}"))
        trials = [r for r in self.lines() if r.get("tool") == "copy" and r["kind"] == "trial"]
        self.assertEqual(len(trials), 2 * (READINGS - 2))
        self.assertTrue(all(t["exact"] for t in trials))
        self.assertIn("brandiron beside copy", (self.out / "tables.txt").read_text())

    def test_what_cannot_be_used_is_refused(self):
        self.refused(USAGE, ("no audio file",), "evaluate", "watermark", "-o", self.out)
        self.refused(BAD_INPUT, ("nowhere.wav",), "evaluate", "watermark", "nowhere.wav", "-o", self.out)
        (self.folder / "tiny.toml").write_text(GRID.replace("noise(snr_db=30)", "nois(snr_db=30)"))
        self.refused(USAGE, ("nois",), *self.evaluate())
        self.refused(USAGE, ("{out}",), *self.evaluate("--tool", "x=y {in};z {in}", attacks="quick"))

    def test_a_file_that_is_no_audio_is_listed_and_the_rest_is_done(self):
        (self.folder / "bad.wav").write_text("this is no audio")
        self.files = [self.folder / "bad.wav", self.files[0]]
        found = run(*self.evaluate("--negatives", "0", attacks="quick"))
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        self.assertIn("bad.wav", found.stderr)
        self.assertEqual({r["file"] for r in self.lines()[1:]}, {f"{self.folder.name}/1.wav"})
        self.assertTrue((self.out / "report.html").exists())


class Decoders(Case):
    """What `evaluate decoder` measures; the baseline needs no weights."""

    def setUp(self):
        super().setUp()
        self.out = self.folder / "decoders"
        self.files = []
        for seed in (1, 2):
            self.files.append(self.folder / f"{seed}.wav")
            write_wav(self.files[-1], [plucked(3, 44100, seed)], 44100)

    def evaluate(self, *arguments):
        return ("evaluate", "decoder", "--family", "griffin-lim", "--marks", "0", "-o", self.out, "--songs",
                *self.files, *arguments)

    def measured(self):
        rows = [json.loads(l) for l in (self.out / "results.jsonl").read_text().splitlines()[1:]]
        return sorted(({k: v for k, v in r.items() if k != "cpu_s"} for r in rows), key=lambda r: r["file"])

    def test_twins_are_the_same_whatever_the_number_of_jobs(self):
        summary = self.json(*self.evaluate())
        self.assertEqual(summary["schema"], "brandiron.decoder-study/1")
        self.assertEqual(summary["twins"][0]["files"], 2)
        self.assertLess(summary["twins"][0]["mel"]["value"], 0.5)
        for name in ("tables.txt", "summary.json", "twins.csv", "marks.csv", "combs.svg"):
            self.assertTrue((self.out / name).exists(), name)
        one = self.measured()
        self.ok(*self.evaluate("-j2", "--overwrite"))
        self.assertEqual(self.measured(), one)

    def test_a_study_that_was_stopped_goes_on_where_it_was(self):
        self.ok(*self.evaluate())
        whole = self.measured()
        lines = (self.out / "results.jsonl").read_text().splitlines()
        (self.out / "results.jsonl").write_text("\n".join(lines[:2]) + "\n" + lines[2][:90])
        self.refused(OUTPUT_LOST, ("--resume",), *self.evaluate())
        self.ok(*self.evaluate("--resume"))
        self.assertEqual(self.measured(), whole)
        self.refused(USAGE, ("excerpt_s", "another folder"), *self.evaluate("--resume", "--excerpt-s", "2"))

    def test_what_cannot_be_used_is_refused(self):
        here = ("evaluate", "decoder", "-o", self.out)
        self.refused(USAGE, ("--songs",), *here, "--family", "griffin-lim")
        self.refused(USAGE, ("wavenet", "hifigan"), *here, "--family", "wavenet", "--songs", self.files[0])
        self.refused(BAD_INPUT, ("nowhere.wav",), *here, "--family", "griffin-lim", "--songs", "nowhere.wav")
        self.assertNotEqual(run(*here, "--weights", "nowhere.safetensors", "--songs", self.files[0]).returncode, OK)
        self.assertFalse(self.out.exists())

    def test_a_file_that_is_no_audio_is_listed_and_the_rest_is_done(self):
        bad = self.folder / "bad.wav"
        bad.write_text("this is no audio")
        self.files.append(bad)
        found = run(*self.evaluate())
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        self.assertIn("bad.wav", found.stderr)
        self.assertEqual(len(self.measured()), 2)
        self.files, self.out = [bad], self.folder / "alone"
        self.assertEqual(run(*self.evaluate()).returncode, BAD_INPUT)

    def test_pictures_of_a_song_are_the_same_each_time(self):
        draw = ("report", "sound", "--family", "griffin-lim", "--duration", "15", "--seconds", "2", "-o")
        self.ok(*draw, self.out)
        self.refused(OUTPUT_LOST, ("--overwrite",), *draw, self.out)
        self.ok(*draw, self.folder / "again")
        for name in ("vocal.svg", "band.svg", "mix.svg", "combs.svg"):
            text = (self.out / name).read_text()
            self.assertEqual((self.folder / "again" / name).read_text(), text, name)
            self.assertNotRegex(text, r"(src|href)=['\"]?(https?:|//)")

    def test_the_shipped_decoders_leave_the_combs_of_their_strides(self):
        families = [f for f in ("hifigan", "encodec", "dac", "nearest", "istft")
                    if (SOURCE / f"models/weights/decoder-{f}.safetensors").exists()]
        if not families:
            self.skipTest("no decoder weights in models/weights")
        song = SONGS / "twin/song.flac"
        summary = self.json("evaluate", "decoder", "--family", *families, "--songs", song, "--marks", "0",
                            "-o", self.out)
        for row in summary["twins"]:
            first, present = row["combs"][0], [c["strength_db"] >= 1.5 and c["rank"] >= 0.99 for c in row["combs"]]
            if row["leaves_comb"]:
                # Thirty seconds of one song, as in the recipe: the comb of all strides stands out of a thousand spacings, and one of
                # those that are nested in it is 1.5 dB strong. Over its files the recipe `decoders` asks it of the first.
                self.assertGreaterEqual(first["rank"], 0.99, row["decoder"])
                self.assertTrue(any(present), row)
            else:
                # At rate / product of strides. Where two multiples are all there is (5512.5 Hz), repetition leaves the
                # images of low tones beside them: docs/sound.md.
                self.assertFalse(present[0], row["decoder"])


if __name__ == "__main__":
    main()
