#!/usr/bin/env python3
"""Songs from a plan, from a person's words, as an EP; the study of written songs."""

import json
import shutil
import subprocess
import unittest

from harness import BAD_INPUT, OUTPUT_LOST, SOURCE, SOME_FAILED, USAGE, Case, main, read_json, run

WORDS = """Verse 1:
I sold the truck in Abilene to pay the money I was owing
And I walked the last nine miles of it with a cold east wind and the radio towers blowing

[Pre-Chorus]
Zzyqx & gone

[Chorus]
Leave the porch light on (x2)

[Bridge]

[Chorus]
"""


class Plan(Case):
    def spec(self, text, name="plan.toml"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def refuse(self, words, text, code=USAGE):
        self.refused(code, words, "generate", self.spec(text), "-o", self.folder / "song")
        self.assertFalse((self.folder / "song").exists())

    def test_a_plan_is_kept_in_every_file_and_renders_again(self):
        song = self.folder / "song"
        self.ok("generate", "--spec", SOURCE / "configs/song/porch-light.toml", "-o", song)
        document = read_json(song / "song.json")
        self.assertEqual((document["title"], document["key"], document["tempo_bpm"], document["meter"]),
                         ("Porch Light", "G:maj", 108, "3/4"))
        chords = [c["label"] for c in document["chords"]]
        self.assertEqual(chords[:4], ["G:maj", "C:maj", "D:7", "G:maj"])
        self.assertEqual(document["spec"]["melody"]["chorus"][0], "D3:2 D3:1 G3:2 G3:1 A3:2 A3:1 B3:2 r:1")
        tune = [n["pitch"] for n in document["parts"][0]["notes"]][-8:]
        self.assertEqual(tune, [59, 57, 55, 57, 54, 52, 54, 55])
        for name in ("score.mid", "lead-sheet.abc", "lead-sheet.musicxml", "lyrics.lrc", "lyrics.txt"):
            self.assertTrue((song / name).stat().st_size > 100, name)
        self.assertIn("Leave the porch light on for me", (song / "lyrics.txt").read_text())
        again = self.json("render", song / "song.json", "-o", self.folder / "again")
        self.assertEqual(again["pcm_sha256"], document["audio"]["pcm_sha256"])

    def test_a_mix_is_set_apart_from_the_song_and_told_in_full(self):
        plan = self.spec("duration_s = 20\n[mix]\ntarget_lufs = -16\nproducedness = 0.3\n")
        self.ok("generate", plan, "--set", "mix.true_peak_dbtp=-4", "--set", "mix.vocal_over_band_db=6",
                "--no-watermark", "-o", self.folder / "plain")
        plain = read_json(self.folder / "plain/song.json")
        self.ok("render", self.folder / "plain/song.json", "--set", "mix.producedness=1.4", "-o", self.folder / "dense")
        dense = read_json(self.folder / "dense/song.json")
        for song in (plain, dense):
            self.assertAlmostEqual(song["audio"]["integrated_lufs"], -16, delta=0.7)
            self.assertLessEqual(song["audio"]["true_peak_dbtp"], -3.5)
            self.assertAlmostEqual(song["mix"]["vocal_over_band_db"], 6, delta=1)
        self.assertEqual(plain["parts"], dense["parts"])
        ratio = {name: song["mix"]["settings"]["master"][-4]["ratio"]
                 for name, song in (("plain", plain), ("dense", dense))}
        self.assertAlmostEqual(ratio["plain"], 1 + 1.2 * 0.3)
        self.assertAlmostEqual(ratio["dense"], 1 + 1.2 * 1.4)
        settings = dense["mix"]["settings"]
        self.assertEqual([c["stem"] for c in settings["channels"]], list(dense["mix"]["stem_gains_db"]))
        self.assertEqual(settings["master"][-1], {"effect": "limiter", "ceiling_dbtp": -8.8, "lookahead_ms": 2.0,
                                                  "release_ms": 60.0})
        self.assertEqual(plain["mix"]["settings"]["master"][-1]["ceiling_dbtp"], -4)
        self.assertLess(dense["audio"]["true_peak_dbtp"], plain["audio"]["true_peak_dbtp"] - 3)
        self.assertEqual([r["effect"] for r in settings["room"]], ["reflection"] * 6 + ["plate"])
        for key in ("target_lufs=-3", "true_peak_dbtp=0", "vocal_over_band_db=13", "producedness=1.6"):
            self.refused(USAGE, key.split("=")[0], "generate", "--set", "mix." + key, "-o", self.folder / "no")

    def test_flags_win_over_the_plan_and_words_come_from_a_file_beside_it(self):
        (self.folder / "words.txt").write_text("[Verse]\nrust on the rail\ndust in the mail\n")
        plan = self.spec('lyrics_file = "words.txt"\ntempo_bpm = 80\ngroove = "train"\n')
        self.ok("generate", plan, "--tempo", 101, "-o", self.folder / "song")
        document = read_json(self.folder / "song/song.json")
        self.assertEqual((document["tempo_bpm"], document["groove"]), (101, "train"))
        self.assertEqual([l["text"] for l in document["lyrics"]["lines"]], ["rust on the rail", "dust in the mail"])

    def test_slips_of_the_pen_are_named_with_a_suggestion(self):
        self.refuse(["plan.toml:2", "tempo_bmp", "did you mean tempo_bpm?"], 'title = "A"\ntempo_bmp = 80\n')
        self.refuse(["chords.vrese", "did you mean"], '[chords]\nvrese = "E"\n')
        self.refuse(["melody.chorsu", "did you mean"], '[melody]\nchorsu = ["E3:1"]\n')
        self.refuse(["lyrics_file", "keep one"], 'lyrics = "a"\nlyrics_file = "b"\n')

    def test_hostile_plans_are_refused_in_one_line(self):
        self.refuse(["plan.toml"], b"\xff\xfe\x00title")
        self.refuse(["plan.toml"], "title = ")
        self.refuse(["plan.toml"], "[chords\n")
        self.refuse(["title"], "title = 7\n")
        self.refuse(["tempo"], "tempo_bpm = 1e9\n")
        self.refuse(["tempo"], "tempo_bpm = nan\n")
        self.refuse(["key"], 'key = "H:maj"\n')
        self.refuse(["groove"], 'groove = "polka"\n')
        self.refuse(["theme"], 'theme = "spaceships"\n')
        self.refuse(["form"], 'form = "verse drop chorus"\n')
        self.refuse(["title"], 'title = "' + "x" * 100000 + '"\n')
        self.refuse(["chords.verse", "bar 1"], '[chords]\nverse = "%"\n')
        self.refuse(["melody.verse"], '[melody]\nverse = "E3:1"\n')
        self.refuse(["melody.bridge", "no such section"],
                    'form = "verse chorus"\n[melody]\nbridge = ["E3:1", "E3:1"]\n')

    def test_pins_that_contradict_each_other_are_refused_naming_both(self):
        self.refuse(["120 s were asked for"], 'duration_s = 120\nlyrics = "[Verse]\\none line alone\\n"\n')
        self.refuse(["does not fit the lyrics"], 'form = "verse bridge"\nlyrics = "[Verse]\\na line\\n[Chorus]\\nhey\\n"\n')
        self.refuse(["syllables", "notes"], 'lyrics = "[Verse]\\nfar too many words\\n"\n[melody]\nverse = ["E3:1 E3:1"]\n')

    def test_an_empty_plan_is_a_song_of_the_house(self):
        self.ok("generate", self.spec(""), "--preset", "debug", "-o", self.folder / "song")
        self.ok("generate", "--seed", 1, "--preset", "debug", "-o", self.folder / "plain")
        self.assertEqual(*[read_json(self.folder / f / "song.json")["id"] for f in ("song", "plain")])


class OwnWords(Case):
    def sing(self, words, *arguments):
        path = self.folder / "words.txt"
        path.write_bytes(words if isinstance(words, bytes) else words.encode())
        return ("generate", "--lyrics", path, "-o", self.folder / "song", *arguments)

    def test_what_was_adapted_is_told_on_standard_error_and_in_song_json(self):
        found = self.ok(*self.sing(WORDS))
        document = read_json(self.folder / "song/song.json")
        notes = document["lyrics"]["adapted"]
        self.assertEqual([l for l in found.stderr.splitlines() if "lyrics:" in l],
                         [f"brandiron: lyrics: {n}" for n in notes])
        text = "\n".join(notes)
        for words in ('line 1: "Verse 1:" is read as the tag', "line 3: 2", "sung as 2 lines",
                      "a pre-chorus is sung as a verse", '"zzyqx" is in no dictionary', '"&" has no sound',
                      "sung 2 times", "this bridge has no lines", "the chorus before is sung again",
                      "is taken from the words"):
            self.assertIn(words, text)
        self.assertEqual([s["label"] for s in document["sections"]],
                         ["intro", "verse", "verse", "chorus", "chorus", "outro"])

    def test_quiet_keeps_the_notes_to_song_json(self):
        found = self.ok(*self.sing("hello there\n"), "-q")
        self.assertEqual(found.stderr, "")
        self.assertTrue(read_json(self.folder / "song/song.json")["lyrics"]["adapted"])

    def test_hostile_words_are_refused_in_one_line(self):
        for words, told in ((b"", ["no words"]), (b"\n\n  \n", ["no words"]), (b"...!?\n", ["no words"]),
                            (b"fine\nbad \xff\n", ["line 2", "UTF-8"]), (b"\x00" * 100, ["no words"]),
                            ("Дорога\n".encode(), ["Latin"]), (b"[Solo]\n", ["no words"]),
                            (b"[Verse]\nhey\n[Drop]\nhey\n", ["line 3", "[Drop]"]),
                            (b"la " * 60000, ["bytes"]), (b"la\n" * 500, ["lines"]),
                            (b"pneumono" * 40, ["syllables"])):
            with self.subTest(words=words[:30]):
                self.refused(USAGE, told, *self.sing(words))
                self.assertFalse((self.folder / "song").exists())
        self.refused(BAD_INPUT, ["nowhere.txt"], "generate", "--lyrics", self.folder / "nowhere.txt", "-o",
                     self.folder / "song")


class Ep(Case):
    def make(self, *arguments):
        return ("generate", "--ep", 3, "--seed", 11, "--preset", "debug", "-o", self.folder / "ep", *arguments)

    def test_an_ep_has_an_order_and_a_manifest_and_every_song_renders(self):
        order = self.ok(*self.make("--dry-run")).stdout
        self.assertFalse((self.folder / "ep").exists())
        printed = self.json(*self.make())
        lines = [json.loads(l) for l in (self.folder / "ep/manifest.jsonl").read_text().splitlines()]
        header, tracks = lines[0], lines[1:]
        self.assertEqual((header["schema"], header["kind"], header["songs"]), ("brandiron.manifest/1", "ep", 3))
        self.assertEqual(printed["title"], header["title"])
        self.assertIn(header["title"], [t["title"] for t in tracks])
        self.assertEqual([t["track"] for t in tracks], [1, 2, 3])
        for key in ("title", "tempo_bpm", "key", "groove", "theme", "seed", "id"):
            self.assertEqual(len({t[key] for t in tracks}), 3, key)
        for track in tracks:
            self.assertIn(track["title"], order)
            document = read_json(self.folder / "ep" / track["song"])
            self.assertEqual((document["title"], document["id"]), (track["title"], track["id"]))
        last = tracks[-1]
        again = self.json("render", self.folder / "ep" / last["song"], "-o", self.folder / "again")
        self.assertEqual(again["pcm_sha256"],
                         read_json(self.folder / "ep" / last["song"])["audio"]["pcm_sha256"])
        self.refused(OUTPUT_LOST, ["finished EP", "--overwrite"], *self.make())

    def test_an_interrupted_ep_goes_on_and_keeps_what_it_has(self):
        self.ok(*self.make())
        manifest = (self.folder / "ep/manifest.jsonl").read_text()
        first, second, third = sorted(p for p in (self.folder / "ep").iterdir() if p.is_dir())
        (self.folder / "ep/manifest.jsonl").unlink()
        shutil.rmtree(second)
        kept = (first / "song.flac").stat().st_mtime_ns
        self.ok(*self.make())
        self.assertEqual((first / "song.flac").stat().st_mtime_ns, kept)
        self.assertEqual((self.folder / "ep/manifest.jsonl").read_text(), manifest)
        # A song of another plan in the way is neither taken for ours nor lost.
        (self.folder / "ep/manifest.jsonl").unlink()
        shutil.copy(first / "song.json", third / "song.json")
        found = run(*self.make())
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        self.assertIn("another song", found.stderr)
        self.assertFalse((self.folder / "ep/manifest.jsonl").exists())

    def test_what_no_ep_can_be_is_refused(self):
        (self.folder / "words.txt").write_text("hello\n")
        self.refused(USAGE, ["generate that song alone"], *self.make("--lyrics", self.folder / "words.txt"))
        self.refused(USAGE, ["--ep"], "generate", "--ep", 1, "-o", self.folder / "one")


class EvaluateGenerator(Case):
    def test_the_study_writes_tables_numbers_and_a_page_alike_for_any_number_of_jobs(self):
        outputs = []
        for jobs in (1, 2):
            out = self.folder / f"out{jobs}"
            self.ok("evaluate", "generator", "-o", out, "--songs", 6, "-j", jobs, "--no-progress")
            self.assertIn("skipped", (out / "tables.txt").read_text())
            self.assertIn("</html>", (out / "report.html").read_text())
            self.assertNotIn("http", (out / "report.html").read_text().replace("http-equiv", ""))
            outputs.append(read_json(out / "summary.json"))
        self.assertEqual(*outputs)
        rows = {r["id"]: r for r in outputs[0]["rows"]}
        self.assertEqual(rows["melody.syllables-are-notes"]["ours"]["value"], 1)
        self.assertEqual(rows["lyrics.blocked"]["ours"]["value"], 0)
        self.assertEqual(rows["copying.run-16"]["verdict"], "skipped")
        self.refused(OUTPUT_LOST, ["exists"], "evaluate", "generator", "-o", self.folder / "out1", "--songs", 2)

    def test_human_songs_stand_beside_ours(self):
        human = SOURCE.parent / "shared/data/symbolic"
        if not (human / "melodies.jsonl").exists():
            self.skipTest("no ../shared/data/symbolic here")
        self.ok("evaluate", "generator", "-o", self.folder / "out", "--songs", 8, "--human", human)
        rows = {r["id"]: r for r in read_json(self.folder / "out/summary.json")["rows"]}
        # Measured before, with other programs: composing.md.
        self.assertAlmostEqual(rows["melody.steps"]["human"]["value"], 0.68, delta=0.03)
        self.assertAlmostEqual(rows["melody.diatonic"]["human"]["value"], 0.956, delta=0.025)
        self.assertAlmostEqual(rows["copying.run"]["human"]["value"], 6, delta=1)
        self.assertFalse([r["id"] for r in rows.values() if r["verdict"] == "skipped"])

    def test_a_folder_that_is_not_there_is_refused(self):
        self.refused(USAGE, ["--human", "no such folder"], "evaluate", "generator", "-o", self.folder / "out",
                     "--human", self.folder / "nowhere")


if __name__ == "__main__":
    main()
