#!/usr/bin/env python3
"""Our C2PA manifests before c2pa-rs (the npm package c2pa-wasm), and its manifests before ours.

Skipped, saying so, without node, npm or the registry. BRANDIRON_C2PA_WASM may name a folder with the
package in its node_modules; else it is fetched into a temporary folder.
"""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import SOURCE, main, plucked, write_wav
from time_stamp_authority import Authority, available

TOOL = Path(os.environ.get("BRANDIRON_C2PA_TOOL", SOURCE / "build/release/tests/integration/c2pa_tool"))
ORACLE = Path(__file__).with_name("c2pa_oracle.mjs")
PACKAGE = "@contentauth/c2pa-wasm@0.13.3"
MISMATCH = "assertion.dataHash.mismatch"
KINDS = ["wav", "flac", "mp3"]


def fetched(folder):
    """A folder that holds the package, or None and why not."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node or npm is not installed"
    given = os.environ.get("BRANDIRON_C2PA_WASM")
    if given:
        return Path(given), ""
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}')
    try:
        found = subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1",
             "--fetch-timeout=20000", PACKAGE], cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None, "the npm registry does not answer"
    if found.returncode != 0:
        return None, f"npm cannot fetch {PACKAGE}: {found.stderr.strip().splitlines()[-1:]}"
    return folder, ""


def id3_title(title):
    frame = b"TIT2" + bytes([0, 0, 0, len(title) + 1]) + b"\0\0" + b"\3" + title
    return b"ID3\4\0\0" + bytes([0, 0, 0, len(frame)]) + frame


def flac_bytes():
    """A FLAC header and pseudo frames: c2pa does not decode audio."""
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + bytes.fromhex("0ac442f000000000") + bytes(16)
    return b"fLaC" + bytes([0x80, 0, 0, 34]) + info + bytes(i * 7 % 251 for i in range(20000))


def mp3_bytes():
    """Frames of 417 bytes, as MPEG-1 layer III has at 128 kbit/s and 44.1 kHz; silence."""
    return (bytes.fromhex("fffb9064") + bytes(413)) * 60


def flipped(path, out):
    """16 bytes changed in the audio, well away from the manifest."""
    data = bytearray(path.read_bytes())
    at = 2000 if path.suffix == ".wav" else len(data) - 2000
    for i in range(16):
        data[at + i] ^= 0x55
    out.write_bytes(data)
    return out


class Interoperability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="brandiron-c2pa-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.package, cls.why_not = fetched(cls.folder / "npm")
        if not cls.package:
            return
        cls.tool("make-ca", cls.folder)
        cls.chain, cls.key, cls.root = (cls.folder / n for n in ("chain.pem", "signing.key", "root.pem"))
        write_wav(cls.folder / "plain.wav", [plucked(0.5, 22050)], 22050)
        (cls.folder / "plain.flac").write_bytes(flac_bytes())
        (cls.folder / "plain.mp3").write_bytes(id3_title(b"kept") + mp3_bytes())

    def setUp(self):
        if not self.package:
            self.skipTest(self.why_not)

    @staticmethod
    def command(*words, cwd=None):
        found = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True,
                               timeout=120)
        if found.returncode != 0:
            raise AssertionError(f"{words}\n{found.stdout}\n{found.stderr}")
        return found.stdout

    @classmethod
    def tool(cls, *words):
        return cls.command(TOOL, *words)

    def signed_by_us(self, kind, source=None, name="ours", options=()):
        out = self.folder / f"{name}.{kind}"
        self.tool("sign", source or self.folder / f"plain.{kind}", out, self.chain, self.key, *options)
        return out

    def signed_by_oracle(self, kind, source=None, name="theirs", parent=None):
        out = self.folder / f"{name}.{kind}"
        self.command("node", ORACLE, "sign", self.chain, self.key,
                     source or self.folder / f"plain.{kind}", out, *([parent] if parent else []),
                     cwd=self.package)
        return out

    def oracle(self, path, root=None):
        return json.loads(
            self.command("node", ORACLE, "verify", root or self.root, path, cwd=self.package))

    def ours(self, path, *root):
        return json.loads(self.tool("verify", path, *root))

    def assert_both_agree(self, good, bad):
        """Trusted with the root, Valid without, Invalid once the audio is changed: both say so."""
        theirs = self.oracle(good)
        self.assertEqual(theirs["trusted"], {"state": "Trusted", "failure": []}, good.name)
        self.assertEqual(theirs["unknown"], {"state": "Valid",
                                             "failure": ["signingCredential.untrusted"]}, good.name)
        self.assertEqual(self.ours(good, self.root)["state"], "trusted", good.name)
        unknown = self.ours(good)
        self.assertEqual((unknown["state"], unknown["failure"]),
                         ("valid", ["signingCredential.untrusted"]), good.name)
        theirs = self.oracle(bad)["trusted"]
        self.assertEqual((theirs["state"], theirs["failure"]), ("Invalid", [MISMATCH]), bad.name)
        ours = self.ours(bad, self.root)
        self.assertEqual((ours["state"], ours["failure"]), ("invalid", [MISMATCH]), bad.name)

    def test_both_judge_our_files_alike(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                good = self.signed_by_us(kind)
                self.assert_both_agree(good, flipped(good, self.folder / f"ours-bad.{kind}"))

    def test_both_judge_the_files_of_c2pa_rs_alike(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                good = self.signed_by_oracle(kind)
                self.assert_both_agree(good, flipped(good, self.folder / f"theirs-bad.{kind}"))
                found = self.ours(good, self.root)
                self.assertEqual(found["soft_bindings"], [["org.example.1", "0102"]])
                self.assertEqual(found["actions"][0][0], "c2pa.created")

    def test_both_trust_our_manifest_over_an_older_one_of_either(self):
        for kind in KINDS:
            for maker, name in ((self.signed_by_us, "by-us"), (self.signed_by_oracle, "by-them")):
                with self.subTest(kind=kind, parent=name):
                    parent = maker(kind, name=name)
                    good = self.signed_by_us(kind, parent, "over-" + name)
                    self.assertEqual(len(self.ours(good, self.root)["ingredients"]), 1)
                    self.assert_both_agree(good, flipped(good, self.folder / f"over-bad.{kind}"))

    def test_both_trust_every_algorithm_of_ours(self):
        for algorithm in ("es384", "es512", "ps256", "ed25519"):
            with self.subTest(algorithm=algorithm):
                ca = self.folder / algorithm
                ca.mkdir()
                self.tool("make-ca", ca, algorithm)
                out, bad = ca / "out.wav", ca / "bad.wav"
                self.tool("sign", self.folder / "plain.wav", out, ca / "chain.pem", ca / "signing.key")
                self.assertEqual(self.oracle(out, ca / "root.pem")["trusted"],
                                 {"state": "Trusted", "failure": []})
                self.assertEqual(self.ours(out, ca / "root.pem")["state"], "trusted")
                # The claim's title, which the signature covers.
                bad.write_bytes(out.read_bytes().replace(b"a test", b"A test", 1))
                self.assertEqual(self.oracle(bad, ca / "root.pem")["trusted"]["state"], "Invalid")
                self.assertIn("claimSignature.mismatch", self.ours(bad, ca / "root.pem")["failure"])

    @unittest.skipUnless(available(), "openssl(1) is not installed")
    def test_both_trust_our_time_stamps(self):
        with Authority(self.folder) as authority:
            for kind in KINDS:
                with self.subTest(kind=kind):
                    good = self.signed_by_us(kind, name="stamped", options=("--tsa-url", authority.url))
                    theirs = self.oracle(good)
                    self.assertEqual(theirs["trusted"], {
                        "state": "Trusted", "failure": [],
                        "stamp": ["timeStamp.validated", "timeStamp.trusted"]})
                    self.assertEqual(theirs["unknown"]["stamp"],
                                     ["timeStamp.validated", "timeStamp.untrusted"])
                    ours = self.ours(good, self.root)
                    self.assertEqual((ours["state"], ours["failure"], ours["time_stamp"][2]),
                                     ("trusted", [], True))
                    bad = flipped(good, self.folder / f"stamped-bad.{kind}")
                    self.assertEqual(self.oracle(bad)["trusted"]["failure"], [MISMATCH])
                    self.assertEqual(self.ours(bad, self.root)["failure"], [MISMATCH])

    def test_both_judge_the_ingredients_of_c2pa_rs_alike(self):
        for kind in KINDS:
            for maker, name in ((self.signed_by_us, "theirs-on-us"),
                                (self.signed_by_oracle, "theirs-on-them")):
                with self.subTest(kind=kind, parent=name):
                    parent = maker(kind, name=name + "-parent")
                    good = self.signed_by_oracle(kind, parent, name, parent)
                    self.assertEqual(self.ours(good, self.root)["parents"], [["trusted", []]])
                    self.assert_both_agree(good, flipped(good, self.folder / f"{name}-bad.{kind}"))

    def test_a_broken_parent_is_kept_and_what_is_wrong_with_it_recorded(self):
        for kind in KINDS:
            for maker, name in ((self.signed_by_us, "broken-us"), (self.signed_by_oracle, "broken-them")):
                with self.subTest(kind=kind, parent=name):
                    parent = maker(kind, name=name)
                    broken = flipped(parent, self.folder / f"{name}-audio.{kind}")
                    title = b"dc:title"
                    data = bytearray(broken.read_bytes())
                    at = data.rindex(title) + len(title) + 1
                    data[at] ^= 1  # a letter of the claim's title: the signature covers it
                    broken.write_bytes(data)
                    self.assertIn("claimSignature.mismatch", self.ours(broken, self.root)["failure"])
                    good = self.signed_by_us(kind, broken, "over-" + name)
                    found = self.ours(good, self.root)
                    self.assertEqual(found["parents"][0][0], "invalid")
                    self.assertIn("claimSignature.mismatch", found["parents"][0][1])
                    self.assert_both_agree(good, flipped(good, self.folder / f"over-{name}-bad.{kind}"))

    def test_both_miss_nothing_when_a_tag_is_edited(self):
        good = self.signed_by_us("mp3")
        bad = self.folder / "renamed.mp3"
        bad.write_bytes(good.read_bytes().replace(b"kept", b"lost", 1))
        self.assertEqual(self.oracle(bad)["trusted"]["failure"], [MISMATCH])
        self.assertEqual(self.ours(bad, self.root)["failure"], [MISMATCH])


if __name__ == "__main__":
    main()
