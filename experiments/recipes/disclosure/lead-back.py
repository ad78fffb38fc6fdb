#!/usr/bin/env python3
"""From the command line as a vendor uses it: 60 s from the middle of each recording disclosed with all layers, stripped of
all metadata and coded as MP3 64, led back. Counts files whose own manifest was recovered, its signer trusted.

  lead-back.py OUT FILE...       OUT/lead-back.json, OUT/lead-back.txt; BRANDIRON names the binary, JOBS the threads (2)
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
LENGTH_S = 60


def brandiron(*arguments):
    found = subprocess.run([BRANDIRON, "--no-progress", *map(str, arguments)], capture_output=True, text=True)
    if found.returncode != 0:
        raise RuntimeError(found.stderr.strip())
    return found.stdout


def duration_s(path):
    return float(subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
                                capture_output=True, text=True).stdout.strip() or 0)


def lead_back(number, path, work):
    """One row: what came of one recording."""
    row = {"file": path.name}
    name = work / f"{number}"
    common = ["--key", work / "my.key", "--registry", work / "registry.sqlite"]
    start = max(0.0, (duration_s(path) - LENGTH_S) / 2)
    try:
        brandiron("attack", f"crop(start_s={start:.2f}, duration_s={LENGTH_S})", path, f"{name}.wav")
        made = json.loads(brandiron("disclose", f"{name}.wav", f"{name}.flac", *common, "--certificates", work / "ca/chain.pem",
                                    "--signing-key", work / "ca/signing.key", "--system", "study", "--json"))
        brandiron("attack", "mp3(bitrate_kbps=64)", f"{name}.flac", f"{name}.mp3")
        found = json.loads(brandiron("disclose", "recover", f"{name}.mp3", *common, "--trust", work / "ca/root.pem", "--json"))
        entries = [entry for payload in found["payloads"] for entry in payload["entries"]]
        right = bool(entries) and entries[0]["content_id"] == made["content_id"]
        row.update(verdict=found["verdict"], right=right,
                   recovered=right and found.get("manifest", "").startswith("genuine, signer trusted"),
                   cpu_s=made["cpu_s"], margin_db=made["margin_db"])
    except RuntimeError as error:
        row["error"] = str(error)
    for leftover in work.glob(f"{number}.*"):
        leftover.unlink()
    return row


def least_share(good, n):
    """One-sided 95 % Clopper-Pearson bound, by bisection on the binomial tail."""
    from math import comb
    low, high = 0.0, good / n
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(comb(n, k) * middle ** k * (1 - middle) ** (n - k) for k in range(good, n + 1))
        low, high = (middle, high) if tail < 0.05 else (low, middle)
    return low


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    out, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    brandiron("watermark", "keygen", "-o", work / "my.key")
    brandiron("disclose", "make-test-ca", "-o", work / "ca")
    done, lock = [0], threading.Lock()

    def one(numbered):
        row = lead_back(*numbered, work)
        with lock:
            done[0] += 1
            print(f"{done[0]} of {len(files)}: {row}", file=sys.stderr)
        return row

    with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        rows = list(pool.map(one, enumerate(files)))
    shutil.rmtree(work)
    good = sum(row.get("recovered", False) for row in rows)
    text = f"manifest recovered: {good}/{len(rows)}, at least {least_share(good, len(rows)):.3f} (95 %)"
    (out / "lead-back.json").write_text(json.dumps({"rows": rows, "recovered": good, "n": len(rows)}, indent=1) + "\n")
    (out / "lead-back.txt").write_text(text + "\n")
    print(text)
    for row in rows:
        if not row.get("recovered"):
            print(f"  not: {row}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
