"""What some twenty queries become: one file each in `golden/`, the query above its SQL.

After a wanted change: MANDALA_GRAPH_GOLDEN=write python -m pytest tests/cypher/test_lower_golden.py, and read the diff.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from mandala_graph.cypher.run import explain, run_on_sqlite
from mandala_graph.cypher.sql import pretty
from mandala_graph.store.sqlite_schema import ddl

GOLDEN = Path(__file__).parent / "golden"
H = "0" * 40

QUERIES: dict[str, tuple[str, dict[str, object]]] = {
    "lookup": ("MATCH (c:Call {hid: $h}) RETURN c.op, c.started", {"h": H}),
    "threshold": (
        "MATCH (c:Call {op: 'train'})-[:OUTPUT {name: 'acc'}]->(a:Ref) WHERE a.value > $t "
        "RETURN c.hid, a.value ORDER BY a.value DESC LIMIT 5",
        {"t": 0.9},
    ),
    "ends_need_no_table": ("MATCH (c:Call)-[:OUTPUT]->(r) RETURN count(r) AS n", {}),
    "ancestors": ("MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*0..]-(c:Call) RETURN DISTINCT c.hid", {"h": H}),
    "ancestors_of_each": ("MATCH (r:Ref)<-[:INPUT|OUTPUT*]-(c:Call) RETURN r.hid, count(DISTINCT c) AS n", {}),
    "walks": ("MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*1..3]-(c:Call) RETURN c.hid", {"h": H}),
    "paths": ("MATCH p = (a:Ref {hid: $h})-[:INPUT|OUTPUT*]->(b:Ref) RETURN length(p) AS n", {"h": H}),
    "shortest": (
        "MATCH (a:Ref {hid: $h}), (b:Ref {hid: $i}) MATCH p = shortestPath((a)-[*]->(b)) RETURN p",
        {"h": H, "i": H},
    ),
    "siblings_are_unique": ("MATCH (a:Ref)<-[:OUTPUT]-(c:Call)-[:OUTPUT]->(b:Ref) RETURN a.hid, b.hid", {}),
    "any_direction": ("MATCH (r:Ref {hid: $h})--(x) RETURN labels(x) AS l, x.hid", {"h": H}),
    "optional_edge": ("MATCH (c:Call) OPTIONAL MATCH (c)-[o:OUTPUT {name: 'acc'}]->(a) RETURN c.hid, a.value", {}),
    "optional_pattern": (
        "MATCH (c:Call) OPTIONAL MATCH (c)-[:OUTPUT]->(a) WHERE a.value > 0.5 RETURN c.hid, a.value",
        {},
    ),
    "exists": ("MATCH (r:Ref) WHERE NOT EXISTS { (r)-[:INPUT]->(c:Call) WHERE c.op = $op } RETURN r.hid", {"op": "f"}),
    "orphans": ("MATCH (r:Ref) WHERE NOT (r)--() RETURN r.hid", {}),
    "grouped": ("MATCH (c:Call) RETURN c.op AS op, count(*) AS n, avg(c.duration) AS mean ORDER BY n DESC, op", {}),
    "having": ("MATCH (c:Call) WITH c.cid AS cid, count(*) AS n WHERE n > 1 RETURN cid, n", {}),
    "in_parameter": ("MATCH (r:Ref) WHERE r.hid IN $hids RETURN r.hid, r.value", {"hids": [H]}),
    "unwind": ("UNWIND $hids AS h MATCH (r:Ref {hid: h}) RETURN h, r.preview", {"hids": [H]}),
    "union": ("MATCH (a:Op) RETURN a.name AS name UNION MATCH (b:Component) RETURN b.name AS name", {}),
    "comprehension": ("MATCH (o:Op) RETURN [x IN o.inputs WHERE x STARTS WITH 'a' | toUpper(x)] AS l", {}),
    "three_valued": ("MATCH (r:Ref) WHERE NOT r.value > $t RETURN r.hid", {"t": 1}),
    "subquery": (
        "MATCH (c:Call) CALL (c) { MATCH (c)-[:OUTPUT]->(r) RETURN count(r) AS n } RETURN c.hid, n",
        {},
    ),
    "subqueries_upon_subqueries": (
        "MATCH (acc:Ref {name: $n}) WITH acc, COLLECT { MATCH (acc)<-[:OUTPUT]-(c:Call) RETURN DISTINCT c.hid AS h ORDER BY h } "
        "AS calls WITH acc, calls, COLLECT { UNWIND calls AS h MATCH (c:Call {hid: h})<-[:INPUT]-(m) "
        "RETURN DISTINCT m.hid AS h ORDER BY h } AS models RETURN acc.hid AS acc, "
        "CASE size(models) WHEN 0 THEN null WHEN 1 THEN models[0] ELSE models END AS models",
        {"n": "0.5"},
    ),
}


@pytest.fixture(scope="module")
def empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in ddl():
        connection.execute(statement)
    return connection


@pytest.mark.parametrize("name", QUERIES)
def test_sql(name: str, empty: sqlite3.Connection) -> None:
    text, parameters = QUERIES[name]
    found = explain(text, parameters, empty)
    assert run_on_sqlite(empty, text, parameters).rows in ([], [(0,)])
    shown = f"-- {text}\n{pretty(found.sql)}\n-- bound: {', '.join(map(repr, found.binds)) or 'nothing'}\n"
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("MANDALA_GRAPH_GOLDEN") == "write":
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown


def test_look_ups_use_the_indexes(empty: sqlite3.Connection) -> None:
    for name in ("lookup", "threshold", "in_parameter", "unwind", "walks"):
        text, parameters = QUERIES[name]
        plan = explain(text, parameters, empty).plan
        tables = [
            step for step in plan if step.startswith("SCAN") and "json_each" not in step and "VIRTUAL" not in step
        ]
        assert not [t for t in tables if not t.split()[1].startswith(("walk", "(subquery", "CONSTANT"))], plan
