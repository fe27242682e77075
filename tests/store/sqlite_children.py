"""What the child processes of the SQLite tests do."""

from __future__ import annotations

import json
import os
import sys

from mandala_graph.store.sqlite import SQLiteStore
from tests.store.rows import numbered


def write_plan(path: str, plan: list[list[int]]) -> None:
    """Write the batches of a plan and look each of them up; some are settled only then."""
    store = SQLiteStore(path)
    for i, numbers in enumerate(plan):
        batch = numbered(numbers)
        store.write(batch, settle=i % 2 == 0)
        store.settle()
        found, _ = store.lookup(list(batch.calls), [])
        if found.keys() != batch.calls.keys():
            raise SystemExit("a batch that was written is not there")
    store.close()


def write_until_killed(path: str, start: int, size: int, settle: bool) -> None:
    """Write batches for ever, and acknowledge each on stdout once it is committed; every third brings a file."""
    store = SQLiteStore(path)
    while True:
        batch = numbered(range(start, start + size))
        if start // size % 3 == 0:
            cid, data = batch.values.popitem()
            store.put_value(cid, [data, b"x" * 100_000])
        store.write(batch, settle)
        os.write(1, b"%d\n" % start)
        start += size


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    {"write_plan": write_plan, "write_until_killed": write_until_killed}[name](*map(json.loads, arguments))
