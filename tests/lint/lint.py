#!/usr/bin/env python3
"""The house rules as tests. Standard library only.

  lint.py RULE [--root DIR] [--build DIR]   one rule; exit 1 and one line a breach
  lint.py --all [--root DIR]                every rule that needs no build
  lint.py --list                            the rules

Each rule is a function `rule_NAME(tree)` that yields breaches. tests/lint/selftest.py plants a breach
of each and expects it to be found: a rule that cannot fail is no rule.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MODULES = ["core", "models", "gen", "watermark", "detect", "experiments", "app"]

# Whom each module may include. gen, watermark and detect never meet: a verifier must not carry a
# generator, and a detector must never see a key.
ARROWS = {
    "core": {"core"},
    "models": {"core", "models"},
    "gen": {"core", "models", "gen"},
    "watermark": {"core", "models", "watermark"},
    "detect": {"core", "models", "detect"},
    "experiments": {"core", "gen", "watermark", "detect", "experiments"},
    "app": set(MODULES),
}

TORCH = re.compile(r"^(torch|ATen|c10|caffe2)(/|$)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# What makes audio leave the program.
AUDIO_EXITS = re.compile(r"\b(write_audio|encode_audio|AudioWriter|sf_open\w*|sf_write\w*)\b")
THE_EXIT = "gen/src/song/publish.cpp"

# Libraries under the GPL (or unclear) that nothing of ours may name as its own need. Debian's LibTorch
# and FluidSynth bring some behind them: docs/adr/0003 names those.
GPL_LIBRARIES = re.compile(
    r"lib(fftw3\w*|rubberband|espeak-ng|espeak|readline|x264|x265|gsl|gslcblas|postproc|sox|mad|"
    r"aubio|essentia|vamp-hostsdk|zita\S*|ladspa\S*|poppler\S*|cdio\S*|gmp)[.-]")
TORCH_FREE_DENIED = re.compile(
    r"lib(torch\w*|c10|fluidsynth|flite\w*|avcodec|avformat|avutil|opencv\w*|openblas|blas|lapack)[.-]")

# find_package / pkg_check_modules / find_library names -> the Debian package that holds them.
PACKAGES = {
    "Torch": "libtorch-dev", "Eigen3": "libeigen3-dev", "OpenSSL": "libssl-dev",
    "fmt": "libfmt-dev", "spdlog": "libspdlog-dev", "tomlplusplus": "libtomlplusplus-dev",
    "nlohmann_json": "nlohmann-json3-dev", "Boost": "libboost-dev", "CLI11": "libcli11-dev",
    "GTest": "libgtest-dev", "benchmark": "libbenchmark-dev", "ZLIB": "zlib1g-dev",
    "PkgConfig": "pkg-config", "Python3": "python3", "sndfile": "libsndfile1-dev",
    "soxr": "libsoxr-dev", "libebur128": "libebur128-dev", "fluidsynth": "libfluidsynth-dev",
    "flite": "flite1-dev", "flite_usenglish": "flite1-dev", "flite_cmulex": "flite1-dev",
    "flite_cmu_us_kal16": "flite1-dev", "flite_cmu_us_kal": "flite1-dev",
    "flite_cmu_us_rms": "flite1-dev", "flite_cmu_us_awb": "flite1-dev",
    "flite_cmu_us_slt": "flite1-dev", "taglib": "libtag1-dev", "libarchive": "libarchive-dev",
    "LibArchive": "libarchive-dev", "SQLite3": "libsqlite3-dev", "cpp-httplib": "libcpp-httplib-dev",
    "Threads": None, "ccache": "ccache", "m": None,
}


class Tree:
    """The checkout under test."""

    def __init__(self, root, build=None):
        self.root = Path(root).resolve()
        self.build = Path(build).resolve() if build else None
        self._files = None

    def files(self, *suffixes):
        """Tracked and new files, as paths relative to the root (git's ignore rules hold)."""
        if self._files is None:
            if (self.root / ".git").exists():
                names = subprocess.run(
                    ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others",
                     "--exclude-standard"], check=True, capture_output=True, text=True).stdout
                self._files = sorted({n for n in names.split("\0") if n})
            else:
                self._files = sorted(str(p.relative_to(self.root)) for p in self.root.rglob("*")
                                     if p.is_file())
            self._files = [f for f in self._files if (self.root / f).is_file()]
        return [f for f in self._files if not suffixes or f.endswith(suffixes)]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), 1)

    def module_sources(self, *modules):
        return [f for f in self.files(".h", ".cpp", ".inc") if f.split("/")[0] in modules]

    def public_headers(self):
        return [f for f in self.files(".h") if re.match(r"[a-z]+/include/brandiron/", f)]


def code_only(line):
    """The line without a // comment (strings with // in them are rare and harmless here)."""
    return line.split("//")[0]


def rule_siblings(tree):
    """gen, watermark and detect never include one another; arrows point towards core."""
    for name in tree.module_sources(*MODULES):
        module = name.split("/")[0]
        for number, line in tree.lines(name):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(2)
            if "../" in target and any(f"/{m}/" in f"/{target}" for m in MODULES if m != module):
                yield f"{name}:{number}: reaches into another module: {target}"
            parts = target.split("/")
            if parts[0] == "brandiron" and len(parts) > 2 and parts[1] in MODULES:
                if parts[1] not in ARROWS[module]:
                    yield f"{name}:{number}: {module} may not include {parts[1]}: {target}"


def rule_public_headers(tree):
    """Public headers include the standard library and brandiron/ only."""
    for name in tree.public_headers():
        if name.startswith("models/"):
            continue
        for number, line in tree.lines(name):
            match = INCLUDE.match(line)
            if not match or match.group(2).startswith("brandiron/"):
                continue
            if match.group(2) in ("stddef.h", "stdint.h"):  # the C interface
                continue
            if match.group(1) == '"' or "/" in match.group(2) or match.group(2).endswith(".h"):
                yield f"{name}:{number}: third-party or private header in public: {match.group(2)}"


def rule_torch(tree):
    """torch is included in models/ alone, and where it is measured (docs/adr/0001)."""
    for name in tree.files(".h", ".cpp", ".inc"):
        if name.startswith(("models/", "tests/unit/models/", "tests/bench/")):
            continue
        for number, line in tree.lines(name):
            match = INCLUDE.match(line)
            if match and TORCH.match(match.group(2)):
                yield f"{name}:{number}: LibTorch outside models/: {match.group(2)}"


def rule_one_exit(tree):
    """Inside gen, audio leaves through publish.cpp and nowhere else."""
    for name in tree.module_sources("gen"):
        if name == THE_EXIT:
            continue
        for number, line in tree.lines(name):
            match = AUDIO_EXITS.search(code_only(line))
            if match:
                yield f"{name}:{number}: {match.group(1)} outside {THE_EXIT}: unmarked audio could leave"
    if tree.module_sources("gen") and THE_EXIT not in tree.files():
        yield f"{THE_EXIT}: the one exit is missing"


def rule_bit_exact(tree):
    """No flag and no generator that would make the same seed give other samples elsewhere."""
    flags = re.compile(r"-(ffast-math|Ofast|march=native|mfma|funsafe-math-optimizations)\b")
    for name in tree.files("CMakeLists.txt", ".cmake", "CMakePresets.json"):
        for number, line in tree.lines(name):
            match = flags.search(line.split("#")[0])
            if match:
                yield f"{name}:{number}: -{match.group(1)} changes bits between machines"
    random = re.compile(r"\bstd::(\w+_distribution|mt19937\w*|random_device|shuffle|rand)\b")
    for name in tree.module_sources(*MODULES):
        for number, line in tree.lines(name):
            match = random.search(code_only(line))
            if match:
                yield f"{name}:{number}: std::{match.group(1)}: use Rng's named streams"


def rule_libm(tree):
    """The lean path takes transcendental functions from det_math.h. A line may end in `// libm: why`."""
    calls = re.compile(r"\bstd::(sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|exp|exp2|expm1|log|"
                       r"log2|log10|log1p|pow|cbrt|hypot)\s*\(")
    for name in tree.module_sources("gen"):
        for number, line in tree.lines(name):
            match = calls.search(code_only(line))
            if match and "libm:" not in line:
                yield f"{name}:{number}: std::{match.group(1)} differs between machines: use det::"


def rule_format(tree):
    """clang-format has nothing to say."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        yield "clang-format: not found; type: make format (it installs the package)"
        return
    names = tree.files(".h", ".cpp")
    if not names:
        return
    found = subprocess.run([program, "--dry-run", "--ferror-limit=1", "-Werror", *names],
                           cwd=tree.root, capture_output=True, text=True)
    for line in found.stderr.splitlines():
        if "error:" in line:
            yield line.split(" error:")[0] + " not formatted; type: make format"


def rule_header_alone(tree):
    """Each public header compiles by itself."""
    compiler = os.environ.get("CXX", "g++")
    includes = [f"-I{tree.root / m / 'include'}" for m in MODULES]
    headers = [h for h in tree.public_headers() if not h.startswith("models/")]

    def check(name):
        found = subprocess.run(
            [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-pragma-once-outside-header",
             "-x", "c++", *includes, str(tree.root / name)], capture_output=True, text=True)
        if found.returncode != 0:
            first = next((l for l in found.stderr.splitlines() if "error:" in l), "does not compile")
            return f"{name}: does not compile alone: {first.strip()}"
        return None

    with ThreadPoolExecutor(2) as pool:
        yield from filter(None, pool.map(check, headers))


def rule_packages(tree):
    """Every package that CMake asks for stands in packaging/debian-packages.txt."""
    listed = set()
    for _, line in tree.lines("packaging/debian-packages.txt"):
        words = line.split()
        if words and not words[0].startswith(("#", "[")):
            listed.add(words[0])
    asks = re.compile(r"\b(find_package|pkg_check_modules|find_library|find_program)\s*\(([^)]*)\)")
    for name in tree.files("CMakeLists.txt", ".cmake"):
        text = re.sub(r"#[^\n]*", "", tree.text(name))
        for match in asks.finditer(text):
            words = match.group(2).split()
            if match.group(1) == "find_package":
                wanted = words[:1]
            elif match.group(1) == "pkg_check_modules":
                wanted = [w for w in words[1:] if w not in ("REQUIRED", "IMPORTED_TARGET", "QUIET")]
            else:
                wanted = words[1:2]
            for word in wanted:
                if "${" in word:
                    continue
                if word not in PACKAGES:
                    yield f"{name}: {word}: tests/lint/lint.py does not know which package holds it"
                elif PACKAGES[word] and PACKAGES[word] not in listed:
                    yield f"{name}: {word}: {PACKAGES[word]} is not in packaging/debian-packages.txt"


def rule_links(tree):
    """Every relative link in the documentation leads somewhere."""
    link = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
    for name in tree.files(".md"):
        text = re.sub(r"```.*?```", "", tree.text(name), flags=re.S)
        for match in link.finditer(text):
            target = match.group(1).split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not (tree.root / name).parent.joinpath(target).exists():
                yield f"{name}: broken link: {match.group(1)}"


def rule_machine_paths(tree):
    """No path of one machine in a tracked file."""
    machine = re.compile(r"(^|[^A-Za-z0-9_.-])/(" + "|".join(["wo" + "rk", "ro" + "ot", "fa" + "rm"]) + r")/")
    for name in tree.files():
        path = tree.root / name
        if path.stat().st_size > 2_000_000 or b"\0" in path.read_bytes()[:4096]:
            continue
        for number, line in tree.lines(name):
            if machine.search(line):
                yield f"{name}:{number}: path of one machine: {line.strip()[:80]}"


def rule_unfinished(tree):
    """Nothing is left for later without an issue: no to-do marks, no disabled tests, no big files."""
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b|\bDIS" + "ABLED_")
    for name in tree.files(".h", ".cpp", ".inc", ".py", ".sh", ".md", ".toml", "CMakeLists.txt", ".cmake"):
        for number, line in tree.lines(name):
            if marks.search(line):
                yield f"{name}:{number}: unfinished: {line.strip()[:80]}"
    for name in tree.files():
        size = (tree.root / name).stat().st_size
        if size > 10 * 1024 * 1024:
            yield f"{name}: {size / 1e6:.0f} MB; files over 10 MB do not belong in git"
        # configs/notices holds synthetic speech of two seconds, which its README accounts for.
        small_notice = name.startswith("configs/notices/") and size < 64 * 1024
        if name.endswith((".wav", ".flac", ".mp3", ".ogg", ".opus", ".aac", ".m4a")) and not small_notice:
            yield f"{name}: recordings do not belong in git"


def claim_rows(tree):
    """Rows of the table in docs/claims.md whose first cell is a code-quoted id: id -> cells."""
    rows = {}
    for number, line in tree.lines("docs/claims.md"):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if line.startswith("|") and re.fullmatch(r"`[\w.-]+`", cells[0]):
            rows[cells[0].strip("`")] = (number, cells)
    return rows


def rule_claims(tree):
    """docs/claims.md and experiments/recipes/*/expected.json tell the same figures."""
    expected = {}
    for name in tree.files("expected.json"):
        if not name.startswith("experiments/recipes/"):
            continue
        content = json.loads(tree.text(name))
        for figure, value in content["figures"].items():
            if "shown" not in value:  # bounds for the recipe's own check, not published
                continue
            if figure in expected:
                yield f"{name}: {figure} is claimed twice"
            expected[figure] = (name, value)
    rows = claim_rows(tree)
    for figure, (number, cells) in rows.items():
        if figure not in expected:
            yield f"docs/claims.md:{number}: {figure}: no expected.json holds it"
            continue
        name, value = expected[figure]
        if len(cells) < 6 or cells[1] != value["shown"]:
            yield f"docs/claims.md:{number}: {figure}: the page says {cells[1]!r}, {name} {value['shown']!r}"
        elif str(value["n"]) != cells[3]:
            yield f"docs/claims.md:{number}: {figure}: n is {cells[3]!r} here, {value['n']} in {name}"
    for figure, (name, _) in expected.items():
        if figure not in rows:
            yield f"{name}: {figure}: no row in docs/claims.md"


def needed(binary):
    found = subprocess.run(["readelf", "-d", str(binary)], check=True, capture_output=True, text=True)
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", found.stdout)


def rule_licences(tree):
    """No library under the GPL is linked directly. Needs --build."""
    for program in ("brandiron", "brandiron-mark"):
        binary = tree.build / program
        if not binary.exists():
            yield f"{binary}: not built"
            continue
        for library in needed(binary):
            if GPL_LIBRARIES.match(library):
                yield f"{program}: links {library} directly (GPL; docs/adr/0003)"


def rule_torch_free_verifier(tree):
    """brandiron-mark needs no LibTorch, no FluidSynth and nothing under the GPL, however indirectly."""
    binary = tree.build / "brandiron-mark"
    if not binary.exists():
        yield f"{binary}: not built"
        return
    found = subprocess.run(["ldd", str(binary)], check=True, capture_output=True, text=True)
    libraries = [line.split()[0] for line in found.stdout.splitlines() if line.strip()]
    if not any(l.startswith("libsndfile") for l in libraries):
        yield f"brandiron-mark: ldd shows no libsndfile: is this the right binary? {libraries}"
    for library in libraries:
        if GPL_LIBRARIES.match(library) or TORCH_FREE_DENIED.match(library):
            yield f"brandiron-mark: carries {library} (docs/adr/0003)"


RULES = {name[5:].replace("_", "-"): function for name, function in list(globals().items())
         if name.startswith("rule_")}
NEED_BUILD = {"licences", "torch-free-verifier"}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="*", metavar="RULE")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--root", default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:22} {rule.__doc__.splitlines()[0]}" for name, rule in RULES.items()))
        return 0
    chosen = options.rules
    if options.all:
        chosen = [r for r in RULES if options.build or r not in NEED_BUILD]
    tree = Tree(options.root, options.build)
    failed = 0
    for name in chosen:
        if name not in RULES:
            print(f"lint.py: {name}: no such rule; see --list", file=sys.stderr)
            return 2
        breaches = list(RULES[name](tree))
        failed += bool(breaches)
        print(f"{name}: {'ok' if not breaches else f'{len(breaches)} breach(es)'}")
        for breach in breaches:
            print(f"  {breach}")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
