"""Speed and memory of ComputationFrames, beside a plain breadth-first search in memory over the same graph.

    python benchmarks/frames.py [--sizes 1000 10000 100000] [--shapes wide chain ladder ensemble] [--neo4j bolt://...]

A store of each shape and size is filled directly; a fresh process then measures. Seconds, best of one run; `us/call`
is expand_all per call in microseconds, `MB` the peak of Python allocations of the frame (measured apart, with
tracemalloc). Shapes: `wide`, calls of one op; `chain`, three ops in a row, many times; `ladder`, layers of two calls
that read both refs below; `ensemble`, a hundred models to a list, and a score of each list. To a store of `wide` calls,
two deep histories are added at last, a chain of 1,000 calls and a ladder of 1,000 layers: how long it takes to find the
ancestors of their ends, the first time in a process and the median of nine more. The machine should be idle.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import deque
from pathlib import Path
from statistics import median
from typing import Any

from mandala_graph import Storage
from mandala_graph.hashing import content_id
from mandala_graph.identity import call_id, output_id, raw_id, structure_cid
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, OpRow, RefRow

LAST = {"wide": "f", "chain": "h", "ladder": "left", "ensemble": "score"}
OPS = {
    "f": ("x", "y"),
    "first": ("x",),
    "g": ("a", "k"),
    "h": ("b",),
    "left": ("l", "r"),
    "right": ("l", "r"),
    "train": ("data", "seed"),
    "score": ("models", "data"),
    "__make_list__": ("elts",),
    "link": ("x",),
}
DEEP = 1000


class Filler:
    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.batch = Batch()
        self.n = 0
        self.cids: dict[str, str] = {}

    def flush(self) -> None:
        self.storage.store.write(self.batch)
        self.batch = Batch()

    def raw(self, value: Any) -> str:
        cid = content_id(value)
        hid = raw_id(cid)
        self.batch.refs[hid] = RefRow(hid, cid, "int", repr(value), 8, value)
        self.cids[hid] = cid
        return hid

    def call(self, op: str, inputs: list[tuple[str, str]], outputs: list[str]) -> list[str]:
        many = op == "__make_list__"
        edges = tuple(InputEdge(x, r, i if many else None) for i, (x, r) in enumerate(inputs))
        hid = call_id(op, "", edges_of(edges))
        made = []
        for name in outputs:
            self.n += 1
            cid, ref = content_id(self.n + 0.5), output_id(hid, name)
            if many:
                cid = structure_cid("list", [self.cids[r] for _, r in inputs])
                self.batch.refs[ref] = RefRow(ref, cid, "list", "[...]", 8, None, "list")
            else:
                self.batch.refs[ref] = RefRow(ref, cid, "float", repr(self.n + 0.5), 8, self.n + 0.5)
            self.cids[ref] = cid
            made.append((name, ref))
        self.batch.calls[hid] = CallRow(hid, hid, op, "", "r", float(self.n), 0.1, "ok", edges, tuple(made))
        if len(self.batch.calls) == 10_000:
            self.flush()
        return [r for _, r in made]


def edges_of(edges: tuple[InputEdge, ...]) -> list[tuple[str, int | None, str]]:
    return [(e.name, e.index, e.ref) for e in edges]


def fill(storage: Storage, shape: str, calls: int) -> str:
    """Put a shape of about so many calls into a store; a ref at its end."""
    f = Filler(storage)
    f.batch.ops.update({n: OpRow(n, "", n, "", inputs, ()) for n, inputs in OPS.items()})
    end = ""
    if shape == "wide":
        for i in range(calls):
            (end,) = f.call("f", [("x", f.raw(i)), ("y", f.raw(i % 7))], ["output_0"])
    elif shape == "chain":
        for i in range(calls // 3):
            (a,) = f.call("first", [("x", f.raw(i))], ["output_0"])
            (b,) = f.call("g", [("a", a), ("k", f.raw(i % 5))], ["output_0"])
            end, _ = f.call("h", [("b", b)], ["u", "w"])
    elif shape == "links":
        end = f.raw(-2)
        for _ in range(calls):
            (end,) = f.call("link", [("x", end)], ["output_0"])
    elif shape == "ladder":
        left = right = f.raw(0)
        for _ in range(calls // 2):
            (a,) = f.call("left", [("l", left), ("r", right)], ["output_0"])
            (b,) = f.call("right", [("l", left), ("r", right)], ["output_0"])
            left, right = a, b
        end = left
    else:
        data = f.raw(-1)
        for e in range(max(1, calls // 102)):
            models = [f.call("train", [("data", data), ("seed", f.raw(e * 100 + j))], ["model"])[0] for j in range(100)]
            (many,) = f.call("__make_list__", [("elts", m) for m in models], ["list"])
            (end,) = f.call("score", [("models", many), ("data", data)], ["acc"])
    f.flush()
    return end


def plain_search(storage: Storage) -> float:
    """Seconds of a breadth-first search in memory, both ways, over the calls' adjacency as dicts."""
    up: dict[str, list[str]] = {}
    starts = []
    for op in LAST.values():
        starts += storage.store.calls_of(op)
    for row in storage.store.calls(storage.store.calls_of()).values():
        for e in row.inputs:
            up.setdefault(row.hid, []).append(e.ref)
            up.setdefault(e.ref, []).append(row.hid)
        for _, r in row.outputs:
            up.setdefault(r, []).append(row.hid)
            up.setdefault(row.hid, []).append(r)
    begin = time.perf_counter()
    seen = set(starts)
    todo = deque(starts)
    while todo:
        for n in up.get(todo.popleft(), ()):
            if n not in seen:
                seen.add(n)
                todo.append(n)
    return time.perf_counter() - begin


def measure(location: str, shape: str, end: str) -> None:
    storage = Storage(location)
    storage.cf("nothing").df()  # imports
    times: list[float] = []

    def timed(work: Any) -> Any:
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
        return result

    cf = timed(lambda: storage.cf(LAST[shape]))
    cf = timed(cf.expand_all)
    timed(lambda: cf.df(values="ids"))
    timed(lambda: cf.df(include_calls=False))
    timed(lambda: cf.df())
    reach = cf.body.web.reader
    timed(lambda: reach.ancestors(end))
    calls = sum(map(len, cf.body.funcs.values()))
    search = plain_search(storage)
    peak = 0.0
    if calls <= 100_000:
        tracemalloc.start()
        storage.cf(LAST[shape]).expand_all()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    figures = "".join(f"{t:9.3f}" for t in times)
    print(f"{shape:9}{calls:8}{figures}{search:9.3f}{times[1] / max(1, calls) * 1e6:9.1f}{peak:8.0f}", flush=True)
    if shape == "wide":
        for what, deep, count in (("chain", "links", DEEP), ("ladder", "ladder", 2 * DEEP)):
            last = fill(storage, deep, count)
            times.clear()
            for _ in range(10):
                timed(lambda: reach.ancestors(last))  # noqa: B023
            first, *more = times
            print(f"  ancestors in a {what} of {DEEP:,}: first {first * 1e3:.1f} ms, then {median(more) * 1e3:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--shapes", nargs="+", default=list(LAST), choices=list(LAST))
    parser.add_argument("--neo4j", help="an empty database to use instead of SQLite files (one size and shape)")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    heads = ("cf(op)", "expand", "df ids", "df scal", "df call", "ancest", "BFS", "us/call")
    print(f"{'shape':9}{'calls':>8}{''.join(f'{h:>9}' for h in heads)}{'MB':>8}", flush=True)
    for shape in given.shapes:
        for size in given.sizes:
            with tempfile.TemporaryDirectory() as folder:
                location = given.neo4j or str(Path(folder) / "store.db")
                with Storage(location) as storage:
                    end = fill(storage, shape, size)
                storage.close()
                subprocess.run([sys.executable, __file__, "--measure", location, shape, end], check=True)


if __name__ == "__main__":
    main()
