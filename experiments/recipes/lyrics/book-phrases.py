#!/usr/bin/env python3
"""Phrases of six words that the bank could say and a book has said.

  book-phrases.py FOLDER        lists them, sorted, for configs/lyrics/book-phrases.txt

FOLDER holds the books (*.txt). Every way to fill every template and hook is looked at, by following
only what some book begins with. Standard library only.
"""

import re
import sys
from pathlib import Path

WORDS = 6
BANK = Path(__file__).resolve().parents[3] / "configs" / "lyrics"


def words_of(text):
    """As gen/src/composition/lexicon.cpp normalises them: letters, digits, apostrophe and hyphen."""
    text = text.replace("\u2019", "'").replace("\u2018", "'").lower()
    words = (re.sub(r"[^a-z0-9'-]", "", token) for token in text.split())
    return [w for w in words if re.search(r"[a-z0-9]", w)]


def beginnings(folder):
    """Every beginning, up to six words, of what a stanza of a book says from any word on."""
    seen = set()
    for path in sorted(Path(folder).glob("*.txt")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")):
            words = words_of(stanza)
            for at in range(len(words) - WORDS + 1):
                for n in range(1, WORDS + 1):
                    seen.add(tuple(words[at:at + n]))
    return seen


def content(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            yield line


def read_bank():
    """Named lists, and the texts of templates and hooks."""
    lists, templates = {}, []
    for kind in ("slots", "verses", "choruses", "hooks"):
        for path in sorted((BANK / kind).glob("*.txt")):
            name = None
            for line in content(path):
                if line[0] in "=@":
                    name = line.split()[1] if line[0] == "=" else None
                elif name:
                    lists.setdefault(name, []).extend(o.strip() for o in line.split("|") if o.strip())
                elif kind == "hooks":
                    templates += re.sub(r"\([^)]*\)", lambda m: m.group().replace("|", "\0"), line).split("|")
                elif kind != "slots":
                    templates.append(line)
    return lists, [t.replace("\0", "|") for t in templates]


def pieces_of(template, lists):
    """Lists of alternatives, each a list of words."""
    pieces = []
    for named, inline, text in re.findall(r"\{([^}]*)\}|\(([^)]*)\)|([^{}()]+)", template):
        options = lists[named] if named else inline.split("|") if inline else [text]
        pieces.append([words_of(o) for o in options])
    return pieces


def follow(pieces, piece, said, known, found):
    """Says on after `said`, which some book begins like, from `piece` on."""
    if len(said) >= WORDS:
        found.add(said[:WORDS])
        return
    if piece == len(pieces):
        return
    for option in pieces[piece]:
        longer = (said + tuple(option))[:WORDS]
        if longer in known or not option:
            follow(pieces, piece + 1, longer, known, found)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    known = beginnings(sys.argv[1])
    lists, templates = read_bank()
    found = set()
    for template in templates:
        pieces = pieces_of(template, lists)
        for first, options in enumerate(pieces):
            for option in options:
                for at in range(len(option)):
                    said = tuple(option[at:])[:WORDS]
                    if said in known:
                        follow(pieces, first + 1, said, known, found)
    for phrase in sorted(found):
        print(" ".join(phrase))


main()
