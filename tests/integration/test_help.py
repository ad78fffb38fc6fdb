#!/usr/bin/env python3
"""The help screens are true: every verb is listed, and every example in them runs as written."""

import functools
import os
import re
import shutil
import subprocess

from harness import (BINARY, NEGATIVE, OK, SONGS, SOURCE, USAGE, Case, environment, main, plucked, run,
                     write_wav)

CONTRACT_VERBS = ["generate", "persona", "render", "watermark", "detect", "attack", "evaluate", "train", "models",
                  "config", "doctor", "version"]
# Verbs whose examples cannot run here, with the reason. Their --help is checked all the same.
NOT_RUN = {"train detector": "needs ../shared/data and minutes",
           "train singer": "speaks and trains for an hour",
           "train decoder": "renders songs and trains for half an hour",
           "train melody": "needs ../shared/data and minutes",
           "train lyrics": "needs ../shared/data and a quarter of an hour",
           "evaluate singer": "needs weights that train singer makes",
           "train watermark": "needs recordings out of Debian packages and half an hour"}


@functools.cache
def help_of(path):
    return run(*path, "--help").stdout


@functools.cache
def verbs(path=()):
    """Every command line that has a --help: depth first."""
    text = help_of(path)
    listed = re.search(r"^(?:Subcommands|Commands):\n((?:  \S.*\n|    .*\n|\n)*)", text, re.M)
    names = re.findall(r"^  (\S+)", listed.group(1), re.M) if listed else []
    # `disclose` has verbs below it and does something by itself.
    own = [path] if path and (not names or "Examples:" in text) else []
    return own + [leaf for name in names for leaf in verbs((*path, name))]


def examples(path):
    text = help_of(path)
    after = text.split("Examples:")
    return [l.strip() for l in after[1].splitlines() if l.strip()] if len(after) == 2 else []


class Help(Case):
    def test_one_screen_lists_the_verbs(self):
        text = self.ok("--help").stdout
        self.assertLessEqual(len(text.splitlines()), 50)
        for verb in CONTRACT_VERBS:
            self.assertRegex(text, rf"(?m)^  {verb}\b")

    def test_every_command_ends_its_help_with_two_examples(self):
        for path in verbs():
            with self.subTest(command=" ".join(path)):
                found = examples(path)
                self.assertEqual(len(found), 2, found)
                for line in found:
                    self.assertTrue(line.startswith("brandiron " + " ".join(path)), line)

    def test_every_option_is_explained(self):
        for path in verbs():
            with self.subTest(command=" ".join(path)):
                text = help_of(path)
                for line in re.findall(r"^  -\S.*$", text, re.M):
                    self.assertRegex(line, r"\s{2,}\S|\s[A-Z:]+\S* .* \S", line)

    def test_no_command_at_all_is_a_usage_error(self):
        self.refused(USAGE, ("--help",))

    def test_the_version_names_release_and_commit(self):
        self.assertRegex(self.ok("--version").stdout, r"^\d+\.\d+\.\d+ \(\w+\)\n$")


class Examples(Case):
    """Each example runs in a folder that holds the files it names."""

    def furnish(self):
        song = SONGS / "song"
        # A piece of the song: no example rests on its length.
        self.ok("attack", "crop(start_s=20, duration_s=24)", song / "song.flac", self.folder / "song.flac")
        shutil.copy(self.folder / "song.flac", self.folder / "attacked.flac")
        (self.folder / "out/song").mkdir(parents=True)
        shutil.copy(song / "song.json", self.folder / "out/song/song.json")
        write_wav(self.folder / "in.wav", [plucked(12, 44100)], 44100)
        for key in ("my.key", "other.key"):
            self.ok("watermark", "keygen", "-o", self.folder / key)
        self.ok("attack", "none", self.folder / "in.wav", self.folder / "clip.mp3")
        self.furnish_corpora()
        self.furnish_disclosed()
        self.furnish_tracks()
        self.furnish_demo(self.folder / "out/demo")
        (self.folder / "configs").symlink_to(SOURCE / "configs")
        (self.folder / "words.txt").write_text("[Chorus]\nI paid for the fence and the fence fell down\n"
                                               "So I walk my line on the edge of town\n")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/brandiron").symlink_to(BINARY)

    def furnish_corpora(self):
        """Recordings to import, and an imported corpus to export."""
        for clip in ("recordings/take.wav", "fakes/mustango/a.wav"):
            (self.folder / clip).parent.mkdir(parents=True)
            write_wav(self.folder / clip, [plucked(1, 8000)], 8000)
        self.ok("corpus", "import", "folder", self.folder / "recordings", "--label", "human", "--licence", "CC0-1.0",
                "-o", self.folder / "out/tracks")

    def furnish_tracks(self):
        """Recordings of both classes, and a detector that likes none."""
        lines = ['{"schema":"brandiron.manifest/1"}']
        for i in range(4):
            write_wav(self.folder / f"track{i}.wav", [plucked(5, 16000, i + 1)], 16000)
            lines.append(f'{{"id":"t{i}","file":"track{i}.wav","label":"{"ai" if i % 2 else "human"}","source":"s{i}"}}')
        (self.folder / "tracks.jsonl").write_text("\n".join(lines) + "\n")
        (self.folder / "score.py").write_text("import sys\nfor line in open(sys.argv[1]):\n    print(0.5)\n")

    def furnish_disclosed(self):
        """A certificate authority, and a published piece whose copy came back without metadata."""
        self.ok("disclose", "make-test-ca", "-o", self.folder / "ca")
        shutil.copy(self.folder / "ca/root.pem", self.folder / "root.pem")
        for registry in (self.folder / "log.sqlite", self.folder / "data/brandiron/registry.sqlite"):
            registry.parent.mkdir(parents=True, exist_ok=True)
            published = self.folder / "published.flac"
            self.ok("disclose", self.folder / "in.wav", published, "--key", self.folder / "my.key", "--registry",
                    registry, "--certificates", self.folder / "ca/chain.pem", "--signing-key",
                    self.folder / "ca/signing.key", "--system", "example-singer", "--overwrite")
        self.ok("attack", "mp3(bitrate_kbps=96)", published, self.folder / "stripped.mp3")

    @staticmethod
    def furnish_demo(demo):
        """A demo folder of one row, as scripts/demo.sh leaves it."""
        (demo / "song").mkdir(parents=True)
        for name in ("song.flac", "song.json"):
            shutil.copy(SONGS / "song" / name, demo / "song" / name)
        verify = run("watermark", "verify", demo / "song/song.flac", "--json").stdout
        (demo / "demo.json").write_text(
            '{"schema":"brandiron.demo/1","song":"song/song.json","notes":[],"rows":[{"name":"the song",'
            '"kind":"marked","expect":"mark","chain":"","note":"","file":"song/song.flac",'
            f'"verify":{verify},"detect":null}}]}}')

    def clear_output(self, line):
        """What the example makes must not be there yet, unless it says --overwrite."""
        words = line.split()
        outputs = [words[i + 1] for i, w in enumerate(words[:-1]) if w in ("-o", "--out")]
        # A corpus is gone on with.
        if "--overwrite" in words or words[1:3] in (["corpus", "build"], ["corpus", "merge"]):
            return
        if words[1] == "attack" and "--list" not in words or words[1:3] == ["watermark", "embed"] or words[1] == "disclose":
            outputs += [w for w in words if w in ("attacked.flac", "out.flac", "out.wav", "out.mp3")]
        for name in outputs:
            path = self.folder / name
            if path.is_dir():
                # `out/song` also holds what `render` reads, `ca` what `disclose` does: away for this example alone.
                path.rename(path.with_name(path.name + ".kept"))
            else:
                path.unlink(missing_ok=True)

    def test_every_example_runs_as_written(self):
        self.furnish()
        environ = {**environment(), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                   "XDG_DATA_HOME": str(self.folder / "data")}
        for path in verbs():
            name = " ".join(path)
            if name in NOT_RUN:
                continue
            for line in examples(path):
                with self.subTest(example=line):
                    self.clear_output(line)
                    found = subprocess.run(["bash", "-c", line], cwd=self.folder, env=environ,
                                           stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                           timeout=600)
                    allowed = {OK, NEGATIVE} if "--exit-code" in line else {OK}
                    self.assertIn(found.returncode, allowed, f"{line}\n{found.stdout}\n{found.stderr}")
                for kept in (self.folder / "out/song.kept", self.folder / "ca.kept"):
                    if kept.exists():
                        shutil.rmtree(kept.with_suffix(""), ignore_errors=True)
                        kept.rename(kept.with_suffix(""))


class Streams(Case):
    def test_results_go_to_standard_output_and_words_to_standard_error(self):
        found = self.ok("watermark", "verify", SONGS / "song/song.flac", "--json")
        self.assertTrue(found.stdout.startswith("{"))
        self.assertNotIn("{", found.stderr)

    def test_no_colour_reaches_a_file(self):
        found = self.ok("detect", SONGS / "song/song.flac", "-v")
        self.assertNotIn("\x1b[", found.stdout + found.stderr)

    def test_audio_passes_through_standard_input_and_output(self):
        with open(SONGS / "song/song.flac", "rb") as song:
            first = subprocess.run([str(BINARY), "attack", "gain(db=-6)", "-", "-"], stdin=song,
                                   capture_output=True, env=environment())
        self.assertEqual(first.returncode, OK, first.stderr)
        self.assertEqual(first.stdout[:4], b"RIFF")

    def test_a_flag_may_come_from_the_environment(self):
        found = self.ok("version", extra_env={"BRANDIRON_JSON": "1"})
        self.assertTrue(found.stdout.startswith("{"), found.stdout)


if __name__ == "__main__":
    main()
