"""What the integration tests share: running the binary, and audio made here."""

import array
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("BRANDIRON_BINARY", SOURCE / "build/release/brandiron")).resolve()
# Made once by integration.song (CTest fixture) and only read afterwards.
SONGS = Path(os.environ.get("BRANDIRON_SONGS", SOURCE / "build/songs")).resolve()
SHARED_AUDIO = SOURCE.parent / "shared/data/audio"
SEED, DURATION_S, PERSONA = 17, 66, "rust-hollow"

OK, NEGATIVE, USAGE, BAD_INPUT, SOME_FAILED, OUTPUT_LOST = 0, 1, 2, 3, 4, 74


def environment():
    """The caller's, less every BRANDIRON_* but the ones that find files."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("BRANDIRON_") or k in ("BRANDIRON_HOME", "BRANDIRON_CACHE")}
    return {**kept, "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}


def run(*arguments, cwd=None, timeout=600, stdin=subprocess.DEVNULL, extra_env=None):
    return subprocess.run([str(BINARY), *map(str, arguments)], cwd=cwd, timeout=timeout,
                          stdin=stdin, capture_output=True, text=True,
                          env={**environment(), **(extra_env or {})})


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="brandiron-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def ok(self, *arguments, **options):
        found = run(*arguments, **options)
        self.assertEqual(found.returncode, OK, f"{arguments}\n{found.stdout}\n{found.stderr}")
        return found

    def json(self, *arguments, **options):
        """The one JSON object that the command prints."""
        lines = self.ok(*arguments, "--json", **options).stdout.splitlines()
        self.assertEqual(len(lines), 1, lines)
        return json.loads(lines[0])

    def refused(self, code, words, *arguments, **options):
        """The command ends with `code` and says why in one line that holds each of `words`."""
        found = run(*arguments, **options)
        lines = [l for l in found.stderr.splitlines() if l.strip()]
        shown = f"{arguments}\nexit {found.returncode}\nout: {found.stdout}\nerr: {found.stderr}"
        self.assertEqual(found.returncode, code, shown)
        self.assertEqual(len(lines), 1, shown)
        for word in words:
            self.assertIn(word, lines[0], shown)
        return lines[0]


# Audio made here --------------------------------------------------------------------------------------

def plucked(seconds, rate, seed=1):
    """A few decaying harmonics at changing pitches with a little noise: enough for a mark to live in."""
    rng = random.Random(seed)
    samples = array.array("f", bytes(4 * int(seconds * rate)))
    note_frames = max(1, int(0.25 * rate))
    for start in range(0, len(samples), note_frames):
        base = 110.0 * 2 ** (rng.randrange(0, 24) / 12)
        partials = [(base * k, 0.25 / k) for k in range(1, 9) if base * k < 0.45 * rate]
        steps = [2 * math.pi * hz / rate for hz, _ in partials]
        for i in range(min(note_frames, len(samples) - start)):
            decay = math.exp(-4.0 * i / note_frames)
            value = sum(level * math.sin(step * i) for step, (_, level) in zip(steps, partials))
            samples[start + i] = decay * value + rng.uniform(-0.01, 0.01)
    return samples


def write_wav(path, channels, rate, kind="pcm16", repeats=1):
    """`channels`: a list of float arrays of one length. kind: pcm16 or float32."""
    frames = len(channels[0])
    if kind == "pcm16":
        flat = array.array("h", [0]) * (frames * len(channels))
        for c, samples in enumerate(channels):
            flat[c::len(channels)] = array.array(
                "h", (max(-32768, min(32767, round(32767 * s))) for s in samples))
        tag, width = 1, 2
    else:
        flat = array.array("f", [0.0]) * (frames * len(channels))
        for c, samples in enumerate(channels):
            flat[c::len(channels)] = samples
        tag, width = 3, 4
    if sys.byteorder == "big":
        flat.byteswap()
    data = flat.tobytes() * repeats
    block = width * len(channels)
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, tag,
                         len(channels), rate, rate * block, block, 8 * width, b"data", len(data))
    Path(path).write_bytes(header + data)


def read_json(path):
    return json.loads(Path(path).read_text())


def main():
    """unittest.main, with exit code 77 when every chosen test was skipped: CTest then says so."""
    result = unittest.main(module="__main__", exit=False).result
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() else 1)
