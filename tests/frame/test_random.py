"""Random programs in real stores, on both engines: the same frames, rows and Cypher as the oracle has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mandala_graph import Storage
from mandala_graph.errors import FrameError
from mandala_graph.frame.body import Body
from mandala_graph.frame.predicate import parse
from mandala_graph.frame.statement import cypher
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, RefRow, Store
from mandala_graph.store.reach import reader
from tests.frame.oracle import Oracle
from tests.frame.programs import Provenance, apart, programs
from tests.frame.stores import web_of_store, write
from tests.frame.test_expand import PLANS, expand, named, refs_of, rows_of, rows_told, told

AT_ONCE = 8
"""Programs in one transaction; each keeps to its own ops and refs."""


def examples(store: Store) -> Any:
    """Few batches over a network, where all that counts is that statements say the same as on SQLite."""
    return settings(
        max_examples=15 if store.info().engine == "sqlite" else 4,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # a failure of a whole batch is found again, in memory and made small, by test_expand
    )


def test_random_programs_give_the_frames_rows_and_statements_of_the_oracle(store: Store) -> None:
    @examples(store)
    @given(st.lists(programs(), min_size=AT_ONCE, max_size=AT_ONCE), st.data())
    def check(several: list[Provenance], data: st.DataObject) -> None:
        distinct = [apart(prov) for prov in several]
        for prov in distinct:
            write(store, prov)
        for prov in distinct:
            if data.draw(st.booleans()):
                op = data.draw(
                    st.sampled_from(sorted({c.op for c in prov.calls.values()}, key=lambda o: o.partition(".")[2]))
                )
                body, oracle = frame_of_op(store, op), Oracle.of_op(prov, op)
            else:
                place = data.draw(st.integers(0, 1000))
                refs = refs_of(prov)
                start = {"v": [refs[place % len(refs)]]}
                body, oracle = frame_of_refs(store, start), Oracle.of_variables(prov, start)
            for how, turns, recursive in data.draw(PLANS):
                expand(body, how, turns, recursive)
                oracle.expand(how, turns, recursive or how == "all")
                assert named(body) == told(oracle)
                assert body.problems() == []
            if len(oracle.histories()) <= 9:
                assert rows_of(body) == rows_told(oracle)
            assert asked(store, body) in (None, rows_of(body))

    check()


def frame_of_op(store: Store, op: str) -> Body:
    web = web_of_store(store)
    web.load(web.reader.of_op(op))
    return Body.from_op(web, op, [c for c, o in enumerate(web.call_op) if o == op])


def frame_of_refs(store: Store, start: dict[str, list[str]]) -> Body:
    web = web_of_store(store)
    web.load(web.reader.reach([r for rs in start.values() for r in rs], (), "none", False, ()))
    return Body.from_vars(web, {n: {web.ref_of[r] for r in rs} for n, rs in start.items()})


def asked(store: Store, body: Body) -> list[list[tuple[str, list[str]]]] | None:
    """The rows that the frame's Cypher gives; None where a loop leaves it without any."""
    try:
        statement = cypher(body)
    except FrameError:
        return None
    found = store.query(statement, {})
    rows = [
        sorted((n, [c] if isinstance(c, str) else sorted(c)) for n, c in zip(found.columns, row, strict=True) if c)
        for row in found.rows
    ]
    return sorted(rows)


_CHILD = """
import sys
from mandala_graph import Storage
from tests.frame.test_random import *
storage = Storage(sys.argv[1], values=sys.argv[2]) if "://" in sys.argv[1] else Storage(sys.argv[1])
for op in sys.argv[3:]:
    for turns in (1, None):
        body = frame_of_op(storage.store, op)
        expand(body, "all", turns)
        print(named(body), rows_of(body))
"""


def test_hash_seeds_change_nothing(storage_url: Callable[[], str], tmp_path: Path) -> None:
    from tests.frame.test_stores import program

    url = storage_url()
    storage = Storage(url, values=tmp_path / "values") if "://" in url else Storage(url)
    prov, _ = program(7, 30)
    write(storage.store, prov)
    storage.close()
    ops = sorted({c.op for c in prov.calls.values()})[:4]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, url, str(tmp_path / "values"), *ops],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "4242")
    ]
    printed = {child.communicate()[0] for child in running}
    assert [child.returncode for child in running] == [0, 0, 0]
    assert len(printed) == 1
    expected = []
    for op in ops:
        for turns in (1, None):
            oracle = Oracle.of_op(prov, op)
            oracle.expand("all", turns)
            expected.append(str(told(oracle)))
    assert all(line.startswith(text) for line, text in zip(printed.pop().splitlines(), expected, strict=True))


NATIVE: list[Any] = [
    0,
    1,
    -3,
    2**62,
    0.0,
    1.0,
    2.5,
    -0.5,
    1e300,
    True,
    False,
    "",
    "a",
    "ab",
    "b",
    "1",
    "é",
    "z\x00y",
    "A",
]
CONSTANTS = st.sampled_from(["0", "1", "2.5", "-3", "true", "false", "'a'", "''", "'ab'", "'é'", "'B'"])
SIMPLE = st.one_of(
    st.tuples(st.just("v"), st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), CONSTANTS).map(" ".join),
    st.tuples(CONSTANTS, st.sampled_from(["<", "=", "<>", ">="]), st.just("v")).map(" ".join),
    st.lists(CONSTANTS, min_size=1, max_size=3).map(lambda cs: f"v IN [{', '.join(cs)}]"),
    st.lists(CONSTANTS, min_size=1, max_size=3).map(lambda cs: f"v NOT IN [{', '.join(cs)}]"),
    st.tuples(
        st.sampled_from(["STARTS WITH", "ENDS WITH", "CONTAINS"]), st.sampled_from(["'a'", "''", "'b'", "'y'"])
    ).map(lambda p: f"v {p[0]} {p[1]}"),
    st.sampled_from(["0 < v < 2", "'a' <= v <= 'b'", "-1 <= v <> 1"]),
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda c: f"NOT ({c})"),
    ),
    max_leaves=4,
)


def test_stores_and_python_agree_on_conditions(store: Store) -> None:
    refs = [RefRow(f"{i:040x}", f"{i:040x}", "t", "", 8, v) for i, v in enumerate(NATIVE)]
    edges = tuple(InputEdge("x", r.hid, i) for i, r in enumerate(refs))
    store.write(
        Batch({r.hid: r for r in refs}, {"c" * 40: CallRow("c" * 40, "c" * 40, "f", "", "", 1.0, 1.0, "ok", edges, ())})
    )
    read = reader(store)
    hids = [r.hid for r in refs]

    @settings(max_examples=200 if store.info().engine == "sqlite" else 40, deadline=None, database=None)
    @given(CONDITIONS)
    def check(text: str) -> None:
        terms = parse(text)
        for term in terms:
            assert term.condition is not None
            passed, unknown = read.passing(hids, term.condition)
            assert unknown == set()
            assert [NATIVE[i] for i, h in enumerate(hids) if h in passed] == [v for v in NATIVE if term.test({"v": v})]

    check()
