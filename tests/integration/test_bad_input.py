#!/usr/bin/env python3
"""Hostile input: one clear line and the contract's exit code, or a plain answer. Each is a test."""

import array
import json
import os
import subprocess

from harness import (BAD_INPUT, BINARY, OK, OUTPUT_LOST, SONGS, SOURCE, USAGE, Case, environment,
                     main, plucked, run, write_wav)

HOUSE_PERSONA = SOURCE / "configs/persona/rust-hollow.toml"


class BadAudio(Case):
    """The same bad file goes to every command that reads audio."""

    def each_command_refuses(self, path, *words):
        key = ("--key", "demo")
        for command in (("watermark", "verify", path), ("detect", path),
                        ("attack", "gain(db=-3)", path, self.folder / "out.wav"),
                        ("watermark", "embed", path, self.folder / "out.wav", *key, "--payload", "1")):
            with self.subTest(command=command[:2]):
                self.refused(BAD_INPUT, (path.name, *words), *command)
                self.assertFalse((self.folder / "out.wav").exists())

    def test_a_missing_file(self):
        self.each_command_refuses(self.folder / "nowhere.wav")

    def test_an_empty_file(self):
        path = self.folder / "empty.wav"
        path.write_bytes(b"")
        self.each_command_refuses(path)

    def test_a_folder_in_place_of_a_file(self):
        path = self.folder / "folder.wav"
        path.mkdir()
        self.each_command_refuses(path)

    def test_text_renamed_to_wav(self):
        path = self.folder / "poem.wav"
        path.write_text("I met a traveller from an antique land\n" * 40)
        self.each_command_refuses(path)

    def test_a_file_truncated_in_its_header(self):
        path = self.folder / "head.flac"
        path.write_bytes((SONGS / "song/song.flac").read_bytes()[:30])
        self.each_command_refuses(path)

    def test_a_flac_truncated_in_its_middle(self):
        path = self.folder / "half.flac"
        whole = (SONGS / "song/song.flac").read_bytes()
        path.write_bytes(whole[:len(whole) // 2])
        self.each_command_refuses(path)

    def test_samples_that_are_not_numbers(self):
        samples = plucked(2, 16000)
        samples[9000] = float("nan")
        write_wav(self.folder / "nan.wav", [samples], 16000, "float32")
        self.each_command_refuses(self.folder / "nan.wav")

    def test_infinite_samples(self):
        samples = plucked(2, 16000)
        samples[100] = float("inf")
        write_wav(self.folder / "inf.wav", [samples], 16000, "float32")
        self.each_command_refuses(self.folder / "inf.wav")


class OddAudio(Case):
    """Unusual but sound audio gets an answer, never a crash."""

    def verdict(self, path):
        return self.json("watermark", "verify", path)

    def test_a_tenth_of_a_second_has_no_mark(self):
        write_wav(self.folder / "short.wav", [plucked(0.1, 44100)], 44100)
        self.assertFalse(self.verdict(self.folder / "short.wav")["present"])

    def test_the_detector_refuses_a_tenth_of_a_second(self):
        write_wav(self.folder / "short.wav", [plucked(0.1, 44100)], 44100)
        self.refused(BAD_INPUT, ("short.wav",), "detect", self.folder / "short.wav")

    def test_all_zeros_have_no_mark(self):
        write_wav(self.folder / "zeros.wav", [array.array("f", bytes(4 * 441000))], 44100)
        verdict = self.verdict(self.folder / "zeros.wav")
        self.assertFalse(verdict["present"])
        self.assertGreater(verdict["p_value"], 1e-9)

    def test_the_detector_refuses_silence(self):
        write_wav(self.folder / "zeros.wav", [array.array("f", bytes(4 * 441000))], 44100)
        self.refused(BAD_INPUT, ("zeros.wav",), "detect", self.folder / "zeros.wav")

    def marked(self, name, channels, rate):
        path, out = self.folder / f"{name}.wav", self.folder / f"{name}-marked.wav"
        write_wav(path, channels, rate)
        self.ok("watermark", "embed", path, out, "--key", "demo", "--payload", "c0ffee")
        self.assertFalse(self.verdict(path)["present"])
        verdict = self.verdict(out)
        self.assertTrue(verdict["present"], verdict)
        info = json.loads(run("detect", out, "--json").stdout)
        self.assertIn("p_ai", info)

    def test_eight_kilohertz_carries_a_mark(self):
        self.marked("narrow", [plucked(40, 8000)], 8000)

    def test_a_hundred_and_ninety_two_kilohertz_carry_a_mark(self):
        self.marked("wide", [array.array("f", (s for s in plucked(20, 48000) for _ in range(4)))], 192000)

    def test_eight_channels_carry_a_mark(self):
        base = plucked(20, 22050)
        channels = [array.array("f", (s * (0.3 + 0.1 * c) for s in base)) for c in range(8)]
        self.marked("surround", channels, 22050)


class ThreeHours(Case):
    def test_three_hours_get_an_answer(self):
        write_wav(self.folder / "long.wav", [plucked(60, 8000)], 8000, repeats=180)
        found = run("watermark", "verify", self.folder / "long.wav", "--json", timeout=900)
        self.assertEqual(found.returncode, OK, found.stderr)
        self.assertFalse(json.loads(found.stdout)["present"])


class BadConfiguration(Case):
    def test_an_unknown_key_in_a_song_file_names_its_line_and_a_remedy(self):
        spec = self.folder / "song.toml"
        spec.write_text('title = "Ash"\ntempo_bmp = 80\n')
        self.refused(USAGE, ("song.toml:2", "tempo_bmp", "tempo_bpm"), "generate", spec, "-o",
                     self.folder / "out")
        self.assertFalse((self.folder / "out").exists())

    def test_a_flag_wins_over_the_song_file(self):
        spec = self.folder / "song.toml"
        spec.write_text('persona = "cold-harbor"\npreset = "debug"\nseed = 5\ntempo_bpm = 80\n')
        flags = ("--persona", "tin-saint", "--preset", "lean", "--seed", "6", "--tempo", "90")
        both = ("-o", self.folder / "out", "--dry-run")
        self.assertEqual(self.ok("generate", spec, *flags, *both).stdout,
                         self.ok("generate", *flags, *both).stdout)
        self.assertNotEqual(self.ok("generate", spec, *both).stdout,
                            self.ok("generate", spec, *flags, *both).stdout)

    def test_an_unknown_key_in_a_persona_is_refused(self):
        persona = self.folder / "x.toml"
        persona.write_text(HOUSE_PERSONA.read_text() + "\n[voice_of_god]\nloud = true\n")
        self.refused(USAGE, ("x.toml", "voice_of_god"), "generate", "--persona", persona, "-o",
                     self.folder / "out")

    def test_broken_toml_is_refused_with_its_line(self):
        spec = self.folder / "broken.toml"
        spec.write_text('title = "Ash\n')
        self.refused(USAGE, ("broken.toml",), "generate", spec, "-o", self.folder / "out")

    def test_an_unknown_persona_lists_the_known_ones(self):
        self.refused(USAGE, ("nobody", "rust-hollow"), "generate", "--persona", "nobody", "-o",
                     self.folder / "out")

    def test_an_unknown_effect_and_an_out_of_range_value_are_usage_errors(self):
        song, out = SONGS / "song/song.flac", self.folder / "out.wav"
        self.refused(USAGE, ("wobble",), "attack", "wobble(1)", song, out)
        self.refused(USAGE, ("bitrate_kbps",), "attack", "mp3(bitrate_kbps=100000)", song, out)

    def test_unknown_flags_and_commands_are_usage_errors(self):
        self.refused(USAGE, (), "generate", "--frobnicate")
        self.refused(USAGE, (), "frobnicate")

    def test_a_broken_key_file_is_refused(self):
        key = self.folder / "bad.key"
        for content in ("", "brandiron-key-v1 !!!!\n", "brandiron-key-v1 AAAA\n", "brandiron-key-v9 AAAA\n"):
            key.write_text(content)
            key.chmod(0o600)
            with self.subTest(content=content):
                self.refused(BAD_INPUT, ("bad.key",), "watermark", "verify", SONGS / "song/song.flac",
                             "--key", key)


class BadOutput(Case):
    def test_existing_output_is_kept(self):
        out = self.folder / "out.flac"
        out.write_text("mine")
        self.refused(OUTPUT_LOST, ("out.flac", "--overwrite"), "attack", "gain(db=-3)",
                     SONGS / "song/song.flac", out)
        self.assertEqual(out.read_text(), "mine")
        self.ok("attack", "gain(db=-3)", SONGS / "song/song.flac", out, "--overwrite")
        self.assertGreater(out.stat().st_size, 1000)

    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "file").write_text("not a folder")
        for out in (self.folder / "file/out.flac", "/proc/out.flac"):
            self.refused(OUTPUT_LOST, (), "attack", "gain(db=-3)", SONGS / "song/song.flac", out)

    def test_generate_into_a_place_that_cannot_be_written(self):
        (self.folder / "file").write_text("not a folder")
        self.refused(OUTPUT_LOST, (), "generate", "--preset", "debug", "-o", self.folder / "file/song")

    def test_a_full_disk_leaves_nothing_behind(self):
        # A file system of 256 KiB in a mount namespace of its own, as root or as a mapped root.
        script = ('mount -t tmpfs -o size=256k none "$1" || exit 99; disk=$1; shift; "$@"; code=$?; '
                  'find "$disk" -type f; exit $code')
        disk = self.folder / "disk"
        disk.mkdir()
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        if subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", str(disk)],
                          capture_output=True).returncode != 0:
            self.skipTest("this machine lets no test mount a file system")
        for command in (["attack", "gain(db=-3)", SONGS / "song/song.flac", disk / "out.wav", "-q"],
                        ["generate", "--preset", "debug", "-q", "-o", disk / "song"]):
            with self.subTest(command=command[0]):
                found = subprocess.run([*unshare, "sh", "-c", script, "sh", str(disk), str(BINARY),
                                        *map(str, command)], capture_output=True, text=True,
                                       env=environment(), stdin=subprocess.DEVNULL)
                self.assertEqual(found.returncode, OUTPUT_LOST, found.stderr)
                self.assertEqual(found.stdout, "", "files were left on the full disk")
                self.assertEqual(len(found.stderr.splitlines()), 1, found.stderr)


if __name__ == "__main__":
    main()
