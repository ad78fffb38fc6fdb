#!/usr/bin/env python3
"""How far strummed guitars on recordings stray from a local pulse: strummers.py FILE...

Onsets by onsets.py; in windows of 8 s the pulse of eighths (period 150-430 ms) and its phase that most onsets keep to
within 35 ms, refined by a straight line through those onsets (local tempo); the deviation is what the line leaves.
Windows with fewer than 12 such onsets, or in which fewer than 70 % of the onsets keep to the pulse, are left out: the
clips are mixes, and other players' strokes are among the onsets. Detection errs by 1 to 3 ms. Read the result as an
upper bound of one player's spread, from few people.
"""
import json
import sys

import numpy as np

import onsets

WINDOW_S, REACH_S = 8.0, 0.035


def fit_pulse(times):
    """Residuals of the onsets that keep to the best pulse of a window, seconds."""
    best = None
    for period in np.arange(0.150, 0.430, 0.001):
        angle = np.angle(np.exp(2j * np.pi * times / period).sum())
        index = np.round(times / period - angle / (2 * np.pi))
        off = times - (index + angle / (2 * np.pi)) * period
        kept = np.abs(off) < REACH_S
        # By chance 2 x reach / period of the onsets are kept: count what is kept beyond that.
        score = kept.sum() - len(times) * min(1.0, 2 * REACH_S / period)
        if best is None or score > best[0]:
            best = (score, index, kept)
    _, index, kept = best
    for _ in range(2):
        line = np.polyfit(index[kept], times[kept], 1)
        off = times - np.polyval(line, index)
        kept = np.abs(off) < REACH_S
    return off[kept], kept.mean()


def main():
    pooled, result = [], {}
    for path in sys.argv[1:]:
        samples, rate = onsets.read_audio(path)
        found = onsets.find_onsets(samples.mean(axis=1), rate)
        left = []
        for first in np.arange(0.0, len(samples) / rate - WINDOW_S / 2, WINDOW_S):
            times = found[(found >= first) & (found < first + WINDOW_S)]
            if len(times) < 12:
                continue
            off, share = fit_pulse(times)
            if len(off) >= 12 and share >= 0.7:
                left.append((float((off ** 2).sum()), len(off)))
        if left:
            freedom = sum(n - 2 for _, n in left)
            sd = 1000 * np.sqrt(sum(s for s, _ in left) / freedom)
            result[path.split("/")[-1]] = {"sd_ms": round(float(sd), 1), "windows": len(left),
                                           "onsets": sum(n for _, n in left)}
            pooled += [1000 * float(np.sqrt(s / (n - 2))) for s, n in left]
    low, middle, high = np.percentile(pooled, [25, 50, 75]) if pooled else (0, 0, 0)
    print(json.dumps({"clips": result, "windows": len(pooled), "median_sd_ms": round(float(middle), 1),
                      "quartiles_ms": [round(float(low), 1), round(float(high), 1)]}, indent=1))


if __name__ == "__main__":
    main()
