"""Every query of the subset gives the same rows on SQLite as on a real Neo4j."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cypher.conftest import Ask
from tests.cypher.generator import Generator

QUERIES = int(os.environ.get("MANDALA_GRAPH_FUZZ", "1500"))
FIRST = int(os.environ.get("MANDALA_GRAPH_FUZZ_SEED", "0"))
SEEDS = 10  # parts, so that a failure names one


@pytest.mark.parametrize("part", range(SEEDS))
def test_random_queries(ask_both: Ask, part: int) -> None:
    tally: Counter[str] = Counter()
    for i in range(QUERIES // SEEDS):
        seed = FIRST + part * 1_000_000 + i
        text, parameters = Generator(random.Random(seed)).query()
        outcome = ask_both(text, parameters)
        tally[outcome.verdict] += 1
        assert outcome.verdict != "different", f"seed {seed}\n{text}\n{parameters}\n{outcome.detail}"
        assert outcome.verdict != "unsupported", f"seed {seed}\n{text}\n{outcome.detail}"
    assert tally["same"] > 0.6 * (QUERIES // SEEDS), tally


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_queries_that_shrink(ask_both: Ask, rng: random.Random) -> None:
    text, parameters = Generator(rng).query()
    outcome = ask_both(text, parameters)
    assert outcome.verdict in ("same", "refused", "stricter"), f"{text}\n{parameters}\n{outcome.detail}"


HOSTILE = ["'; DROP TABLE ref; --", '"', "\\", "` DETACH DELETE n", "a\x01=0\x02b", "?", "$x", "\u2028", "😀", "%_*"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_or_name_changes_a_statement(ask_both: Ask, text: str) -> None:
    query = "UNWIND $xs AS x MATCH (c:Call) WHERE c.op <> x RETURN x, {a: x} AS m, count(c) AS n, x STARTS WITH $p AS s"
    assert ask_both(query, {"xs": [text, "train"], "p": text[:1]}).verdict == "same"
    name = text.replace("`", "``")
    if "\x01" not in text and "\\" not in text:
        query = f"MATCH (`{name}`:Call) RETURN `{name}`.op AS `{name}`, count(*) AS n"
        assert ask_both(query, {}).verdict == "same"


VALUES = [
    "[1] < [2] AS a, [1] < ['a'] AS b, {a: 1} < {a: 2} AS c, true < false AS d, 'a' < 'B' AS e, '😀' < '\\uFFFD' AS f",
    "[1,null] = [1,null] AS a, [1,null] = [2,null] AS b, {a: 1} = {a: 1.0} AS c, 1 = 1.0 AS d, 1 = '1' AS e",
    "null = null AS b, [1] <> 1 AS c, 0.0/0.0 = 0.0/0.0 AS d",
    "1/0.0 AS a, 0.0/0.0 AS b, 1.5 % 0 AS c, -7/2 AS d, -7 % 3 AS e, 7 % -3 AS f, 2^3^2 AS g, -2^2 AS h",
    "toString(1e10) AS a, toString(1.5e-5) AS b, toString(123456789.0) AS c, toString(0.001) AS d, toString(-0.0) AS e",
    "toInteger('1.9') AS a, toInteger(' 1 ') AS b, toInteger('0x10') AS c, toInteger(-1.9) AS d, toInteger('1e3') AS e",
    "single(x IN [1,null] WHERE x=1) AS a, single(x IN [1,1,null] WHERE x=1) AS b, none(x IN [1,null] WHERE x=2) AS c",
    "all(x IN [] WHERE x=1) AS a, any(x IN null WHERE x=1) AS b, all(x IN [1,null] WHERE x=1) AS c",
    "[1,2,3][-1] AS a, [1,2,3][5] AS b, [1,2,3][..-1] AS c, [1,2,3][-2..] AS d, [1,2][null..1] AS e, {a:1}[null] AS f",
    "size('añ😀') AS a, reverse('añ😀') AS b, substring('añ😀b',1,2) AS c, left('😀a',1) AS d, toUpper('ß') AS e",
    "split('abc','') AS a, split('','a') AS b, replace('abc','','x') AS c, trim('\\u00a0a \\t') AS d",
    "range(3,0) AS a, range(3,0,-1) AS b, range(0,10,4) AS c, tail([]) AS d, head([]) AS e, reverse([1,2]) AS f",
    "round(2.5) AS a, round(-2.5) AS b, round(1.235,2) AS c, round(-1.5) AS d, ceil(1) AS e, abs(-3) AS f",
    "true AND null AS a, false AND null AS b, true OR null AS c, null XOR true AS d, NOT null AS e, 1 < 2 > 3 AS f",
    "reduce(a=0, x IN [1,2] | a+x) AS a, reduce(a=0, x IN null | a+x) AS b, reduce(a='', x IN ['p','q'] | x+a) AS c",
    "1 IN [1,null] AS a, 2 IN [1,null] AS b, null IN [] AS c, null IN [1] AS d, [1] IN [[1.0]] AS e, 1 IN [] AS f",
    "9223372036854775807 + 1 AS a",
    "-9223372036854775808 AS a, 9223372036854775807 AS b",
    "1 / 0 AS a",
    "CASE null WHEN null THEN 1 ELSE 2 END AS a, CASE 1 WHEN 1.0 THEN 'x' END AS b, coalesce(null, [1]) AS c",
    "keys({b: 1, a: 2}) AS a, {a: 1, b: {c: [null]}} AS b, toBoolean(' TRUE') AS c, 'a' + 1 AS d, [1] + 2 AS e",
    "'abc' =~ 'b' AS a, 'ABC' =~ '(?i)abc' AS b, 'a\\nb' =~ 'a.b' AS c, 'x' =~ null AS d",
]


@pytest.mark.parametrize("items", VALUES)
def test_what_values_mean(ask_both: Ask, items: str) -> None:
    outcome = ask_both(f"RETURN {items}", {})
    assert outcome.verdict == "same", outcome.detail


ROWS = [
    "UNWIND [1, 'a', null, true, [1], {a:1}, 1.5, [null], [], 0.0/0.0, false, 'B', {a:2}, {b:1}] AS x"
    " RETURN x ORDER BY x",
    "UNWIND [3, null, 1, 2.5] AS x RETURN x ORDER BY x DESC",
    "UNWIND [1, 1.0, null, 'a', [1], [1.0], true, null] AS x RETURN DISTINCT x",
    "UNWIND [1, 1.0, null, 'a', [1], [1.0], null] AS x RETURN x, count(*) AS n",
    "UNWIND [1, 'a', null, true, [1], 1.5] AS x RETURN min(x) AS lo, max(x) AS hi, count(DISTINCT x) AS n",
    "UNWIND [1, null, 2.5] AS x RETURN sum(x) AS a, avg(x) AS b, collect(x) AS c, stDev(x) AS d, stDevP(x) AS e,"
    " percentileCont(x,0.4) AS f, percentileDisc(x,0.4) AS g",
    "UNWIND [1.0/0.0, -1.0/0.0] AS x RETURN sum(x) AS a, avg(x) AS b, min(x) AS c",
    "UNWIND [1, 0.0/0.0, 2.5] AS x RETURN sum(x) AS a, avg(x) AS b, max(x) AS c, sum(DISTINCT x) AS d",
    "UNWIND [null, null] AS x RETURN sum(x) AS a, avg(x) AS b, count(x) AS c",
    "UNWIND [1, 'a', 2] AS x RETURN sum(x) AS a",
    "MATCH (r:Ref) WHERE r.value = r.value AND NOT r.value IN [true, false] AND NOT toString(r.value) = r.value "
    "RETURN r.structure AS s, sum(r.value) AS a, avg(r.value) AS b, avg(r.value + 0.5) AS c, count(*) AS n",
    "MATCH (r:Ref) RETURN avg(r.value) AS x",
    "UNWIND [] AS x RETURN sum(x) AS a, avg(x) AS b, count(x) AS c, collect(x) AS d, stDev(x) AS e, min(x) AS f",
    "UNWIND 5 AS x RETURN x",
    "UNWIND null AS x RETURN x",
    "UNWIND [[1, 2], [3]] AS l UNWIND l AS x RETURN sum(x) AS s, count(*) AS n",
    "MATCH (a:Ref)-[r*2]-(b) RETURN a.hid, b.hid, size(r) AS n",
    "MATCH p = (a:Ref)-[:INPUT|OUTPUT*1..3]->(b) RETURN p, length(p) AS n, [x IN nodes(p) | x.hid] AS ids",
    "MATCH p = (a:Call)<-[:INPUT]-(b:Ref)<-[:OUTPUT*0..1]-(c) RETURN nodes(p) AS n, relationships(p) AS r",
    "MATCH (a:Component)-[r:CHANGED_TO*]->(b) RETURN a.id, b.id, [x IN r | x.by] AS by",
    "MATCH (a:Ref)<-[:INPUT|OUTPUT*]-(x)-[:INPUT|OUTPUT*]->(b:Ref) WHERE a.hid < b.hid RETURN a.hid, b.hid, count(*) AS n",
    "MATCH (a:Ref), (b:Ref) WHERE a.hid < b.hid MATCH p = shortestPath((a)-[:INPUT|OUTPUT*]-(b))"
    " RETURN a.hid, b.hid, length(p) AS n",
    "MATCH (a:Ref), (b:Ref) WHERE a.hid < b.hid MATCH p = allShortestPaths((a)-[*]-(b)) RETURN p",
    "MATCH (c:Call) OPTIONAL MATCH (c)-[o:OUTPUT {name: 'acc'}]->(r) RETURN c.hid, o, r.value",
    "MATCH (c:Call) RETURN c.op AS op, size(collect(DISTINCT c.status)) AS s, count { (c)-->() } AS n ORDER BY op",
    "MATCH (r:Ref) RETURN r.hid, [(r)-[i:INPUT]->(c:Call) WHERE i.name = 'x' | 1] AS ones",
    "MATCH (c:Call) WITH c ORDER BY c.started, c.hid LIMIT 3 RETURN collect(c.hid) AS hids",
    "MATCH (v:Version) RETURN v {.id, .active, n: COUNT { (v)-[:DEPENDS_ON]->() }} AS m",
    "MATCH (n:Run) RETURN n.id, n.packages, size(n.packages) AS k, n.git_dirty ORDER BY n.id",
    "MATCH (a:Ref) ((x)-[:INPUT]->(y)){1,1} (b) RETURN a.hid, b.hid",
    "MATCH (a:Ref)-[:INPUT]->(c:Call) CALL (c) { MATCH (c)-[:OUTPUT]->(o) RETURN o ORDER BY o.hid LIMIT 1 } RETURN a, o",
    "MATCH (a:Call) RETURN a.op AS x UNION MATCH (b:Ref) RETURN b.value AS x",
    "MATCH (a:Call) RETURN [a.op] AS x UNION ALL MATCH (b:Op) RETURN b.outputs AS x",
    "MATCH (s:Ref)<-[:INPUT|OUTPUT*0..]-(n) RETURN s.hid, count(DISTINCT n) AS n",
    "MATCH (s:Ref)<-[:INPUT|OUTPUT*2..3]-(n) RETURN DISTINCT n.hid",
    "MATCH (r:Ref) WHERE NOT (r)--() RETURN r.hid",
    "MATCH (c:Call) WHERE EXISTS { (c)<-[:INPUT]-(:Ref)<-[:INPUT|OUTPUT*]-(d:Call) WHERE d.op = c.op } RETURN c.hid",
    "MATCH (n) RETURN labels(n) AS l, size(keys(n)) AS k, count(*) AS n",
    "MATCH (a)-[r]->(b) RETURN type(r) AS t, startNode(r) = a AS s, endNode(r) = b AS e, count(*) AS n",
]


@pytest.mark.parametrize("query", ROWS)
def test_rows(ask_both: Ask, query: str) -> None:
    outcome = ask_both(query, {})
    assert outcome.verdict == "same", outcome.detail
