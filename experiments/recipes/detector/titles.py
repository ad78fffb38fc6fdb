"""One name for one recording: clips, whole tracks and versions of a piece must not lie on two sides of a split."""

import re
from pathlib import PurePosixPath

# Tails that name a version of the same piece.
VERSION = re.compile(r"[ _.-]+(fast|slow|f|song|guitar|rhythm|loop(ed)?|intro|outro|ending|short|long|hq|full|remix|"
                     r"version|edit|final|alt|v?\d{1,2}|r\d+|test|\d{4}[ _-]\d\d[ _-]?\d\d|\d{8}|\d{4})$")
# Files whose folder carries the name.
PARTS = {"song", "guitar", "rhythm", "audio"}


def of_name(name):
    """Lower case, words and digits only, without the tails above: `Segfault_v1_2016-02-14` is `segfault`."""
    text = re.sub(r"^\d{1,3}[ _.-]+(?=\D)", "", name.lower()).strip()
    numbered = re.fullmatch(r"(track|level|ambient|battle|theme|music|song)[ _-]?\d+\w?", text)
    while not numbered and (shorter := VERSION.sub("", text)) != text and re.search(r"[a-z]{3}", shorter):
        text = shorter
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-") or name.lower()


def of_file(path):
    """Of a path inside a package or repository."""
    whole = PurePosixPath(path)
    while whole.suffix and len(whole.suffix) < 7 and not whole.suffix[1:].isdigit():
        whole = whole.with_suffix("")
    return of_name(whole.parent.name if whole.name.lower() in PARTS else whole.name)
