"""What a dry vocal stem measures, without a listener: pitch, roughness, spectrum, speed.

Held notes: the stretch from 0.30 s after a note's start to 0.25 s before its end, every 50 ms.
 - f0_cents: median distance of the measured pitch (autocorrelation) from the note, vibrato included.
 - hnr_db: 10 log r/(1-r), r the autocorrelation at the period over 4 periods, window-corrected (Boersma 1993).
 - subharmonic_db: power of the peaks halfway between harmonics over that at harmonics, up to 2 kHz (12 periods).
 - bandwidth_hz: where the long-term spectrum, third-octave smoothed, last lies above its maximum - 60 dB.
 - seam_db, seam_hz: the largest change between neighbouring 250 Hz bands of it, 4.5 to 10 kHz.
"""

import json
import subprocess

import numpy as np

RATE = 44100


def load(path):
    raw = subprocess.run(["sox", "-V1", path, "-r", str(RATE), "-c", "1", "-e", "float", "-b", "32", "-t", "raw", "-"],
                         capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32).astype(np.float64)


def held(notes):
    for note in notes:
        hz = 440 * 2 ** ((note["pitch"] - 69) / 12)
        for t in np.arange(note["start_s"] + 0.30, note["end_s"] - 0.25, 0.05):
            yield t, hz


def periodicity(x, at_s, hz, periods=4.0):
    """(pitch in Hz, autocorrelation at its period), or None where nothing sounds."""
    n = int(periods * RATE / hz)
    start = int(at_s * RATE) - n // 2
    piece = x[start:start + n]
    if start < 0 or len(piece) < n or np.sqrt(np.mean(piece ** 2)) < 0.005:
        return None
    window = np.hanning(n)
    size = 1 << (2 * n - 1).bit_length()

    def auto(y):
        return np.fft.irfft(np.abs(np.fft.rfft(y, size)) ** 2)[:n]

    r = auto((piece - piece.mean()) * window)
    r = r / r[0] / np.maximum(auto(window) / auto(window)[0], 1e-3)
    low, high = int(RATE / hz / 1.2), int(RATE / hz * 1.2)
    k = low + int(np.argmax(r[low:high]))
    a, b, c = r[k - 1], r[k], r[k + 1]
    lag = k + (0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0)
    return RATE / lag, min(float(b), 0.9999)


def subharmonics(x, at_s, hz):
    n = int(12 * RATE / hz)
    start = int(at_s * RATE) - n // 2
    piece = x[start:start + n]
    if start < 0 or len(piece) < n:
        return None
    power = np.abs(np.fft.rfft(piece * np.hanning(n), 4 * n)) ** 2
    bin_hz = RATE / (4 * n)

    def peak(f):
        return power[int((f - 0.08 * hz) / bin_hz):int((f + 0.08 * hz) / bin_hz) + 1].max()

    count = max(2, int(2000 / hz))
    between = sum(peak((k + 0.5) * hz) for k in range(1, count))
    return 10 * np.log10(between / sum(peak(k * hz) for k in range(1, count)))


def long_term_db(x):
    n = 4096
    window = np.hanning(n)
    frames = [x[i:i + n] * window for i in range(0, len(x) - n, n // 2)]
    frames = [f for f in frames if np.mean(f ** 2) > 1e-5]
    return np.mean([np.abs(np.fft.rfft(f)) ** 2 for f in frames], axis=0)


def spectrum_rows(x):
    power = long_term_db(x)
    bin_hz = RATE / 4096
    centres = 100 * 2 ** (np.arange(0, 93) / 12)
    third = [power[int(f / 2 ** (1 / 6) / bin_hz):int(f * 2 ** (1 / 6) / bin_hz) + 1].mean() for f in centres]
    db = 10 * np.log10(third)
    top = float(centres[np.nonzero(db > db.max() - 60)[0][-1]])
    edges = np.arange(4500, 10001, 250)
    bands = np.array([10 * np.log10(power[int(f / bin_hz):int((f + 250) / bin_hz)].mean()) for f in edges])
    steps = np.diff(bands)
    k = int(np.argmax(np.abs(steps)))
    return top, float(steps[k]), int(edges[k + 1])


def measure(song):
    truth = json.loads((song / "song.json").read_text())
    made = json.loads((song / "generated.json").read_text())
    x = load(song / "stems/lead_vocal_dry.flac")
    notes = next(p["notes"] for p in truth["parts"] if p["name"] == "lead_vocal")
    cents, hnr, sub = [], [], []
    for t, hz in held(notes):
        found = periodicity(x, t, hz)
        if found is None:
            continue
        pitch, r = found
        cents.append(abs(1200 * np.log2(pitch / hz)))
        hnr.append(10 * np.log10(max(r, 0.01) / (1 - max(r, 0.01))))
        sub.append(subharmonics(x, t, pitch))
    top, step, where = spectrum_rows(x)
    sung = sum(p["end_s"] - p["start_s"] for p in truth["lyrics"]["phones"])
    sub = [s for s in sub if s is not None]
    return {"song": song.name, "frames": len(cents), "f0_cents": float(np.median(cents)) if cents else None,
            "hnr_db": float(np.median(hnr)) if hnr else None, "subharmonic_db": float(np.median(sub)) if sub else None,
            "bandwidth_hz": top, "seam_db": abs(step), "seam_hz": where, "sung_s": sung,
            "speed": sung / max(made["cpu_s"]["voice"], 1e-3),
            "vocal_over_band_db": truth["mix"]["vocal_over_band_db"]}
