#!/usr/bin/env python3
"""Neural decoders from outside: songs through them, twins that differ in one thing, recordings and their pairs."""

import hashlib
import json

from harness import SOURCE, USAGE, Case, main, plucked, read_json, write_wav

FAMILIES = ["hifigan", "encodec", "dac", "nearest", "istft"]


def manifest(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return lines[0], lines[1:]


class Decoders(Case):
    def test_full_sends_voice_and_mix_through_a_decoder_and_renders_again(self):
        made = self.json("generate", "--preset", "full", "--decoder", "istft", "--seed", 5, "--duration", 20,
                         "--stems", "-o", self.folder / "full")
        song = read_json(self.folder / "full/song.json")
        weights = (SOURCE / "models/weights/decoder-istft.safetensors").read_bytes()
        self.assertEqual(song["decoder"]["family"], "istft")
        self.assertEqual(song["decoder"]["scope"], "both")
        self.assertEqual(song["decoder"]["sha256"], hashlib.sha256(weights).hexdigest())
        self.assertTrue((self.folder / "full/stems/premaster_decoded.flac").exists())
        self.assertAlmostEqual(song["audio"]["integrated_lufs"], -9.5, delta=0.7)
        self.assertLessEqual(song["audio"]["true_peak_dbtp"], -1.0)
        rendered = self.json("render", self.folder / "full/song.json", "-o", self.folder / "again")
        self.assertEqual(rendered["pcm_sha256"], made["pcm_sha256"])
        verdict = self.json("watermark", "verify", self.folder / "full/song.flac")
        self.assertTrue(verdict["present"])

    def test_twins_differ_from_their_original_in_one_thing(self):
        self.json("generate", "--preset", "debug", "--seed", 5, "-o", self.folder / "song")
        self.ok("twins", self.folder / "song/song.json", "-o", self.folder / "twins")
        header, lines = manifest(self.folder / "twins/manifest.jsonl")
        self.assertEqual(header["schema"], "brandiron.manifest/1")
        twins = {line["twin"]: line for line in lines}
        self.assertEqual(set(twins), {"original", "persona", "mix", "unmarked"} | {f"decoder-{f}" for f in FAMILIES})
        original = twins["original"]
        self.assertIsNone(original["parent_id"])
        songs = {}
        for kind, line in twins.items():
            songs[kind] = read_json(self.folder / "twins" / line["song"])
            data = (self.folder / "twins" / line["file"]).read_bytes()
            self.assertEqual(line["sha256"], hashlib.sha256(data).hexdigest())
            if kind != "original":
                self.assertEqual(line["parent_id"], original["id"])
                self.assertNotEqual(line["sha256"], original["sha256"])
            words = [w["text"] for w in songs[kind]["lyrics"]["words"]]
            self.assertEqual(words, [w["text"] for w in songs["original"]["lyrics"]["words"]])
        self.assertEqual(len({line["id"] for line in lines}), len(lines))
        self.assertEqual(songs["original"]["audio"]["pcm_sha256"],
                         read_json(self.folder / "song/song.json")["audio"]["pcm_sha256"])
        self.assertEqual(songs["unmarked"]["audio"]["pcm_sha256"],
                         songs["original"]["audio"]["unmarked_pcm_sha256"])
        self.assertNotEqual(songs["persona"]["persona"]["id"], songs["original"]["persona"]["id"])
        self.assertEqual(songs["persona"]["tempo_bpm"], songs["original"]["tempo_bpm"])
        self.assertLess(songs["mix"]["audio"]["integrated_lufs"], songs["original"]["audio"]["integrated_lufs"] - 3)
        for family in FAMILIES:
            self.assertEqual(songs[f"decoder-{family}"]["parts"], songs["original"]["parts"])
            self.assertEqual(songs[f"decoder-{family}"]["f0"], songs["original"]["f0"])
        self.refused(74, ("--overwrite",), "twins", self.folder / "song/song.json", "-o", self.folder / "twins")

    def test_the_twin_of_another_persona_is_rendered_again(self):
        self.json("generate", "--preset", "debug", "--seed", 6, "-o", self.folder / "song")
        self.ok("twins", self.folder / "song/song.json", "--kinds", "persona", "-o", self.folder / "twins")
        twin = self.folder / "twins/persona/song.json"
        rendered = self.json("render", twin, "-o", self.folder / "again")
        self.assertEqual(rendered["pcm_sha256"], read_json(twin)["audio"]["pcm_sha256"])

    def test_recordings_become_pairs_in_which_only_the_decoder_differs(self):
        write_wav(self.folder / "take.wav", [plucked(3, 48000)], 48000)
        self.ok("decode", self.folder / "take.wav", "--families", "istft", "dac", "--no-watermark",
                "-o", self.folder / "pairs")
        _, lines = manifest(self.folder / "pairs/manifest.jsonl")
        self.assertEqual([line["twin"] for line in lines], ["original", "decoder-istft", "decoder-dac"])
        self.assertEqual([line["label"] for line in lines], ["human", "resynthesised", "resynthesised"])
        self.assertEqual({line["duration_s"] for line in lines}, {3.0})
        self.assertFalse(any(line["marked"] for line in lines))
        self.ok("decode", self.folder / "take.wav", "--families", "istft", "-o", self.folder / "marked")
        _, lines = manifest(self.folder / "marked/manifest.jsonl")
        self.assertEqual([line["marked"] for line in lines], [False, True])

    def test_what_does_not_exist_is_refused(self):
        write_wav(self.folder / "take.wav", [plucked(1, 44100)], 44100)
        self.refused(USAGE, ("hifigan",), "generate", "--decoder", "wavenet", "-o", self.folder / "x")
        self.refused(USAGE, ("44100",), "generate", "--decoder", "istft", "--rate", 48000, "--preset", "debug",
                     "-o", self.folder / "x")
        self.refused(USAGE, ("bit rate",), "decode", self.folder / "take.wav", "--families", "istft", "--kbps", 5,
                     "-o", self.folder / "x")
        self.refused(USAGE, ("expected",), "decode", self.folder / "take.wav", "--families", "dac", "--kbps", 900,
                     "-o", self.folder / "x")
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    main()
