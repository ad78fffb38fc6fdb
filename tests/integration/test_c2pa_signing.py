#!/usr/bin/env python3
"""Signing with the outside world: time-stamping authorities and programs that hold the key.

Skipped, saying so, without openssl(1).
"""

import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from harness import SOURCE, main, plucked, write_wav
from time_stamp_authority import Authority, available

TOOL = Path(os.environ.get("BRANDIRON_C2PA_TOOL", SOURCE / "build/release/tests/integration/c2pa_tool"))
YEAR_S = 366 * 86400


@unittest.skipUnless(available(), "openssl(1) is not installed")
class Outside(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="brandiron-signing-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.plain = cls.folder / "plain.wav"
        write_wav(cls.plain, [plucked(0.5, 22050)], 22050)
        for name in ("es256", "ps256", "ed25519", "other"):
            (cls.folder / name).mkdir()
            cls.run_tool("make-ca", cls.folder / name, *([name] if name != "other" else []))
        cls.root = cls.folder / "es256" / "root.pem"

    @staticmethod
    def run_tool(*words, fails=False):
        found = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=60)
        if (found.returncode != 0) != fails:
            raise AssertionError(f"{words}\n{found.stdout}\n{found.stderr}")
        return found.stderr if fails else found.stdout

    def sign(self, *options, ca="es256", name="out.wav", fails=False):
        out = self.folder / name
        message = self.run_tool("sign", self.plain, out, self.folder / ca / "chain.pem",
                                self.folder / ca / "signing.key", *options, fails=fails)
        return message if fails else out

    def verify(self, path, *words):
        return json.loads(self.run_tool("verify", path, *words))

    def assert_one_line(self, message, *parts):
        self.assertEqual(message.count("\n"), 1, message)
        for part in parts:
            self.assertIn(part, message)


class TimeStamps(Outside):
    def test_a_trusted_time_stamp_outlives_the_certificate(self):
        with Authority(self.folder / "es256") as authority:
            stamped = self.sign("--tsa-url", authority.url)
        plain = self.sign(name="plain-signed.wav")
        later = int(time.time()) + YEAR_S
        self.assertEqual(self.verify(stamped, self.root)["state"], "trusted")
        then = self.verify(stamped, self.root, later)
        self.assertEqual((then["state"], then["failure"]), ("trusted", []))
        self.assertIn("timeStamp.trusted", then["success"])
        self.assertEqual(then["time_stamp"][1:],
                         ["Brandiron Tests, Test Time-Stamping Authority", True])
        self.assertEqual(self.verify(plain, self.root, later)["state"], "invalid")

    def test_an_authority_that_nobody_knows_changes_nothing(self):
        with Authority(self.folder / "other") as authority:
            stamped = self.sign("--tsa-url", authority.url)
        found = self.verify(stamped, self.root)
        self.assertEqual(found["state"], "trusted")
        self.assertEqual(found["informational"], ["timeStamp.untrusted"])
        self.assertFalse(found["time_stamp"][2])
        later = self.verify(stamped, self.root, int(time.time()) + YEAR_S)
        self.assertIn("signingCredential.expired", later["failure"])

    def test_answers_that_are_no_time_stamp_end_the_signing(self):
        old = []

        def stale(handler, request):
            if not old:
                old.append(authority.reply(request))
                return False
            authority.answer(handler, old[0])
            return True

        def redirect(handler, _):
            handler.send_response(302)
            handler.send_header("Location", "http://127.0.0.2:9/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        def endless(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Type", "application/timestamp-reply")
            handler.end_headers()
            try:
                for _ in range(40):
                    handler.wfile.write(bytes(1 << 16))
            except OSError:
                pass
            return True

        def web_page(handler, _):
            Authority.answer(handler, b"<html>", "text/html")
            return True

        def empty(handler, _):
            Authority.answer(handler, b"")
            return True

        for misbehave, part in ((redirect, "302"), (endless, "no answer"), (web_page, "timestamp-reply"),
                                (empty, "TimeStampResp")):
            with self.subTest(misbehave=misbehave.__name__):
                with Authority(self.folder / "es256", misbehave) as authority:
                    message = self.sign("--tsa-url", authority.url, name="never.wav", fails=True)
                self.assert_one_line(message, part)
                self.assertFalse((self.folder / "never.wav").exists())
        with Authority(self.folder / "es256", stale) as authority:
            self.sign("--tsa-url", authority.url)
            message = self.sign("--tsa-url", authority.url, name="never.wav", fails=True)
            self.assert_one_line(message, "another request")

    def test_an_authority_that_drips_is_left(self):
        def drip(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Type", "application/timestamp-reply")
            handler.end_headers()
            try:
                for _ in range(100):
                    handler.wfile.write(b"0")
                    time.sleep(0.2)
            except OSError:
                pass
            return True

        with Authority(self.folder / "es256", drip) as authority:
            start = time.monotonic()
            message = self.sign("--timeout", "1", "--tsa-url", authority.url, fails=True)
            self.assertLess(time.monotonic() - start, 5)
        self.assert_one_line(message, "no answer")

    def test_urls_that_cannot_be_used_are_refused(self):
        for url in ("ftp://host/", "host/tsa", "http://", "http://user@host/", "http://host:0/",
                    "http://host:99999/", "http://ho st/", "http://host/#x", "http://host/a\nb",
                    "http://h%6Fst/", "file:///etc/passwd"):
            with self.subTest(url=url):
                self.assert_one_line(self.sign("--tsa-url", url, fails=True), "time-stamping URL")


class SigningCommands(Outside):
    def dgst(self, ca, *options):
        words = ["openssl", "dgst", "-sha256", *options, "-sign", f"'{self.folder / ca / 'signing.key'}'"]
        return " ".join(words)

    def script(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return f"'{path}'"

    def test_a_program_signs_with_ecdsa_and_rsa(self):
        pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest")
        for ca, options in (("es256", ()), ("ps256", pss)):
            with self.subTest(ca=ca):
                out = self.sign("--sign-command", self.dgst(ca, *options), ca=ca)
                self.assertEqual(self.verify(out, self.folder / ca / "root.pem")["state"], "trusted")

    def test_a_program_that_does_not_sign_ends_the_signing(self):
        for command, part in (
                ("false", "exit code 1"), ("true", "no signature"), ("no-such-program-here", "started"),
                ("echo signature", "no ES256 signature"), (self.dgst("other"), "no ES256 signature"),
                ("cat /dev/zero", "64 KiB"), (self.script("kill.sh", "kill -9 $$"), "signal"),
                ("''", "expected a program"), ("'open", "quotes")):
            with self.subTest(command=command):
                message = self.sign("--sign-command", command, name="never.wav", fails=True)
                self.assert_one_line(message, "signing", part)
                self.assertFalse((self.folder / "never.wav").exists())

    def test_a_program_that_hangs_is_ended(self):
        start = time.monotonic()
        message = self.sign("--timeout", "1", "--sign-command", "sleep 30", fails=True)
        self.assertLess(time.monotonic() - start, 5)
        self.assert_one_line(message, "not done in time")

    def test_no_shell_reads_the_command(self):
        marker = self.folder / "marker"
        message = self.sign("--sign-command", f"echo x; touch {marker}", fails=True)
        self.assert_one_line(message, "no ES256 signature")
        self.assertFalse(marker.exists())


if __name__ == "__main__":
    main()
