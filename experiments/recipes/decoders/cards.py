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
    "encodec": ("transposed convolutions (8, 5, 4, 2), ELU, over residual vector quantisation (16 stages of 1,024 codes "
                "looked up by distance, 10 bits each, frames of 320 samples): EnCodec (Defossez et al., TMLR 2023) without "
                "its LSTM"),
    "dac": ("transposed convolutions (8, 8, 4, 2), snake, over residual vector quantisation (16 stages of 1,024 codes "
            "looked up by direction in 8 dimensions, 10 bits each, frames of 512 samples): DAC (Kumar et al., NeurIPS 2023)"),
    "nearest": ("repetition and convolution (8, 8, 4, 2), leaky ReLU, over 96 learned numbers a frame of 512 samples: the "
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
| trained on | {songs} songs of ours, 30 s each (seeds 1000 on, all personas): the mix, one side, and the dry lead. {clips} |
| licence | Apache-2.0 |
| made by | `brandiron train decoder --family {family} -o DIR`: {steps} steps, seed {seed}; about {minutes} minutes of one core of a 2-core machine; `--device cuda` is the same command on a GPU, with `--set net.channels=...` and `--set train.steps=...` for a wider and longer training (not tried: none was lent) |
| used by | `generate --decoder {family}`, `twins`, `decode` |

## What it is for

To leave the marks that neural decoders of its family leave on generated music, on songs whose everything else is known, and on recordings beside their own originals. It is an analysis-synthesis network, not a generator: what comes out is what went in, changed by the decoder.

## What it is worth

Held-out segments: log-spectral distance and convergence {spectral:.3f}, mel {mel:.3f}, {unexplained:.1f} % of the energy not explained. Against Griffin-Lim, combs, bandwidth and marks through it: rows `decoders.{family}.*` of [claims](../../docs/claims.md), with their commands; pictures in [the sound](../../docs/sound.md).

## Limits

- Small and trained for minutes on a processor. {start}Deployed decoders are larger and train for days. The places of their combs are the same, the strength is not.
- Seven in ten of the segments that it learnt from are our own songs. It knows few recordings of people (SI-SDR by material: `evaluate decoder`).
- What a mark in it is worth: rows `decoders.{family}.exact-*` of the claims.
- Each channel by itself. Digital silence stays silent, where a deployed decoder may hum.
- The same bits on one kind of machine only.
"""


def clip_text(names):
    files = sorted({name.split("#")[0] for name in names})
    sources = {"librosa_data": "librosa/data (Karissa Hobbs, Kevin MacLeod, CC BY 3.0; US Army Strings, public domain)",
               "naev-data": "naev-data (Zeropage, CC BY 3.0)",
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
                           clips=clip_text(m["clips"]), steps=f"{m['steps']:,}",
                           seed=m["seed"], start=LAPPED_TEXT if family in LAPPED else "", minutes=MINUTES[family], spectral=m["held_out"]["spectral"],
                           mel=m["held_out"]["mel"], unexplained=100 * m["held_out"]["waveform"])
        (SOURCE / f"models/cards/decoder-{family}.md").write_text(card)


# CPU minutes of one core, as measured (steps were slower where the machine was shared).
LAPPED = ("hifigan", "istft")
LAPPED_TEXT = ("It begins as a lapped transform and its inverse, which is where most of its nearness comes from "
               "(docs/adr/0005-neural-decoders.md). ")
STAGES = {"encodec": 16, "dac": 16}
# Of one core; what the other core and other sessions took is not in it.
MINUTES = {"hifigan": 5, "encodec": 25, "dac": 20, "nearest": 6, "istft": 5}

if __name__ == "__main__":
    main(sys.argv[1])
