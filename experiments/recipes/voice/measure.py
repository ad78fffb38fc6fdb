#!/usr/bin/python3
"""Measures the songs that run.sh made.

  measure.py words|mix_words|teacher|similarity|acoustics|summary OUT
  measure.py value OUT NAME          one figure of OUT/summary.json, alone on the last line

OUT/songs/PERSONA/TEXT-SEED holds song.json, song.flac, generated.json and stems/lead_vocal_dry.flac.
`words` and `similarity` call ../shared/tools/judge (not shipped) and say so where it is absent. Needs numpy,
scipy and sox.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import wave
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import acoustics

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import shared  # noqa: E402

JUDGES = Path(__file__).resolve().parents[4] / "shared/tools/judge"
HOUSE = "rust-hollow"
DICTIONARY = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict"


def songs(out, persona="*", seed="*"):
    return sorted(p.parent for p in (out / "songs").glob(f"{persona}/*-{seed}/generated.json"))


def write(out, name, value):
    (out / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def read(out, name):
    path = out / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {"skipped": "not run"}


def judge_absent(out, name, *programs):
    missing = [p for p in programs if not shutil.which(p)]
    if JUDGES.is_dir() and not missing:
        return False
    why = f"{', '.join(missing)} not installed" if missing else "../shared/tools/judge is absent"
    print(f"{name}: skipped: {why}", file=sys.stderr)
    write(out, name, {"skipped": why})
    return True


def wilson(right, n):
    return [round(end, 4) for end in shared.wilson(right, n)]


# ---------------------------------------------------------------- words

def plain(text):
    return re.sub(r"[^a-z']", "", text.lower().replace("\u2019", "'"))


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def blind_errors(stem, written):
    """Edits between the words of a general recogniser, told nothing of the song, and those written."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "x.wav"
        subprocess.run(["sox", "-V1", stem, "-r", "16000", "-c", "1", "-b", "16", wav, "norm", "-3"], check=True)
        found = subprocess.run(["pocketsphinx_continuous", "-infile", wav, "-logfn", "/dev/null"],
                               capture_output=True, text=True, check=True).stdout
    return edits(written, [w for w in found.split() if plain(w)])


def pronunciations():
    found = {}
    for line in open(DICTIONARY, encoding="utf-8"):
        word, *phones = line.split()
        found.setdefault(re.sub(r"\(\d+\)", "", word), set()).add(tuple(phones))
    return found


def words(out):
    if judge_absent(out, "words", "pocketsphinx_batch", "pocketsphinx_continuous", "sox"):
        return
    known = pronunciations()

    def judged(song):
        stem, truth = song / "stems/lead_vocal_dry.flac", song / "song.json"
        row = json.loads(subprocess.run([sys.executable, JUDGES / "word_accuracy.py", stem, truth, "--json"],
                                        check=True, capture_output=True, text=True).stdout)
        written = [plain(w["text"]) for w in json.loads(truth.read_text())["lyrics"]["words"]]
        found = {"song": song.name, "right": round(row["word_accuracy"] * row["words"]), "words": row["words"],
                 "warp": row["warp"], "not_in_dictionary": row["not_in_dictionary"],
                 "homophones": sum(bool(known.get(a, set()) & known.get(b, set()))
                                   for a, b in (pair.split(">") for pair in row["wrong"])),
                 "blind_edits": blind_errors(stem, written), "written": len(written), "wrong": row["wrong"]}
        print(f"  {song.name}: {found['right']}/{found['words']}", file=sys.stderr)
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(judged, songs(out, HOUSE)))
    wrong = Counter(pair.split(">")[0] for row in rows for pair in row["wrong"])
    right, n = sum(r["right"] for r in rows), sum(r["words"] for r in rows)
    shares = [r["right"] / r["words"] for r in rows]
    draws = np.random.default_rng(1).integers(0, len(rows), (2000, len(rows)))
    by_song = np.array([[r["right"], r["words"]] for r in rows])[draws].sum(axis=1)
    write(out, "words", {
        "accuracy": right / n, "accuracy_homophones": (right + sum(r["homophones"] for r in rows)) / n, "right": right, "n": n, "songs": len(rows), "interval_words": wilson(right, n),
        "interval_songs": np.percentile(by_song[:, 0] / by_song[:, 1], [2.5, 97.5]).round(4).tolist(),
        "lowest_song": min(shares), "highest_song": max(shares),
        "blind_wer": sum(r["blind_edits"] for r in rows) / sum(r["written"] for r in rows),
        "most_often_wrong": wrong.most_common(25), "rows": rows})


def mix_words(out):
    """The same judge on the published mixes of the first seed: what a listener of the song is offered."""
    if judge_absent(out, "mix_words", "pocketsphinx_batch", "sox"):
        return
    right = n = 0
    for song in songs(out, HOUSE, seed="1"):
        row = json.loads(subprocess.run([sys.executable, JUDGES / "word_accuracy.py", song / "song.flac",
                                         song / "song.json", "--json"], check=True, capture_output=True, text=True).stdout)
        right, n = right + round(row["word_accuracy"] * row["words"]), n + row["words"]
        print(f"  {song.name}, mix: {row['word_accuracy']:.3f}", file=sys.stderr)
    write(out, "mix_words", {"accuracy": right / n, "n": n, "interval_words": wilson(right, n)})


def spoken(word):
    """The bank's own speaker says one word, 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "x.wav"
        subprocess.run(["flite", "-voice", "kal16", "-t", word, "-o", wav], check=True, capture_output=True)
        with wave.open(str(wav)) as f:
            return np.frombuffer(f.readframes(f.getnframes()), np.int16)


def teacher(out):
    """The same judge on the same words, each spoken alone by the speaker of the house persona's bank."""
    if judge_absent(out, "teacher", "flite", "pocketsphinx_batch", "sox"):
        return
    rows, pieces, at = [], [], 0
    for song in songs(out, HOUSE, seed="1"):
        for text in (w["text"] for w in json.loads((song / "song.json").read_text())["lyrics"]["words"]):
            x = spoken(text)
            rows.append({"text": text, "start_s": at / 16000, "end_s": (at + len(x)) / 16000})
            pieces += [x, np.zeros(3200, np.int16)]
            at += len(x) + 3200
    with tempfile.TemporaryDirectory() as folder:
        wav, truth = Path(folder) / "x.wav", Path(folder) / "x.json"
        with wave.open(str(wav), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(16000)
            f.writeframes(np.concatenate(pieces).tobytes())
        truth.write_text(json.dumps({"words": rows, "phones": []}))
        row = json.loads(subprocess.run([sys.executable, JUDGES / "word_accuracy.py", wav, truth, "--json"],
                                        check=True, capture_output=True, text=True).stdout)
    right = round(row["word_accuracy"] * row["words"])
    write(out, "teacher", {"accuracy": right / row["words"], "n": row["words"],
                           "interval_words": wilson(right, row["words"]),
                           "most_often_wrong": Counter(p.split(">")[0] for p in row["wrong"]).most_common(25)})


# ---------------------------------------------------------------- similarity

def nearest_centroid(cosine, names):
    """Which of the other songs' centroids each song is nearest to: (right, list of mistakes)."""
    mistakes = []
    kinds = sorted(set(names))
    for i, own in enumerate(names):
        score = {}
        for kind in kinds:
            rest = [j for j, k in enumerate(names) if k == kind and j != i]
            inner = cosine[np.ix_(rest, rest)].mean()
            score[kind] = cosine[i, rest].mean() / math.sqrt(inner)
        best = max(score, key=score.get)
        if best != own:
            mistakes.append(f"{own}>{best}")
    return len(names) - len(mistakes), mistakes


def compare(files, names):
    found = subprocess.run([sys.executable, JUDGES / "speaker_similarity.py", "--json", *files], check=True,
                           capture_output=True, text=True).stdout
    cosine = np.array(json.loads(found)["cosine"])
    kinds = sorted(set(names))
    index = {k: [i for i, n in enumerate(names) if n == k] for k in kinds}
    same = [cosine[i, j] for k in kinds for i in index[k] for j in index[k] if i < j]
    pairs = {f"{a} {b}": float(np.mean(cosine[np.ix_(index[a], index[b])]))
             for n, a in enumerate(kinds) for b in kinds[n + 1:]}
    right, mistakes = nearest_centroid(cosine, names)
    closest = sorted(pairs.items(), key=lambda p: -p[1])
    return {"personas": len(kinds), "songs": len(names), "same_mean": float(np.mean(same)),
            "same_min": float(min(same)), "same_pairs": len(same),
            "same_by_persona": {k: float(np.mean([cosine[i, j] for i in index[k] for j in index[k] if i < j]))
                                for k in kinds},
            "different_median": float(np.median(list(pairs.values()))), "different_max": closest[0][1],
            "different_pairs": len(pairs), "closest": closest[:8],
            "identified": right, "mistakes": mistakes, "interval": wilson(right, len(names)), "pairs": pairs}


def similarity(out):
    if judge_absent(out, "similarity", "sox"):
        return
    found = [s for s in songs(out, seed="1") if (s / "stems/lead_vocal_dry.flac").exists()]
    names = [s.parent.name for s in found]
    write(out, "similarity", {"dry": compare([s / "stems/lead_vocal_dry.flac" for s in found], names),
                              "mix": compare([s / "song.flac" for s in found], names)})


# ---------------------------------------------------------------- acoustics and summary

def measure_acoustics(out):
    result = {}
    for song in songs(out):
        row = acoustics.measure(song)
        result.setdefault(song.parent.name, []).append(row)
        print(f"  {song.parent.name} {song.name}: HNR {row['hnr_db']:.1f} dB", file=sys.stderr)
    write(out, "acoustics", result)


def summary(out):
    rows, found = {}, read(out, "words")
    if "skipped" in found:
        rows["words"] = f"skipped: {found['skipped']}"
    else:
        rows |= {"word_accuracy": found["accuracy"], "words": found["n"], "word_interval": found["interval_songs"],
                 "word_accuracy_homophones": found["accuracy_homophones"],
                 "blind_wer": found["blind_wer"]}
    found = read(out, "mix_words")
    if "skipped" not in found:
        rows |= {"mix_word_accuracy": found["accuracy"], "mix_words": found["n"],
                 "mix_word_interval": found["interval_words"]}
    found = read(out, "teacher")
    if "skipped" not in found:
        rows |= {"teacher_accuracy": found["accuracy"], "teacher_words": found["n"],
                 "teacher_interval": found["interval_words"]}
    found = read(out, "similarity")
    if "skipped" in found:
        rows["similarity"] = f"skipped: {found['skipped']}"
    else:
        for kind in ("dry", "mix"):
            for key in ("same_mean", "same_min", "different_median", "different_max", "identified", "songs"):
                rows[f"{kind}_{key}"] = found[kind][key]
    sung = read(out, "acoustics")
    if "skipped" not in sung:
        house = sung.get(HOUSE, [])
        everyone = [r for rows_of in sung.values() for r in rows_of]
        for name, who in (("house", house), ("all", everyone)):
            for key in ("f0_cents", "hnr_db", "subharmonic_db", "bandwidth_hz", "seam_db", "speed", "vocal_over_band_db"):
                values = [r[key] for r in who if r[key] is not None]
                if values:
                    rows[f"{name}_{key}"] = float(np.median(values))
                    rows[f"{name}_{key}_range"] = [min(values), max(values)]
    write(out, "summary", rows)
    print("\n".join(f"{k:32} {json.dumps(v)}" for k, v in rows.items()))


def main(args):
    steps = {"words": words, "mix_words": mix_words, "teacher": teacher, "similarity": similarity, "acoustics": measure_acoustics, "summary": summary}
    if len(args) == 3 and args[0] == "value":
        found = read(Path(args[1]), "summary")[args[2]]
        print(f"{found:.3f}" if isinstance(found, float) else found)
        return 0
    if len(args) != 2 or args[0] not in steps:
        print(__doc__, file=sys.stderr)
        return 2
    steps[args[0]](Path(args[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
