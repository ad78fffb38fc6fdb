#!/usr/bin/env python3
"""The installed C library, as a stranger would use it: install, compile, link, run."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import SOURCE, main

BUILD = Path(os.environ.get("BRANDIRON_BUILD", SOURCE / "build/release")).resolve()
EXAMPLE = SOURCE / "watermark/examples/mark_and_verify.c"
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]

CMAKE_PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES C)
find_package(brandiron-watermark 0.1 REQUIRED)
add_executable(example "{example}")
target_link_libraries(example PRIVATE brandiron::watermark-c m)
"""


def command(*arguments, **options):
    found = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=300,
                           **options)
    if found.returncode != 0:
        raise AssertionError(f"{arguments}\n{found.stdout}\n{found.stderr}")
    return found.stdout


class CLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="brandiron-c-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        command("cmake", "--install", BUILD, "--component", "watermark", "--prefix",
                cls.folder / "first")
        # Moved after the installation: nothing may remember where it was.
        (cls.folder / "first").rename(cls.folder / "prefix")
        cls.prefix = cls.folder / "prefix"
        cls.library = next(cls.prefix.rglob("libbrandiron_watermark.so.1"))
        cls.environment = {**os.environ, "LD_LIBRARY_PATH": str(cls.library.parent)}

    def assert_marks(self, program):
        printed = command(program, env=self.environment)
        self.assertRegex(printed, r"MARKED, p \S+, payload right")

    def test_the_example_builds_with_pkg_config_and_reads_its_mark(self):
        pc = next(self.prefix.rglob("brandiron-watermark.pc"))
        flags = command("pkg-config", "--cflags", "--libs", "brandiron-watermark",
                        env={**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}).split()
        program = self.folder / "by-pkg-config"
        command("cc", *STRICT, "-O1", EXAMPLE, "-o", program, *flags, "-lm")
        self.assert_marks(program)

    def test_the_example_builds_with_cmake_and_reads_its_mark(self):
        project = self.folder / "stranger"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(CMAKE_PROJECT.format(example=EXAMPLE))
        command("cmake", "-S", project, "-B", project / "build",
                f"-DCMAKE_PREFIX_PATH={self.prefix}")
        command("cmake", "--build", project / "build")
        self.assert_marks(project / "build/example")

    def test_the_header_is_strict_c_and_c_plus_plus(self):
        header = next(self.prefix.rglob("brandiron_watermark.h"))
        command("cc", *STRICT, "-fsyntax-only", "-x", "c", header)
        command("c++", "-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                "-x", "c++", header)

    def test_only_the_declared_functions_leave_the_library(self):
        header = next(self.prefix.rglob("brandiron_watermark.h")).read_text()
        declared = set(re.findall(r"\b(brandiron_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.S)))
        shown = command("nm", "-D", "--defined-only", self.library)
        exported = {line.split()[2].split("@")[0] for line in shown.splitlines()
                    if line.split()[1] in "TWVBDRu"}
        self.assertEqual(exported, declared)

    def test_the_library_brings_no_network_and_no_generator(self):
        needed = command("ldd", self.library)
        self.assertNotRegex(needed, r"lib(torch|c10|fluidsynth|flite|openblas|fftw3)")
        self.assertIn("libsndfile", needed)

    def test_the_manual_page_has_no_warnings(self):
        for page in sorted((SOURCE / "docs/man").iterdir()):
            found = subprocess.run(["groff", "-mandoc", "-Tutf8", "-ww", "-z", str(page)],
                                   capture_output=True, text=True)
            self.assertEqual((found.returncode, found.stderr), (0, ""), page.name)


if __name__ == "__main__":
    main()
