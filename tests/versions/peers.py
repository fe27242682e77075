"""The scenarios with joblib.Memory and checkpointer beside it, as a table for the documentation.

`python -m tests.versions.peers` makes docs/versions-table.md (some ten minutes).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.versions.scenarios import SCENARIOS, Scenario
from tests.versions.test_scenarios import ROOT, run, write

PEERS = ("mandala_graph", "joblib", "checkpointer")
TABLE = ROOT / "docs" / "versions-table.md"
HEAD = """# What each edit causes

Made by `python -m tests.versions.peers`, which runs every row in fresh processes: once before the edit, once after it,
and once without memoization to know what is right. *right*: exactly the calls that the edit affects ran again;
*stale*: an old result was returned although the code gives another one; *needless*: calls ran again for nothing.

"""


def verdict(scenario: Scenario, peer: str, folder: Path) -> str:
    write(folder, scenario.project())
    try:
        run(folder, peer)
        write(folder, scenario.edited())
        edited, right = run(folder, peer), run(folder, "plain")
    except AssertionError:
        return "error"
    if edited["results"] != right["results"] and not scenario.stale:
        return "**stale**"
    ran, wanted = sum(edited["ran"].values()), sum(scenario.again.values())
    return "right" if ran == wanted else "needless" if ran > wanted else "right (fewer)"


def main() -> None:
    counts = {p: {"right": 0} for p in PEERS}
    rows = []
    for scenario in SCENARIOS:
        cells = []
        for peer in PEERS:
            with tempfile.TemporaryDirectory() as folder:
                cells.append(verdict(scenario, peer, Path(folder)))
            counts[peer][cells[-1]] = counts[peer].get(cells[-1], 0) + 1
        name = f"**{scenario.name}**" if scenario.plain else scenario.name
        again = "nothing" if not scenario.again else ", ".join(f"{n} {o}" for o, n in scenario.again.items())
        rows.append(f"| {name} | {again} | {scenario.why} | {' | '.join(cells)} |\n")
        print(scenario.name, *cells, file=sys.stderr)
    total = " | ".join(", ".join(f"{n} {k.strip('*')}" for k, n in counts[p].items() if n) for p in PEERS)
    columns = " | ".join(PEERS) + " |\n" + "|---" * 6
    TABLE.write_text(
        f"{HEAD}| edit (plain cases in bold) | calls that must run again | why | {columns}|\n"
        f"{''.join(rows)}| all {len(SCENARIOS)} | | | {total} |\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
