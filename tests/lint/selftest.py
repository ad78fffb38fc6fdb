#!/usr/bin/env python3
"""Plants one breach of each house rule in a small tree and expects lint.py to find it."""

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import lint  # noqa: E402

CLEAN = {
    "core/include/brandiron/core/a.h": "#pragma once\n\n#include <string>\n",
    "gen/include/brandiron/gen/b.h": '#pragma once\n\n#include "brandiron/core/a.h"\n',
    "gen/src/song/publish.cpp": "void publish() { write_audio(); }\n",
    "gen/src/other.cpp": "int x;\n",
    "CMakeLists.txt": "find_package(fmt REQUIRED)\n",
    "packaging/debian-packages.txt": "# list\n[build]\nlibfmt-dev  text\n",
    "docs/claims.md": "| `a.b` | 3 | `x` | 5 | - | 1 |\n\n[page](claims.md) [x](https://example.org)\n",
    "experiments/recipes/a/expected.json": '{"figures": {"a.b": {"shown": "3", "n": 5}}}',
}

# rule -> list of (file, content that breaks it, words of the complaint)
BREACHES = {
    "siblings": [
        ("detect/src/x.cpp", '#include "brandiron/watermark/key.h"\n', "may not include watermark"),
        ("core/src/x.cpp", '#include "brandiron/gen/b.h"\n', "may not include gen"),
        ("gen/src/x.cpp", '#include "../../watermark/src/y.h"\n', "reaches into another module"),
    ],
    "public-headers": [
        ("core/include/brandiron/core/x.h", "#include <sndfile.h>\n", "third-party"),
        ("gen/include/brandiron/gen/x.h", "#include <nlohmann/json.hpp>\n", "third-party"),
        ("gen/include/brandiron/gen/x.h", '#include "song/private.h"\n', "third-party or private"),
    ],
    "torch": [("detect/src/x.cpp", "#include <torch/torch.h>\n", "LibTorch outside models")],
    "one-exit": [
        ("gen/src/band/x.cpp", "void f() { write_audio(p, a); }\n", "unmarked audio could leave"),
        ("gen/src/x.cpp", "AudioWriter writer(p, 1, 2);\n", "unmarked audio could leave"),
        ("gen/src/song/publish.cpp", None, "the one exit is missing"),
    ],
    "bit-exact": [
        ("CMakeLists.txt", "add_compile_options(-ffast-math)\n", "ffast-math"),
        ("gen/src/x.cpp", "std::normal_distribution<double> d;\n", "normal_distribution"),
    ],
    "libm": [("gen/src/x.cpp", "double y = std::sin(x);\n", "std::sin")],
    "format": [("core/src/x.cpp", "int   f( ){return 1 ;}\n", "not formatted")],
    "header-alone": [("core/include/brandiron/core/x.h", "std::string f();\n", "does not compile alone")],
    "packages": [
        ("CMakeLists.txt", "find_package(spdlog REQUIRED)\n", "not in packaging"),
        ("CMakeLists.txt", "find_package(Nonesuch REQUIRED)\n", "does not know"),
        ("CMakeLists.txt", "pkg_check_modules(X REQUIRED IMPORTED_TARGET soxr)\n", "libsoxr-dev"),
    ],
    "links": [("docs/x.md", "[there](missing.md)\n", "broken link")],
    "machine-paths": [("docs/x.md", "see /ro" + "ot/notes\n", "path of one machine")],
    "unfinished": [
        ("core/src/x.cpp", "// TO" + "DO: later\n", "unfinished"),
        ("tests/x.cpp", "TEST(A, DIS" + "ABLED_B) {}\n", "unfinished"),
        ("docs/x.wav", "RIFF", "recordings"),
    ],
    "claims": [
        ("docs/claims.md", "| `a.b` | 4 | `x` | 5 | - | 1 |\n", "the page says"),
        ("docs/claims.md", "| `a.b` | 3 | `x` | 6 | - | 1 |\n", "n is"),
        ("docs/claims.md", "| `a.c` | 3 | `x` | 5 | - | 1 |\n", "no expected.json"),
        ("docs/claims.md", "none\n", "no row"),
    ],
}


def plant(folder, files):
    for name, content in files.items():
        path = Path(folder) / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


class RulesCanFail(unittest.TestCase):
    def breaches(self, rule, extra=None, build=None):
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, CLEAN)
            plant(folder, extra or {})
            return list(lint.RULES[rule](lint.Tree(folder, build)))

    def test_a_clean_tree_passes_every_rule(self):
        for rule in BREACHES:
            with self.subTest(rule=rule):
                self.assertEqual(self.breaches(rule), [])

    def test_every_rule_without_a_build_is_tried_here(self):
        self.assertEqual(set(BREACHES), set(lint.RULES) - lint.NEED_BUILD)

    def test_each_planted_breach_is_found(self):
        for rule, cases in BREACHES.items():
            for name, content, words in cases:
                with self.subTest(rule=rule, file=name, words=words):
                    found = self.breaches(rule, {name: content})
                    self.assertTrue(any(words in line for line in found), found)

    def test_a_comment_may_name_what_code_may_not(self):
        self.assertEqual(self.breaches("one-exit", {"gen/src/x.cpp": "// write_audio is elsewhere\n"}), [])

    def test_the_library_lists_know_their_names(self):
        for library in ("libfftw3f.so.3", "librubberband.so.2", "libespeak-ng.so.1", "libreadline.so.8"):
            self.assertTrue(lint.GPL_LIBRARIES.match(library), library)
        for library in ("libtorch_cpu.so.1.13", "libc10.so.1.13", "libfluidsynth.so.3", "libavcodec.so.59"):
            self.assertTrue(lint.TORCH_FREE_DENIED.match(library), library)
        for library in ("libsndfile.so.1", "libsoxr.so.0", "libcrypto.so.3", "libc.so.6", "libmp3lame.so.0"):
            self.assertFalse(lint.GPL_LIBRARIES.match(library) or lint.TORCH_FREE_DENIED.match(library))

    @unittest.skipUnless(shutil.which("readelf"), "needs binutils")
    def test_a_missing_binary_is_a_breach(self):
        with tempfile.TemporaryDirectory() as folder:
            for rule in lint.NEED_BUILD:
                self.assertTrue(list(lint.RULES[rule](lint.Tree(folder, folder))), rule)


if __name__ == "__main__":
    os.environ.pop("GIT_DIR", None)
    unittest.main()
