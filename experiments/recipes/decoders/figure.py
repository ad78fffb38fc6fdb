#!/usr/bin/env python3
"""Figures of a run of this recipe.

  figure.py value OUT ID     one figure, alone on the last line
  figure.py show OUT         all, with their targets
  figure.py expected OUT     expected.json out of a run

IDs are decoders.FAMILY[-KBPSk].WHAT; a family without a bit rate is at the default of its weights.
"""

import json
import sys
from pathlib import Path

RUN = "experiments/recipes/decoders/run.sh && experiments/recipes/decoders/figure.py value out/decoders "
MINUTES = 25  # on two idle cores
WIDE_KHZ = 14
RATES = "3,6,12"  # kbit/s, of the codecs beside their default


def read(path):
    return json.loads(path.read_text()) if path.exists() else {"twins": [], "marks": []}


def family(decoder):
    return decoder.split()[0]


class Figures(dict):
    """id -> row of expected.json; `reached` is None without a target."""

    def add(self, name, what, value, shown, tolerance, n, interval, reached=None, before=""):
        row = {"what": what, "shown": shown, "value": value if isinstance(value, str) else f"{value:.4g}", "n": n,
               "interval": interval, "minutes": MINUTES, "command": before + RUN + name}
        if not isinstance(value, str):
            row |= {"low": round(value - tolerance, 4), "high": round(value + tolerance, 4)}
        self[name] = (row, reached)


def estimate(e, digits=3, scale=1):
    return f"{scale * e['low']:.{digits}f} to {scale * e['high']:.{digits}f} (95 %, by file)"


def twin_rows(figures, s):
    name, files = "decoders." + family(s["decoder"]), f"{s['files']} files"
    for key, what in (("stft", "multi-resolution STFT distance"),
                      ("mel", "mel distance at seven resolutions"),
                      ("mel_grid", "mel distance at Griffin-Lim's own resolution")):
        row = f"{name}.{key.replace('_', '-')}"
        figures.add(row, f"{what} to the original, {s['decoder']}", s[key]["value"],
                    f"{s[key]['value']:.3f}", 0.02, files, estimate(s[key]))
        if "stft_gain" in s and family(s["decoder"]) != "griffin-lim":
            gain = s[key + "_gain"]
            figures.add(f"{row}-gain", f"{what}, {s['decoder']} less Griffin-Lim on the same files (asked: below 0)",
                        gain["value"], f"{gain['value']:+.3f}", 0.02, files, estimate(gain), gain["high"] < 0)
    if family(s["decoder"]) == "griffin-lim":
        return
    figures.add(f"{name}.si-sdr", f"SI-SDR, {s['decoder']}, dB", s["si_sdr_db"]["value"],
                f"{s['si_sdr_db']['value']:.1f} dB", 0.5, files, estimate(s["si_sdr_db"], 1))
    wide = round(s["wide"]["value"] * s["files"])
    figures.add(f"{name}.bandwidth", f"files in which {s['decoder']} keeps the averaged spectrum within 10 dB up to "
                f"{WIDE_KHZ} kHz, or to the end of the original", f"{wide}/{s['files']}", f"{wide}/{s['files']}", 0,
                files, f"mean {s['bandwidth_hz']['value'] / 1000:.1f} kHz", wide == s["files"])
    comb_rows(figures, s, name, files)


def music_rows(figures, summaries):
    """Songs, their stages and people's music together: speech and bare singing are another matter, and count above."""
    wide, files = {}, {}
    for s in summaries:
        if s["source"] and s["source"] != "human voice" and family(s["decoder"]) != "griffin-lim":
            wide[s["decoder"]] = wide.get(s["decoder"], 0) + round(s["wide"]["value"] * s["files"])
            files[s["decoder"]] = files.get(s["decoder"], 0) + s["files"]
    for decoder, n in files.items():
        share = f"{wide[decoder]}/{n}"
        figures.add(f"decoders.{family(decoder)}.bandwidth-music", f"files of our songs, their dry voices and people's music "
                    f"in which {decoder} keeps the averaged spectrum within 10 dB up to {WIDE_KHZ} kHz, or to the end of the original", share, share, 0, f"{n} files", "without speech and bare singing of people",
                    wide[decoder] == n)


def is_comb(comb):
    return comb["strength_db"] >= 1.5 and comb["rank"] >= 0.99


def comb_rows(figures, s, name, files):
    """Strided families must have the comb of all strides, the others not. The strongest of fewer strides is shown too."""
    if not s["combs"]:
        return
    first = s["combs"][0]
    strongest = max(s["combs"], key=lambda c: (is_comb(c), c["strength_db"] - c["random_p99_db"]))
    rows = [("comb", first)]
    if strongest is not first:
        rows.append(("comb-partial", strongest))
    asked = "at least 1.5 dB and above the 99th percentile" if s["leaves_comb"] else "none"
    for key, comb in rows:
        target = is_comb(comb) == s["leaves_comb"] if key == "comb" else None
        figures.add(f"{name}.{key}", f"comb of {s['decoder']} at multiples of {comb['spacing_hz']:.1f} Hz, 1-16 kHz, dB "
                    f"over the bins between and the undecoded file (asked: {asked})", comb["strength_db"],
                    f"{comb['strength_db']:.2f} dB", 0.3, files,
                    f"99th percentile of 1000 random spacings {comb['random_p99_db']:.2f} dB, rank {comb['rank']:.3f}",
                    target)


def mark_rows(figures, s, default):
    name = s["decoder"] if s["decoder"] == "none" else family(s["decoder"])
    if not default:
        name += f"-{float(s['decoder'].split()[1]):.3g}k"
    through = "undecoded" if s["decoder"] == "none" else f"through {s['decoder']}"
    for what in ("present", "exact"):
        share, (low, high) = f"{s[what]}/{s['files']}", s[what + "_interval"]
        target = default and what == "exact" and s["crop_s"] == 180 and s["decoder"] != "none"
        figures.add(f"decoders.{name}.{what}-{s['crop_s']:g}s", f"marked songs, {s['crop_s']:g} s {through}: "
                    + ("mark present" if what == "present" else "all 64 bits of the payload right")
                    + (" (asked: 95 %)" if target else ""), share, share, 0, s["files"],
                    f"{100 * low:.0f} to {100 * high:.0f} % (Wilson, 95 %)",
                    s[what] >= 0.95 * s["files"] if target else None, "" if default else f"RATES={RATES} ")


def song_rows(figures, s):
    """Finished songs alone: what is asked is asked of songs; people's recordings are harder and count above."""
    if family(s["decoder"]) == "griffin-lim":
        return
    for key in ("stft", "mel"):
        name, gain = f"decoders.{family(s['decoder'])}.{key}-gain-songs", s[key + "_gain"]
        figures.add(name, f"{'STFT' if key == 'stft' else 'mel'} distance on finished songs of ours, {s['decoder']} less "
                    "Griffin-Lim (asked: below 0)", gain["value"], f"{gain['value']:+.3f}", 0.02, f"{s['files']} songs",
                    estimate(gain), gain["high"] < 0)


def figures_of(out):
    figures = Figures()
    twins = read(out / "twins/summary.json")["twins"]
    for s in twins:
        if not s["source"]:
            twin_rows(figures, s)
        if s["source"] == "song":
            song_rows(figures, s)
    music_rows(figures, twins)
    for folder, default in (("marks", True), ("rates", False)):
        for s in read(out / folder / "summary.json")["marks"]:
            if default or s["decoder"] != "none":
                mark_rows(figures, s, default)
    return figures


def main(args):
    if len(args) == 3 and args[0] == "value":
        print(figures_of(Path(args[1]))[args[2]][0]["value"])
    elif len(args) == 2 and args[0] == "show":
        for name, (row, reached) in figures_of(Path(args[1])).items():
            verdict = {None: "", True: "reached", False: "MISSED"}[reached]
            print(f"{name:36} {row['shown']:>12}  {verdict:8} {row['interval']}")
    elif len(args) == 2 and args[0] == "expected":
        rows = {name: row for name, (row, _) in figures_of(Path(args[1])).items()}
        print(json.dumps({"schema": "brandiron.expected/1", "figures": rows}, indent=1))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
