#!/usr/bin/env python3
"""Disclosure end to end: all layers written, each lost in turn, led back, checked against the duties; power cuts."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BAD_INPUT, BINARY, NEGATIVE, OK, USAGE, Case, environment, main, plucked, run, write_wav

POWER_CUT = os.environ.get("BRANDIRON_POWER_CUT", "")
FACTS = ["--provider", "Example Music Ltd", "--system", "example-singer", "--system-version", "2.1",
         "--title", "A <b>Title</b> & more"]
CREDITS = [word for role in ["vocals", "instrumentation", "composition", "post-production", "lyrics"]
           for word in ("--credit", f"{role}=full")]


class Disclosure(Case):
    @classmethod
    def setUpClass(cls):
        cls.made = Path(tempfile.mkdtemp(prefix="brandiron-made-"))
        cls.addClassCleanup(shutil.rmtree, cls.made, True)
        write_wav(cls.made / "in.wav", [plucked(16, 32000, seed) for seed in (1, 2)], 32000)
        write_wav(cls.made / "other.wav", [plucked(16, 32000, seed) for seed in (7, 8)], 32000)

    def setUp(self):
        super().setUp()
        self.ok("watermark", "keygen", "-o", self.folder / "my.key")
        self.ok("disclose", "make-test-ca", "-o", self.folder / "ca")
        self.source = self.made / "in.wav"
        self.key = ["--key", self.folder / "my.key"]
        self.registry = ["--registry", self.folder / "log.sqlite"]
        self.trust = ["--trust", self.folder / "ca/root.pem"]
        self.sign = ["--certificates", self.folder / "ca/chain.pem", "--signing-key", self.folder / "ca/signing.key"]

    def disclose(self, source, out, *more):
        return self.json("disclose", source, out, *self.key, *self.sign, *self.registry, *FACTS, *CREDITS, *more)

    def check(self, file, profile="eu", *more):
        return self.json("disclose", "check", file, *self.key, *self.trust, *self.registry, "--profile", profile, *more)

    def failed(self, check):
        return [duty["id"] for duty in check["duties"] if duty["outcome"] == "fail" and not duty["optional"]]


class Layers(Disclosure):
    def test_every_container_passes_every_profile_with_all_its_layers(self):
        for kind in ["wav", "flac", "mp3", "ogg", "opus"]:
            with self.subTest(kind=kind):
                out = self.folder / f"out.{kind}"
                report = self.disclose(self.source, out, "--profile", "eu,ca,cn,ddex")
                check = self.check(out, "eu,ca,cn,ddex")
                self.assertEqual(self.failed(check), [])
                self.assertTrue(check["passes"], check["findings"])
                layers = check["layers"]
                self.assertEqual(layers["manifest"]["verdict"], "trusted")
                self.assertEqual(layers["watermark"]["payload_hex"], report["payload_hex"])
                self.assertEqual(layers["manifest"]["soft_bindings"][0]["value"], report["payload_hex"])
                self.assertEqual(layers["tags"]["payload_hex"], report["payload_hex"])
                self.assertEqual(layers["tags"]["content_id"], report["content_id"])
                self.assertEqual(layers["notice_start"]["verdict"], "morse")
                self.assertEqual(check["registry"]["verdict"], "confirmed")
                sidecar = self.folder / "out.c2pa"
                self.assertEqual(sidecar.exists(), kind in ("ogg", "opus"))
                sidecar.unlink(missing_ok=True)

    def test_a_stripped_and_re_encoded_copy_leads_back_to_its_manifest(self):
        out, stripped = self.folder / "out.flac", self.folder / "stripped.mp3"
        report = self.disclose(self.source, out)
        self.ok("attack", "mp3(bitrate_kbps=64)", out, stripped)
        check = self.check(stripped)
        self.assertEqual(self.failed(check), ["eu.signed-metadata", "eu.time-stamp", "eu.cross-reference"])
        found = self.json("disclose", "recover", stripped, *self.key, *self.registry, *self.trust,
                          "-o", self.folder / "found.c2pa")
        self.assertEqual(found["verdict"], "confirmed")
        self.assertEqual(found["payloads"][0]["entries"][0]["content_id"], report["content_id"])
        self.assertIn("genuine, signer trusted", found["manifest"])
        self.assertGreater((self.folder / "found.c2pa").stat().st_size, 1000)

    def test_tags_and_manifest_alone_leave_the_audio_bytes_alone(self):
        mp3 = self.folder / "in.mp3"
        self.ok("attack", "gain(0)", self.source, mp3)
        out = self.folder / "out.mp3"
        report = self.json("disclose", mp3, out, "--layers", "tags,c2pa", *self.sign, *FACTS, "--no-registry")
        self.assertFalse(report["reencoded"])
        audio = mp3.read_bytes()
        if audio[:3] == b"ID3":
            size = 0
            for byte in audio[6:10]:
                size = size * 128 + byte
            audio = audio[10 + size:]
        self.assertTrue(out.read_bytes().endswith(audio))

    def test_an_earlier_manifest_becomes_the_parent_and_an_earlier_mark_stays(self):
        first, second = self.folder / "first.wav", self.folder / "second.flac"
        one = self.disclose(self.source, first)
        two = self.disclose(first, second)
        self.assertTrue(two["kept_mark"] and two["kept_manifest"])
        self.assertEqual(one["payload_hex"], two["payload_hex"])
        check = self.check(second)
        self.assertEqual(check["layers"]["manifest"]["verdict"], "trusted")
        self.assertEqual(check["layers"]["manifest"]["ingredients"], 1)
        self.assertEqual([action["action"] for action in check["layers"]["manifest"]["actions"]][0], "c2pa.opened")

    def test_another_payload_under_the_same_key_is_refused(self):
        first = self.folder / "first.wav"
        self.disclose(self.source, first, "--payload", "1111")
        self.refused(USAGE, ["0000000000001111", "2222"], "disclose", first, self.folder / "second.wav", *self.key,
                     *self.sign, *FACTS, "--payload", "2222", "--no-registry")
        self.assertFalse((self.folder / "second.wav").exists())

    def test_a_changed_file_is_called_invalid_and_layers_that_disagree_are_named(self):
        out = self.folder / "out.wav"
        self.disclose(self.source, out)
        data = bytearray(out.read_bytes())
        for i in range(16):
            data[20000 + i] ^= 0x55
        out.write_bytes(data)
        check = self.check(out)
        self.assertEqual(check["layers"]["manifest"]["verdict"], "invalid")
        self.assertFalse(check["passes"])
        self.assertIn("manifest is invalid", " ".join(check["findings"]))
        self.assertEqual(run("disclose", "check", out, *self.key, "--exit-code").returncode, NEGATIVE)

    def test_a_mark_moved_onto_other_audio_is_called_a_copy(self):
        self.disclose(self.source, self.folder / "out.flac", "--payload", "abcd")
        # Whoever has the key could do this without any estimate; the registry cannot tell, and need not.
        self.ok("watermark", "embed", self.made / "other.wav", self.folder / "forged.flac", *self.key, "--payload", "abcd")
        check = self.check(self.folder / "forged.flac")
        self.assertEqual(check["registry"]["verdict"], "copied")
        self.assertFalse(check["passes"])

    def test_nothing_personal_is_shown(self):
        self.ok("attack", "gain(0)", self.source, self.folder / "in.flac")
        named = self.folder / "named.flac"
        self.json("disclose", self.folder / "in.flac", named, "--layers", "tags,c2pa", *self.sign, *FACTS,
                  "--artist", "Jane Q. Private", "--no-registry")
        shown = run("disclose", "check", named, "--json").stdout + run("disclose", "check", named).stdout
        self.assertNotIn("Private", shown)

    def test_what_is_missing_is_named_with_the_flag_that_adds_it(self):
        out = self.folder / "out.flac"
        self.json("disclose", self.source, out, *self.key, "--layers", "watermark,tags", "--system", "x", "--no-registry")
        check = self.json("disclose", "check", out, *self.key, "--profile", "ca,ddex")
        reasons = {duty["id"]: duty["why"] for duty in check["duties"] if duty["outcome"] == "fail"}
        self.assertIn("--provider", reasons["ca.provider"])
        self.assertIn("--system-version", reasons["ca.version"])
        self.assertIn("--credit vocals=", reasons["ddex.vocals"])


class Refusals(Disclosure):
    def test_unsuitable_orders_are_refused_in_one_line(self):
        out = self.folder / "out.flac"
        base = ["disclose", self.source, out]
        self.refused(USAGE, ["watermark layer needs a key"], *base, "--layers", "watermark", "--system", "x")
        self.refused(USAGE, ["--certificates", "--layers"], *base, *self.key, "--system", "x")
        self.refused(USAGE, ["layer \"tag\""], *base, *self.key, "--layers", "tag")
        self.refused(USAGE, ["profile \"us\""], *base, *self.key, "--profile", "us")
        self.refused(USAGE, ["--system"], *base, *self.key, *self.sign, "--no-registry")
        self.refused(USAGE, ["vocals"], *base, *self.key, *self.sign, *FACTS, "--credit", "drums=full")
        self.refused(USAGE, [".xyz"], "disclose", self.source, self.folder / "out.xyz", *self.key, *self.sign, *FACTS)
        self.refused(BAD_INPUT, ["my.key"], *base, *self.key, "--certificates", self.folder / "my.key", "--signing-key",
                     self.folder / "my.key", *FACTS, "--no-registry")
        self.refused(BAD_INPUT, ["nowhere.sqlite"], "disclose", "recover", self.source, "--registry",
                     self.folder / "nowhere.sqlite")
        self.assertEqual([p.name for p in self.folder.glob("out*")], [])

    def test_secrets_stay_out_of_every_message(self):
        secret = (self.folder / "my.key").read_text().split()[-1]
        pem = (self.folder / "ca/signing.key").read_text().splitlines()[1]
        said = [self.ok("disclose", self.source, self.folder / "out.flac", *self.key, *self.sign, *FACTS, "-v", "-v",
                        "--registry", self.folder / "log.sqlite"),
                run("disclose", self.source, self.folder / "out2.flac", "--key", self.folder / "ca/signing.key", *FACTS)]
        for found in said:
            self.assertNotIn(secret, found.stdout + found.stderr)
            self.assertNotIn(pem, found.stdout + found.stderr)


@unittest.skipUnless(POWER_CUT and Path(POWER_CUT).exists(), "the power-cut library was not built")
class PowerCut(Disclosure):
    def attempt(self, out, at):
        env = {**environment(), "LD_PRELOAD": POWER_CUT, "POWER_CUT_AT": str(at),
               "POWER_CUT_COUNT": str(self.folder / "count")}
        arguments = ["disclose", self.source, out, *self.key, *self.sign, *self.registry, *FACTS, "--payload", "77"]
        return subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, env=env)

    def test_at_any_call_the_output_is_whole_or_absent_and_the_log_verifies(self):
        self.source = self.folder / "short.wav"
        write_wav(self.source, [plucked(6, 22050, 3)], 22050)
        for kind in ["wav", "ogg"]:
            # A log that is made afresh each time, then one that grows.
            registry, fresh = self.registry[1], kind == "wav"
            registry.unlink(missing_ok=True)
            for name in ["whole", "again"]:
                if fresh:
                    registry.unlink(missing_ok=True)
                whole = self.attempt(self.folder / f"{name}.{kind}", 0)
                self.assertEqual(whole.returncode, OK, whole.stderr)
            calls = int((self.folder / "count").read_text())
            self.assertGreater(calls, 20)
            # Every call at the end, where files and log are shown; a sample of the writes before.
            points = sorted(set(range(1, calls + 1, max(1, calls // 12))) | set(range(max(1, calls - 24), calls + 1)))
            for at in points:
                out = self.folder / f"cut.{kind}"
                for leftover in [out, self.folder / "cut.c2pa", *self.folder.glob(".tmp.*")]:
                    leftover.unlink(missing_ok=True)
                if fresh:
                    for part in self.folder.glob(registry.name + "*"):
                        part.unlink()
                with self.subTest(kind=kind, at=at, of=calls):
                    cut = self.attempt(out, at)
                    # An Ogg stream has a page more or less, as its serial number falls.
                    self.assertTrue(cut.returncode == 137 or at > calls - 3 and cut.returncode == OK, cut.stderr)
                    if out.exists():
                        self.assertEqual(self.check(out)["layers"]["manifest"]["verdict"], "trusted")
                        # Six seconds are too few for the fingerprint, but the payload must be there.
                        self.assertIn(self.check(out)["registry"]["verdict"], ("confirmed", "unchecked"))
                    if not registry.exists():
                        continue
                    # One that was cut off before its first entry may be no registry yet; the next run mends it.
                    log = run("disclose", "log", *self.registry, "--json")
                    if log.returncode != OK:
                        self.assertFalse(out.exists())
                        self.assertEqual(self.attempt(self.folder / f"mended-{at}.{kind}", 0).returncode, OK, log.stderr)
                        log = run("disclose", "log", *self.registry, "--json")
                    self.assertTrue(json.loads(log.stdout)["intact"], log)


if __name__ == "__main__":
    main()
