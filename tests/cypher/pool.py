"""Small random provenance graphs, all in one store: what random queries are asked about."""

from __future__ import annotations

import random

from mandala_graph.identity import call_id, output_id, raw_id
from mandala_graph.store.protocol import (
    Batch,
    CallRow,
    ChangeRow,
    ComponentRow,
    InputEdge,
    OpRow,
    RefRow,
    RunRow,
    VersionRow,
)

__all__ = ["NAMES", "OPS", "VALUES", "pool"]

OPS = ("train", "eval", "split", "load")
NAMES = ("x", "y", "acc", "lr")
VALUES: tuple[str | int | float | bool | None, ...] = (
    1, 2, 3, 10, -7, 0, 0.5, 0.95, 2.25, -1.5, "a", "b", "ab", "B", "", "añ😀", "10", True, False, None,
)  # fmt: skip


def _hex(rng: random.Random) -> str:
    return f"{rng.getrandbits(160):040x}"


def pool(seed: int = 0, graphs: int = 14) -> Batch:
    """A batch with many small graphs that share ops, versions, runs and now and then a value."""
    rng = random.Random(seed)
    batch = Batch()
    for name in OPS[:3]:
        batch.ops[name] = OpRow(name, "m", f"m.{name}", "", ("x", "y"), ("acc",) if name != "split" else ("x", "y"))
    for i in range(3):
        ended = None if i == 1 else 100.5 + i
        dirty = (True, False, None)[i]
        batch.runs[f"run{i}"] = RunRow(
            f"run{i}", 10.5 + i, ended, "h", "u", "[]", "3.11", None, dirty, ("numpy==2.0", "x==1")[: i + 1]
        )
    components = [f"{i:040x}" for i in range(5)]
    for i, c in enumerate(components):
        batch.components[c] = ComponentRow(c, "m", f"f{i % 2}", ("function", "global")[i % 2], f"src{i}", 1.25 * i)
    for i in range(4):
        v = f"{i + 100:040x}"
        listed = tuple(sorted(rng.sample(components, rng.randint(0, 3))))
        batch.versions[v] = VersionRow(v, rng.choice(OPS[:3]), 2.5 + i, i % 2 == 0, listed)
    for a, b in [(0, 1), (1, 2), (2, 0), (3, 4), (2, 3)]:
        old, new = components[a], components[b]
        batch.changes[old, new] = ChangeRow(old, new, rng.random() < 0.5, 3.5 + a, ("user", "code")[a % 2])
    for _ in range(graphs):
        _graph(rng, batch)
    return batch


def _ref(rng: random.Random, batch: Batch, hid: str | None = None) -> str:
    value = rng.choice(VALUES)
    cid = _hex(rng)
    hid = hid or raw_id(cid)
    batch.refs[hid] = RefRow(
        hid, cid, type(value).__name__, str(value), rng.randint(0, 40), value,
        rng.choice((None, None, None, "list")),
    )  # fmt: skip
    return hid


def _graph(rng: random.Random, batch: Batch) -> None:
    refs = [_ref(rng, batch) for _ in range(rng.randint(1, 3))]
    for _ in range(rng.randint(0, 4)):
        op = rng.choice(OPS)
        version = rng.choice(sorted(batch.versions))
        edges: dict[tuple[str, int | None], str] = {}
        for _ in range(rng.randint(0, 3)):
            edges[rng.choice(NAMES), rng.choice((None, None, 0, 1))] = rng.choice(refs)
        inputs = tuple(InputEdge(n, r, i) for (n, i), r in edges.items())
        hid = call_id(op, version, [(e.name, e.index, e.ref) for e in inputs])
        if hid in batch.calls:
            continue
        outputs = []
        for name in rng.sample(NAMES, rng.randint(0, 2)):
            outputs.append((name, _ref(rng, batch, output_id(hid, name))))
        batch.calls[hid] = CallRow(
            hid, _hex(rng), op, version, rng.choice(("run0", "run1", "run9")), rng.randint(0, 50) + 0.5,
            rng.randint(0, 9) + 0.25, rng.choice(("ok", "ok", "failed")), inputs, tuple(outputs),
        )  # fmt: skip
        refs += [r for _, r in outputs]
    _ref(rng, batch) if rng.random() < 0.3 else None
