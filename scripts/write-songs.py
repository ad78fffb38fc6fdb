#!/usr/bin/env python3
"""Writes docs/songs.md: complete lyrics with chords of songs that the writer made, each from one command.

  scripts/write-songs.py [BRANDIRON]        (default build/release/brandiron)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SONGS = [("rust-hollow", 21), ("smoke-trestle", 22), ("tin-cricket", 23), ("tin-saint", 24), ("ash-ledger", 26)]

HEAD = """# Five songs

What the songwriter writes, unchanged: words by the bank and the model, chords over the word on which they change. The commands give the same words, notes and sound again. `scripts/write-songs.py` writes this page.
"""


def short(label):
    """Harte's E:maj and A:min7 as a lead sheet has them."""
    root, _, quality = label.partition(":")
    return root + {"maj": "", "min": "m", "min7": "m7", "maj7": "maj7"}.get(quality, quality)


def chord_line(line, words, chords):
    """The chords that sound in the line, each over the word on which it begins."""
    text, marks, position = line["text"], {}, 0
    places = []
    for word in words:
        found = text.lower().find(word["text"].lower(), position)
        position = found + len(word["text"]) if found >= 0 else position
        places.append((max(found, 0), word))
    for chord in chords:
        if chord["end_s"] <= line["start_s"] or chord["start_s"] >= line["end_s"]:
            continue
        at = next((p for p, w in places if w["end_s"] > chord["start_s"] + 0.05), places[-1][0])
        marks[at] = short(chord["label"])
    row, last = "", None
    for at, name in sorted(marks.items()):
        if name == last:
            continue
        row = row.ljust(at if not row else max(at, len(row) + 1)) + name
        last = name
    return row


def page_of(song, persona, seed):
    sections, out = song["sections"], []
    out.append(f"## {song['title']}\n")
    out.append(f"{song['persona']['config']['name']}, {song['key'].replace(':', ' ')}, {song['meter']}, "
               f"{song['tempo_bpm']:.0f} bpm, {song['groove']}, theme {song['theme']}. "
               f"`brandiron generate --persona {persona} --seed {seed} -o out/song`\n")
    words, section = song["lyrics"]["words"], None
    by_line = {}
    for word in words:
        by_line.setdefault(word["line"], []).append(word)
    block = []
    for index, line in enumerate(song["lyrics"]["lines"]):
        if line["section_index"] != section:
            section = line["section_index"]
            block.append(("" if not block else "\n") + f"[{sections[section]['label'].capitalize()}]")
        block += [chord_line(line, by_line[index], song["chords"]), line["text"]]
    out.append("```text\n" + "\n".join(block) + "\n```\n")
    return "\n".join(out)


def main():
    binary = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/brandiron").resolve()
    pages = [HEAD]
    for persona, seed in SONGS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([binary, "generate", "--persona", persona, "--seed", str(seed), "--no-watermark",
                            "-o", f"{folder}/song", "--no-progress"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
            pages.append(page_of(json.loads(Path(folder, "song/song.json").read_text()), persona, seed))
    (ROOT / "docs/songs.md").write_text("\n".join(pages))


if __name__ == "__main__":
    main()
