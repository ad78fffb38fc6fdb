#!/usr/bin/env python3
"""Prints the model card of the watermark's learned front end from metrics.json."""
import json
import sys


def rows(table, seconds):
    for row in table:
        if row["seconds"] == seconds:
            yield (f"| {row['attack']} | {row['recordings']} | {row['z_classical']:.1f} | "
                   f"{row['z_learned']:.1f} | {row['ratio']:.3f} ({row['low']:.3f}-{row['high']:.3f}) | "
                   f"{row['gain_db']:+.2f} |")


def main():
    m = json.load(open(sys.argv[1]))
    lengths = sorted({row["seconds"] for row in m["table"]})
    print(f"""# Model card: watermark-front-end {m['version']}

{m['parameters']} parameters, SHA-256 `{m['weights_sha256']}`, Apache-2.0.
Made by `experiments/recipes/watermark-front-end`, seed {m['seed']}, {m['steps']} steps, configuration
`{m['config_sha256']}`.

## What it is
A convolutional network over time and bands (5x5, 3x3, dilated 3x3, 1x1; SiLU; a bias for each band) that
refines the watermark verifier's detection weights: it adds to each whitened cell level what its
surroundings tell about the music, and says how much the cell is to be trusted. Inputs: whitened
level, level over its local mean, expected depth of the mark, local spread, level over the band's
quietest moment. **The key is no input**, so the false-positive bound of `docs/watermark.md` holds
whatever the network does. Where the weights are missing, the verifier does without.

## How it was trained
{m['pairs']} excerpts under attacks, each marked twice under random keys with independent signs. The loss is minus
the mean of z over the classical front end's expected z of the same excerpt, z = sum(sign * weight) /
norm(weight) on windows of 5-28 s, so that no attack dominates. It uses the difference of both markings,
from which what the music adds by chance cancels. {len(m['learnt_from'])} recordings; versions of a held-out title are
held out too. Time for tables and training: {m['seconds'] / 60:.0f} min on the machine of the run.

## What it is worth
{len(m['held_out'])} held-out development recordings (62 s excerpts, one key pair each), the classical front end's z
and this one's on the same windows; ratio with its 95 % interval (bootstrap over recordings). "all" counts each
attack alike, so its z are not of one unit.
""")
    for seconds in lengths:
        print(f"### {seconds:g} s\n\n| attack | n | z classical | z learned | ratio (95 %) | dB |\n"
              "|---|---|---|---|---|---|")
        print("\n".join(rows(m["table"], seconds)) + "\n")
    beyond = m["null"]["share_beyond_bound"]
    print(f"""## Under the null
{m['null']['trials']} trials of random signs against weights of held-out audio: shares beyond the bound's 0.1, 0.01 and 0.001
points: {beyond['0.1']:.4f}, {beyond['0.01']:.4f}, {beyond['0.001']:.5f}; largest z {m['null']['largest_z']:.2f}. The proof needs no measurement;
this only shows that nothing is broken.

## Limits
Trained on game music, mostly instrumental, and a few songs of this generator; on attacks that leave the time
axis alone; for the lattice and the depth curve of the mark as of this version: another mark needs new
weights. On audio unlike all that it may answer less than the classical front end
(`brandiron watermark verify --front-end classical`).

## Data
The recordings are not shipped. Licences: those of the Debian packages 0ad-data, freecol, fretsonfire-songs-*,
hyperrogue-music, lincity-ng-data, naev-data, redeclipse-data, singularity-music, supertuxkart-data,
ufoai-music, wesnoth-1.16-music (CC BY-SA, CC BY, GPL, MIT and public domain, as their debian/copyright
says; every one passes the Debian Free Software Guidelines), and songs of this generator
(Apache-2.0). The tables hold cell energies only.

Learnt from: {', '.join(m['learnt_from'])}.

Held out: {', '.join(m['held_out'])}.""")


if __name__ == "__main__":
    main()
