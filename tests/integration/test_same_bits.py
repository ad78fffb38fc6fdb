#!/usr/bin/env python3
"""`lean` gives the same samples under every processor level, thread count and build that can be had here.

make_songs (tests/bench) is the generator without LibTorch and the command line: the stages of `lean` and the one exit.
QEMU's user emulation stands for other processors (`qemu-x86_64 -cpu`): the C library, libstdc++, FluidSynth and our own
dispatch all ask it what it can do. Parts whose tool is missing are skipped by name.
"""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import SOURCE, Case, environment, main

TOOL = Path(os.environ.get("BRANDIRON_MAKE_SONGS", SOURCE / "build/ci/tests/bench/make_songs")).resolve()
QEMU = shutil.which("qemu-x86_64")
DURATION_S, SEED = 15, 5
# Nothing beyond x86-64's first level; SSE4.2; AVX2 with fused multiply-add.
PROCESSORS = {"qemu64,-sse3": "x86_64 gcc", "Nehalem": "x86_64 gcc", "max": "x86_64 avx2"}
# What the C library may use; it decides which of its exp, log, sin and cos a program gets.
NO_WIDE = "-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-FMA,-FMA4,-BMI1,-BMI2,-ERMS,-SSE4_1,-SSE4_2"


class SameBits(Case):
    songs = 1

    def make(self, *prefix, tool=TOOL, songs=1, jobs=1, persona="rust-hollow", extra_env=None):
        """The hashes of songs by seed, and the processor that the program saw."""
        found = subprocess.run([*prefix, str(tool), str(self.folder), "--songs", str(songs), "--jobs", str(jobs), "--persona",
                                persona, "--duration", str(DURATION_S), "--seed", str(SEED)], capture_output=True, text=True,
                               timeout=900, env={**environment(), **(extra_env or {})})
        self.assertEqual(found.returncode, 0, found.stderr)
        *lines, batch = map(json.loads, found.stdout.splitlines())
        self.assertEqual(len(lines), songs)
        return {line["seed"]: (line["unmarked_pcm_sha256"], line["pcm_sha256"]) for line in lines}, batch["machine"]

    @classmethod
    def setUpClass(cls):
        if not TOOL.exists():
            raise unittest.SkipTest(f"{TOOL} is not built")

    def test_every_processor_level_gives_the_same_samples(self):
        if not QEMU:
            self.skipTest("qemu-x86_64 is not installed (apt-get install qemu-user)")
        here, _ = self.make()
        for processor, name in PROCESSORS.items():
            with self.subTest(processor=processor):
                there, machine = self.make(QEMU, "-cpu", processor)
                self.assertTrue(machine.startswith(name), f"{processor} shows itself as {machine}")
                self.assertEqual(there, here)

    def test_the_c_librarys_choice_of_functions_changes_nothing(self):
        here, _ = self.make()
        there, _ = self.make(extra_env={"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={NO_WIDE}"})
        self.assertEqual(there, here)

    def test_threads_change_nothing(self):
        one, _ = self.make(songs=8, jobs=1, persona="all")
        eight, _ = self.make(songs=8, jobs=8, persona="all")
        self.assertEqual(len(set(one.values())), 8)
        self.assertEqual(eight, one)

    def test_another_build_gives_the_same_samples(self):
        others = [p for p in sorted(SOURCE.glob("build/*/tests/bench/make_songs")) if p.resolve() != TOOL]
        others += [Path(p) for p in os.environ.get("BRANDIRON_OTHER_MAKE_SONGS", "").split(":") if p]
        if not others:
            self.skipTest("no other build of make_songs (cmake --preset release -DBRANDIRON_BUILD_TESTS=ON)")
        here, _ = self.make()
        for other in others:
            with self.subTest(build=str(other)):
                self.assertEqual(self.make(tool=other)[0], here)


if __name__ == "__main__":
    main()
