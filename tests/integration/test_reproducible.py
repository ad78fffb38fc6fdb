#!/usr/bin/env python3
"""The same seed gives the same samples, whatever -j is, and `render` makes them again."""


import hashlib

from harness import DURATION_S, PERSONA, SEED, SONGS, SOURCE, Case, main, read_json


class Reproducible(Case):
    def test_two_jobs_give_the_samples_of_one(self):
        again = self.json("generate", "--persona", PERSONA, "--seed", SEED, "--duration", DURATION_S,
                          "-j2", "-o", self.folder / "song")
        song = read_json(SONGS / "song/song.json")
        self.assertEqual(again["pcm_sha256"], song["audio"]["pcm_sha256"])
        self.assertEqual(read_json(self.folder / "song/song.json")["audio"], song["audio"])

    def test_another_seed_gives_another_song(self):
        other = self.json("generate", "--persona", PERSONA, "--seed", SEED + 1, "--preset", "debug",
                          "-o", self.folder / "song")
        same = self.json("generate", "--persona", PERSONA, "--seed", SEED, "--preset", "debug",
                         "-o", self.folder / "other")
        self.assertNotEqual(other["pcm_sha256"], same["pcm_sha256"])

    def test_render_makes_the_published_samples_again(self):
        rendered = self.json("render", SONGS / "song/song.json", "-o", self.folder / "again")
        song = read_json(SONGS / "song/song.json")["audio"]
        self.assertEqual(rendered["pcm_sha256"], song["pcm_sha256"])
        self.assertEqual(rendered["unmarked_pcm_sha256"], song["unmarked_pcm_sha256"])

    def test_render_without_the_secret_key_makes_the_unmarked_samples(self):
        self.ok("watermark", "keygen", "-o", self.folder / "my.key")
        marked = self.json("generate", "--preset", "debug", "--seed", 5, "--watermark-key",
                           self.folder / "my.key", "-o", self.folder / "song")
        rendered = self.json("render", self.folder / "song/song.json", "-o", self.folder / "again")
        self.assertEqual(rendered["unmarked_pcm_sha256"], marked["unmarked_pcm_sha256"])
        self.assertEqual(rendered["pcm_sha256"], marked["unmarked_pcm_sha256"])
        self.assertNotEqual(rendered["pcm_sha256"], marked["pcm_sha256"])
        with_key = self.json("render", self.folder / "song/song.json", "-o", self.folder / "keyed",
                             "--watermark-key", self.folder / "my.key")
        self.assertEqual(with_key["pcm_sha256"], marked["pcm_sha256"])

    def test_preset_vocal_is_sung_by_the_learned_singer_and_rendered_again(self):
        made = self.json("generate", "--preset", "vocal", "--seed", 5, "--duration", 20, "-o", self.folder / "vocal")
        song = read_json(self.folder / "vocal/song.json")
        weights = (SOURCE / "models/weights/singer.safetensors").read_bytes()
        singers = [m for m in song["generator"]["models"] if m["name"] == "singer"]
        self.assertEqual([m["sha256"] for m in singers], [hashlib.sha256(weights).hexdigest()])
        rendered = self.json("render", self.folder / "vocal/song.json", "-o", self.folder / "again")
        self.assertEqual(rendered["pcm_sha256"], made["pcm_sha256"])
        bank = self.json("generate", "--preset", "vocal", "--singer", "bank", "--seed", 5, "--duration", 20,
                         "-o", self.folder / "bank")
        self.assertNotEqual(bank["unmarked_pcm_sha256"], made["unmarked_pcm_sha256"])
        models = read_json(self.folder / "bank/song.json")["generator"]["models"]
        self.assertFalse(any(m["name"] == "singer" for m in models))

    def test_the_unmarked_twin_differs_by_the_mark_alone(self):
        song = read_json(SONGS / "song/song.json")
        twin = read_json(SONGS / "twin/song.json")
        self.assertEqual(twin["audio"]["pcm_sha256"], song["audio"]["unmarked_pcm_sha256"])
        self.assertFalse(twin["watermark"]["present"])
        self.assertTrue(song["watermark"]["present"])


if __name__ == "__main__":
    main()
