"""Sound as interleaved 16-bit stereo at 44.1 kHz: read and written through ffmpeg, cut and added to the sample."""

import array
import json
import math
import operator
import re
import subprocess
import tempfile
from pathlib import Path

RATE, CHANNELS = 44100, 2
FADE = RATE // 50  # 20 ms


def info(path):
    """(seconds, sample rate, channels)."""
    found = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries",
                            "stream=sample_rate,channels,duration:format=duration", "-of", "json", str(path)],
                           capture_output=True, text=True, check=True)
    told = json.loads(found.stdout)
    stream = told["streams"][0]
    return (float(stream.get("duration") or told["format"]["duration"]), int(stream["sample_rate"]), int(stream["channels"]))


def fault(path, expected_s):
    """What is wrong with a file of that length, or nothing: undecodable, another length, silent."""
    found = subprocess.run(["ffmpeg", "-nostdin", "-v", "info", "-nostats", "-i", str(path), "-map", "0:a:0", "-af",
                            f"aresample={RATE},volumedetect", "-f", "null", "-"], capture_output=True, text=True)
    heard = {key: re.search(rf"{key}: (-?[\d.]+)", found.stderr) for key in ("n_samples", "mean_volume")}
    if found.returncode or None in heard.values():
        return "does not decode"
    length = int(heard["n_samples"][1]) / RATE / info(path)[2]
    if abs(length - expected_s) > 1 and expected_s < 60:
        return f"{length:.2f} s of sound, not {expected_s:.2f}"
    return f"silent: {heard['mean_volume'][1]} dB" if float(heard["mean_volume"][1]) < -55 else None


def read(path, start_s=0.0, seconds=None, rate=RATE):
    length = [] if seconds is None else ["-t", f"{seconds:.6f}"]
    found = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-ss", f"{start_s:.6f}", *length, "-f", "s16le",
                            "-ac", str(CHANNELS), "-ar", str(rate), "-"], capture_output=True, check=True)
    return array.array("h", found.stdout)


def write(path, pcm, rate=RATE):
    """16-bit FLAC, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "s16le", "-ac", str(CHANNELS), "-ar", str(rate), "-i", "-",
                    "-f", "flac", str(partial)], input=pcm.tobytes(), check=True)
    partial.rename(path)


def seconds(pcm):
    return len(pcm) / CHANNELS / RATE


def cut(pcm, start_s, length_s):
    first = round(start_s * RATE) * CHANNELS
    return pcm[first:first + round(length_s * RATE) * CHANNELS]


def repeat(pcm, length_s):
    """From its beginning again, as often as it takes."""
    wanted = round(length_s * RATE) * CHANNELS
    return (pcm * (wanted // max(1, len(pcm)) + 1))[:wanted]


def blocks(pcm, block_s=0.05):
    """Mean square of each block, of every seventh sample: both channels in turn."""
    step = round(block_s * RATE) * CHANNELS
    parts = (pcm[at:at + step:7] for at in range(0, len(pcm) - step + 1, step))
    return [sum(map(operator.mul, part, part)) / len(part) for part in parts]


def level(pcm):
    """RMS of what sounds: blocks within 30 dB of the loudest tenth."""
    power = sorted(blocks(pcm), reverse=True) or [0.0]
    loud = [p for p in power if p > 1e-3 * power[len(power) // 10]]
    return math.sqrt(sum(loud) / len(loud)) if loud else 0.0


def sounding(pcm, gap_s=1.0, block_s=0.05, below_db=35):
    """[[start_s, end_s], ...] where it is within `below_db` of its loudest block, gaps under `gap_s` closed."""
    power = blocks(pcm, block_s)
    floor = max(power, default=0.0) * 10 ** (-below_db / 10)
    spans = []
    for n, p in enumerate(power):
        if p > floor:
            if spans and n * block_s - spans[-1][1] < gap_s:
                spans[-1][1] = (n + 1) * block_s
            else:
                spans.append([n * block_s, (n + 1) * block_s])
    return spans


def scaled(pcm, gain):
    return array.array("h", [max(-32768, min(32767, round(x * gain))) for x in pcm])


def join(parts):
    """One after another with cross-fades of 20 ms of equal power. Returns (sound, [middle of each fade in s]). Each part
    gives half a fade on either side, so the sound is one fade a join shorter than the parts."""
    whole, joins = parts[0], []
    for part in parts[1:]:
        fade = FADE * CHANNELS
        turn = [math.pi / 2 * (n // CHANNELS + 0.5) / FADE for n in range(fade)]
        blend = [max(-32768, min(32767, round(a * math.cos(t) + b * math.sin(t))))
                 for a, b, t in zip(whole[-fade:], part[:fade], turn)]
        joins.append((len(whole) - fade / 2) / CHANNELS / RATE)
        whole = whole[:-fade] + array.array("h", blend) + part[fade:]
    return whole, joins


def peak(pcm):
    return max(max(pcm, default=0), -min(pcm, default=0))


def add(under, over, at_s, gain):
    """`over` comes in at `at_s`, faded over 20 ms at both ends; one gain for both keeps the sum within full scale."""
    first = round(at_s * RATE)
    over = over[:len(under) - first * CHANNELS]
    down = min(1.0, 32767 / max(1.0, peak(under) + gain * peak(over)))
    fade = FADE / RATE
    chain = (f"[0]volume={down:.9f}[a];[1]afade=t=in:d={fade},afade=t=out:st={seconds(over) - fade:.6f}:d={fade},"
             f"volume={down * gain:.9f},adelay={first}S:all=1[b];[a][b]amix=inputs=2:duration=first:normalize=0")
    raw = ["-f", "s16le", "-ac", str(CHANNELS), "-ar", str(RATE)]
    with tempfile.TemporaryDirectory(prefix="brandiron-") as folder:
        for name, pcm in (("a", under), ("b", over)):
            Path(folder, name).write_bytes(pcm.tobytes())
        found = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *raw, "-i", f"{folder}/a", *raw, "-i", f"{folder}/b",
                                "-filter_complex", chain, *raw, "-"], capture_output=True, check=True)
    return array.array("h", found.stdout)
