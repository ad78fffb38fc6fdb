#!/usr/bin/env python3
"""Prints the model card of the melody model from metrics.json."""
import json
import sys

SEES = {"notes": "the notes before alone, as joint tokens",
        "conditions": "all that the model is told of a note, and three notes before",
        "memory": "that, and what the model's memory of the tune expects"}


def row(name, ngram):
    ratio = ngram["ratio"]
    orders = "; ".join(f"{factor} given {', '.join(context) or 'nothing'}"
                       for factor, context in zip(ngram["factors"], ngram["contexts"]))
    return (f"| {SEES[name]} | {ngram['perplexity']:.2f} | {ratio['value']:.3f} "
            f"({ratio['low']:.3f}-{ratio['high']:.3f}) | {orders} |")


def main():
    m = json.load(open(sys.argv[1]))
    h = m["held_out"]
    whole = h["interval"]
    print(f"""# Model card: melody {m['version']}

{m['parameters']} parameters, SHA-256 `{m['weights_sha256']}`, Apache-2.0.
Made by `experiments/recipes/melody`, seed {m['seed']}, {m['steps']} steps, configuration
`{m['config_sha256']}`.

## What it is
An LSTM over the notes of a tune: first the length of the next note, then its pitch above the tonic. It is told
what a composer knows before the note: mode, metre, place in the bar, chords now and next, the syllable's
stress and the next one's, ends of words and lines, place in the tune. And it is reminded of the tune so far: what was
sung two, four and eight bars ago, and how the tune went on after the longest run of notes that ended as it
does now. Where the weights are missing, the songwriter's grammar works alone.

## How it was trained
{m['learnt_tunes']} sung tunes (first verses) and {m['fiddle_tunes']} fiddle tunes, whose share of the batches falls to none; the
weights that validation tunes liked best. {m['left_out_tunes']} tunes are left out: held-out titles of the fiddle
collection and tunes that a held-out one is a form of.

## What it is worth
{h['tunes']} held-out tunes, {h['notes']:.0f} notes. Perplexity a note, length and pitch together: **{whole['value']:.2f}** ({whole['low']:.2f}-{whole['high']:.2f};
length {h['length_perplexity']:.2f}, pitch {h['pitch_perplexity']:.2f}); validation {h['validation_perplexity']:.2f}. Beside it Witten-Bell n-grams of the same tokens, whose
contexts were chosen on the validation tunes (what stands first backs off first):

| an n-gram that sees | perplexity | model / n-gram (95 %, by tune) | contexts |
|---|---|---|---|
""" + "\n".join(row(name, ngram) for name, ngram in h["ngrams"].items()) + f"""

Most of the gain comes from the memory of the tune: the last row tells what is left of it when the n-gram has the
same memory.

## Limits
Tunes of 1780-1930: hymns, parlour and popular songs, spirituals, few cowboy songs; nothing of today. Chords of
most tunes were derived from their harmony by a program, not by a person, and were made from parts that hold the
melody. Lines were found by capitals and punctuation.

## Data
No note of it is shipped. Public-domain tunes: Open Hymnal, Bloomfield's songs from the public domain, The Liberty
Minstrel (1844), Lomax's Cowboy Songs (1910), The Shanty Book (1921), Ryan's Mammoth Collection (1883); public domain in
the United States: Spiritual Folk-Songs of Early America (1937), OpenEWLD's songs up to 1930. Collections without
a clear licence (Nottingham) or under share-alike terms (old-time tune book) are not learnt from.""")


if __name__ == "__main__":
    main()
