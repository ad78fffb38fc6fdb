#!/usr/bin/python3
"""Compares the learned singer with the bank on the stems of `brandiron evaluate singer`.

  measure.py words|summary OUT       the judge's words of every stem; the figures, OUT/summary.json
  measure.py value OUT NAME          one figure of OUT/summary.json, alone on the last line

`words` calls ../shared/tools/judge/word_accuracy.py (not shipped) and says so where it is absent. Needs numpy,
scipy, sox and pocketsphinx.
"""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

JUDGE = Path(__file__).resolve().parents[4] / "shared/tools/judge/word_accuracy.py"


def read(path):
    return json.loads(path.read_text())


def judged(out, song):
    row = json.loads(subprocess.run([sys.executable, JUDGE, out / f"{song['name']}.wav", out / f"{song['name']}.json",
                                     "--json"], check=True, capture_output=True, text=True).stdout)
    print(f"  {song['name']}: {row['word_accuracy']:.3f} of {row['words']}", file=sys.stderr)
    return {"name": song["name"], "right": round(row["word_accuracy"] * row["words"]), "words": row["words"]}


def words(out):
    missing = [p for p in ("pocketsphinx_batch", "sox") if not shutil.which(p)]
    if missing or not JUDGE.exists():
        why = f"{', '.join(missing)} not installed" if missing else "../shared/tools/judge is absent"
        print(f"words: skipped: {why}", file=sys.stderr)
        rows = {"skipped": why}
    else:
        with ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(lambda s: judged(out, s), read(out / "songs.json")["songs"]))
    (out / "words.json").write_text(json.dumps(rows, indent=1) + "\n")


def paired(songs, rows):
    """(right, words) of bank and learned, a row a song that both sang."""
    by_name = {r["name"]: r for r in rows}
    pairs = {}
    for s in songs:
        pairs.setdefault((s["text"], s["seed"]), {})[s["singer"]] = by_name[s["name"]]
    return np.array([[p["bank"]["right"], p["learned"]["right"], p["bank"]["words"]] for p in pairs.values()])


def summary(out):
    songs, rows, figures = read(out / "songs.json")["songs"], read(out / "words.json"), {}
    if "skipped" in rows:
        figures["words"] = f"skipped: {rows['skipped']}"
    else:
        table = paired(songs, rows)
        draws = np.random.default_rng(1).integers(0, len(table), (4000, len(table)))
        resampled = table[draws].sum(axis=1)
        difference = 100 * (resampled[:, 1] - resampled[:, 0]) / resampled[:, 2]
        right_bank, right_learned, n = table.sum(axis=0)
        figures |= {"paired_words": int(n), "bank_words": right_bank / n, "learned_words": right_learned / n,
                    "difference_points": 100 * (right_learned - right_bank) / n,
                    "difference_interval": np.percentile(difference, [2.5, 97.5]).round(2).tolist()}
    total = {who: [s for s in songs if s["singer"] == who] for who in ("bank", "learned")}
    step = {who: np.average([s["join_step_db"] for s in rows], weights=[s["joins"] for s in rows])
            for who, rows in total.items()}
    ratios = [b["join_step_db"] / a["join_step_db"] for a, b in zip(total["bank"], total["learned"])]
    figures |= {"joins": sum(s["joins"] for s in total["bank"]), "bank_join_step_db": step["bank"],
                "learned_join_step_db": step["learned"], "join_ratio": step["learned"] / step["bank"],
                "join_ratio_range": [min(ratios), max(ratios)]}
    for who, rows in total.items():
        figures[f"{who}_speed"] = sum(s["sung_s"] for s in rows) / sum(s["cpu_s"] for s in rows)
    (out / "summary.json").write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(f"{k:22} {json.dumps(v)}" for k, v in figures.items()))


def main(args):
    if len(args) == 3 and args[0] == "value":
        found = read(Path(args[1]) / "summary.json")[args[2]]
        print(f"{found:.3f}" if isinstance(found, float) else found)
        return 0
    steps = {"words": words, "summary": summary}
    if len(args) != 2 or args[0] not in steps:
        print(__doc__, file=sys.stderr)
        return 2
    steps[args[0]](Path(args[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
