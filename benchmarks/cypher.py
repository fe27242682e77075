"""Cypher on SQLite beside SQL written by hand for the same question, on one connection.

Run: python benchmarks/cypher.py [CALLS, default 100000]. Prints microseconds and the ratio to hand-written SQL.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mandala_graph import Storage
from mandala_graph.cypher import compile, run, scope
from mandala_graph.store.sqlite import SQLiteStore
from mandala_graph.store.statements import statement


def fill(c: sqlite3.Connection, calls: int) -> None:
    """Calls of three ops with two inputs and one output each, in chains of a thousand."""
    c.execute("BEGIN")
    hid = "{:040x}".format
    ops = ("train", "eval", "load")
    c.executemany(
        "INSERT INTO ref (nid, hid, cid, type, preview, nbytes, value) VALUES (?, ?, ?, 'float', '0.5', 8, ?)",
        ((i, hid(i), hid(i + 10**12), (i * 7919 % 10007) / 10007) for i in range(1, 2 * calls + 3)),
    )
    c.executemany(
        "INSERT INTO call VALUES (?, ?, ?, ?, 'v', 'r', ?, 0.5, 'ok')",
        ((i, hid(i + 10**13), hid(i + 10**14), ops[i % 3], float(i)) for i in range(1, calls + 1)),
    )
    inputs = []
    for i in range(1, calls + 1):
        inputs.append((calls + i if i % 1000 else i, i, "x", -1))
        inputs.append((i, i, "lr", -1))
    c.executemany("INSERT INTO edge_input VALUES (?, ?, ?, ?)", inputs)
    c.executemany("INSERT INTO edge_output VALUES (?, ?, 'acc')", ((i, calls + i + 1) for i in range(1, calls + 1)))
    c.execute("COMMIT")


def ladder(c: sqlite3.Connection, layers: int, first: int) -> str:
    """Layers of two calls that both read both values of the layer before; the hid of a value of the last one."""
    hid = "{:040x}".format
    c.execute("BEGIN")
    for i in range(layers + 1):
        for j in (0, 1):
            n = first + 2 * i + j
            c.execute("INSERT INTO ref (nid, hid, type) VALUES (?, ?, 'int')", (n, hid(n)))
            if i:
                c.execute("INSERT INTO call (nid, hid, op) VALUES (?, ?, 'step')", (n, hid(n + 10**15)))
                c.execute("INSERT INTO edge_output VALUES (?, ?, 'y')", (n, n))
                for k in (0, 1):
                    c.execute("INSERT INTO edge_input VALUES (?, ?, ?, -1)", (first + 2 * i - 2 + k, n, "ab"[k]))
    c.execute("COMMIT")
    return hid(first + 2 * layers)


REACH = """WITH RECURSIVE up(id) AS (
  SELECT nid * 2 FROM ref WHERE hid = ?
  UNION SELECT source * 2 + 1 FROM up JOIN edge_output ON target = up.id / 2 WHERE up.id % 2 = 0
  UNION SELECT source * 2 FROM up JOIN edge_input ON target = up.id / 2 WHERE up.id % 2 = 1)
SELECT call.hid FROM up JOIN call ON call.nid = up.id / 2 WHERE up.id % 2 = 1"""


def best(f: Callable[[], Any], seconds: float = 1.0) -> float:
    """The shortest time of a call, in microseconds."""
    shortest, end = 1e9, time.perf_counter() + seconds
    while True:
        t = time.perf_counter()
        f()
        now = time.perf_counter()
        shortest = min(shortest, now - t)
        if now >= end:
            break
    return shortest * 1e6


def both(f: Callable[[], Any], g: Callable[[], Any], seconds: float = 2.0) -> tuple[float, float]:
    """The shortest times of two, which take turns, so that what else the machine does meets both."""
    a = b = 1e18
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        a, b = min(a, best(f, 0.0)), min(b, best(g, 0.0))
    return a, b


def reads(store: SQLiteStore) -> None:
    """The store's own reads by hand-written SQL, beside the statement that Neo4j runs for them, lowered."""
    hid = "{:040x}".format
    refs = [hid(i) for i in range(1, 1001)]
    some = [hid(i + 10**13) for i in range(1, 1001)]
    cids = [hid(i + 10**14) for i in range(1, 1001)]
    asked: list[tuple[str, str, dict[str, Any], Callable[[], Any]]] = [
        ("look up 1", "lookup", {"hids": some[:1], "cids": cids[:1]}, lambda: store.lookup(some[:1], cids[:1])),
        ("look up 1,000", "lookup", {"hids": some, "cids": []}, lambda: store.lookup(some, [])),
        ("1 ref", "refs", {"ids": refs[:1]}, lambda: store.refs(refs[:1])),
        ("1,000 refs", "refs", {"ids": refs}, lambda: store.refs(refs)),
        ("1,000 calls", "calls", {"ids": some}, lambda: store.calls(some)),
        ("creators of 1,000", "creators", {"ids": refs}, lambda: store.creators(refs)),
        ("consumers of 1,000", "consumers", {"ids": refs}, lambda: store.consumers(refs)),
        ("descendants of 1", "descendants", {"ids": some[:1]}, lambda: store.descendants(some[:1])),
        ("prefetch 5,000", "prefetch", {"op": "train", "limit": 5000}, lambda: store.prefetch("train", 5000)),
        ("orphans", "orphans", {}, store.orphans),
        ("counts", "counts", {}, store.counts),
    ]
    print(f"\n{'reads of the store':28}{'file us':>12}{'SQL us':>12}{'ratio':>8}")
    for name, file, parameters, by_hand in asked:
        text = statement(f"read/{file}")
        a, b = both(lambda: store.query(text, parameters), by_hand, 1.0)  # noqa: B023
        print(f"{name:28}{a:12.0f}{b:12.0f}{a / b:8.1f}")


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        store = SQLiteStore(str(Path(folder) / "b.db"))
        with store.reading() as c:
            fill(c, calls)
            end = ladder(c, 1000, 4 * calls)
            hid = "{:040x}".format
            some, tail = hid(calls // 2 + 10**13), hid(calls + calls // 2 // 1000 * 1000 + 999)
            questions: list[tuple[str, float, str, dict[str, Any], str, tuple[Any, ...]]] = [
                (
                    "look-up of a call", 3, "MATCH (c:Call {hid: $h}) RETURN c.op, c.started", {"h": some},
                    "SELECT op, started FROM call WHERE hid = ?", (some,),
                ),
                (
                    "look-up of its outputs", 3,
                    "MATCH (c:Call {hid: $h})-[o:OUTPUT]->(r:Ref) RETURN o.name, r.hid, r.value", {"h": some},
                    "SELECT o.name, r.hid, r.value FROM call c JOIN edge_output o ON o.source = c.nid "
                    "JOIN ref r ON r.nid = o.target WHERE c.hid = ?", (some,),
                ),
                (
                    "pattern with a threshold", 2,
                    "MATCH (c:Call {op: 'train'})-[:OUTPUT {name: 'acc'}]->(a:Ref) WHERE a.value > $t "
                    "RETURN c.hid, a.value ORDER BY a.value DESC LIMIT 5", {"t": 0.9},
                    "SELECT c.hid, a.value FROM call c JOIN edge_output o ON o.source = c.nid AND o.name = 'acc' JOIN "
                    "ref a ON a.nid = o.target WHERE c.op = 'train' AND a.value > ? ORDER BY a.value DESC LIMIT 5",
                    (0.9,),
                ),
                (
                    "pattern of three, grouped", 2,
                    "MATCH (x:Ref)-[i:INPUT {name: 'lr'}]->(c:Call)-[:OUTPUT]->(a:Ref) WHERE a.value > $t "
                    "RETURN c.op AS op, count(*) AS n, avg(x.value + 0.0) AS lr", {"t": 0.5},
                    "SELECT c.op, count(*), avg(x.value + 0.0) FROM ref x JOIN edge_input i ON i.source = x.nid JOIN call "
                    "c ON c.nid = i.target JOIN edge_output o ON o.source = c.nid JOIN ref a ON a.nid = o.target "
                    "WHERE i.name = 'lr' AND a.value > ? GROUP BY c.op", (0.5,),
                ),
                (
                    "pattern, counted by op", 2,
                    "MATCH (c:Call)-[:OUTPUT]->(a:Ref) WHERE a.value > $t RETURN c.op AS op, count(*) AS n", {"t": 0.5},
                    "SELECT c.op, count(*) FROM call c JOIN edge_output o ON o.source = c.nid "
                    "JOIN ref a ON a.nid = o.target WHERE a.value > ? GROUP BY c.op", (0.5,),
                ),
                (
                    "ancestors, chain of 1,000", 1.5,
                    "MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*]-(c:Call) RETURN DISTINCT c.hid", {"h": tail},
                    REACH, (tail,),
                ),
                (
                    "ancestors, ladder of 1,000", 1.5,
                    "MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*]-(c:Call) RETURN DISTINCT c.hid", {"h": end},
                    REACH, (end,),
                ),
            ]  # fmt: skip
            print(f"{calls} calls\n{'':28}{'Cypher us':>12}{'SQL us':>12}{'ratio':>8}{'bound':>7}")
            for name, bound, text, parameters, sql, binds in questions:
                mine = sorted(run.run_on_sqlite(c, text, parameters).rows, key=repr)
                by_hand = sorted(c.execute(sql, binds).fetchall(), key=repr)
                same = "" if len(mine) == len(by_hand) else "  DIFFERENT"
                a, b = both(
                    lambda: run.run_on_sqlite(c, text, parameters),  # noqa: B023
                    lambda: c.execute(sql, binds).fetchall(),  # noqa: B023
                )
                print(f"{name:28}{a:12.1f}{b:12.1f}{a / b:8.2f}{bound:7}{same}")
            name, _, text, parameters, sql, binds = questions[0]
            import pandas as pd

            storage = Storage(str(Path(folder) / "b.db"))
            print(f"\n{name}, in the form of{'':10}{'Cypher us':>12}{'SQL us':>12}{'ratio':>8}")
            forms: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
                (
                    "rows of the store",
                    lambda: store.query(text, parameters),
                    lambda: c.execute(sql, binds).fetchall(),
                ),
                (
                    "a stream, as dicts",
                    lambda: list(storage.query(text, parameters, stream=True)),
                    lambda: c.execute(sql, binds).fetchall(),
                ),
                (
                    "a DataFrame (pandas.read_sql_query)",
                    lambda: storage.query(text, parameters),
                    lambda: pd.read_sql_query(sql, c, params=binds),
                ),
            ]
            for form, ours, by_hand in forms:
                a, b = both(ours, by_hand)
                print(f"{form:36}{a:12.1f}{b:12.1f}{a / b:8.2f}")
            storage.close()
            text = questions[3][2] + " ORDER BY n DESC,\n op LIMIT 10"

            def cold() -> None:
                for cached in (scope.prepare, scope.parse, compile.parsed, compile._lowered):
                    cached.cache_clear()
                compile.compiled(text, {"t": 0.5})

            print(
                f"parse + lower, cold: {best(cold):.0f} us; cached: {best(lambda: compile.compiled(text, {'t': 0.5})):.1f} us"
            )
        reads(store)
        store.close()


if __name__ == "__main__":
    main()
