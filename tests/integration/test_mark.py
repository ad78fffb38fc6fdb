#!/usr/bin/env python3
"""The rows that issue 2 calls must-hold: where the mark is found, and where it is not."""

import json
import os

from harness import NEGATIVE, OK, SHARED_AUDIO, SOME_FAILED, SONGS, Case, main, read_json, run

ATTACKS = {
    "mp3_128": "mp3(bitrate_kbps=128)",
    "opus_64": "opus(bitrate_kbps=64)",
    "resampled_to_22050": "resample(rate_hz=22050)",
    "noise_20_db": "noise(snr_db=20)",
    "thirty_seconds_cut_out": "crop(start_s=20, duration_s=30)",
}


class Mark(Case):
    def verify(self, file, *more, **options):
        return self.json("watermark", "verify", file, *more, **options)

    def assert_found(self, verdict):
        payload = read_json(SONGS / "song/song.json")["watermark"]["payload_hex"]
        self.assertTrue(verdict["present"], verdict)
        self.assertLessEqual(verdict["p_value"], 1e-9)
        self.assertTrue(verdict["payload_valid"], verdict)
        self.assertEqual(verdict["payload_hex"], payload)

    def test_found_in_the_song_itself(self):
        self.assert_found(self.verify(SONGS / "song/song.flac"))

    def test_found_after_each_must_hold_attack(self):
        for name, chain in ATTACKS.items():
            with self.subTest(attack=name):
                out = self.folder / f"{name}.flac"
                self.ok("attack", chain, SONGS / "song/song.flac", out, "--seed", 1)
                self.assert_found(self.verify(out))

    def test_not_found_in_the_unmarked_twin(self):
        verdict = self.verify(SONGS / "twin/song.flac")
        self.assertFalse(verdict["present"], verdict)
        self.assertIsNone(verdict["payload_hex"])
        found = run("watermark", "verify", SONGS / "twin/song.flac", "--exit-code")
        self.assertEqual(found.returncode, NEGATIVE)

    def test_not_found_with_another_key_but_found_beside_the_right_one(self):
        self.ok("watermark", "keygen", "-o", self.folder / "other.key")
        verdict = self.verify(SONGS / "song/song.flac", "--key", self.folder / "other.key")
        self.assertFalse(verdict["present"], verdict)
        self.assert_found(self.verify(SONGS / "song/song.flac", "--key", self.folder / "other.key",
                                      "--key", "demo"))

    def test_the_answer_is_the_contract_s(self):
        verdict = self.verify(SONGS / "song/song.flac")
        self.assertEqual(verdict["schema"], "brandiron.verify/1")
        for key in ("file", "present", "p_value", "p_threshold", "payload_valid", "payload_hex",
                    "key_fingerprint", "scheme", "bit_error_rate", "speed_ratio", "pitch_ratio",
                    "segments", "seconds"):
            self.assertIn(key, verdict)
        for segment in verdict["segments"]:
            self.assertLess(segment["start_s"], segment["end_s"])

    def test_the_learned_front_end_answers_more_strongly_and_is_no_must(self):
        worse = self.folder / "worse.flac"
        self.ok("attack", "crop(start_s=15, duration_s=8) | noise(snr_db=15)",
                SONGS / "song/song.flac", worse, "--seed", 1)
        learned = self.verify(worse)
        classical = self.verify(worse, "--front-end", "classical")
        self.assertLess(learned["p_value"], classical["p_value"])
        self.assertEqual(self.verify(worse, "--front-end", "learned")["p_value"], learned["p_value"])
        # Without the weights the classical one does alone.
        home = self.folder / "home"
        home.mkdir()
        for folder in ("configs", "models"):
            (home / folder).mkdir()
        bare = self.verify(worse, extra_env={"BRANDIRON_HOME": str(home)})
        self.assertEqual(bare["p_value"], classical["p_value"])

    def test_a_batch_goes_on_past_a_bad_file(self):
        found = run("watermark", "verify", SONGS / "song/song.flac", self.folder / "missing.wav", "--json")
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        good, bad = map(json.loads, found.stdout.splitlines())
        self.assertTrue(good["present"])
        self.assertEqual(bad["error"]["code"], "io")


class HumanClips(Case):
    def test_not_found_in_any_human_clip(self):
        clips = sorted(p for p in (SHARED_AUDIO / "human").rglob("*")
                       if p.suffix in (".ogg", ".mp3", ".flac", ".wav", ".opus"))
        if not os.environ.get("BRANDIRON_ALL_CLIPS"):
            clips = clips[::3]  # the stricter 1e-4 below makes up for the others; rates are statistical.watermark's
        if not clips:
            self.skipTest("no ../shared/data/audio/human here")
        found = run("watermark", "verify", *clips, "--json", "-j2", timeout=1200)
        self.assertEqual(found.returncode, OK, found.stderr)
        verdicts = [json.loads(line) for line in found.stdout.splitlines()]
        self.assertEqual(len(verdicts), len(clips))
        self.assertEqual([v["file"] for v in verdicts if v["present"]], [])
        self.assertEqual([v["file"] for v in verdicts if v["p_value"] <= 1e-4], [])
        print(f"{len(clips)} human clips, smallest p {min(v['p_value'] for v in verdicts):.2g}")


if __name__ == "__main__":
    main()
