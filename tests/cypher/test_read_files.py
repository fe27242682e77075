"""Each file of `cypher/read/` gives the same rows on both engines: Neo4j runs it, and where SQLite has hand-written SQL for
the question, that is held to the same rows by the tests of stores (`tests/store/test_reads.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mandala_graph.graph import RELATIONSHIPS
from mandala_graph.store.statements import statements
from tests.cypher.conftest import Ask
from tests.cypher.pool import OPS, pool

FILES = sorted(p.stem for p in (Path(__file__).parents[2] / "cypher" / "read").glob("*.cypher"))


def _parameters() -> dict[str, list[Any]]:
    """For each parameter of these files, values to ask with; the last one is known to nobody."""
    batch = pool()
    refs, calls = sorted(batch.refs), sorted(batch.calls)
    cids = sorted({c.cid for c in batch.calls.values()})
    fed = next(c for c in batch.calls.values() if c.inputs and c.outputs)
    return {
        "ids": [[*refs, "nobody"], [*calls, "nobody"], [*sorted(batch.components), "nobody"],
                [*sorted({r.cid for r in batch.refs.values()}), "nobody"]],
        "hids": [[*calls, "nobody"]],
        "cids": [[*cids, "nobody"]],
        "calls": [[*calls, "nobody"]],
        "keys": [[refs[0], calls[0], *sorted(batch.ops), *sorted(batch.versions), *sorted(batch.components),
                  *sorted(batch.runs), "nobody"]],
        "hid": [refs[0], calls[0], fed.inputs[0].ref, fed.outputs[0][1], "nobody"],
        "start": [fed.inputs[0].ref], "end": [fed.outputs[0][1], fed.hid, "nobody", "g"],
        "op": [*OPS, "nobody", None, "<", ">="],
        "version": [None, fed.version],
        "limit": [3, 1000], "length": [15], "after": ["", "5"],
        "constant": [1, "a"], "first": [""], "new": ["eval", "x", "acc"], "kind": ["op", "input", "output"],
        "allowed": [[[r.type, r.source, r.target] for r in RELATIONSHIPS.values()], [["INPUT", "Call", "Ref"]]],
    }  # fmt: skip


def _choices(text: str) -> list[dict[str, Any]]:
    """Values for a statement's parameters: each value of each parameter occurs."""
    from mandala_graph.cypher.compile import parsed

    known = _parameters()
    values = {p: known[p] for p in parsed(text)[1]}
    n = max(map(len, values.values()), default=1)
    return [{p: v[(i // (1 + k)) % len(v)] for k, (p, v) in enumerate(values.items())} for i in range(2 * n)]


NO_ROWS = {"epoch"}  # the pool has no store's own node
CHOICE = {"ends", "prefetch", "call_ids", "keys"}  # ids are the engine's own; a LIMIT takes whichever comes first


@pytest.mark.parametrize("name", FILES)
def test_equal_rows(ask_both: Ask, name: str) -> None:
    rows = 0
    for text in statements(f"read/{name}"):
        for parameters in _choices(text):
            if name in CHOICE and parameters.get("limit") == 3:
                continue
            outcome = ask_both(text, parameters, unordered=True)
            assert outcome.verdict == "same", (name, parameters, outcome.detail)
            rows += outcome.rows
    assert rows or name in NO_ROWS
