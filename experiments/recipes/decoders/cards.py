#!/usr/bin/env python3
"""Model cards of the decoders: what training said (metrics.json of a run folder a family), what the recipe measured.

  experiments/recipes/decoders/cards.py RUNS     RUNS/FAMILY/metrics.json -> models/cards/decoder-FAMILY.md
"""

import json
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
FAMILIES = {
    "hifigan": ("transposed convolutions (strides 8, 8, 4, 2) with residual convolutions of 3 and 7 taps, leaky ReLU: "
                "the generator of HiFi-GAN (Kong et al., NeurIPS 2020), with a slope of 0.35 before the transposed "
                "convolutions, over 384 learned numbers a frame of 512 samples instead of mel bands"),
    "encodec": ("transposed convolutions (8, 5, 4, 2), ELU, over residual vector quantisation (24 stages of 1,024 codes "
                "looked up by distance, 10 bits each, frames of 320 samples): EnCodec (Defossez et al., TMLR 2023) without "
                "its LSTM"),
    "dac": ("transposed convolutions (8, 8, 4, 2), snake, over residual vector quantisation (32 stages of 1,024 codes "
            "looked up in 8 dimensions, by distance where DAC has direction, 10 bits each, frames of 512 samples): DAC (Kumar et al., NeurIPS 2023)"),
    "nearest": ("repetition and convolution (8, 8, 4, 2), leaky ReLU, over 336 learned numbers a frame of 512 samples: the "
                "upsampling that leaves no comb (Pons et al., ICASSP 2021)"),
    "istft": ("four ConvNeXt blocks, a linear way beside them, and an inverse Fourier transform of 2,048 samples, over 384 "
              "learned numbers a frame of 512 samples: the head of Vocos (Siuzdak, ICLR 2024)"),
}
CARD = """# Model card: decoder-{family} 1

| | |
|---|---|
| file | `models/weights/decoder-{family}.safetensors` ({parameters:,} parameters, architecture `brandiron.decoder-net/1`) |
| SHA-256 | `{sha}` |
| what | one channel at 44.1 kHz through a convolutional encoder (strides {encoder}) and {what} |
| bit rate | {kbps} |
| trained on | {songs} songs of ours, {song_s} each (seeds 1000 on, all personas): the mix, one side, and the dry lead. {clips} |
| licence | Apache-2.0 |
| made by | {made} |
| used by | `generate --decoder {family}`, `twins`, `decode` |

## What it is for

To leave the marks that neural decoders of its family leave on generated music, on songs whose everything else is known, and on recordings beside their own originals. It is an analysis-synthesis network, not a generator: what comes out is what went in, changed by the decoder.

## What it is worth

Held-out segments: log-spectral distance and convergence {spectral:.3f}, mel {mel:.3f}, {unexplained:.1f} % of the energy not explained. Against Griffin-Lim, combs, bandwidth and marks through it: rows `decoders.{family}.*` of [claims](../../docs/claims.md), with their commands; pictures in [the sound](../../docs/sound.md).

## Limits

- Small, and trained for minutes. {start}Deployed decoders are larger and train for days. The places of their combs are the same, the strength is not.
- Most of the segments that it learnt from are our own songs. It knows few recordings of people (SI-SDR by material: `evaluate decoder`).
- What a mark in it is worth: rows `decoders.{family}.exact-*` of the claims.
- Each channel by itself. Digital silence stays silent, where a deployed decoder may hum.
- The same bits on one kind of machine only.
"""


def clip_text(names):
    files = sorted({name.split("#")[0] for name in names})
    sources = {"librosa_data": "librosa/data (Karissa Hobbs, Kevin MacLeod, CC BY 3.0; US Army Strings, public domain)",
               "naev-data": "naev-data (Zeropage, CC BY 3.0)",
               "librispeech": "LibriSpeech, readers 367, 2609 and 3080 (LibriVox readers, CC BY 4.0)",
               "ufoai-music": "ufoai-music (Karl Macklin, Manuel Marino and others, CC BY 3.0; Golgotha, public domain)"}
    held = [text for key, text in sources.items() if any(key in f for f in files)]
    return f"{len(files)} excerpts of " + "; ".join(held) if files else "No clips"


def main(runs):
    for family, what in FAMILIES.items():
        path = Path(runs) / family / "metrics.json"
        if not path.exists():
            print(f"{path}: not there, no card of {family}")
            continue
        m = json.loads(path.read_text())
        kbps = (f"1 to {STAGES[family]} stages, {m['kbps'] / STAGES[family]:.2f} to {m['kbps']:.2f} kbit/s a channel (default: all)" if m["kbps"]
                else "none: nothing is quantised")
        card = CARD.format(family=family, what=what, parameters=m["parameters"], sha=m["weights_sha256"],
                           encoder="2, 4, 5, 8" if family == "encodec" else "2, 4, 8, 8", kbps=kbps, songs=m["songs"],
                           clips=clip_text(m["clips"]), song_s=song_seconds(family),
                           start=LAPPED_TEXT, made=made_text(family, m), spectral=m["held_out"]["spectral"],
                           mel=m["held_out"]["mel"], unexplained=100 * m["held_out"]["waveform"])
        (SOURCE / f"models/cards/decoder-{family}.md").write_text(card)


LAPPED_TEXT = ("It begins as a lapped transform and its inverse, which is where most of its nearness comes from "
               "(docs/adr/0005-neural-decoders.md). ")
STAGES = {"encodec": 24, "dac": 32}
# Of one core; what the other core took is not in it.
MINUTES = {"istft": 5}
# Steps done of those planned, of batches of 16, on one H200 that seven trainings shared for 8.5 minutes: the machine
# went back before the end, so the learning rate never came down. Gradients there are not the same bits twice.
GPU = {"hifigan": (9222, 12300), "encodec": (4984, 5700), "dac": (3365, 5390), "nearest": (10577, 12090)}
# Then on a CPU, one core each with other work beside: minutes and steps of the last of three stages.
FINISH_TEXT = ("; then, on two cores, 360 steps with batches of 8 (rate 0.0002, weights: spectral and mel 4, waveform 1.5); then, on "
               "one core, {minutes} minutes with `--from WEIGHTS --set data.songs=60 --set train.batch_size=8 --set "
               "train.learning_rate=0.0004 --set objective.spectral=4 --set objective.mel=4 --set objective.waveform=0.5 --set "
               "objective.phase=0 --set finish.steps=0`: 1,200 steps on bright segments of music alone (`--set data.dark_share=0 --set "
               "data.narrow=[] --set data.clip_share=0.3`), 3,000 with a fifth of them darkened (`--set seed=2` and the last two), "
               "and {steps:,} with speech as well (`--set seed=3` alone), "
               "whose held-out segments the figures below are of. The configuration's `[finish]` is the same in one run")
FINISH_MINUTES = {"encodec": 58, "dac": 64}


def song_seconds(family):
    if family in FINISH_MINUTES:
        return "16 s of 40 of them first, then 30 s"
    return "16 s" if family in GPU else "30 s"


def made_text(family, m):
    command = f"`brandiron train decoder --family {family} -o DIR`"
    if family not in GPU:
        return f"{command}: {m['steps']:,} steps, seed {m['seed']}; about {MINUTES[family]} minutes of one core of a 2-core machine"
    done, planned = GPU[family]
    text = (f"{command[:-1]} --device cuda --set train.steps={planned} --set train.batch_size=16 --set data.song_s=16`, seed 1, stopped "
            f"after {done:,} steps, on an H200 that seven trainings shared, LibTorch 2.11, under nine minutes; not the same bits when it is "
            "run again. Without the options the same command trains the same network on a CPU, for the steps of the configuration")
    if family in FINISH_MINUTES:
        text += FINISH_TEXT.format(minutes=FINISH_MINUTES[family], steps=m["steps"])
    return text


if __name__ == "__main__":
    main(sys.argv[1])
