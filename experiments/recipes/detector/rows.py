"""Rows of the manifests, and what must hold between them."""

import json
import re
from pathlib import Path

KEYS = ["id", "file", "label", "source", "title", "generator", "persona", "preset", "decoder", "licence", "author", "marked",
        "lossless", "split", "parent_id", "vocals", "instrumental", "spans", "seconds"]
LABELS = {"ai", "human", "resynthesised", "mixed", "voice"}


def row(**fields):
    """All keys in one order, those of a set (`kind`, `genre` ...) after them."""
    plain = {"generator": "human", "persona": None, "preset": None, "decoder": "none", "marked": False, "lossless": False,
             "parent_id": None, "spans": None}
    whole = {**plain, **fields}
    return {**{key: whole[key] for key in KEYS}, **{k: v for k, v in fields.items() if k not in KEYS}}


def file_name(text):
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-").lower()


def read(folder):
    """(header, rows) of a manifest; ([], {}) where there is none."""
    path = Path(folder) / "manifest.jsonl"
    if not path.exists():
        return {}, []
    header, *rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return header, rows


def write(folder, header, rows):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [{"schema": "brandiron.manifest/1", "kind": "detector", "set": folder.name, "items": len(rows), **header}, *rows]
    partial = folder / "manifest.jsonl.part"
    partial.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    partial.rename(folder / "manifest.jsonl")


def sources_of(entry):
    """A blend has several: all of them must be on its side of the split."""
    return {entry["source"], *entry.get("sources", [])}


def faults(folder, rows):
    """What is wrong inside one set, as lines of text."""
    found, ids = [], set()
    for entry in rows:
        where = f"{folder.name}/{entry['id']}"
        if entry["id"] in ids:
            found.append(f"{where}: the id comes twice")
        ids.add(entry["id"])
        if entry["label"] not in LABELS or entry["split"] not in ("train", "test"):
            found.append(f"{where}: label {entry['label']}, split {entry['split']}")
        if not (folder / entry["file"]).is_file():
            found.append(f"{where}: {entry['file']} is not there")
        if not 4 <= entry["seconds"] <= 61:
            found.append(f"{where}: {entry['seconds']} s long, not 4 to 61")
        spans = entry["spans"] or []
        ends = [0.0, *(s[1] for s in spans)]
        if any(abs(s[0] - e) > 1e-6 or s[1] <= s[0] for s, e in zip(spans, ends)) or (
                spans and abs(spans[-1][1] - entry["seconds"]) > 0.02):
            found.append(f"{where}: the spans do not tile its {entry['seconds']} s")
    return found


def leaks(sets):
    """Sources, personas, titles and parents that are on both sides of the split, over all sets."""
    sides, found = {}, []
    for name, rows in sets.items():
        for entry in rows:
            held = {("source", s) for s in sources_of(entry)} | {("title", f"{entry['source']}: {entry['title']}")}
            if entry["persona"]:
                held.add(("persona", entry["persona"]))
            for what in held:
                sides.setdefault(what, {}).setdefault(entry["split"], f"{name}/{entry['id']}")
    for (what, value), where in sorted(sides.items()):
        if len(where) > 1:
            found.append(f"leakage: {what} `{value}` is in train ({where['train']}) and test ({where['test']})")
    parents = {f"{name}/{r['id']}": r["split"] for name, rows in sets.items() for r in rows}
    for name, rows in sets.items():
        found += [f"leakage: {name}/{r['id']} is in {r['split']}, its parent {r['parent_id']} is not" for r in rows
                  if r["parent_id"] in parents and parents[r["parent_id"]] != r["split"]]
    return found


def licences(sets):
    """[{source, licence, authors, n}] of the recordings of people and of other systems; blends count for all they hold."""
    table = {}
    for rows in sets.values():
        for entry in rows:
            for part in entry.get("credits") or [{k: entry[k] for k in ("source", "licence", "author")}]:
                key = (part["source"], part["licence"])
                authors, n = table.setdefault(key, (set(), [0]))
                authors.add(part["author"])
                n[0] += 1
    return [{"source": s, "licence": l, "authors": sorted(a), "n": n[0]} for (s, l), (a, n) in sorted(table.items())]
