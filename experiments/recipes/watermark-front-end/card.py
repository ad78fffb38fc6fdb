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


# What tells a package in a track's name, and what its debian/copyright says.
PACKAGES = {"0ad": "0ad-data (CC BY-SA 3.0)", "freecol": "freecol (CC BY 4.0)",
            "fretsonfire_data_songs_muldjord": "fretsonfire-songs-muldjord (CC BY-SA 3.0)",
            "fretsonfire_data_songs_sectoid": "fretsonfire-songs-sectoid (MIT-style)",
            "hyperrogue": "hyperrogue-music (CC BY-SA 3.0)", "lincity": "lincity-ng-data (GPL-2+)",
            "_naev_": "naev-data (CC BY-SA 3.0, CC BY 3.0, GPL-3)",
            "redeclipse": "redeclipse-data (CC BY-SA 3.0)",
            "singularity": "singularity-music (CC BY-SA 3.0)",
            "supertuxkart": "supertuxkart-data (CC BY-SA 3.0 and 4.0)",
            "ufoai": "ufoai-music (CC BY 3.0, CC BY-SA 3.0, public domain)",
            "wesnoth": "wesnoth-1.16-music (GPL-2+)"}


def main():
    m = json.load(open(sys.argv[1]))
    tracks = m["learnt_from"] + m["held_out"]
    packages = [text for part, text in PACKAGES.items() if any(part in track for track in tracks)]
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
The recordings are not shipped; the tables hold cell energies. They are songs of this generator (Apache-2.0)
and tracks of these Debian packages, all under the Debian Free Software Guidelines:
{', '.join(packages)}.

Learnt from: {', '.join(m['learnt_from'])}.

Held out: {', '.join(m['held_out'])}.""")


if __name__ == "__main__":
    main()
