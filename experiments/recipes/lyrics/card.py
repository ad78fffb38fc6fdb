#!/usr/bin/env python3
"""Prints the model card of the lyric model from metrics.json."""
import json
import sys

KINDS = {"line_ends": "last words of lines (read first)", "other_words": "other words",
         "unknown_words": "words outside the vocabulary", "boundaries": "ends of lines and stanzas"}


def main():
    m = json.load(open(sys.argv[1]))
    h = m["held_out"]
    plain, given = h["best_ngram"], h["best_conditioned_ngram"]
    ratio, fair = h["ratio"], h["conditioned_ratio"]
    rows = "\n".join(
        f"| {text} | {h['by_kind']['model'][kind]['tokens']:.0f} | "
        f"{h['by_kind']['model'][kind]['perplexity']:.1f} | "
        f"{h['by_kind']['ngram'][kind]['perplexity']:.1f} | "
        f"{h['by_kind']['conditioned_ngram'][kind]['perplexity']:.1f} |" for kind, text in KINDS.items())
    orders = "\n".join(f"| {name} | {row['validation']:.1f} | {row['test']:.1f} |"
                       for name, row in {**h["ngrams"], **h["conditioned_ngrams"]}.items())
    print(f"""# Model card: lyrics {m['version']}

{m['parameters']} parameters (tables and matrices as float16), SHA-256 `{m['weights_sha256']}`, Apache-2.0.
Made by `experiments/recipes/lyrics`, seed {m['seed']}, {m['steps']} steps, configuration
`{m['config_sha256']}`.

## What it is
A word-level LSTM over lines read from their last word to their first, so that the rhyme word comes first;
{m['words']} words, an unknown word, ends of lines and of stanzas. At each step it knows the token before,
the syllables left in the line, the line's place in its stanza and, before a line's first token, the rhyme
that the line has to meet ({m['rhymes']} rhyme keys): all of it is planned before the words are written.

**What it is for.** The songwriter's words come from the project's own bank; the model reads a few candidates
for each line or pair and makes the likelier ones likelier to be sung. It writes no word, so that nothing of
its books can come out of it. Where the file is missing, the bank's grammar writes alone.

## What it is worth
Perplexity on {h['poems']} poems of three held-out books, {h['tokens']:.0f} tokens; the books were chosen by the
SHA-256 of their names. Intervals: bootstrap over poems, 95 %.

| | perplexity | model / this |
|---|---|---|
| the model | {h['perplexity']:.1f} | |
| best n-gram, same tokens and order ({plain['name']}, Witten-Bell) | {plain['perplexity']:.1f} | {ratio['value']:.3f} ({ratio['low']:.3f}-{ratio['high']:.3f}) |
| best n-gram that is given the same conditions ({given['name']}) | {given['perplexity']:.1f} | {fair['value']:.3f} ({fair['low']:.3f}-{fair['high']:.3f}) |

Much of what the plain n-gram loses is what it is not told: where a line ends. The last row is the fair one.

| tokens | n | model | n-gram | conditioned n-gram |
|---|---|---|---|---|
{rows}

Every n-gram that was tried (validation chose; contexts with the most important feature first):

| context | validation | test |
|---|---|---|
{orders}

## Limits
Its English is that of 1870-1930; what it likes is what such books would say. It knows nothing of trucks
beyond the word's rhyme and length. It sees no stress but through the words.

## Data
{m['learnt_poems']} poems out of 25 books of verse from Project Gutenberg (through GITenberg; public domain in the
United States); two more books served for validation. Books and filter: the manifest of the development
data. The texts are not shipped.""")


if __name__ == "__main__":
    main()
