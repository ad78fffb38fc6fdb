#!/usr/bin/env python3
"""CPU seconds of `audiowmark get` over those of ours with everything searched, on unmarked files; the mean ratio last.

  race.py FILES...      audiowmark on the PATH; MARK names brandiron-mark (build/release/brandiron-mark)
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
MARK = os.environ.get("MARK", str(SOURCE / "build/release/brandiron-mark"))


def cpu_s(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    ratios = []
    for path in sys.argv[1:]:
        theirs, ours = cpu_s("audiowmark", "get", path), cpu_s(MARK, "watermark", "verify", path, "--key", "demo")
        ratios.append(theirs / ours)
        print(f"  {Path(path).name}: audiowmark {theirs:.2f} s, brandiron-mark {ours:.2f} s")
    print(f"{sum(ratios) / len(ratios):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
