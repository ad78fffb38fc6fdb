#!/usr/bin/env python3
"""Writes the tables of docs/claims.md from experiments/recipes/*/expected.json (figures that are shown)."""

import json
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
HEAD = """# Claims

Every figure this project publishes: one row, the command that gives it, how many cases it rests on, and an interval. The rows come from `experiments/recipes/*/expected.json` (`scripts/write-claims.py` writes this page, `lint.claims` compares).

`scripts/check-claims.py` runs the rows marked *quick* and compares; about five minutes on two cores after `make build`. `scripts/check-claims.py ID` runs one, `--list` shows all. Minutes are for two cores.

An interval is one-sided, 95 %, exact binomial (Clopper-Pearson), unless it says otherwise; *machine-dependent* rows agree within the stated range. More about the mark, with its attacks by row: [watermark](watermark.md).
"""


def main():
    parts = [HEAD]
    for path in sorted(SOURCE.glob("experiments/recipes/*/expected.json")):
        rows = [(name, f) for name, f in json.loads(path.read_text())["figures"].items() if "shown" in f]
        if not rows:
            continue
        parts.append(f"## [{path.parent.name}](../experiments/recipes/{path.parent.name}/README.md)\n")
        parts.append("| id | figure | command | n | interval | minutes | what |\n|---|---|---|---|---|---|---|")
        for name, f in rows:
            command = f["command"].replace("|", "\\|")
            quick = ", quick" if f.get("quick") else ""
            parts.append(f"| `{name}` | {f['shown']} | `{command}` | {f['n']} | {f['interval']} | "
                         f"{f['minutes']}{quick} | {f['what']} |")
        parts.append("")
    (SOURCE / "docs/claims.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
