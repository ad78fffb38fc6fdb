"""An onset detector that shares nothing with the band, and a reader for its stems (numpy, libsndfile).

Log-compressed spectral flux over mel-like bands with a lag of three hops (Boeck & Widmer, "Maximum filter vibrato
suppression for onset detection", DAFx 2013, without the filter), peaks by the usual rule of local maximum, local mean
and threshold, refined between hops by a parabola. Threshold, compression and lowest frequency were chosen on two songs
(smoke-trestle and tin-cricket, seed 1) that the recipe does not count. Its one constant of time, where within the window an attack makes
the flux largest, is measured on clicks in noise (`calibrate`), not on our instruments.
"""
import ctypes
import ctypes.util
import functools

import numpy as np

WINDOW, HOP, LAG = 512, 64, 3  # samples at 44.1 kHz
BANDS = 40
LOWEST_HZ = 1000.0  # below, the beating of ringing strings looks like strokes
THRESHOLD = 0.1  # over the local mean, in units of the median of the stem's 20 largest peaks
COMPRESSION = 300.0  # of magnitudes relative to the stem's loudest bin


class _Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int), ("channels", ctypes.c_int),
                ("format", ctypes.c_int), ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


def read_audio(path):
    """(frames, channels) float64 and the sample rate, by the libsndfile that brandiron itself needs."""
    library = ctypes.CDLL(ctypes.util.find_library("sndfile") or "libsndfile.so.1")
    library.sf_open.restype = ctypes.c_void_p
    library.sf_readf_double.restype = ctypes.c_int64
    library.sf_readf_double.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    library.sf_close.argtypes = [ctypes.c_void_p]
    info = _Info()
    handle = library.sf_open(str(path).encode(), 0x10, ctypes.byref(info))
    if not handle:
        raise OSError(f"{path}: libsndfile cannot read it")
    samples = np.empty((info.frames, info.channels))
    read = library.sf_readf_double(handle, samples.ctypes.data, info.frames)
    library.sf_close(handle)
    return samples[:read], info.rate


def band_edges(rate):
    mel = np.linspace(2595 * np.log10(1 + LOWEST_HZ / 700), 2595 * np.log10(1 + 16000 / 700), BANDS + 1)
    edges = np.round((10 ** (mel / 2595) - 1) * 700 * WINDOW / rate).astype(int)
    return np.unique(np.maximum(edges, 1))


def spectral_flux(x, rate):
    window = np.hanning(WINDOW)
    edges = band_edges(rate)
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    levels = np.empty((len(frames), len(edges) - 1))
    for first in range(0, len(frames), 20000):
        part = np.abs(np.fft.rfft(frames[first:first + 20000] * window))
        levels[first:first + 20000] = np.add.reduceat(part, edges, axis=1)[:, :-1]
    levels = np.log1p(COMPRESSION * levels / max(levels.max(), 1e-12))
    flux = np.zeros(len(levels))
    flux[LAG:] = np.maximum(levels[LAG:] - levels[:-LAG], 0.0).sum(axis=1)
    return flux


def peaks(flux, rate):
    """Times of the flux' peaks in hops, with fractions."""
    near, around = int(0.030 * rate / HOP), int(0.100 * rate / HOP)
    padded = np.pad(flux, near)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).max(axis=1)
    mean = np.convolve(flux, np.ones(2 * around + 1) / (2 * around + 1), "same")
    local = np.flatnonzero(flux == highest)
    strongest = np.sort(flux[local])[-20:]
    threshold = mean + THRESHOLD * np.median(strongest)
    found = []
    for n in local[flux[local] > threshold[local]]:
        if n in (0, len(flux) - 1):
            continue
        a, b, c = flux[n - 1:n + 2]
        bend = a - 2 * b + c
        found.append(n + (0.5 * (a - c) / bend if bend < 0 else 0.0))
    return np.array(found)


@functools.lru_cache
def calibrate(rate):
    """Seconds from a window's first sample to the click that makes its flux largest."""
    rng = np.random.default_rng(1)
    x = 1e-4 * rng.standard_normal(rate * 4)
    clicks = np.arange(20, 380) * rate // 100 + rng.integers(0, HOP, 360)
    clicks = clicks[::10]
    for at in clicks:
        x[at:at + 400] += np.exp(-np.arange(400) / 60) * rng.standard_normal(400)
    found = peaks(spectral_flux(x, rate), rate) * HOP
    return float(np.median([at - found[np.argmin(np.abs(found - at))] for at in clicks])) / rate


def find_onsets(x, rate):
    """Seconds of the onsets of a mono signal."""
    lead = WINDOW * 4  # so that a stroke in the first window is seen
    silence = np.zeros(lead)
    flux = spectral_flux(np.concatenate([silence, x, silence]), rate)
    return (peaks(flux, rate) * HOP - lead) / rate + calibrate(rate)


def matched(truth, found, tolerance_s):
    """How many of `truth` have one of `found` within the tolerance, one to one, in order of time."""
    count, at = 0, 0
    for t in truth:
        while at < len(found) and found[at] < t - tolerance_s:
            at += 1
        if at < len(found) and found[at] <= t + tolerance_s:
            count, at = count + 1, at + 1
    return count
