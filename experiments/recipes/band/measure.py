#!/usr/bin/env python3
"""What the band played, and where it is heard.

  measure.py song FOLDER        one generated song -> FOLDER/measured.json (onsets and null only where there are stems)
  measure.py summary OUT        OUT/songs/*/*/measured.json -> OUT/summary.json, and prints it
  measure.py value OUT ROW      one figure
  measure.py expected OUT       this recipe's expected.json
"""
import json
import math
import sys
from pathlib import Path

TOLERANCE_S = 0.010
STRUM_S = 0.045  # strings struck within this of the one before belong to one strum
INSTRUMENTS = {"stomp": ["stomp"], "kick": ["kick"], "clap": ["clap"], "tambourine": ["tambourine"], "brush": ["brush"],
               "guitar": ["guitar", "guitar_double"]}
RHYTHM = ("guitar", "guitar_double", "bass", "stomp", "kick", "clap", "tambourine", "brush")
RUN = "experiments/recipes/band/run.sh && experiments/recipes/band/measure.py value out/band "


def first_strikes(notes):
    times, last = [], -1.0
    for note in sorted(notes, key=lambda n: n["start_s"]):
        if note["start_s"] - last > STRUM_S:
            times.append(note["start_s"])
        last = note["start_s"]
    return times


def onset_counts(folder, parts):
    """instrument -> stated, found, heard, heard and stated."""
    import onsets
    counts = {}
    for name, stems in INSTRUMENTS.items():
        total = [0, 0, 0, 0]
        for stem in stems:
            if stem not in parts:
                continue
            samples, rate = onsets.read_audio(folder / "stems" / f"{stem}.flac")
            heard = list(onsets.find_onsets(samples.mean(axis=1), rate))
            stated = first_strikes(parts[stem])
            every = sorted(n["start_s"] for n in parts[stem])
            total[0] += len(stated)
            total[1] += onsets.matched(stated, heard, TOLERANCE_S)
            total[2] += len(heard)
            total[3] += sum(any(abs(h - t) <= TOLERANCE_S for t in every) for h in heard)
        if total[0]:
            counts[name] = total
    return counts


def null_db(folder, song):
    import numpy as np
    import onsets
    premaster, _ = onsets.read_audio(folder / "stems" / "premaster.flac")
    rest = -premaster
    for stem in song["stems"]:
        if "premaster" not in stem["name"] and "dry" not in stem["name"]:
            rest = rest + onsets.read_audio(folder / stem["file"])[0] * 10 ** (stem["gain_db"] / 20)
    return float(20 * np.log10(max(1e-9, np.abs(rest).max())))


def bars_of(song):
    starts = [b["time_s"] for b in song["beats"] if b["beat"] == 1]
    return list(zip(starts, starts[1:] + [song["audio"]["duration_s"]]))


def arrangement(song, parts):
    """Whether the song has a drop, a build, a stop, fills of the colour, a gang that answers."""
    bars = bars_of(song)
    late = 0.06  # a stroke may come this much before its bar
    strokes = {name: [0] * len(bars) for name in RHYTHM}
    ends = [0.0] * len(bars)
    last_strike = [0.0] * len(bars)
    for name in RHYTHM:
        for note in parts.get(name, []):
            bar = max(i for i, (start, _) in enumerate(bars) if i == 0 or note["start_s"] >= start - late)
            strokes[name][bar] += 1
            place = (note["start_s"] - bars[bar][0]) / (bars[bar][1] - bars[bar][0])
            last_strike[bar] = max(last_strike[bar], place)
            ends[bar] = max(ends[bar], (min(note["end_s"], bars[bar][1]) - bars[bar][0]) / (bars[bar][1] - bars[bar][0]))
    drop = build = stop = 0
    players = []
    for section in song["sections"]:
        inside = [i for i, (start, _) in enumerate(bars) if section["start_s"] - 0.01 <= start < section["end_s"] - 0.01]
        if not inside:
            continue
        last, body = inside[-1], inside[:-1]
        in_song = last + 1 < len(bars)
        here = sum(1 for name in RHYTHM if sum(strokes[name][i] for i in body or inside) >= max(1, len(inside) // 2))
        # A drop: at most two play, where four or more played before.
        drop += bool(players and players[-1] >= 4 and here <= 2)
        # A build: the last bar has at least twice the strokes of hands and feet of the bars before, and four or more.
        beats = lambda i: sum(strokes[n][i] for n in ("stomp", "kick", "clap"))
        usual = sum(map(beats, body)) / max(1, len(body))
        build += bool(in_song and body and beats(last) >= 4 and beats(last) >= 1.9 * usual)
        # A stop: nobody strikes after the first third of the last bar, and before the next bar all is silent.
        stop += bool(in_song and last_strike[last] < 0.34 and 0 < ends[last] < 0.75)
        players.append(here)
    colours = [n for n in ("harmonica", "slide", "fiddle", "banjo") if n in parts]
    sung = [(p["start_s"], p["end_s"]) for p in song["lyrics"]["lines"]]
    over = sum(1 for c in colours for n in parts[c] for s, e in sung if n["start_s"] < e - 0.05 and n["end_s"] > s + 0.05)
    return {"drop": drop, "build": build, "stop": stop, "gang": len(parts.get("gang", [])), "colour": bool(colours),
            "colour_over_lines": over, "parts": sorted(parts)}


def timing(song, parts):
    """Deviations of feet and hands from the stated beats, ms; on the beats only, which do not swing."""
    beats = [b["time_s"] for b in song["beats"]]
    out = {}
    for name in ("stomp", "clap", "kick"):
        off = []
        for note in parts.get(name, []):
            nearest = min(beats, key=lambda b: abs(b - note["start_s"]))
            if abs(nearest - note["start_s"]) < 0.05:
                off.append(1000 * (note["start_s"] - nearest))
        if len(off) > 20:
            out[name] = off
    return out


def measure_song(folder):
    song = json.loads((folder / "song.json").read_text())
    parts = {p["name"]: p["notes"] for p in song["parts"] if p.get("notes")}
    gang = next((p for p in song["parts"] if p["name"] == "gang"), None)
    if gang and not gang.get("notes"):
        parts["gang"] = gang.get("onsets_s", [])
    result = {"persona": song["persona"]["id"], "groove": song["groove"], "meter": song["meter"],
              "guitar": song["persona"]["config"].get("style.guitar", "steel"),
              "arrangement": arrangement(song, parts), "timing_ms": timing(song, parts)}
    if (folder / "stems" / "premaster.flac").exists():
        result["onsets"] = onset_counts(folder, parts)
        result["null_db"] = null_db(folder, song)
    (folder / "measured.json").write_text(json.dumps(result))


def interval_by_song(pairs, draws=2000):
    """95 % of bootstrap over songs of sum(found) / sum(stated)."""
    import numpy as np
    rng = np.random.default_rng(1)
    pairs = np.array(pairs, dtype=float)
    picks = pairs[rng.integers(0, len(pairs), (draws, len(pairs)))].sum(axis=1)
    return [float(v) for v in np.percentile(picks[:, 1] / picks[:, 0], [2.5, 97.5])]


def wilson(k, n, z=1.959964):
    centre, half = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return [(centre - half) / (n + z * z), (centre + half) / (n + z * z)]


def summarise(out):
    songs = [json.loads(f.read_text()) for f in sorted(out.glob("songs/*/*/measured.json"))]
    rows = {}

    def share(row, what, k, n, interval, counted):
        rows[row] = {"what": what, "value": round(100 * k / n, 2), "unit": "%", "n": f"{n} {counted}",
                     "interval": f"{100 * interval[0]:.2f} to {100 * interval[1]:.2f} % (95 %)"}

    for name in INSTRUMENTS:
        counts = [s["onsets"][name] for s in songs if name in s.get("onsets", {})]
        if not counts:
            continue
        stated, found, heard, true = (sum(c[i] for c in counts) for i in range(4))
        share(f"onsets.{name}", f"{name}: strokes of song.json found within 10 ms on the stem, {len(counts)} songs; asked: 95 %",
              found, stated, interval_by_song([(c[0], c[1]) for c in counts]), "strokes")
        share(f"heard.{name}", f"{name}: onsets heard that are a stroke of song.json within 10 ms", true, heard,
              interval_by_song([(c[2], c[3]) for c in counts]), "onsets")
    resonator = [s["onsets"]["guitar"] for s in songs if "guitar" in s.get("onsets", {}) and s["guitar"] == "resonator"]
    if resonator:
        share("onsets.resonator", f"the same of the resonator guitars alone, {len(resonator)} songs", sum(c[1] for c in resonator),
              sum(c[0] for c in resonator), interval_by_song([(c[0], c[1]) for c in resonator]), "strokes")
    nulls = [s["null_db"] for s in songs if "null_db" in s]
    if nulls:
        rows["null"] = {"what": "stems less premaster, largest sample, worst song (files of 24 bit); asked: below -90 dBFS",
                        "value": round(max(nulls), 1), "unit": "dBFS", "n": f"{len(nulls)} songs", "interval": "-"}
    n = len(songs)
    for row, what in (("drop", "songs with a drop: a section of at most two players after one of four or more"),
                      ("build", "songs with a build: a last bar of a section with twice the hands and feet"),
                      ("stop", "songs with a stop: everybody hits, then silence until the next section"),
                      ("gang", "songs in which a gang answers")):
        k = sum(1 for s in songs if s["arrangement"][row])
        share(row, what, k, n, wilson(k, n), "songs")
    rows["colour-over-lines"] = {"what": "notes of the colour instrument over a sung line", "unit": "", "interval": "-",
                                 "value": sum(s["arrangement"]["colour_over_lines"] for s in songs), "n": f"{n} songs"}
    spreads = []
    for s in songs:
        for off in s["timing_ms"].values():
            mean = sum(off) / len(off)
            spreads.append(math.sqrt(sum((o - mean) ** 2 for o in off) / (len(off) - 1)))
    spreads.sort()
    quartile = lambda f: spreads[min(len(spreads) - 1, int(f * len(spreads)))]
    rows["timing-sd"] = {"what": "deviation of feet and hands from the beat within a song, median; people: median 13.7 ms, lower quartile 11.9 (drummers.py)",
                         "value": round(quartile(0.5), 2), "unit": "ms", "n": f"{len(spreads)} parts of {n} songs",
                         "interval": f"quartiles {quartile(0.25):.1f} to {quartile(0.75):.1f} ms"}
    (out / "summary.json").write_text(json.dumps({"songs": n, "rows": rows}, indent=1) + "\n")
    for name, row in rows.items():
        print(f"{name:18} {row['value']:8} {row['unit']:4}  {row['n']:24} {row['interval']:32} {row['what']}")


def expected(out):
    summary = json.loads((out / "summary.json").read_text())
    figures = {}
    for name, row in summary["rows"].items():
        slack = {"%": 1.0, "dBFS": 3.0, "ms": 0.5}.get(row["unit"], 0.0)
        figures["band." + name.replace(".", "-")] = {
            "what": row["what"], "shown": f"{row['value']} {row['unit']}".strip(), "value": str(row["value"]),
            "low": round(row["value"] - slack, 3), "high": round(row["value"] + slack, 3), "n": row["n"],
            "interval": row["interval"], "minutes": 20, "command": RUN + name}
    return {"schema": "brandiron.expected/1", "figures": figures}


def main():
    verb, folder = sys.argv[1], Path(sys.argv[2])
    if verb == "song":
        measure_song(folder)
    elif verb == "summary":
        summarise(folder)
    elif verb == "value":
        print(json.loads((folder / "summary.json").read_text())["rows"][sys.argv[3]]["value"])
    elif verb == "expected":
        print(json.dumps(expected(folder), indent=1))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
