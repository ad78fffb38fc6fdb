#!/usr/bin/env python3
"""How far drummers stray from the beat, from performances in MIDI: drummers.py GROOVE_FOLDER

GROOVE_FOLDER is the Groove MIDI Dataset (Gillick, Roberts, Engel, Eck, Bamman, "Learning to groove with inverse
sequence transformations", ICML 2019; CC BY 4.0; info.csv and drummer*/...): people on an electronic kit with a click.
Taken are the performances of kind "beat" in 4/4 of the styles that come near a country band (STYLES). A stroke
belongs to the nearest quarter of the click, when it is within 50 ms of it: off-beats are swung, and swing is not
deviation. Its deviation is what is left after a straight line is fitted through the drum's deviations in windows of
4 bars (drift against the click, leaning back) with at least 6 strokes of it.

Rows (standard deviations with n - 2 degrees of freedom a window, milliseconds): `sd` of a drum, by performance, as
median and quartiles over the performances with at least 24 strokes, since a few play fills throughout; `common`: the
square root of the covariance of two drums struck on the same quarter, what a player's limbs share; `own`: what is
left of each. `velocity_sd`: MIDI velocities (1-127) of one drum at one place of the bar.
"""
import csv
import json
import math
import pathlib
import struct
import sys

DRUMS = {"kick": {35, 36}, "snare": {37, 38, 40}, "hat": {22, 26, 42, 44, 46}, "ride": {51, 53, 59}}
STYLES = ("rock", "country", "blues", "gospel", "pop", "soul", "punk")
REACH_S = 0.050
WINDOW_BARS = 4
LEAST_STROKES = 24


def read_varlen(data, at):
    value = 0
    while True:
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            return value, at


def note_ons(path):
    """(beats, pitch, velocity) of a file's notes; its tempo does not matter, the click's beats do."""
    data = path.read_bytes()
    division = struct.unpack(">H", data[12:14])[0]
    notes, at = [], 14
    while at + 8 <= len(data):
        kind, size = data[at:at + 4], struct.unpack(">I", data[at + 4:at + 8])[0]
        at, end = at + 8, at + 8 + size
        if kind != b"MTrk":
            at = end
            continue
        tick, status = 0, 0
        while at < end:
            delta, at = read_varlen(data, at)
            tick += delta
            if data[at] >= 128:
                status, at = data[at], at + 1
            if status == 255:
                size, at = read_varlen(data, at + 1)
                at += size
            elif status in (240, 247):
                size, at = read_varlen(data, at)
                at += size
            elif status >> 4 in (12, 13):
                at += 1
            else:
                if status >> 4 == 9 and data[at + 1] > 0:
                    notes.append((tick / division, data[at], data[at + 1]))
                at += 2
        at = end
    return notes


def without_line(points):
    """Deviations less the line through them; points of (quarter, deviation)."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    across = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / across if across > 0 else 0.0
    return {x: y - mean_y - slope * (x - mean_x) for x, y in points}


def strokes_of(path, beat_s):
    """drum -> quarter -> (seconds off the click, velocity), the first stroke of each."""
    strokes = {drum: {} for drum in DRUMS}
    for beats, pitch, velocity in note_ons(path):
        off = (beats - round(beats)) * beat_s
        for drum, pitches in DRUMS.items():
            if pitch in pitches and abs(off) < REACH_S:
                strokes[drum].setdefault(round(beats), (off, velocity))
    return strokes


def deviations(strokes):
    """drum -> quarter -> what the line leaves; and the degrees of freedom it left."""
    left, freedom = {drum: {} for drum in strokes}, {drum: 0 for drum in strokes}
    span = WINDOW_BARS * 4
    for drum, by_quarter in strokes.items():
        for first in range(0, max(by_quarter, default=-1) + 1, span):
            points = [(q, off) for q, (off, _) in by_quarter.items() if first <= q < first + span]
            if len(points) >= 6:
                left[drum].update(without_line(points))
                freedom[drum] += len(points) - 2
    return left, freedom


def velocity_variance(by_quarter):
    total, freedom = 0.0, 0
    for place in range(4):
        loud = [v for q, (_, v) in by_quarter.items() if q % 4 == place]
        if len(loud) >= 6:
            mean = sum(loud) / len(loud)
            total += sum((v - mean) ** 2 for v in loud)
            freedom += len(loud) - 1
    return total / freedom if freedom else None


def spread(values):
    """Median and quartiles."""
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, int(f * len(ordered)))] for f in (0.25, 0.5, 0.75)]
    return {"median": round(at[1], 2), "quartiles": [round(at[0], 2), round(at[2], 2)], "performances": len(ordered)}


def main():
    root = pathlib.Path(sys.argv[1])
    timing, loudness, common, own = ({} for _ in range(4))
    drummers, strokes_seen = set(), 0
    for row in csv.DictReader(open(root / "info.csv", encoding="utf-8")):
        if (row["beat_type"], row["time_signature"]) != ("beat", "4-4") or row["style"].split("/")[0] not in STYLES:
            continue
        drummers.add(row["drummer"])
        strokes = strokes_of(root / row["midi_filename"], 60.0 / float(row["bpm"]))
        left, freedom = deviations(strokes)
        variance = {d: sum(x * x for x in left[d].values()) / freedom[d] for d in DRUMS if len(left[d]) >= LEAST_STROKES}
        for drum, value in variance.items():
            strokes_seen += len(left[drum])
            timing.setdefault(drum, []).append(1000 * math.sqrt(value))
            if (loud := velocity_variance(strokes[drum])) is not None:
                loudness.setdefault(drum, []).append(math.sqrt(loud))
        for a in variance:
            for b in variance:
                both = [left[a][q] * left[b][q] for q in left[a] if q in left[b]]
                if a < b and len(both) >= LEAST_STROKES // 2:
                    covariance = max(0.0, sum(both) / len(both))
                    common.setdefault(f"{a}+{b}", []).append(1000 * math.sqrt(covariance))
                    rest = 0.5 * (variance[a] + variance[b]) - covariance
                    own.setdefault(f"{a}+{b}", []).append(1000 * math.sqrt(max(0.0, rest)))
    print(json.dumps({"drummers": len(drummers), "strokes": strokes_seen,
                      "sd_ms": {d: spread(v) for d, v in sorted(timing.items())},
                      "common_ms": {d: spread(v) for d, v in sorted(common.items())},
                      "own_ms": {d: spread(v) for d, v in sorted(own.items())},
                      "velocity_sd": {d: spread(v) for d, v in sorted(loudness.items())}}, indent=1))


if __name__ == "__main__":
    main()
