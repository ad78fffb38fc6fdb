#!/usr/bin/env python3
"""A corpus as a Slurm job array, on a cluster of two nodes inside this machine (slurm_loopback.py): undisturbed, with
a killed worker and a killed node, cancelled and submitted again. It is always the corpus of one process."""

import json
import os
import re
import signal
import subprocess
import unittest

from corpora import MISSING, RETRY, SONGS, CorpusCase, journal_lines
from harness import BINARY, OK, SOURCE, USAGE, environment, main, run
from slurm_loopback import Loopback, missing_programs, name_of, wait_until


@unittest.skipIf(missing_programs(), f"not installed: {', '.join(missing_programs())}")
@unittest.skipUnless(os.geteuid() == 0, "slurmd needs root")
class Slurm(CorpusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.cluster = cls.enterClassContext(Loopback(max_array_size=7))
        except (TimeoutError, OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest(f"two nodes could not be started here: {error}") from error

    def slurm(self, *options):
        return run(*self.build("--engine", "slurm", *options), extra_env=self.cluster.environment)

    def submit(self, *options):
        """(array, merge): the jobs' ids."""
        found = self.slurm(*options)
        self.assertEqual(found.returncode, OK, found.stderr)
        return re.search(r"array job (\d+): .*; job (\d+):", found.stdout).groups()

    def wait(self, *options):
        found = self.slurm("--wait", *options)
        self.assertEqual(found.returncode, OK, f"{found.stdout}\n{found.stderr}\n{self.logs()}\n{self.cluster.log()}")
        return found

    def logs(self):
        return "".join(f"--- {p.name}\n{p.read_text()}" for p in sorted((self.corpus / "slurm").glob("*.log")))

    def worker(self, node):
        """Pid of the brandiron that runs on a node, or none."""
        return next((pid for pid in self.cluster.node_processes(node) if name_of(pid) == "brandiron"), None)

    def test_an_array_on_two_nodes_makes_the_corpus_of_one_process(self):
        self.corpus = self.folder / "a corpus, 50% of it"
        found = self.slurm("--slurm-tasks", SONGS, "--slurm-time", "30", "--slurm-memory", "1G", "--slurm-partition",
                           "cpu", "--slurm-line=--comment=\"two words\"", "--wait")
        self.assertEqual(found.returncode, OK, f"{found.stderr}\n{self.logs()}\n{self.cluster.log()}")
        self.is_whole()
        nodes = set(re.findall(r"^task \d+ on (\S+), restart 0$", self.logs(), re.M))
        self.assertEqual(nodes, {"n1", "n2"})
        secret = self.key.read_text().split()[1]
        for path in (self.corpus / "slurm").iterdir():
            self.assertNotIn(secret, path.read_text(), path)
        self.wait()  # nothing is left to do
        refused = self.slurm("--slurm-tasks", 8)
        self.assertEqual(refused.returncode, USAGE, refused.stderr)
        self.assertIn("MaxArraySize", refused.stderr)

    def test_a_killed_worker_and_a_killed_node_lose_nothing(self):
        self.submit("--slurm-tasks", SONGS)
        os.kill(wait_until("a worker on n1", lambda: self.worker("n1")), signal.SIGKILL)
        wait_until("a worker on n2", lambda: self.worker("n2"))
        self.cluster.kill_node("n2")
        self.addCleanup(self.cluster.revive, "n2")
        second = self.slurm()
        self.assertEqual(second.returncode, RETRY, second.stdout + second.stderr)
        self.assertIn("--wait waits for them", second.stderr)
        self.is_honest()
        self.wait()
        self.is_whole()
        self.assertIn("exit code 137: queued again", self.logs())
        self.assertIn("due to failure of node n2", (self.cluster.folder / "slurmctld.log").read_text())

    def test_a_cancelled_array_stays_cancelled_and_the_same_command_goes_on(self):
        array, merge = self.submit("--slurm-tasks", SONGS)
        wait_until("a song is finished", lambda: journal_lines(self.corpus))
        wait_until("another worker", lambda: self.worker("n1") or self.worker("n2"))
        self.cluster.run("scancel", array)
        wait_until("the merge has ended", lambda: not any(job in (array, merge) for job, _ in self.cluster.tasks()))
        self.assertNotIn("queued again", self.logs())
        self.is_honest()
        missing = self.named_missing()
        again = re.search(r"^sbatch --array=(\S+) (\S+)$", (self.corpus / f"slurm/merge_{merge}.log").read_text(), re.M)
        self.assertTrue(again, self.logs())
        listed = set()
        for part in again[1].split(","):
            first, _, last = part.partition("-")
            listed.update(range(int(first), int(last or first) + 1))
        self.assertEqual(listed, missing)  # a task a song here
        self.assertIn(f"tasks {again[1]};", self.wait("--slurm-tasks", SONGS).stdout)
        self.is_whole()


class WithoutACluster(CorpusCase):
    def setUp(self):
        super().setUp()
        (self.folder / "bin").mkdir()

    def slurm(self, *options, **extra_env):
        # No cluster on PATH, whatever is installed here.
        return run(*self.build("--engine", "slurm", *options), extra_env={"PATH": str(self.folder / "bin"), **extra_env})

    def test_a_dry_run_prints_both_scripts_and_writes_nothing(self):
        found = self.slurm("--dry-run", "--slurm-tasks", 3, "--slurm-partition", "cpu", "--slurm-running", 2)
        self.assertEqual(found.returncode, OK, found.stderr)
        self.assertEqual(found.stdout.count("#!/bin/bash"), 2)
        self.assertIn('--shard "$SLURM_ARRAY_TASK_ID/3"', found.stdout)
        self.assertIn(f"sbatch --array=0-2%2 {self.corpus}/slurm/array.sbatch", found.stdout)
        self.assertFalse(self.corpus.exists())

    def test_a_machine_without_slurm_is_told_what_it_needs(self):
        found = self.slurm()
        self.assertEqual(found.returncode, USAGE, found.stderr)
        self.assertEqual(len(found.stderr.splitlines()), 1, found.stderr)
        self.assertIn("slurm-client", found.stderr)
        self.assertFalse(self.corpus.exists())

    def test_the_commands_of_the_kubernetes_manifests_are_commands_of_ours(self):
        (self.folder / "bin/brandiron").symlink_to(BINARY)
        environ = {**environment(), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        build = (SOURCE / "packaging/cluster/kubernetes-build.yaml").read_text()
        line = " ".join(re.search(r"- exec (brandiron .*?)\n +env:", build, re.S)[1].split())
        self.assertIn('--shard "$JOB_COMPLETION_INDEX/200"', line)
        self.assertRegex(build, r"\n  completions: 200\n")
        found = subprocess.run(["sh", "-c", line + " --dry-run"], cwd=self.folder, capture_output=True, text=True,
                               env={**environ, "RECIPE": str(self.recipe), "JOB_COMPLETION_INDEX": "17"})
        self.assertEqual(found.returncode, OK, f"{line}\n{found.stderr}")
        merge = (SOURCE / "packaging/cluster/kubernetes-merge.yaml").read_text()
        words = json.loads(re.search(r"command: (\[.*\])", merge)[1])
        self.copy_the_undisturbed()
        (self.corpus / "manifest.jsonl").unlink()
        self.assertEqual(words[-1], "/corpus")
        found = subprocess.run([*words[:-1], self.corpus], capture_output=True, text=True, env=environ)
        self.assertEqual(found.returncode, OK, found.stderr)
        self.is_whole()

    def test_what_cannot_go_together_is_refused(self):
        for options, word in ((("--shard", "0/2"), "--shard"), (("--slurm-line", "constraint=x"), "--slurm-line"),
                              (("--slurm-memory", "4G --exclusive"), "--slurm-memory")):
            found = self.slurm("--dry-run", *options)
            self.assertEqual(found.returncode, USAGE, found.stdout + found.stderr)
            self.assertIn(word, found.stderr)
        local = run(*self.build("--wait"))
        self.assertEqual(local.returncode, USAGE, local.stderr)
        self.assertIn("--engine slurm", local.stderr)


if __name__ == "__main__":
    main()
