#!/usr/bin/env python3
"""Where the band is heard, and how it plays in time.

  measure.py song FOLDER        one generated song with stems -> FOLDER/measured.json
  measure.py summary OUT        OUT/songs/*/*/measured.json -> OUT/summary.json, and prints it
  measure.py value OUT ROW      one figure
  measure.py expected OUT       this recipe's expected.json; with what drummers.py printed, if OUT/drummers.json holds it
"""
import json
import math
import sys
from pathlib import Path

TOLERANCE_S = 0.010
STRUM_S = 0.045  # strings struck within this of the one before belong to one strum
INSTRUMENTS = {"stomp": ["stomp"], "kick": ["kick"], "clap": ["clap"], "tambourine": ["tambourine"], "brush": ["brush"],
               "guitar": ["guitar", "guitar_double"]}
COLOURS = ("harmonica", "slide", "fiddle", "banjo")
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


def over_the_singer(song, parts):
    """Notes of the colour instrument that overlap a sung line."""
    sung = [(line["start_s"], line["end_s"]) for line in song["lyrics"]["lines"]]
    return sum(note["start_s"] < end and note["end_s"] > start for name in COLOURS for note in parts.get(name, [])
               for start, end in sung)


def timing(song, parts):
    """Deviations of feet and hands from the stated beats, ms; on the beats only, which do not swing."""
    import numpy as np
    beats = np.array([b["time_s"] for b in song["beats"]])
    out = {}
    for name in ("stomp", "clap", "kick"):
        times = np.array([n["start_s"] for n in parts.get(name, [])])
        if not len(times):
            continue
        off = times - beats[np.argmin(np.abs(times[:, None] - beats), axis=1)]
        off = 1000 * off[np.abs(off) < 0.05]
        if len(off) > 20:
            out[name] = [round(float(o), 3) for o in off]
    return out


def measure_song(folder):
    song = json.loads((folder / "song.json").read_text())
    parts = {p["name"]: p["notes"] for p in song["parts"] if p.get("notes")}
    result = {"persona": song["persona"]["id"], "groove": song["groove"], "meter": song["meter"],
              "guitar": song["persona"]["config"].get("style.guitar", "steel"),
              "colour_over_lines": over_the_singer(song, parts), "timing_ms": timing(song, parts)}
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
    rows["colour-over-lines"] = {"what": "notes of the colour instrument over a sung line", "unit": "", "interval": "-",
                                 "value": sum(s["colour_over_lines"] for s in songs), "n": f"{n} songs"}
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
            "interval": row["interval"], "minutes": 10, "command": RUN + name}
    people = out / "drummers.json"
    if people.exists():
        figures.update(drummers(json.loads(people.read_text())))
    return {"schema": "brandiron.expected/1", "figures": figures}


def drummers(people):
    """Rows of the Groove MIDI Dataset, which is not shipped."""
    rows = {}
    for name, what in (("sd_ms", "how far one limb of a drummer strays from the click on quarters, line per 4 bars taken off, median over performances"),
                       ("common_ms", "of that, what two limbs share"), ("own_ms", "of that, what a limb adds")):
        spread = people["pooled"][name]
        rows["band.people-" + name.replace("_ms", "")] = {
            "what": what + "; Groove MIDI Dataset", "shown": f"{spread['median']} ms", "value": str(spread["median"]),
            "low": spread["median"] - 0.01, "high": spread["median"] + 0.01, "minutes": 1,
            "n": f"{spread['performances']} performances and limbs, {people['drummers']} drummers",
            "interval": f"quartiles {spread['quartiles'][0]} to {spread['quartiles'][1]} ms",
            "command": "experiments/recipes/band/drummers.py GROOVE_FOLDER " + name}
    return rows


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
