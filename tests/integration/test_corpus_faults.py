#!/usr/bin/env python3
"""What may happen to a corpus while it is made: killed and stopped workers, a full disk, damaged shards. However it
went, the finished corpus is the undisturbed one byte for byte, what was lost is named, nothing half-written is
listed."""

import os
import re
import shutil
import signal
import subprocess
import unittest

from corpora import INTERRUPTED, MISSING, RETRY, SONGS, CorpusCase, start, temporaries, undisturbed
from harness import BINARY, OK, OUTPUT_LOST, SOURCE, environment, main, run


class Engines(CorpusCase):
    def test_one_thread_and_two_shards_at_once_make_the_same_corpus(self):
        self.ok(*self.build("-j", 1))
        self.is_whole()
        self.corpus = self.folder / "sharded"
        shards = [start(*self.build("--shard", f"{i}/2")) for i in (0, 1)]
        for shard in shards:
            words = shard.communicate(timeout=300)[0]
            self.assertEqual(shard.returncode, OK, words)
        self.ok(*self.merge())
        self.is_whole()

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_gnu_parallel_makes_the_same_corpus(self):
        self.corpus = self.folder / "in parallel"
        found = subprocess.run([SOURCE / "packaging/cluster/parallel.sh", self.recipe, self.corpus, "3", "--jobs", "2"],
                               env={**environment(), "BRANDIRON": str(BINARY), "HOME": str(self.folder),
                                    "BRANDIRON_WATERMARK_KEY": str(self.key)},
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(found.returncode, OK, found.stdout + found.stderr)
        self.is_whole()


class Stopped(CorpusCase):
    def test_a_worker_that_is_killed_mid_song_is_made_good(self):
        code, _ = self.stopped_mid_song(signal.SIGKILL, "-j", 2)
        self.assertEqual(code, -signal.SIGKILL)
        lines = self.is_honest()
        finished = {song for song, _, _ in lines}
        missing = self.named_missing()
        self.assertTrue(missing)
        self.assertLessEqual(set(range(SONGS)) - finished, missing)
        self.ok(*self.build("-j", 2))
        self.is_whole()

    def test_sigterm_asks_to_be_started_again_and_sigint_does_not(self):
        code, words = self.stopped_mid_song(signal.SIGTERM, "-j", 2)
        self.assertEqual(code, RETRY, words)
        self.assertEqual(temporaries(self.corpus), [])
        self.is_honest()
        code, words = self.stopped_mid_song(signal.SIGINT, "-j", 1)
        self.assertEqual(code, INTERRUPTED, words)
        self.assertEqual(temporaries(self.corpus), [])
        self.is_honest()
        self.ok(*self.build("-j", 2))
        self.is_whole()

    def test_a_killed_shard_is_missing_until_it_is_made_again(self):
        self.ok(*self.build("--shard", "0/2"))
        self.stopped_mid_song(signal.SIGKILL, "--shard", "1/2")
        self.is_honest()
        missing = self.named_missing()
        self.assertTrue(missing <= {1, 3, 5} and missing, missing)
        self.ok(*self.build("--shard", "1/2"))
        self.ok(*self.merge())
        self.is_whole()


class FullDisk(CorpusCase):
    def mounted(self, size):
        disk = self.folder / "disk"
        disk.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "brandiron-test", disk], capture_output=True)
        if made.returncode != 0:
            self.skipTest("no file system of a given size can be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk])
        return disk

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount"), "mounting needs root")
    def test_a_full_disk_ends_with_74_and_the_corpus_goes_on_when_there_is_room(self):
        whole = sum(f.stat().st_size for f in undisturbed()[0].rglob("*") if f.is_file())
        self.corpus = self.mounted(whole // 2) / "corpus"
        found = run(*self.build("-j", 2))
        self.assertEqual(found.returncode, OUTPUT_LOST, found.stderr)
        self.assertIn("No space left on device", found.stderr)
        self.assertEqual(temporaries(self.corpus), [])
        self.assertTrue(self.is_honest())
        self.assertTrue(self.named_missing())
        subprocess.run(["mount", "-o", f"remount,size={4 * whole}", self.corpus.parent], check=True)
        self.ok(*self.build("-j", 2))
        self.is_whole()


class Damage(CorpusCase):
    def setUp(self):
        super().setUp()
        self.copy_the_undisturbed()

    def test_a_damaged_line_of_a_journal_is_missing_and_nothing_else(self):
        (self.corpus / "manifest.jsonl").unlink()
        (journal,) = (self.corpus / "journal").glob("*.jsonl")
        lines = journal.read_bytes().splitlines(keepends=True)
        damaged, torn = (int(lines[i].split()[0]) for i in (1, -1))
        lines[1] = lines[1].replace(b'"sha256":"', b'"sha256":"f', 1)
        lines[-1] = lines[-1][:len(lines[-1]) // 2]
        journal.write_bytes(b"".join(lines))
        self.assertEqual(self.named_missing(), {damaged, torn})
        self.ok(*self.build("-j", 2))
        self.is_whole()

    def test_damaged_audio_is_named_and_made_again(self):
        flipped, cut, gone = sorted((self.corpus / "audio").rglob("*.flac"))[:3]
        changed = bytearray(flipped.read_bytes())
        changed[len(changed) // 2] ^= 1
        flipped.write_bytes(changed)
        cut.write_bytes(cut.read_bytes()[:-1000])
        gone.unlink()
        found = run("corpus", "check", self.corpus, "-j", 2)
        self.assertEqual(found.returncode, MISSING, found.stdout + found.stderr)
        named = set(re.findall(r"^(s[\w-]+): ", found.stdout, re.M))
        self.assertEqual(named, {damaged.stem for damaged in (flipped, cut, gone)}, found.stdout)
        # Without a look inside, what is gone is missing all the same.
        found = run(*self.merge())
        self.assertEqual(found.returncode, MISSING, found.stdout)
        self.ok(*self.build("--verify", "-j", 2))
        self.is_whole()
        self.ok("corpus", "check", self.corpus, "-j", 2)


if __name__ == "__main__":
    main()
