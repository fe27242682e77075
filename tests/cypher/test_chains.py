"""WITH upon WITH of subqueries, and comparisons of texts with anything: the same rows on both engines, and queries whose
SQL must not grow with each WITH."""

from __future__ import annotations

import sqlite3
import time

import pytest

from mandala_graph.cypher.run import explain, run_on_sqlite
from mandala_graph.errors import CypherError
from tests.cypher.conftest import Ask
from tests.cypher.pool import pool

# what WITH ends (and does not end) inside subqueries, aggregates over names from around, common tables and their binds
CHAINS = [
    "MATCH (r:Ref) RETURN r.hid, COUNT { MATCH (r)-->(c) WITH c.op AS op WHERE r.nbytes > 20 RETURN op } AS n",
    "MATCH (r:Ref) CALL (r) { WITH r.nbytes AS x RETURN sum(x) AS s } RETURN r.hid, s",
    "MATCH (r:Ref) CALL (r) { WITH r.nbytes AS x WITH x, x + 1 AS y RETURN sum(x) AS s, max(y) AS m, count(*) "
    "AS k } RETURN r.hid, s, m, k",
    "MATCH (r:Ref) CALL { WITH r WITH r.nbytes AS x RETURN sum(x) AS s } RETURN r.hid, s",
    "MATCH (r:Ref) CALL { WITH r WITH r.nbytes AS x MATCH (r:Call) RETURN count(r) AS s } RETURN r.hid, s",
    "MATCH (r:Ref) CALL (r) { MATCH (r)-->(c) WITH c, COUNT { (c)-->() } AS n, COLLECT { MATCH (c)-->(x) "
    "RETURN DISTINCT x.hid AS i ORDER BY i } AS l WITH c, n + n AS n, l + l + l AS l, EXISTS { MATCH (q:Ref) "
    "WHERE q.hid IN l AND q.nbytes > n } AS e WITH c, n, l + l AS l, e, COUNT { (c)<--() WHERE n > 0 } AS z "
    "RETURN sum(n) AS n, sum(size(l)) AS m, sum(z) AS z, count(e) AS e } RETURN r.hid, n, m, z, e",
    "MATCH (r:Ref) RETURN r.hid, COLLECT { MATCH (r)-->(c) WITH c, COUNT { (c)-->() } AS n WITH c, n + n AS n, "
    "COUNT { (c)<--() WHERE n > 0 } AS z RETURN n + z + z + n AS q ORDER BY q } AS q",
    "MATCH (c:Call) WITH c, COUNT { (c)-->() } AS n, COUNT { (c)<--() } AS m ORDER BY n DESC, m, c.hid SKIP 2 "
    "LIMIT 10 WITH c, n + n AS n, m, EXISTS { (c)-->({name: 'x'}) } AS e RETURN c.hid, n, m, e, n + m + n AS z "
    "ORDER BY c.hid",
    "MATCH (c:Call) WITH c.op AS op, collect(COUNT { (c)-->() }) AS l WITH op, reduce(s = 0, x IN l | s + x) "
    "AS n, size(l) AS k, COUNT { MATCH (d:Call) WHERE d.op = op } AS m RETURN op, n, k, m, n + n + k + k + m + "
    "m AS z ORDER BY op",
    "MATCH (c:Call) WITH DISTINCT c.op AS op, COUNT { (c)-->() } AS n WITH op, n, COUNT { MATCH (d:Call) WHERE "
    "d.op = op } AS m RETURN op, sum(n) AS n, sum(m + m) AS m",
    "MATCH (c:Call) WITH c, COUNT { (c)-->() } AS n WHERE n > 0 WITH c, n, COUNT { (c)<--() } AS m WHERE m > 1 "
    "OR n > 1 RETURN c.hid, n, m, n + m + n + m AS s UNION ALL MATCH (c:Call) WITH c, COUNT { (c)<--() WHERE "
    "c.op = $s } AS n WHERE n > $n - 1 WITH c, n, COUNT { (c)-->() } AS m RETURN c.hid, n, m, n + m + n + m AS "
    "s",
    "MATCH (c:Call) WITH c, COUNT { (c)-->() } AS n WITH c, n, COUNT { (c)<--() } AS m RETURN n + n AS n, m "
    "UNION MATCH (c:Call) WITH c, COUNT { (c)<--() } AS n WITH c, n, COUNT { (c)-->() } AS m RETURN n + n AS "
    "n, m",
    "UNWIND $xs AS i WITH i, COUNT { MATCH (c:Call) WHERE c.op = $s } AS n WITH i + n AS q, COUNT { MATCH "
    "(r:Ref) WHERE r.nbytes > i * $n } AS m, $h AS h WITH q, m, h, COUNT { MATCH (r:Ref {hid: h}) } AS z "
    "RETURN q + q AS q, m + $n AS m, h, z",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c) RETURN c.hid AS i ORDER BY i } AS l UNWIND l + [1, null, "
    "true, [r.hid], 1.5] AS h OPTIONAL MATCH (c:Call) WHERE c.hid = h RETURN r.hid, h, c.hid",
]

# a text beside a value of unknown kind, where null may count for false and where it may not
TEXTS = [
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h RETURN r.hid, h, r.hid = h AS a, NOT r.hid = h "
    "AS b, r.hid <> h AS c, (r.hid = h) IS NULL AS d, h = r.name AS e",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h WITH r, h WHERE NOT r.hid = h RETURN r.hid, h",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h WITH r, h WHERE NOT (r.hid = h AND r.nbytes > "
    "3) RETURN r.hid, h",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h WITH r, h WHERE (r.hid = h) = false OR (r.hid "
    "= h) IS NULL RETURN r.hid, h",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h WITH r, h WHERE r.hid = h XOR true RETURN r.hid, h",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h RETURN r.hid, h, CASE h WHEN r.hid THEN 1 ELSE "
    "0 END AS a, CASE WHEN NOT h = r.hid THEN 1 ELSE 0 END AS b, CASE r.hid WHEN h THEN 1 WHEN null THEN 3 "
    "ELSE 0 END AS c",
    "MATCH (r:Ref) UNWIND [r.hid, r.nbytes, null, [r.hid]] AS h RETURN r.hid, h, EXISTS { MATCH (q:Ref) WHERE "
    "q.hid = h } AS a, COUNT { MATCH (q:Ref) WHERE NOT q.hid = h } AS b, [x IN [r.hid] WHERE x = h] AS c, [x "
    "IN [r.hid] WHERE NOT x = h] AS d, all(x IN [r.hid] WHERE x = h) AS e",
    "MATCH (r:Ref) WITH r, r.value AS v, toString(r.nbytes) AS s UNWIND [v, s, 10, '10'] AS h RETURN r.hid, h, "
    "s = h AS a, v = h AS b, v = s AS c",
    "MATCH (r:Ref) WITH r, r.value AS v, toString(r.nbytes) AS s UNWIND [v, s, 10, '10'] AS h WITH r, s, v, h "
    "WHERE s = h RETURN r.hid, h",
    "MATCH (r:Ref) WITH r, r.value AS v, toString(r.nbytes) AS s UNWIND [v, s, 10, '10'] AS h WITH r, s, v, h "
    "WHERE v = h RETURN r.hid, h",
    "MATCH (r:Ref), (q:Ref) WHERE r.value > q.hid RETURN r.hid, q.hid",
    "MATCH (r:Ref), (q:Ref) WHERE r.value <= q.nbytes RETURN r.hid, q.hid",
    "MATCH (r:Ref), (q:Ref) WHERE q.nbytes < r.value RETURN r.hid, q.hid",
    "MATCH (r:Ref), (q:Call) WHERE q.started >= r.value RETURN r.hid, q.hid",
    "MATCH (r:Ref) WITH r.value AS v, r.nbytes AS b, r.hid AS h WITH v, b, h WHERE v <= b OR v > h RETURN v, b, h",
    "MATCH (r:Ref) WITH DISTINCT r.value AS v, r.nbytes AS b, r.hid AS h WITH v, b, h WHERE v <= b OR v > h RETURN v, b, h",
    "MATCH (r:Ref) WITH DISTINCT r.value AS v, r.nbytes AS b, r.hid AS h RETURN v <= b AS a, v > h AS c, v = b AS d, v IN [b, h] AS e, b IN [v] AS f, h = v AS g, CASE v WHEN b THEN 1 WHEN h THEN 2 END AS i",
    "MATCH (r:Ref)-[e:INPUT]->() RETURN e.index = r.value AS a, r.value <= e.index AS b, r.value >= e.name AS c, e.index IN [r.value] AS d",
    "MATCH (r:Ref)-[e:INPUT]->() WHERE r.value <= e.index OR r.value >= e.name RETURN r.hid, e.name",
]

STARS = [
    "MATCH (r:Ref) RETURN r.hid, COLLECT { MATCH (r)-->(c) WITH *, COUNT { (c)-->() } AS n WITH *, n + n AS m "
    "RETURN m + n + m AS q ORDER BY q } AS q",
    "MATCH (r:Ref) CALL (r) { MATCH (r)-->(c) WITH *, COUNT { (c)-->() } AS n WITH *, n + n AS m RETURN sum(m "
    "+ n + m) AS q } RETURN r.hid, q",
    "MATCH (r:Ref) RETURN r.hid, COLLECT { MATCH (r)-->(c) WITH c.op AS op, count(*) AS k WITH op, k + k AS k "
    "MATCH (r)-->(d) WHERE d.op = op RETURN k + d.started AS q ORDER BY q } AS q",
    "MATCH (r:Ref) RETURN r.hid, EXISTS { MATCH (r)-->(c) WITH c ORDER BY c.hid LIMIT 1 MATCH (c)-->(x) WHERE "
    "x.nbytes > r.nbytes } AS q",
    "MATCH (r:Ref) RETURN r.hid, COUNT { MATCH (r)-->(c) RETURN c.op AS o UNION MATCH (r)<--(c) WITH c.op AS o "
    "WHERE r.nbytes > 3 RETURN o } AS q",
    "MATCH (r:Ref) OPTIONAL MATCH (r)-->(c) RETURN r.hid, COUNT { MATCH (c)-->(x) WITH x.nbytes AS b WHERE b > "
    "c.started RETURN b } AS q",
    "MATCH (r:Ref) WITH r, [(r)-->(c) | c.op] AS l WITH r, [x IN l WHERE x = 'train'] + l AS l WITH r, [x IN l "
    "WHERE size(l) > 1 AND x <> 'eval'] AS l RETURN r.hid, size(l) AS n, all(x IN l WHERE x = 'train') AS a",
    "MATCH (r:Ref) WITH r, rand() AS x, COUNT { (r)-->() } AS n WITH r, x < 2 AS ok, n + n AS n, COUNT { "
    "(r)<--() } AS m RETURN r.hid, ok, n + n + m + m AS q",
]

# what is known of the items of a COLLECT
ITEMS = [
    "MATCH (r:Ref) UNWIND COLLECT { OPTIONAL MATCH (r)-->(c) RETURN c ORDER BY c.hid } AS x RETURN r.hid, x, "
    "x.op, x IS NULL AS n",
    "MATCH (r:Ref) WITH r, COLLECT { OPTIONAL MATCH (r)-->(c) RETURN c ORDER BY c.hid } AS l RETURN r.hid, l, "
    "l[0] AS f, last(l) AS g, [x IN l | x.op] AS o, [x IN l WHERE x:Call] AS p, r IN l AS i, size(l) AS n, "
    "reverse(l) AS v, head(l).hid AS h",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-[e]->(c) RETURN e ORDER BY c.hid, e.name, e.index } AS l UNWIND "
    "l AS x RETURN r.hid, x.name, type(x) AS t, startNode(x) = r AS s, size(l) AS n",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-[e]->(c) RETURN c.started > 10 AS b ORDER BY b } AS l UNWIND l "
    "AS x RETURN r.hid, x, NOT x AS y, x = true AS z, l[0] AS a, true IN l AS i, any(y IN l WHERE y) AS q",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-[e]->(c) RETURN c.started ORDER BY c.started } AS l UNWIND l AS "
    "x RETURN r.hid, x + 1 AS x, x > 10 AS b, l[0] * 2 AS q, reduce(s = 0.0, y IN l | s + y) AS z, 20.5 IN l "
    "AS i",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-[e]->(c) RETURN null AS n } AS l UNWIND l AS x RETURN r.hid, x, "
    "x = 1 AS y, l[0] AS a",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c)-->(q) RETURN q.value AS n ORDER BY q.hid } AS l UNWIND l "
    "AS x RETURN r.hid, x, x = 1 AS y, x > 'a' AS z, l[0] = 'a' AS a, 1 IN l AS i, '10' IN l AS j, x = '10' AS "
    "k, toString(x) AS s",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c)-->(q) RETURN q.value AS n ORDER BY q.hid } AS l UNWIND l "
    "AS x WITH r, x WHERE x = r.value OR x = '10' OR NOT x = 1 RETURN r.hid, x",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c) RETURN [c.op, c.hid] AS n ORDER BY c.hid } AS l UNWIND l "
    "AS x RETURN r.hid, x, x[0] AS o, l[0][1] AS h",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c) RETURN c.op AS n ORDER BY n UNION ALL MATCH (r)<--(c) "
    "RETURN c.started AS n ORDER BY n } AS l RETURN r.hid, size(l) AS n, [x IN l WHERE x = 'train'] AS a",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c) RETURN {o: c.op, n: c} AS n ORDER BY c.hid } AS l UNWIND "
    "l AS x RETURN r.hid, x.o, x.n.hid, l[0].o AS h",
    "MATCH p = (r:Ref)-->(c) WITH r, COLLECT { MATCH q = (c)-->(x) RETURN q ORDER BY x.hid } AS l UNWIND l AS "
    "x RETURN r.hid, length(x) AS n, [y IN nodes(x) | y.hid] AS h",
    "MATCH (r:Ref) WITH r, COLLECT { MATCH (n) WHERE n:Ref AND n.nbytes = r.nbytes RETURN n ORDER BY n.hid } + "
    "COLLECT { MATCH (r)-->(c) RETURN c ORDER BY c.hid } AS l UNWIND l AS x RETURN r.hid, x.hid, labels(x) AS "
    "q",
    "MATCH (v:Version) WITH v, COLLECT { MATCH (v)-->(o:Op) RETURN o.inputs AS i } AS l RETURN v.id, l, l[0] "
    "AS a, size(l[0]) AS n, 'x' IN l[0] AS b",
]

PARAMETERS = {"h": list(pool().refs)[3], "xs": [1, 2], "s": "train", "n": 2}


@pytest.mark.parametrize("query", CHAINS + TEXTS + STARS + ITEMS)
def test_rows(ask_both: Ask, query: str) -> None:
    outcome = ask_both(query, PARAMETERS)
    assert outcome.verdict == "same", outcome.detail
    assert outcome.rows


LONG = {
    "sums": "UNWIND [0] AS x " + "WITH x + x AS x " * 40 + "RETURN x",
    "texts": "MATCH (r:Ref) WITH r.hid AS x " + "WITH left(x + x, 40) AS x " * 60 + "RETURN count(x) AS n",
    "lists": "MATCH (r:Ref) WITH r, [(r)-->(c) | c.hid] AS l "
    + "WITH r, [x IN l WHERE size(x) > size(l)] AS l " * 30
    + "RETURN r.hid, l",
    "counts": "MATCH (r:Ref) WITH r, 0 AS n "
    + "WITH r, n + COUNT { (r)-->(c) WHERE c.started > n } AS n " * 40
    + "RETURN r.hid, n",
    "limits": "MATCH (r:Ref) WITH r, 0 AS n " + "WITH r, n ORDER BY n, r.hid LIMIT 20 " * 40 + "RETURN r.hid, n",
    "groups": "MATCH (r:Ref) WITH r, 0 AS n "
    + "WITH r, count(n) AS n OPTIONAL MATCH (r)-->() " * 30
    + "RETURN r.hid, n",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_chain_stays_one_quick_statement(sqlite_pool: sqlite3.Connection, name: str) -> None:
    text = LONG[name]
    assert len(explain(text, {}).sql) < 30 * len(text)
    began = time.monotonic()
    assert run_on_sqlite(sqlite_pool, text, {}, time_limit=60).rows
    assert time.monotonic() - began < 30  # copied into each other, they do not end


def test_a_subquery_runs_once_where_every_row_is_wanted(sqlite_pool: sqlite3.Connection) -> None:
    asked = "MATCH (r:Ref) WITH r, COLLECT { MATCH (r)-->(c) RETURN c.hid } AS l "
    shown = "r.hid AS h, CASE size(l) WHEN 0 THEN null WHEN 1 THEN l[0] ELSE l END AS x"
    for tail, once in [
        (f"RETURN {shown}", True),
        (f"RETURN {shown} ORDER BY h LIMIT 3", True),
        (f"RETURN {shown} LIMIT 3", False),  # ends after three rows
        (f"WITH r, l WHERE r.hid = 'x' RETURN {shown}", False),  # by the index
        ("RETURN r.hid, l", False),
    ]:
        assert ("MATERIALIZED" in explain(asked + tail, {}, sqlite_pool).sql) is once, tail


def test_too_deep_is_said(sqlite_pool: sqlite3.Connection) -> None:
    text = "MATCH (r)-->()"
    for _ in range(20):
        text = f"MATCH (r:Ref)-->() WHERE COUNT {{ {text} }} > 0"
    with pytest.raises(CypherError, match="deeper in each other than SQLite"):
        run_on_sqlite(sqlite_pool, f"{text} RETURN r.hid", {})
