#!/usr/bin/env python3
"""The steps of the recipe, and its figures.

  measure.py speed OUT          configs/corpus/lean-bench.toml in each preset, two processes: OUT/speed.json
  measure.py growth OUT         virtual corpora of 100, 10,000 and 100,000 songs: OUT/growth.json
  measure.py build OUT          RECIPE, SONGS of it, into OUT/corpus: OUT/build.json
  measure.py verify OUT         every mark of it: OUT/marks.jsonl (goes on where it was)
  measure.py detect OUT         what the detector calls every file: OUT/verdicts.jsonl (goes on where it was)
  measure.py summary OUT        OUT/summary.json, OUT/page.html
  measure.py value OUT ID       one figure, alone on the last line
  measure.py expected OUT       expected.json out of a run

Environment: BRANDIRON, RECIPE, SONGS, SHARDS, JOBS, SPEED (run.sh says what).
"""

import html
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import shared  # noqa: E402

BRANDIRON = os.environ.get("BRANDIRON", "build/release/brandiron")
JOBS = int(os.environ.get("JOBS", "2"))
RUN = "experiments/recipes/flood/run.sh && experiments/recipes/flood/measure.py value out/flood "
SHARDS = int(os.environ.get("SHARDS", "0"))  # of PARTS; 0: all, unsharded
WHOLE, PARTS = 2000, 8  # songs of the recipe; what SHARDS counts
AT_ONCE = 25  # files a call of the verifier or the detector


SPEED = {  # preset, songs, decoder (hifigan is the default), asked
    "lean": ("lean", 200, "none", 104), "vocal": ("vocal", 100, "hifigan", 60), "vocal-istft": ("vocal", 20, "istft", 60),
    "full": ("full", 20, "hifigan", 15)}


def speed(out):
    """Two processes, a shard each, as two machines of one core would."""
    path, chosen = out / "speed.json", os.environ.get("SPEED", "").split()
    results = json.loads(path.read_text()) if chosen and path.exists() else {}
    for name, (preset, songs, decoder, _) in SPEED.items():
        if chosen and name not in chosen:
            continue
        folder = out / "speed"
        shutil.rmtree(folder, ignore_errors=True)
        build = [BRANDIRON, "corpus", "build", "configs/corpus/lean-bench.toml", "-o", str(folder), "--no-progress",
                 "--set", f"songs={songs}", "--set", f"presets={{{preset}=1}}", "--set", f"decoders={{{decoder}=1}}"]
        took = shared.timed([build + ["--shard", f"{i}/2"] for i in range(2)])
        subprocess.run([BRANDIRON, "corpus", "merge", str(folder)], check=True, stdout=subprocess.DEVNULL)
        _, items = shared.items_of(folder)
        seconds = sum(item["duration_s"] for item in items)
        results[name] = {
            "songs": len(items), "audio_s": seconds, "wall_s": took["wall_s"], "cpu_s": took["cpu_s"],
            "rss_mb": took["rss_mb"], "times_real_time": seconds / took["wall_s"],
            "cpu_s_per_180_s": took["cpu_s"] * 180 / seconds, "songs_a_day": 86400 * seconds / 180 / took["wall_s"]}
        shutil.rmtree(folder)
        path.write_text(json.dumps(results, indent=1) + "\n")
        print(name, json.dumps(results[name]), file=sys.stderr)


def growth(out):
    """Time and memory a song, without audio."""
    rows = []
    for songs in (100, 10000, 100000):
        folder = out / "growth"
        shutil.rmtree(folder, ignore_errors=True)
        took = shared.timed([[BRANDIRON, "corpus", "build", "configs/corpus/flood.toml", "--set", f"songs={songs}", "--virtual",
                       "-o", str(folder), "-q", "--no-progress"]])
        rows.append({"songs": songs, "cpu_s": took["cpu_s"], "rss_mb": took["rss_mb"],
                     "bytes_a_song": (folder / "manifest.jsonl").stat().st_size / songs})
    shutil.rmtree(folder)
    (out / "growth.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(json.dumps(rows), file=sys.stderr)


def build(out):
    recipe = os.environ.get("RECIPE", "configs/corpus/flood.toml")
    command = [BRANDIRON, "corpus", "build", recipe, "-o", str(out / "corpus"), "--json"]
    if os.environ.get("SONGS"):
        command += ["--set", "songs=" + os.environ["SONGS"]]
    groups = [[command + ["-j", str(JOBS)]]]
    if SHARDS:  # a process a shard, JOBS of them at a time
        shards = [command + ["--no-progress", "--shard", f"{i}/{PARTS}"] for i in range(SHARDS)]
        groups = [shards[i:i + JOBS] for i in range(0, SHARDS, JOBS)]
    path = out / "build.json"
    sums = json.loads(path.read_text()) if path.exists() else {"wall_s": 0, "cpu_s": 0, "rss_mb": 0}
    for group in groups:
        took = shared.timed(group)
        if not any(json.loads(output)["made"] for output in took["outputs"]):
            continue
        sums = {key: sums[key] + took[key] for key in ("wall_s", "cpu_s")} | {"rss_mb": max(sums["rss_mb"], took["rss_mb"])}
        path.write_text(json.dumps(sums, indent=1) + "\n")
    if SHARDS:
        merged = subprocess.run([BRANDIRON, "corpus", "merge", str(out / "corpus"), "--allow-missing"],
                                stdout=subprocess.DEVNULL)
        if merged.returncode not in (0, 4):  # 4: songs are missing, as they are to be
            raise SystemExit(merged.returncode)


def heard(out, step, log_name, command, row_of):
    """Calls `command` on AT_ONCE files a time, JOBS calls at once; goes on where `log_name` ends."""
    _, items = shared.items_of(out / "corpus")
    path = out / log_name
    lines = path.read_text().splitlines() if path.exists() else []
    done = {json.loads(line)["id"] for line in lines}
    waiting = [item for item in items if item["file"] and item["id"] not in done]
    groups = [waiting[i:i + AT_ONCE] for i in range(0, len(waiting), AT_ONCE)]

    def read(group):
        files = [str(out / "corpus" / item["file"]) for item in group]
        found = subprocess.run([BRANDIRON, *command, "--json", "--no-progress", *files], stdout=subprocess.PIPE, text=True)
        return [{"id": item["id"]} | row_of(answer)
                for item, answer in zip(group, map(json.loads, found.stdout.splitlines()), strict=True)]

    begin, count = time.monotonic(), 0
    with ThreadPoolExecutor(JOBS) as pool, open(path, "a", encoding="utf-8") as log:
        for rows in pool.map(read, groups):
            log.writelines(json.dumps(row) + "\n" for row in rows)
            log.flush()
            count += len(rows)
            left = (time.monotonic() - begin) / count * (len(waiting) - count)
            print(f"{step}: {count}/{len(waiting)}, {left:.0f} s to go", file=sys.stderr)


def verify(out):
    heard(out, "verify", "marks.jsonl", ["watermark", "verify"],
          lambda found: {"present": found.get("present"), "payload_hex": found.get("payload_hex")})


def detect(out):
    heard(out, "detect", "verdicts.jsonl", ["detect"],
          lambda found: {"verdict": found.get("verdict"), "p_ai": found.get("p_ai")})


def rows_of(path):
    return {row["id"]: row for row in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


def interval(k, n):
    low, high = shared.wilson(k, n)
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def treatment_of(item):
    return "after " + (item["attack"] or item["codec"] or "nothing")


def kind_of(item):
    """What stands between the mark and its reader."""
    return treatment_of(item) if item["marked"] else "unmarked"


def mark_table(items, marks):
    table = defaultdict(Counter)
    for item in items:
        row, found = table[kind_of(item)], marks.get(item["id"])
        if found is None:
            continue
        row["n"] += 1
        row["present"] += bool(found["present"])
        row["exact"] += found["payload_hex"] == item["payload_hex"] and item["marked"]
        row["wrong"] += found["payload_hex"] is not None and found["payload_hex"] != item["payload_hex"]
    return {kind: dict(n=row["n"], present=row["present"], exact=row["exact"], wrong=row["wrong"])
            for kind, row in sorted(table.items())}


def decoder_of(item):
    """What the detector may hear in it."""
    if item["attack"] or item["codec"]:
        return treatment_of(item)
    return "through " + item["decoder"]["family"] if item["decoder"] else "no decoder"


def verdict_table(items, verdicts):
    table = defaultdict(Counter)
    for item in items:
        if item["id"] in verdicts:
            table[decoder_of(item)][verdicts[item["id"]]["verdict"]] += 1
            table[decoder_of(item)]["n"] += 1
    return {kind: dict(n=row["n"], ai=row["ai"], undecided=row["undecided"], human=row["human"])
            for kind, row in sorted(table.items())}


def quantiles(values):
    values = sorted(v for v in values if v is not None)
    return [values[round(q * (len(values) - 1))] for q in (0, 0.1, 0.5, 0.9, 1)] if values else []


def bytes_in(folder):
    """Of audio, manifest and journals."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def planned_bytes(hours):
    """Of so many hours of the recipe, as `corpus plan` has it."""
    command = [BRANDIRON, "corpus", "plan", os.environ.get("RECIPE", "configs/corpus/flood.toml"), "--json"]
    plan = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)["all"]
    return plan["bytes"] / plan["hours"] * hours


def summary(out):
    header, items = shared.items_of(out / "corpus")
    marks, verdicts = rows_of(out / "marks.jsonl"), rows_of(out / "verdicts.jsonl")
    songs = [item for item in items if item["kind"] == "song"]
    seconds = sum(item["duration_s"] for item in items)
    result = {
        "recipe": header["recipe"], "recipe_sha256": header["recipe_sha256"], "songs": len(songs),
        "shards": PARTS * len(songs) // header["songs"], "items": len(items), "hours": seconds / 3600,
        "gigabytes": sum((out / "corpus" / item["file"]).stat().st_size for item in items if item["file"]) / 1e9,
        "counts": {key: dict(Counter(str(item[key]) for item in items).most_common())
                   for key in ("kind", "split", "persona", "preset", "twin", "codec", "groove", "meter", "marked")}
                  | {"decoder": dict(Counter((item["decoder"] or {"family": "none"})["family"] for item in items)),
                     "theme": dict(Counter(item["theme"] for item in songs).most_common()),
                     "key": dict(Counter(item["key"] for item in songs).most_common())},
        "quantiles": {key: quantiles([item[key] for item in songs])
                      for key in ("tempo_bpm", "duration_s", "integrated_lufs", "true_peak_dbtp", "producedness")},
        "titles": len({item["title"] for item in songs}), "marks": mark_table(items, marks),
        "verdicts": verdict_table(items, verdicts)}
    for name in ("build", "speed", "growth"):
        if (out / f"{name}.json").exists():
            result[name] = json.loads((out / f"{name}.json").read_text())
    result["disk_over_plan"] = bytes_in(out / "corpus") / planned_bytes(seconds / 3600)
    (out / "summary.json").write_text(json.dumps(result, indent=1) + "\n")
    (out / "page.html").write_text(page(result))
    print(f"{out / 'page.html'}: {len(songs)} songs, {len(items)} items, {result['hours']:.1f} hours")


def bars(title, counts):
    most = max(counts.values())
    rows = "".join(f"<tr><td>{html.escape(str(name))}<td class=n>{n}<td><div style='width:{300 * n / most:.0f}px'></div>"
                   for name, n in counts.items())
    return f"<h3>{title}</h3><table>{rows}</table>"


def page(s):
    marks = "".join(
        f"<tr><td>{html.escape(kind)}<td class=n>{row['n']}<td class=n>{row['present']}<td class=n>{row['exact']}"
        f"<td class=n>{row['wrong']}<td class=n>{interval(row['exact'], row['n'])}" for kind, row in s["marks"].items())
    verdicts = "".join(
        f"<tr><td>{html.escape(kind)}<td class=n>{row['n']}<td class=n>{row['ai']}<td class=n>{row['undecided']}"
        f"<td class=n>{row['human']}<td class=n>{interval(row['ai'], row['n'])}" for kind, row in s["verdicts"].items())
    spread = "".join(f"<tr><td>{name}" + "".join(f"<td class=n>{value:.1f}" for value in values)
                     for name, values in s["quantiles"].items() if values)
    cost = []
    if "build" in s:
        built = s["build"]
        cost.append(f"Built in {built['wall_s'] / 60:.1f} minutes, {built['cpu_s'] / 60:.1f} CPU minutes: "
                    f"{s['hours'] * 3600 / built['wall_s']:.0f} times real time, "
                    f"{86400 * s['items'] / built['wall_s']:.0f} items a day.")
    if "speed" in s:
        for speed_name, sp in s["speed"].items():
            cost.append(f"{speed_name}: {sp['songs']} songs of three minutes, two processes: "
                        f"{sp['times_real_time']:.0f} times real time, {sp['cpu_s_per_180_s']:.2f} CPU seconds a song, "
                        f"{sp['songs_a_day']:.0f} songs a day, {sp['rss_mb']:.0f} MB a process.")
    return f"""<!doctype html><html lang=en><meta charset=utf-8><title>The flood</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}}
table{{border-collapse:collapse;margin:.5rem 0}}td,th{{padding:.1rem .6rem;text-align:left}}.n{{text-align:right}}
td div{{background:#8a4b2a;height:.8rem}}.grid{{columns:2}}h3{{break-after:avoid}}section{{break-inside:avoid}}
@media(prefers-color-scheme:dark){{body{{color:#ddd;background:#181614}}td div{{background:#c87b4f}}}}</style>
<h1>The flood</h1><p>{s['songs']} songs, {s['items']} items, {s['hours']:.1f} hours, {s['gigabytes']:.2f} GB; recipe
{html.escape(s['recipe'])} {s['recipe_sha256'][:16]}. {' '.join(cost)}</p>
<h2>The mark</h2><table><tr><th>item<th>n<th>present<th>exact<th>wrong<th>exact, 95 %{marks}</table>
<h2>What the detector calls it</h2><p>At its shipped threshold. These songs were not trained on; most of their personas were.</p>
<table><tr><th>item<th>n<th>ai<th>undecided<th>human<th>ai, 95 %{verdicts}</table>
<h2>What is in it</h2><table><tr><th>songs<th>least<th>10 %<th>half<th>90 %<th>most{spread}</table>
<p>{s['titles']} titles.</p><div class=grid>{''.join(f"<section>{bars(k, v)}</section>" for k, v in s['counts'].items() if v)}</div>
</html>
"""


def speed_figures(out):
    """Of the step `speed` alone: the rest of the recipe need not have run."""
    rows = {}
    for run, sp in json.loads((out / "speed.json").read_text()).items():
        preset, _, decoder, asked = SPEED[run]
        how = "" if decoder == "none" else f" through {decoder}"
        for name, what, value, shown in (
                ("speed", f"songs of 180 s, preset {preset}{how}, two processes on two cores, everything included (asked: {asked})",
                 sp["times_real_time"], f"{sp['times_real_time']:.0f} x"),
                ("cpu", f"CPU seconds for 180 s, preset {preset}{how}", sp["cpu_s_per_180_s"], f"{sp['cpu_s_per_180_s']:.2f}"),
                ("memory", f"memory of a process, preset {preset}{how}, MB (asked: under 1,500)", sp["rss_mb"],
                 f"{sp['rss_mb']:.0f} MB")):
            rows[f"flood.{run}-{name}"] = {
                "what": what, "shown": shown, "n": f"{sp['songs']} songs", "minutes": 15,
                "command": f"STEPS=speed {RUN}flood.{run}-{name}"} | shared.machine_dependent(value)
    return rows


def figures(out):
    rows = speed_figures(out) if (out / "speed.json").exists() else {}
    if not (out / "summary.json").exists():
        return rows
    s = json.loads((out / "summary.json").read_text())
    songs = "" if s["songs"] == WHOLE else f"SHARDS={s['shards']} " if s["shards"] < PARTS else f"SONGS={s['songs']} "

    def add(name, what, value, shown, n, interval, low=None, high=None):
        rows["flood." + name] = {"what": what, "shown": shown, "value": value, "n": n, "interval": interval,
                                 "minutes": 120 * s["songs"] // WHOLE + 2, "command": songs + RUN + "flood." + name}
        if low is not None:
            rows["flood." + name] |= {"low": low, "high": high}

    for row in s.get("growth", []):
        n = f"{row['songs']:,} songs"
        add(f"virtual-memory-{row['songs']}", "memory of writing a virtual corpus, MB", f"{row['rss_mb']:.4g}",
            f"{row['rss_mb']:.0f} MB", n, "machine-dependent", round(row["rss_mb"] * 0.6, 1), round(row["rss_mb"] * 1.7, 1))
        add(f"virtual-time-{row['songs']}", "CPU seconds of it, start included", f"{row['cpu_s']:.4g}",
            f"{row['cpu_s']:.1f} s", n, "machine-dependent", round(row["cpu_s"] * 0.3, 3), round(row["cpu_s"] * 3, 3))
    n = f"{s['items']} items of {s['songs']} songs"
    if "build" in s:
        rate = s["hours"] * 3600 / s["build"]["wall_s"]
        add("build", "building it, times real time, two jobs", f"{rate:.4g}", f"{rate:.0f} x", n, "machine-dependent",
            round(rate * 0.6, 3), round(rate * 1.7, 3))

    add("disk", "disk it takes an hour of music, over what `corpus plan` says (asked: 0.95 to 1.05)", f"{s['disk_over_plan']:.3f}",
        f"{s['disk_over_plan']:.3f}", f"{n}, {s['hours']:.1f} hours", "-", 0.95, 1.05)

    def add_share(name, what, k, row):
        add("".join(c if c.isalnum() else "-" for c in name).strip("-"), what, f"{k}/{row['n']}", f"{k}/{row['n']}",
            f"{row['n']} items", f"{interval(k, row['n'])} (95 %, Wilson)")

    for name, what, table, found in (
            ("marks", "marks read whole, after whatever was done to the item", s["marks"], "exact"),
            ("verdicts", "called ai by the detector, after whatever was done to the item", s["verdicts"], "ai")):
        rows_in = [row for kind, row in table.items() if kind != "unmarked"]
        add_share(name, what, sum(row[found] for row in rows_in), {"n": sum(row["n"] for row in rows_in)})
    for kind, row in s["marks"].items():
        found = "present" if kind == "unmarked" else "exact"
        add_share(f"mark-{kind}", f"marks {found}, {kind}", row[found], row)
    for kind, row in s["verdicts"].items():
        what = f"called ai by the detector at its shipped threshold, {kind} (most of these personas it was trained on)"
        add_share(f"verdict-{kind}", what, row["ai"], row)
    return rows


STEPS = {"speed": speed, "growth": growth, "build": build, "verify": verify, "detect": detect, "summary": summary}

if __name__ == "__main__":
    sys.exit(shared.main(__doc__, STEPS, figures))
