"""How fast content ids are, beside joblib.hash and the bare BLAKE3 of the bytes, in one run.

Run it with ``python benchmarks/hashing.py``. Each figure is the best of several repetitions; the last column
is the goal that the project holds itself to, and the exit code says whether all were met.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
from blake3 import blake3

from mandala_graph.hashing import content_id, decode_plain, encode_plain


def best(function: Callable[[], Any], seconds: float = 0.6) -> float:
    """The least time of one call, in microseconds."""
    start = time.perf_counter()
    function()
    number = max(1, int(0.005 / (time.perf_counter() - start)))
    least = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(number):
            function()
        least = min(least, (time.perf_counter() - start) / number)
    return least * 1e6


def mixed_frame(rows: int) -> pd.DataFrame:
    """Ints, floats, strings, a category and datetimes."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "i": rng.integers(0, 1_000_000, rows),
            "f": rng.random(rows),
            "s": [f"name {k}" for k in rng.integers(0, 10_000, rows)],
            "c": pd.Categorical(rng.choice(["red", "green", "blue"], rows)),
            "d": pd.date_range("2024-01-01", periods=rows, freq="s"),
        }
    )


def main() -> int:
    """Measure, print the table, and say whether every goal was met."""
    array = np.random.default_rng(0).random(12_500_000)
    data = memoryview(array).cast("B")
    frame = mixed_frame(100_000)
    numbers = list(range(10_000))
    small = {"lr": 1, "depth": 2, "seed": 3, "n": 4, "k": 5}
    nested = [{"id": i, "tags": ["a", "b"], "score": i / 7} for i in range(1000)]
    raw = b"".join(encode_plain(nested)[1])  # type: ignore[index]
    fresh = iter(range(10**6, 10**9))

    bare = best(lambda: blake3(data).digest())
    table: list[tuple[str, float, str, float, float | None]] = []

    def row(what: str, ours: float, beside: str, other: float, ratio: float | None = None) -> None:
        table.append((what, ours, beside, other, ratio))

    row("100 MB array", best(lambda: content_id(array)), "blake3 of its bytes", bare, 1.2)
    row("100k-row mixed frame", best(lambda: content_id(frame)), "joblib.hash", best(lambda: joblib.hash(frame)), 1 / 5)
    row("int, met before", best(lambda: content_id(12345)), "1 us", 1.0, 1.0)
    row("int, never met", best(lambda: content_id(next(fresh))), "1 us", 1.0, 1.0)
    row("dict of 5 str -> int", best(lambda: content_id(small)), "8 us", 8.0, 1.0)
    row("list of 10k ints", best(lambda: content_id(numbers)), "joblib.hash", best(lambda: joblib.hash(numbers)))
    row("1000 nested dicts", best(lambda: content_id(nested)), "joblib.hash", best(lambda: joblib.hash(nested)))
    row("  encoded", best(lambda: encode_plain(nested)), "joblib.hash", best(lambda: joblib.hash(nested)))
    row("  decoded", best(lambda: decode_plain(raw)), "joblib.hash", best(lambda: joblib.hash(nested)))
    row("function", best(lambda: content_id(mixed_frame)), "joblib.hash", best(lambda: joblib.hash(mixed_frame)))

    print(f"{'content_id of':24}{'us':>12}   {'beside':22}{'us':>12}{'ratio':>8}   goal")
    met = True
    for what, ours, beside, other, goal in table:
        ratio = ours / other
        met = met and (goal is None or ratio <= goal)
        wanted = "" if goal is None else f"<= {goal:.2f} {'ok' if ratio <= goal else 'MISSED'}"
        print(f"{what:24}{ours:12.2f}   {beside:22}{other:12.2f}{ratio:8.3f}   {wanted}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
