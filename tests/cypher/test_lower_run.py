"""Running: limits, interruption, mistakes in parameters, and what is kept on a connection."""

from __future__ import annotations

import gc
import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_graph.cypher.encoding import decode, encode, pack, unpack
from mandala_graph.cypher.installed import _installed
from mandala_graph.cypher.run import run_on_sqlite
from mandala_graph.cypher.semantics import compare, equal, sort_key
from mandala_graph.cypher.values import Node, Relationship
from mandala_graph.errors import CypherError, CypherSyntaxError, UnsupportedCypher
from mandala_graph.store.sqlite_schema import ddl
from mandala_graph.store.statements import statements

SLOW = "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 100) AS c RETURN count(*) AS n"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    c = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    for statement in ddl():
        c.execute(statement)
    c.execute("INSERT INTO ref (nid, hid, type, value) VALUES (1, 'r1', 'bool', x'01'), (2, 'r2', 'str', 'a')")
    c.execute("INSERT INTO call (nid, hid, op) VALUES (1, 'c1', 'f')")
    c.execute("INSERT INTO edge_input VALUES (1, 1, 'x', 3), (2, 1, 'y', -1)")
    yield c
    c.close()


def ladder(c: sqlite3.Connection, layers: int) -> None:
    c.execute("BEGIN")
    for i in range(10, 10 + 2 * layers, 2):
        for n in (i, i + 1):
            c.execute("INSERT INTO ref (nid, hid) VALUES (?, ?)", (n, f"r{n}"))
            c.execute("INSERT INTO call (nid, hid, op) VALUES (?, ?, 'step')", (n, f"c{n}"))
            c.execute("INSERT INTO edge_output VALUES (?, ?, 'y')", (n, n))
            if i > 10:
                c.executemany("INSERT INTO edge_input VALUES (?, ?, ?, -1)", [(i - 2, n, "a"), (i - 1, n, "b")])
    c.execute("COMMIT")


def test_entities_come_as_handles(connection: sqlite3.Connection) -> None:
    found = run_on_sqlite(connection, "MATCH (a)-[r:INPUT {name: 'x'}]->(c) RETURN a, r, [c] AS l", {})
    a, r, listed = found.rows[0]
    assert a == Node("Ref", {"hid": "r1", "type": "bool", "value": True, "name": "bool"})
    assert r == Relationship("INPUT", "r1", "c1", {"name": "x", "index": 3})
    assert listed == [Node("Call", {"hid": "c1", "op": "f", "name": "f"})]
    assert not connection.in_transaction


def test_time_limit(connection: sqlite3.Connection) -> None:
    begin = time.monotonic()
    with pytest.raises(CypherError, match=r"longer than 0\.2 s"):
        run_on_sqlite(connection, SLOW, {}, time_limit=0.2)
    assert time.monotonic() - begin < 5
    assert run_on_sqlite(connection, "RETURN 1 AS one", {}).rows == [(1,)]


def test_row_limit(connection: sqlite3.Connection) -> None:
    query = "UNWIND range(1, 10) AS x RETURN x"
    assert len(run_on_sqlite(connection, query, {}, max_rows=10).rows) == 10
    assert run_on_sqlite(connection, query, {}, max_rows=3).rows == [(1,), (2,), (3,)]


def test_ctrl_c_ends_a_query(connection: sqlite3.Connection) -> None:
    # a shell may have started the tests with SIGINT ignored, as it does with what runs in the background
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_on_sqlite(connection, SLOW, {}, time_limit=30)
    finally:
        signal.signal(signal.SIGINT, before)
    assert run_on_sqlite(connection, "RETURN 1 AS one", {}).rows == [(1,)]


def test_reachability_does_not_enumerate_paths(connection: sqlite3.Connection) -> None:
    ladder(connection, 1000)
    begin = time.monotonic()
    query = "MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*]-(c:Call) RETURN count(DISTINCT c) AS n"
    assert run_on_sqlite(connection, query, {"h": "r2008"}, time_limit=30).rows == [(1999,)]
    query = "MATCH (r:Ref) WHERE r.hid = $h AND EXISTS { (r)<-[:INPUT|OUTPUT*0..]-(:Call {hid: 'c10'}) } RETURN r.hid"
    assert run_on_sqlite(connection, query, {"h": "r2008"}, time_limit=30).rows == [("r2008",)]
    assert time.monotonic() - begin < 5


def test_strings_and_numbers_stay_apart(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO ref (nid, hid, nbytes, value) VALUES (3, '5', 5, '5'), (4, 'six', 6, 5)")
    for query, expected in [
        ("MATCH (r:Ref) WHERE r.hid = $x RETURN r.hid", []),
        ("MATCH (r:Ref) WHERE r.value = $x RETURN r.hid", [("six",)]),
        ("MATCH (r:Ref) WHERE r.nbytes = $s RETURN r.hid", []),
        ("MATCH (r:Ref) WHERE r.value = $s RETURN r.hid", [("5",)]),
        ("MATCH (r:Ref) WHERE r.hid IN [$x, $s] RETURN r.hid", [("5",)]),
        ("MATCH (r:Ref), (q:Ref) WHERE r.hid = q.value RETURN q.hid", [("5",)]),
        ("MATCH (r:Ref) WHERE r.value > 4 RETURN r.hid", [("six",)]),
        ("MATCH (r:Ref) WHERE r.value >= '5' RETURN r.hid ORDER BY r.hid", [("5",), ("r2",)]),
    ]:
        assert run_on_sqlite(connection, query, {"x": 5, "s": "5"}).rows == expected, query


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("RETURN $x AS x", CypherError, r"value for the parameter \$x"),
        ("MATCH (n RETURN n", CypherSyntaxError, "line 1"),
        ("MATCH (n) DELETE n", UnsupportedCypher, "DELETE"),
        ("UNWIND [1, 'a'] AS x RETURN x - 1 AS y", CypherError, "cannot calculate a string"),
        ("UNWIND [9223372036854775807] AS x RETURN x + 1 AS y", CypherError, "64 bits"),
        ("UNWIND [1, 0] AS x RETURN 1 / x AS y", CypherError, "division by zero"),
        ("UNWIND [1, 2] AS x RETURN x LIMIT $n", CypherError, "LIMIT"),
    ],
)
def test_errors_say_what(connection: sqlite3.Connection, query: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run_on_sqlite(connection, query, {"n": -1})


def test_nothing_is_kept_of_a_closed_connection() -> None:
    c = sqlite3.connect(":memory:")
    run_on_sqlite(c, "RETURN 1 AS one", {})
    key = id(c)
    assert key in _installed
    c.close()
    del c
    gc.collect()
    assert key not in _installed


@pytest.fixture(scope="module")
def one() -> Iterator[sqlite3.Connection]:
    c = sqlite3.connect(":memory:", isolation_level=None)
    yield c
    c.close()


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text()
values = st.recursive(scalars, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=3), x, max_size=3))


@given(values)
def test_cells_come_back(value: object) -> None:
    assert repr(decode(encode(value))) == repr(value)
    assert unpack(pack(encode(value))) == encode(value)


@given(st.lists(values, max_size=6))
def test_values_survive_a_query(one: sqlite3.Connection, items: list[object]) -> None:
    found = run_on_sqlite(one, "UNWIND $items AS x RETURN x", {"items": items})
    assert repr([x for (x,) in found.rows]) == repr(items)
    assert repr(run_on_sqlite(one, "RETURN $items AS l", {"items": items}).rows) == repr([(items,)])


@given(values, values)
def test_order_agrees_with_comparison(a: object, b: object) -> None:
    if equal(a, b):
        assert sort_key(a) == sort_key(b)
    below = compare("<", a, b)
    if below is not None and not isinstance(a, dict) and a == a and b == b and equal(a, b) is not None:
        if below:
            assert sort_key(a) < sort_key(b) or isinstance(a, list)


READS = sorted(p.stem for p in (Path(__file__).parents[2] / "cypher" / "read").glob("*.cypher"))


@pytest.mark.parametrize("name", READS)
def test_statements_of_the_package_run_here_too(connection: sqlite3.Connection, name: str) -> None:
    for text in statements(f"read/{name}"):
        parameters = {p: ["r1"] if p.endswith("s") else 1 for p in re.findall(r"\$(\w+)", text)}
        run_on_sqlite(connection, text, {**parameters, "allowed": [["INPUT", "Ref", "Call"]]})


def test_a_random_number_is_one_number(sqlite_pool: sqlite3.Connection) -> None:
    def run(text: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in run_on_sqlite(sqlite_pool, text, {}).rows]

    rows = run("MATCH (r:Ref) WITH r, rand() AS x RETURN x, x AS again, x < 0.5 AS low ORDER BY x")
    assert rows == sorted(rows) and len({x for x, *_ in rows}) == len(rows) > 20
    assert all(x == again and (x < 0.5) is low and 0 <= x < 1 for x, again, low in rows)
    for distinct in ("", "DISTINCT "):
        found = run(f"UNWIND range(1, 200) AS i WITH {distinct}i, rand() AS x WHERE x >= 0.5 RETURN x ORDER BY x DESC")
        assert all(x >= 0.5 for (x,) in found) and found == sorted(found, reverse=True) and 50 < len(found) < 150
    assert all(x == y for x, y in run("MATCH (r:Ref) WITH r, rand() AS x LIMIT 20 RETURN x, x AS y"))
    found = run("MATCH (r:Ref) RETURN rand() AS x ORDER BY x")
    assert found == sorted(found)
