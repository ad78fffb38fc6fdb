"""A small corpus that the fault tests build again and again, and what they ask of it."""

import atexit
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BINARY, OK, Case, environment, run

SONGS = 6
RECIPE = f"""\
name = "faults"
songs = {SONGS}
seed = 7
duration_s = 15
[presets]
debug = 1.0
[twins]
unmarked = 0.3
[codecs]
mp3-64 = 0.5
"""
MISSING, RETRY, INTERRUPTED = 4, 75, 130


def start(*arguments, **options):
    return subprocess.Popen([str(BINARY), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env=environment(), **options)


def hashes(folder):
    """SHA-256 of every file that is published: the manifest and all below audio/."""
    files = [folder / "manifest.jsonl", *(folder / "audio").rglob("*")]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


def journal_lines(folder):
    """[(song, item, line of the manifest)] of whole lines, in the order of files and lines."""
    found = []
    for journal in sorted((folder / "journal").glob("*.jsonl")):
        for line in journal.read_text(errors="replace").split("\n")[:-1]:
            whole = re.fullmatch(r"(\d+) (\d+) ([0-9a-f]{16}) (\{.*\})", line)
            if whole and hashlib.sha256(whole[4].encode()).hexdigest()[:16] == whole[3]:
                found.append((int(whole[1]), int(whole[2]), json.loads(whole[4])))
    return found


def temporaries(folder):
    return [p for p in folder.rglob(".tmp.*")]


def wait_for(what, condition, timeout_s=120):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what}")
        time.sleep(0.02)


@functools.cache
def shelf():
    """A folder for what all tests of a run share: recipe and key."""
    folder = tempfile.TemporaryDirectory(prefix="brandiron-corpora-")
    atexit.register(folder.cleanup)
    path = Path(folder.name)
    (path / "faults.toml").write_text(RECIPE)
    made = run("watermark", "keygen", "-o", path / "my.key")
    if made.returncode != OK:
        raise RuntimeError(made.stderr)
    return path


@functools.cache
def undisturbed():
    """(folder, hashes) of the corpus that one process made in peace."""
    whole = shelf() / "whole"
    found = run("corpus", "build", shelf() / "faults.toml", "-o", whole, "--watermark-key", shelf() / "my.key", "-j", 2)
    if found.returncode != OK:
        raise RuntimeError(f"the undisturbed build: exit code {found.returncode}\n{found.stderr}")
    return whole, hashes(whole)


class CorpusCase(Case):
    """`self.recipe` and `self.key`, and a folder for a corpus of them."""

    def setUp(self):
        super().setUp()
        self.recipe, self.key = shelf() / "faults.toml", shelf() / "my.key"
        self.corpus = self.folder / "corpus"

    def copy_the_undisturbed(self):
        shutil.copytree(undisturbed()[0], self.corpus)

    def build(self, *options):
        return ("corpus", "build", self.recipe, "-o", self.corpus, "--watermark-key", self.key, *options)

    def merge(self):
        return ("corpus", "merge", self.corpus)

    def is_whole(self):
        """The corpus equals the undisturbed one, file by file, and nothing else is left."""
        self.assertEqual(hashes(self.corpus), undisturbed()[1])
        self.assertEqual(temporaries(self.corpus), [])

    def is_honest(self):
        """What the corpus lists is there, whole; and no manifest pretends that all is."""
        self.assertFalse((self.corpus / "manifest.jsonl").exists())
        lines = journal_lines(self.corpus)
        for _, _, line in lines:
            audio = (self.corpus / line["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(audio).hexdigest(), line["sha256"], line["id"])
        return lines

    def named_missing(self):
        """The songs that merge names, as a set; it must refuse."""
        found = run(*self.merge())
        self.assertEqual(found.returncode, MISSING, found.stdout + found.stderr)
        self.assertFalse((self.corpus / "manifest.jsonl").exists())
        named = re.search(r"missing\D*((?:\d+(?:-\d+)?)(?:,\d+(?:-\d+)?)*)", found.stdout)
        self.assertTrue(named, found.stdout + found.stderr)
        songs = set()
        for part in named[1].split(","):
            first, _, last = part.partition("-")
            songs.update(range(int(first), int(last or first) + 1))
        return songs

    def stopped_mid_song(self, number, *options):
        """A build that got `number` while it made a song, if it can be while a file was being written."""
        before = len(journal_lines(self.corpus))
        process = start(*self.build(*options))

        def is_time():
            news = len(journal_lines(self.corpus)) - before
            return process.poll() is not None or news >= 3 or (news and temporaries(self.corpus))

        wait_for("something is finished and something begun", is_time)
        self.assertIsNone(process.poll(), "it ended before it could be stopped")
        os.kill(process.pid, number)
        words = process.communicate(timeout=120)[0]
        return process.returncode, words
