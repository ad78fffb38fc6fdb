#!/usr/bin/env python3
"""`train decoder` on songs made here: the same weights again, also after a kill; from given weights; what is refused."""

import subprocess
import time

from harness import BAD_INPUT, BINARY, OUTPUT_LOST, USAGE, Case, environment, main, plucked, read_json, write_wav

SMALL = ["--set", "data.songs=2", "--set", "data.held_out_songs=1", "--set", "data.song_s=15", "--set", "data.sources=[]", "--set", "data.narrow=[]",
         "--set", "net.channels=32", "--set", "net.encoder_channels=2", "--set", "net.frame_channels=32",
         "--set", "net.code_size=32", "--set", "net.codebooks=3", "--set", "net.codebook_size=16",
         "--set", "train.batch_size=1", "--set", "train.checkpoint_every_steps=1", "--set", "finish.steps=2", "--no-progress"]


class TrainDecoder(Case):
    def arguments(self, out, *more, steps=3):
        return ["train", "decoder", "--family", "dac", "--material", self.folder / "material", "-o", self.folder / out, *SMALL,
                "--set", f"train.steps={steps}", *more]

    def weights(self, out):
        return (self.folder / out / "decoder-dac.safetensors").read_bytes()

    def test_measures_what_it_did_not_learn_and_gives_the_same_weights_after_a_kill(self):
        self.ok(*self.arguments("whole"))
        metrics = read_json(self.folder / "whole/metrics.json")
        self.assertEqual((metrics["steps"], metrics["finish_steps"], metrics["songs"], metrics["clips"]), (3, 2, 2, []))
        self.assertAlmostEqual(metrics["kbps"], 3 * 4 * 44.1 / 512, 6)
        self.assertGreater(metrics["held_out"]["spectral"], 0)
        self.assertGreater(metrics["held_out"]["waveform"], 0)
        log = (self.folder / "whole/metrics.jsonl").read_text().splitlines()
        self.assertEqual(len(log), 5)
        self.refused(OUTPUT_LOST, ["decoder-dac.safetensors", "--resume"], *self.arguments("whole"))

        killed = subprocess.Popen([str(BINARY), *map(str, self.arguments("killed"))], env=environment(),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(3000):
            if (self.folder / "killed/checkpoint.pt").exists() or killed.poll() is not None:
                break
            time.sleep(0.01)
        killed.kill()
        killed.wait()
        self.assertFalse((self.folder / "killed/decoder-dac.safetensors").exists(), "ended before it was killed")
        self.ok(*self.arguments("killed", "--resume"))
        self.assertEqual(self.weights("whole"), self.weights("killed"))
        self.assertEqual((self.folder / "killed/metrics.jsonl").read_text().splitlines(), log)

        self.ok(*self.arguments("whole", "--resume"))
        again = read_json(self.folder / "whole/metrics.json")
        self.assertEqual({**metrics, "seconds": 0}, {**again, "seconds": 0})

    def test_dark_segments_are_learnt_from_only_where_they_are_asked_for(self):
        self.ok(*self.arguments("bright", steps=1))
        self.ok(*self.arguments("dark", "--set", "data.dark_share=1", steps=1))
        bright, dark = (read_json(self.folder / out / "metrics.json")["held_out"] for out in ("bright", "dark"))
        self.assertNotEqual(bright, dark)
        self.refused(USAGE, ["data.dark_share"], *self.arguments("more", "--set", "data.dark_share=1.5"))

    def test_takes_free_clips_alone_and_narrow_ones_by_name(self):
        clips = self.folder / "clips"
        clips.mkdir()
        rows = {"music.wav": (44100, "a band", "CC BY 4.0"), "speech-1.wav": (16000, "a reader", "CC0 1.0"),
                "speech-2.wav": (16000, "a reader", "CC BY-NC 4.0"), "other.wav": (16000, "a band", "CC0 1.0")}
        for name, (rate, _, _) in rows.items():
            write_wav(clips / name, [plucked(2, rate)], rate)
        (clips / "manifest.tsv").write_text("file\tsource\tlicence\n" + "".join(
            f"{name}\t{source}\t{licence}\n" for name, (_, source, licence) in rows.items()))
        found = self.ok(*self.arguments("run", "--set", f'data.clips="{clips}"', "--set", 'data.sources=["a band"]',
                                        "--set", 'data.narrow=["speech-"]', "-v", steps=1))
        self.assertEqual(read_json(self.folder / "run/metrics.json")["clips"], ["music.wav#0", "speech-1.wav#0"])
        self.assertIn("speech-2.wav: left out, its licence is CC BY-NC 4.0", found.stderr)
        self.assertIn("other.wav: left out, 16000 Hz", found.stderr)

    def test_begins_at_given_weights_of_its_own_shape_alone(self):
        self.ok(*self.arguments("first", steps=1))
        first = self.folder / "first/decoder-dac.safetensors"
        self.ok(*self.arguments("second", "--from", first, steps=1))
        self.assertNotEqual(self.weights("first"), self.weights("second"))
        self.refused(USAGE, ["decoder-dac.safetensors", "[net]"],
                     *self.arguments("other", "--from", first, "--set", "net.codebooks=2"))
        self.refused(BAD_INPUT, ["material"], *self.arguments("other", "--set", "data.song_s=16"))


if __name__ == "__main__":
    main()
