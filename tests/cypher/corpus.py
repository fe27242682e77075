"""Queries, one a line, and what a real Neo4j 5.26 says to them: the front end must say the same (test_corpus.py)."""

from __future__ import annotations


def _lines(block: str) -> tuple[str, ...]:
    return tuple(line for line in block.splitlines() if line.strip())


ACCEPTED = _lines(
    r"""
RETURN 1 = 1 = true
RETURN - -1
RETURN --1
RETURN NOT NOT true
RETURN -2 ^ 2
RETURN 2 ^ 3 ^ 2
RETURN 1_000
RETURN 0x1F, 0o17, .5, 1e3, 1E-3
RETURN 1.5f
RETURN -9223372036854775808
RETURN 'a\qb'
RETURN 'a\`b\/'
WITH 1 AS `a\u0041` RETURN aA
RETURN '\u0041'
RETURN '\ud83d\ude00'
RETURN NaN, INF, Infinity
WITH 1 AS return RETURN return
WITH 1 AS case RETURN case
WITH 1 AS null RETURN 1
WITH 1 AS distinct RETURN distinct
MATCH (n:NOT) RETURN n
MATCH (n:NULL) RETURN n
MATCH (n:TYPED) RETURN n
MATCH (n:IS) RETURN n
MATCH (n IS Call) RETURN n
MATCH (n:Call&!Ref|%) RETURN n
MATCH ()-[r:A&B]->() RETURN r
MATCH ()-[r:!A]->() RETURN r
MATCH ()-[r:A*2..1]->() RETURN r
MATCH ()-[r:A*..]->() RETURN r
MATCH ()-[r:A*1 .. 2]->() RETURN r
MATCH ()-[r:A*1..2 {x:1}]->() RETURN r
MATCH ((a)-->(b)){1,2} RETURN a
MATCH ((a)-->(b))+(c) RETURN a
MATCH (a)-[r]->+(b) RETURN r
MATCH (a)-[r]->{2}(b) RETURN r
MATCH (a)-->{,2}(b) RETURN a
MATCH (a)-->{,}(b) RETURN a
MATCH (a)-->{1,}(b) RETURN a
MATCH (a)-[r WHERE r.x=1]->+(b) RETURN a
MATCH ((a)-[r]->(b) WHERE a.x=1)+ RETURN a
MATCH ((a)-[r]->(b))+((c)-->(d))+ RETURN a
MATCH ((a)-->(b)) RETURN a
MATCH (((a)-->(b))) RETURN a
MATCH p=((a)-->(b)) RETURN p
MATCH (a)-[*]->(b) MATCH (b)-->+(c) RETURN a
MATCH (n {x:1} WHERE n.y=2) RETURN n
MATCH (:Call|Ref) RETURN 1
MATCH (n) WHERE n:Call|Ref RETURN n
MATCH (n) WHERE n IS Call RETURN n
MATCH (n) WHERE n:Call:Ref RETURN n
MATCH (n) RETURN n:Call
MATCH (n) RETURN [x IN [n] WHERE x:Call | x.name]
MATCH (n) RETURN [x IN [n] WHERE x:Call | x]
MATCH (n) RETURN [x IN [n] WHERE (x:Call) | x]
MATCH (n) RETURN [x IN collect(n) WHERE x:Call | x.name]
MATCH (n) RETURN [x IN collect(n) WHERE x:Call|Ref | x.name]
MATCH (n) WITH collect(n) AS ns RETURN [x IN ns WHERE x:Call | 1]
MATCH (n) RETURN [(a)-->() WHERE a:Call | a.name]
MATCH (n) WITH collect(n) AS ns RETURN reduce(s = 0, x IN ns | s + 1)
MATCH (a)-[r]->(b)-[r]->(c) RETURN a
MATCH (a)-[r]->(b), (c)-[r]->(d) RETURN a
MATCH (a)-[r]->(b) MATCH (c)-[r]->(d) RETURN a
MATCH (a)-[r*]->(b) MATCH (c)-[r*]->(d) RETURN a
UNWIND $p AS a MATCH (a) RETURN a
WITH null AS a MATCH (a) RETURN a
WITH $p.x AS a MATCH (a)--() RETURN a
WITH coalesce(null, 1) AS a MATCH (a)--() RETURN a
RETURN 'a' + 1
RETURN [1] + 1
RETURN 1 + [1]
MATCH (n) WHERE n.x RETURN n
MATCH (n) WHERE null RETURN n
RETURN 1 IN null
RETURN 1 STARTS WITH 'a'
RETURN 'a' STARTS WITH 1
RETURN 1 < 'a'
RETURN 1 = 'a'
RETURN size('a')
RETURN ABS(-1), tOuPPer('a')
MATCH ()-[r]->() RETURN type(r), properties(r), keys(r), elementId(r), startNode(r), endNode(r)
RETURN {a:1}['a']
RETURN {a:1}.x
MATCH (n) RETURN n.x, n.x + count(*)
MATCH (n) RETURN n, n.x + count(*)
MATCH (n) RETURN n.x AS y, n.x + count(*)
WITH 1 AS x RETURN x, x + count(*)
RETURN 1 + count(*)
RETURN $p + count(*)
MATCH (n) RETURN size([x IN collect(n) WHERE x.a = 1])
MATCH (n) RETURN n.x, count(*) ORDER BY count(*)
MATCH (n) RETURN n.x, count(*) AS c ORDER BY count(*)
MATCH (n) RETURN n.x, count(*) AS c ORDER BY c + 1
MATCH (n) RETURN n.x, count(*) AS c ORDER BY n.x
MATCH (n) RETURN n.x AS x, count(*) AS c ORDER BY n.x
MATCH (n) RETURN DISTINCT n.x ORDER BY n.x
MATCH (n) RETURN DISTINCT n.x AS x ORDER BY n.x
MATCH (n) RETURN DISTINCT n ORDER BY n.y
MATCH (n) RETURN n.x AS n ORDER BY n.y
MATCH (n) RETURN n.x AS x ORDER BY n.y
MATCH (n) WITH n.x AS x ORDER BY n.y RETURN x
MATCH (n) WITH n.x AS x WHERE n.y > 1 RETURN x
MATCH (n) WITH n.x AS x, count(*) AS c WHERE count(*) > 1 RETURN x
WITH * RETURN 1
MATCH (n) WITH n, n.x AS y RETURN *
MATCH (n) RETURN *, n.x
MATCH (n) RETURN *, n
OPTIONAL MATCH (n) MATCH (m) RETURN n
MATCH (n) RETURN n LIMIT $p + 1
MATCH (n) RETURN n LIMIT size([1,2])
MATCH (n) RETURN n OFFSET 1 LIMIT 2
MATCH (n) RETURN n LIMIT toInteger(rand()*2)
MATCH (n) RETURN n LIMIT [x IN [1,2] | x][0]
RETURN 1 AS a, 2 AS b UNION RETURN 2 AS b, 1 AS a
RETURN 1 AS a UNION DISTINCT RETURN 2 AS a
RETURN 1 UNION RETURN 1
CALL { RETURN 1 AS x } RETURN x
MATCH (n) CALL { WITH n RETURN n.x AS y } RETURN y
MATCH (n) CALL { WITH * RETURN 1 AS y } RETURN y
MATCH (n) CALL { WITH 1 AS z RETURN z AS y } RETURN y
MATCH (n) CALL { MATCH (n) RETURN n.x AS y } RETURN y
MATCH (n) CALL { WITH n WITH n AS m RETURN m AS y } RETURN y
MATCH (n) CALL (n) { RETURN n.x AS y } RETURN y
MATCH (n) CALL (n) { WITH 1 AS z RETURN n.x + z AS y } RETURN y
MATCH (n) CALL (*) { RETURN n.x AS y } RETURN y
MATCH (n) CALL () { RETURN 1 AS y } RETURN y
MATCH (n), (m) CALL (n, m) { RETURN n.x AS y } RETURN y
MATCH (n) CALL (n, n) { RETURN n.x AS y } RETURN y
MATCH (n) CALL (n) { MATCH (m) RETURN * } RETURN n, m
MATCH (n) OPTIONAL CALL (n) { MATCH (n)--(m) RETURN m } RETURN n, m
CALL { RETURN 1 AS x UNION RETURN 2 AS x } RETURN x
MATCH (n) WHERE EXISTS { (n)-->() } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->() } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WHERE m.x = 1 RETURN m } RETURN n
MATCH (n) WHERE EXISTS { (n)-->(m), (m)-->(k) WHERE m.x = 1 } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WITH m MATCH (m)-->() } RETURN n
MATCH (n) WHERE EXISTS { RETURN 1 } RETURN n
MATCH (n) WHERE EXISTS { WITH n RETURN n.x } RETURN n
MATCH (n) WHERE EXISTS { UNWIND [1] AS x } RETURN n
MATCH (n) WHERE EXISTS { WITH 1 AS z } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) UNION MATCH (n)<--(m) } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) RETURN m UNION MATCH (n)<--(m) RETURN m } RETURN n
MATCH (n) RETURN COUNT { (n)-->() } AS c
MATCH (n) RETURN COUNT { (n)-->() WHERE n.x > 1 } AS c
MATCH (n) RETURN COUNT { (n) } AS c
MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m.x } AS c
MATCH (n) RETURN count { (n)-->() }
MATCH (n) RETURN exists { (n)-->() }
MATCH (n) WHERE (n)-->() RETURN n
MATCH (n) WHERE (n)-[:X*]->() RETURN n
MATCH (n) WHERE (n:Call) RETURN n
MATCH (n) WHERE ()-->() RETURN n
MATCH (n) WHERE ({x:1})-->(n) RETURN n
MATCH (n) WHERE NOT (n)-->() AND (n)--() RETURN n
MATCH (n) RETURN exists((n)-->())
MATCH (n) RETURN NOT (n)-->()
MATCH (n) RETURN CASE WHEN (n)-->() THEN 1 END
MATCH (n) WHERE any(x IN [1] WHERE (n)-->()) RETURN n
MATCH (n) RETURN [(n)-->(m) | m.x]
MATCH (n) RETURN [(n)-->(m) WHERE m.x > 1 | m.x]
MATCH (n) RETURN [p = (n)-->(m) | p]
MATCH (n) RETURN [p = (n)-->(m) | length(p)]
MATCH (n) RETURN [(n)-[r]->(n) | r]
MATCH p = shortestPath((a)-[*]-(b)) RETURN p
MATCH p = shortestPath((a)-[*0..]-(b)) RETURN p
MATCH p = shortestPath((a)-[*..5]-(b)) RETURN p
MATCH p = shortestPath((a)-[r]-(b)) RETURN p
MATCH shortestPath((a)-[*]-(b)) RETURN a
MATCH p = allShortestPaths((a)-[:X|Y*]->(b)) RETURN p
MATCH (a)-[r]->(b) WHERE r.x = b.y RETURN a, b, r
MATCH (a {x: b.y}), (b) RETURN a
MATCH (a {x: a.y}) RETURN a
MATCH (a WHERE a.x = b.x), (b) RETURN a
MATCH (a)-[r {x: a.y}]->(b) RETURN a
UNWIND 1 AS x RETURN x
UNWIND 'a' AS x RETURN x
UNWIND {a:1} AS x RETURN x
UNWIND null AS x RETURN x
MATCH (n) UNWIND n AS x RETURN x
RETURN 'a' + [1]
RETURN 'a' + null
RETURN null + 1
MATCH (n) RETURN n + [1]
MATCH (n) RETURN [1] + n
RETURN true + [1]
RETURN 'a' || 'b'
RETURN [1] || [2]
RETURN 1 + 'a'
RETURN count(DISTINCT 1), sum(DISTINCT 1), collect(DISTINCT 1)
RETURN toInteger(true), toInteger([1])
RETURN split('a,b', ','), split('a', ['a'])
RETURN coalesce(1)
RETURN trim('a', 'b'), ltrim('a','b')
RETURN datetime()
RETURN datetime({epochSeconds: 1})
RETURN datetime(1)
RETURN timestamp(), pi(), e(), rand()
RETURN [1, 2.5, 'a'][0] + 1
RETURN reduce(a = 0, x IN [1] | a + x)
RETURN reduce(a = 'x', x IN [1] | a + x)
RETURN CASE 1 WHEN 'a' THEN 2 END
WITH [1,'a'] AS x RETURN x[0] AND true
WITH {a: 1} AS x RETURN x.a AND true
WITH 1 + $p AS x RETURN x AND true
WITH $p + $q AS x RETURN x AND true
WITH 'a' + $q AS x RETURN x AND true
MATCH p = (a)-->(b) WITH nodes(p) AS ns UNWIND ns AS n MATCH (n)-->() RETURN n
MATCH (a)-[r*]->(b) RETURN [x IN r | x.y]
MATCH (s)((a)-[r]->(b) WHERE a.x > s.y)+ RETURN a
MATCH p = ((a)-[r]->(b))+ RETURN length(p)
MATCH (n) RETURN n.x AS x, count(*) AS c ORDER BY x + c, n.x + 1
MATCH (n) RETURN n, count(*) AS c ORDER BY n.y
MATCH (n) RETURN n AS m, count(*) AS c ORDER BY n.y
MATCH (n) WITH n.x AS x, count(*) AS c ORDER BY c WHERE c > 1 RETURN x
MATCH (n) WITH n, count(*) AS c WHERE n.x > 1 RETURN c
MATCH (n) RETURN DISTINCT n.x + 1 AS y ORDER BY n.x + 1
MATCH (n) RETURN DISTINCT n.x AS y, n.y AS z ORDER BY y + z, n.x + n.y
MATCH (n) RETURN n, count(*) + COUNT { (n)-->() }
MATCH (n) RETURN COUNT { (n)-->() } AS k, count(*)
MATCH (n) RETURN count(COUNT { (n)-->() })
MATCH (n) RETURN count([(n)-->(m) | m])
MATCH (n) RETURN collect(n)[0].x, size(collect(n))
MATCH (n) RETURN all(x IN collect(n) WHERE x.a = 1)
MATCH (n) RETURN reduce(s = 0, x IN collect(n.x) | s + x)
MATCH (n) WITH count(n) AS c RETURN c ORDER BY c
MATCH (n) RETURN count(*) AS c, n.x AS x ORDER BY x LIMIT 1
MATCH (n) CALL { WITH n AS n RETURN 1 AS y } RETURN y
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) RETURN n } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WITH n AS k MATCH (k) RETURN k } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WITH m RETURN n } RETURN n
MATCH (n) WHERE EXISTS { CALL { RETURN 1 AS x } RETURN x } RETURN n
MATCH (n) WHERE EXISTS { CALL (n) { MATCH (n)-->(y) RETURN y } RETURN y } RETURN n
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) RETURN * } RETURN n
MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m UNION MATCH (n)<--(m) RETURN m }
MATCH (n) RETURN COLLECT { RETURN 1 }
MATCH (n) WITH n WHERE EXISTS { WITH n MATCH (n)-->() RETURN 1 } RETURN n
MATCH (n), (n) RETURN n
MATCH (n)--(n) RETURN n
MATCH (n:A), (n:B) RETURN n
MATCH (n) MATCH (n:A) RETURN n
OPTIONAL MATCH (n) WITH n MATCH (n {x:1}) RETURN n
MATCH (a), (b) MATCH p = (a)--(b), q = (a)--(c) RETURN *
MATCH (n) RETURN [n IN [1] | n]
RETURN 1;
MATCH (n) RETURN n.`a b`, n.end, n.match
MATCH (end)-[in]->(out) RETURN end.return, in.x, out
MATCH (n) RETURN n AS order ORDER BY order
WITH 1 AS order ORDER BY order RETURN order
RETURN 1 AS limit LIMIT 1
MATCH (n) RETURN n {.x, .*, y: 1, n}
MATCH (n) WITH n AS m, 1 AS k RETURN m {.x, k}
WITH {a:1} AS x RETURN x {.a}
RETURN {a: 1, a: 2}
RETURN $`a b`, $1, $a1, $_x
RETURN $ p
RETURN $p.x[0]['a']
MATCH ((a)-->(b)), (c) RETURN a
RETURN CASE +1 WHEN 1 THEN 2 END
WITH 1 AS case RETURN case + 1
MATCH (a)-[:A|B|C]->(b) RETURN a
MATCH (a)-[:A|:B|:C]->(b) RETURN a
MATCH (a)<-[:A]->(b) RETURN a
MATCH (a)<-->(b) RETURN a
MATCH (a)-[]-(b) RETURN a
MATCH (a)--(b)--(c)<--(d) RETURN a
MATCH (:Call {op: $op})-[:OUTPUT {name: 'acc'}]->(a:Ref) WHERE a.value > $t RETURN a ORDER BY a.value DESC LIMIT 5
MATCH (`a b`:`Foo Bar`) RETURN `a b`.`x y`
MATCH (n:Foo) WHERE n.name =~ '.*x' AND NOT n.y IN [1,2,3] XOR n.z CONTAINS 'a' RETURN n
MATCH (n) WHERE n.a STARTS WITH 'a' OR n.b ENDS WITH 'b' RETURN n
MATCH (n) WHERE 1 < n.x <= 10 <> 3 RETURN n
MATCH (n) WHERE n.x IS NOT NULL AND n.y IS NULL RETURN n
MATCH (n) WHERE n.x IS NULL = true RETURN n
MATCH (n) WHERE n.x = 1 IS NULL RETURN n
MATCH (n) WHERE n.x IN [1] = true RETURN n
RETURN 1 + 2 * 3 - 4 / 5 % 6 ^ 7
RETURN (1 + 2) * 3
RETURN [1,2,3][-1], [1,2,3][1..-1]
RETURN [x IN range(1, 10) WHERE x % 2 = 0 | x ^ 2] AS xs
WITH 1 AS x RETURN [x IN [1,2], 1]
WITH 1 AS x RETURN [(x IN [1,2])]
RETURN {a: 1, b: {c: [1, 2]}}.b.c[0]
RETURN 'it\'s', "say \"x\"", 'a\\b', 'tab\t'
RETURN /* comment */ 1 // end
RETURN 1 /* a */ /* b */
RETURN 1 // x
MATCH (n) RETURN n.x AS `a``b`
RETURN ''
RETURN $1a
RETURN count(*), count(1), COUNT(*)
RETURN any(x IN [1,2] WHERE x > 1), none(x IN [] WHERE x), single(x IN [1] WHERE x = 1), all(x IN [1] WHERE x > 0)
RETURN NOT true = false
RETURN NOT (true)
RETURN NOT(true) AND true
RETURN - 1, + 1, -(-1), +(-1)
RETURN 1 - -1
RETURN 1--1
RETURN 1 - - 1
RETURN 1 < 2 < 3 = true
RETURN 'a' < 1 OR null
RETURN true OR 'x' = 1
RETURN [] + [1] + 2
RETURN [[1,2],[3]][0][1]
RETURN NULL, Null, TRUE, False
MATCH (n) RETURN DISTINCT n.x, n.y ORDER BY n.x ASC, n.y DESCENDING SKIP 1 LIMIT 2
MATCH (n) RETURN n ORDER BY n.x ASCENDING
MATCH (n WHERE n.x = 1) RETURN n
MATCH (n:Call WHERE n.op = 'x')-[r:OUTPUT WHERE r.name = 'y']->(m) RETURN n
MATCH (WHERE 1=1) RETURN 1
MATCH (where) RETURN where
MATCH (where:Call) RETURN where
MATCH (where WHERE where.x = 1) RETURN where
MATCH (is) RETURN is
MATCH (is IS Call) RETURN is
MATCH (:Call {}) RETURN 1
MATCH (n {x: 1, y: 'a', z: [1,2]}) RETURN n
MATCH (n)-[r:X*1..2]->(m) RETURN r
MATCH (n)-[*]-(m) RETURN n
MATCH (n)-[r:X *1..2]->(m) RETURN r
MATCH (a)-->(b)-->(a) RETURN a
MATCH (n:Call:Ref) RETURN n
MATCH (n:Call&Ref) RETURN n
MATCH (n:(Call|Ref)&!Op) RETURN n
MATCH (n:!(Call|Ref)) RETURN n
MATCH (n:!!Call) RETURN n
MATCH (n:%) RETURN n
MATCH (n:!%) RETURN n
MATCH (n IS Call|Ref) RETURN n
MATCH ()-[r IS INPUT]->() RETURN r
MATCH (n) WHERE n:Call|Ref AND n.x > 1 RETURN n
MATCH (n) WHERE NOT n:Call RETURN n
MATCH (n) WHERE (n:Call OR n:Ref) RETURN n
MATCH (n) WHERE n:Call = true RETURN n
MATCH (n) RETURN n:Call AS is_call, n:!Ref
MATCH (n) RETURN CASE n.x WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END AS z
MATCH (n) RETURN CASE WHEN n.x > 1 THEN 'a' END
MATCH (n) RETURN CASE n:Call WHEN true THEN 1 END
UNWIND $rows AS row RETURN row.x
UNWIND [1,2] AS x WITH x WHERE x > 1 RETURN x
WITH 1 AS x, 2 AS y RETURN x + y
WITH 1 AS x WITH x, x + 1 AS y RETURN *
WITH DISTINCT 1 AS x RETURN x
WITH * MATCH (n) RETURN n
MATCH (n) WITH * RETURN n
MATCH (n) WITH *, n.x AS y RETURN n, y
MATCH (n) WITH *, 1 AS n RETURN n
MATCH (n) RETURN *, 1 AS n
MATCH (n) RETURN 1 ORDER BY n.x
MATCH (n) WITH n ORDER BY n.x LIMIT 3 MATCH (n)--(m) RETURN m
MATCH (n) CALL { WITH n MATCH (n)--(m) RETURN count(m) AS c } RETURN n, c
MATCH (n) CALL (n) { MATCH (n)--(m) RETURN count(m) AS c UNION MATCH (n)-->(k) RETURN count(k) AS c } RETURN n, c
MATCH (n) CALL (n) { CALL (n) { RETURN n.x AS x } RETURN x } RETURN x
MATCH (n) CALL (n) { CALL () { RETURN 1 AS x } RETURN x } RETURN x
MATCH (n) CALL (n) { WITH n RETURN n.x AS x } RETURN x
MATCH (n) CALL (n) { WITH n AS m RETURN m.x AS x } RETURN x
MATCH (n) CALL { WITH n RETURN n AS m UNION WITH n RETURN 1 AS m } RETURN m
MATCH (n), (k) CALL { WITH n RETURN n AS m UNION WITH k RETURN k AS m } RETURN m
MATCH (n) WHERE EXISTS { (n)-->(:Ref) WHERE n.x > 1 } OR COUNT { (n)--() } > 2 RETURN n
MATCH (n) WHERE COUNT { MATCH (n)-->(m) RETURN DISTINCT m } > 1 RETURN n
MATCH (n) WHERE EXISTS { p = (n)-->() } RETURN n
MATCH (n) WHERE EXISTS { shortestPath((n)-[*]-(:Ref)) } RETURN n
MATCH (n) WHERE EXISTS { OPTIONAL MATCH (n)-->() } RETURN n
MATCH (n) RETURN [p = (n)-[*]->() | [x IN nodes(p) | x.hid]] AS ps
MATCH (n) RETURN [(n)-[r]->(m:Ref {x: 1}) WHERE r.name = 'x' | {a: m.x, r: r}] AS ps
MATCH (n) RETURN [(n WHERE n.x = 1)-->(m) | m] AS ps
MATCH p = (a:Call)-[:OUTPUT]->()-[:INPUT*0..]->(b) RETURN nodes(p), relationships(p), length(p)
MATCH (a:Ref)-[:INPUT|OUTPUT*0..]->(b) RETURN DISTINCT b.hid
MATCH (s:Ref) WHERE s.hid IN $starts MATCH (s)<-[:INPUT|OUTPUT*0..]-(n) RETURN DISTINCT n.hid
MATCH p = allShortestPaths((a:Ref {hid: $a})-[:INPUT|OUTPUT*]->(b:Ref {hid: $b})) RETURN p
MATCH (a)((x)-[r:INPUT]->(y) WHERE r.name = 'z'){1,5}(b) RETURN [i IN r | i.name], x, y
MATCH (a:Call) USING SCAN a:Call WHERE a.x = 1 RETURN a
MATCH (a:Call)--(b:Ref) USING JOIN ON b RETURN a
RETURN 1 UNION ALL RETURN 1
RETURN 1 AS x UNION RETURN 2 AS x ORDER BY x LIMIT 1
MATCH (n) RETURN n.x.y.z
MATCH (n) RETURN (n).x, (n.x).y
MATCH (n) RETURN n['x'], n[$p]
MATCH (n) RETURN properties(n).x, keys(n)[0], labels(n)[0] + 'x'
MATCH ()-[r]->() RETURN type(r) + '!', r.name, startNode(r).hid
MATCH (n) RETURN percentileCont(n.x, 0.5), stDev(n.y), collect(DISTINCT n.z)[..3]
MATCH (n) RETURN n.op AS op, count(*) AS n ORDER BY n DESC
MATCH (c:Call) RETURN c.op, avg(c.duration) AS mean, max(c.duration) - min(c.duration) AS spread
MATCH (c:Call) WITH c.op AS op, collect(c) AS cs RETURN op, [c IN cs | c.hid][..5], size(cs)
MATCH (c:Call) WITH c ORDER BY c.started WITH collect(c) AS cs UNWIND range(0, size(cs) - 2) AS i RETURN cs[i].hid, cs[i + 1].started - cs[i].started
RETURN datetime({epochSeconds: toInteger(1.5)}).year
RETURN toUpper(left('abc', 1)) + toLower(substring('ABC', 1)), replace('aba', 'a', 'c'), split('a,b', ',')
MATCH (n) WITH n {.x} RETURN n
MATCH (n) CALL (n) { MATCH (m) RETURN m {.x} } RETURN m
MATCH (n) RETURN n {.x} ORDER BY n.x
MATCH (n) RETURN DISTINCT n {.x} ORDER BY n.x
MATCH (n) WITH n, collect(1) AS m RETURN *
MATCH (n) RETURN *, count(*) AS c
MATCH (n) UNWIND n.x AS a RETURN a.y
MATCH (n) RETURN n.x.y
MATCH (n) RETURN n.x + true
MATCH (n) RETURN true + n.x
MATCH (n) RETURN n.x + {a: 1}
MATCH (n) RETURN n + n.x
MATCH (n) RETURN reduce(a = n.x, x IN n.y | a + x)
MATCH (n) RETURN [x IN n.x | x.y]
MATCH (n) WITH CASE WHEN true THEN n.x ELSE n END AS a MATCH (a) RETURN a
MATCH (n) RETURN n.x || 'a', n.x || [1]
MATCH (n) RETURN 'a' || n.x, toUpper(n.x), size(n.x), sum(n.x), percentileCont(n.x, 0.5)
RETURN size('a' + $p), -$p + 1
MATCH (WHERE $p.x) RETURN 1
MATCH (where {x: 1}) RETURN where
MATCH (WHERE {x: true}.x) RETURN 1
MATCH (WHERE {x: true}.x OR true) RETURN 1
MATCH (where WHERE true) RETURN 1
MATCH (where IS Call) RETURN where
MATCH ()-[where:INPUT]->() RETURN where
MATCH ()-[where*]->() RETURN where
MATCH ()-[WHERE true]->() RETURN 1
RETURN null.x
WITH {x: 1} AS null RETURN null.x
RETURN '\\uH'
MATCH (a)—[r]—>(b) RETURN a
MATCH (a)⟨—[r]—(b) RETURN a
MATCH (a) WHERE (a)——⟩() RETURN a
RETURN sum(1) + rand()
RETURN sum(1) + datetime()
MATCH ()-[r:A*1_0]->() RETURN r
RETURN round(sum(1)), sum(1) / count(*), sum(1) % 2
"""
)
"""In the subset."""

UNSUPPORTED = _lines(
    r"""
MATCH (n) RETURN id(n)
RETURN \u0031
MATCH ((a)-[r]->(b)-->(c))+ RETURN a
MATCH ((a)-->(b) WHERE a.x=1) RETURN a
CALL { RETURN 1 AS x } IN TRANSACTIONS RETURN x
CALL db.labels()
CALL db.labels() YIELD label RETURN label
MATCH (a), (b) RETURN shortestPath((a)-[*]-(b))
MATCH p = SHORTEST 1 (a)-->+(b) RETURN p
MATCH ANY SHORTEST (a)-->+(b) RETURN a
RETURN trim(BOTH 'a' FROM 'aba')
RETURN CASE 1 WHEN 1, 2 THEN 3 END
RETURN CASE 1 WHEN > 0 THEN 3 END
MATCH (n) WHERE n.x IS :: INTEGER RETURN n
MATCH (n) WHERE n.x IS NOT :: INTEGER RETURN n
MATCH (n) WHERE n.x :: INTEGER RETURN n
MATCH (n) WHERE n.x IS TYPED INTEGER RETURN n
MATCH (n) WHERE n.x IS NORMALIZED RETURN n
MATCH (n) ORDER BY n.x LIMIT 3 RETURN n
MATCH (n) LIMIT 3 RETURN n
MATCH (n) WITH n LIMIT 1 SKIP 1 RETURN n
FINISH
MATCH (n) FINISH
MATCH (n) SET n.x = 1
MATCH (n) SET n.x = 1 RETURN n
CREATE (n) RETURN n
MERGE (n:Call {hid: 'x'}) RETURN n
MATCH (n) DELETE n
MATCH (n) DETACH DELETE n
MATCH (n) REMOVE n.x
FOREACH (x IN [1] | CREATE (n))
LOAD CSV FROM 'file:///x' AS row RETURN row
USE neo4j RETURN 1
SHOW INDEXES
CREATE INDEX FOR (n:Call) ON (n.op)
"""
)
"""Neo4j runs them; the subset does not have them."""

REJECTED = _lines(
    r"""
RETURN 1 IN [1] IN [true]
RETURN 1 IS NULL IS NULL
RETURN -+1
RETURN 1 + NOT true
RETURN 012
RETURN 1__0
RETURN 1_
RETURN 1.
RETURN 1.e5
RETURN 12abc
RETURN 9223372036854775808
RETURN 1e400
RETURN `a\u0041` FROM
RETURN case
MATCH (n:A:B|C) RETURN n
MATCH (n:A|:B) RETURN n
MATCH ()-[r:A|:B]->() RETURN r
MATCH ()-[r:A:B]->() RETURN r
MATCH ()-[r:!A*]->() RETURN r
MATCH ()-[r* WHERE true]->() RETURN r
MATCH ()-[r:A {x:1}*]->() RETURN r
MATCH ()-[r:A*-1]->() RETURN r
MATCH (a)(b) RETURN a
MATCH (a)-->{0}(b) RETURN a
MATCH (a)-->{3,1}(b) RETURN a
MATCH ((a)-[r*]->(b))+ RETURN a
MATCH (p=(a)-[r]->(b))+ RETURN a
MATCH ((a))+ RETURN a
MATCH (a)((x)-->(y))(b) RETURN a
MATCH (a)-[*]->(b)-->+(c) RETURN a
MATCH (n $p) RETURN n
MATCH (n WHERE n.y=2 {x:1}) RETURN n
MATCH (n) RETURN n:Call:Ref|X
MATCH (n) RETURN [x IN collect(n) WHERE x:Call|Ref]
MATCH (n) RETURN [(a) WHERE a:Call | a.name]
RETURN 1f, 1d
MATCH (a) UNWIND [1] AS a RETURN a
WITH 1 AS a, 2 AS a RETURN a
MATCH (a)-[r]->(b) MATCH (c)-[r*]->(d) RETURN a
MATCH p=(a) MATCH p=(b) RETURN p
MATCH p=(p) RETURN p
MATCH (a)-[a]->(b) RETURN a
MATCH (r)-->() MATCH ()-[r]->() RETURN r
WITH 1 AS a MATCH (a) RETURN a
UNWIND [1] AS a MATCH (a) RETURN a
WITH [1] AS l UNWIND l AS x MATCH (x) RETURN x
RETURN 1 AND true
RETURN NOT 1
RETURN 1 + true
RETURN true + true
RETURN 'a' * 2
RETURN 'a' - 1
RETURN {a:1} + 1
MATCH (n) RETURN n + 1
MATCH (n) RETURN n AND true
MATCH (n) WHERE n RETURN n
MATCH (n) WHERE 1 RETURN n
MATCH (n) WHERE 'a' RETURN n
MATCH (n) WHERE [1] RETURN n
RETURN 1 IN 1
RETURN 1 IN 'a'
RETURN 'a' =~ 1
RETURN size(1)
RETURN toUpper(1)
RETURN abs('a')
RETURN abs()
RETURN abs(1,2)
RETURN coalesce()
RETURN foo(1)
RETURN my.foo(1)
RETURN head(1)
RETURN length('a')
RETURN length([1])
MATCH (n) RETURN length(n)
MATCH (n) RETURN type(n)
MATCH ()-[r]->() RETURN labels(r)
MATCH (n) RETURN nodes(n)
RETURN [1][true]
RETURN [1]['a']
RETURN {a:1}[1]
RETURN 1[0]
RETURN [1][1.5]
RETURN [1]['a'..2]
RETURN 'abc'[0]
RETURN 1.x
RETURN [1].x
RETURN 'a'.x
RETURN true.x
RETURN count(count(1))
MATCH (n) WHERE count(n) > 1 RETURN n
UNWIND collect(1) AS x RETURN x
MATCH (n) RETURN n.x + count(*)
MATCH (n) RETURN n.x AS y, y + count(*)
MATCH (n) RETURN n.x + n.y, n.x + n.y + count(*)
MATCH (n) RETURN n.x + n.y AS z, (n.x + n.y) + count(*)
WITH 1 AS x RETURN x + count(*)
MATCH (n) RETURN {a: n.x, b: count(*)}
MATCH (n) RETURN [n, count(*)]
MATCH (n) RETURN CASE WHEN count(*) > 1 THEN n.x END
MATCH (n) RETURN size([x IN collect(n) WHERE x.a = n.b])
MATCH (n) RETURN n.x ORDER BY count(*)
MATCH (n) RETURN n.x, count(*) AS c ORDER BY n.y
MATCH (n) RETURN DISTINCT n.x ORDER BY n.y
MATCH (n) WITH DISTINCT n.x AS x WHERE n.y > 1 RETURN x
MATCH (n) WITH n.x AS x, count(*) AS c WHERE n.y > 1 RETURN x
MATCH (n) RETURN n.x AS x ORDER BY count(n)
RETURN *
MATCH () RETURN *
MATCH (n) WITH n.x RETURN 1
MATCH (n) RETURN n, n
MATCH (n) RETURN n.x, n.x
MATCH (n)
MATCH (n) WITH n
UNWIND [1] AS x
RETURN 1 RETURN 2
RETURN 1 MATCH (n) RETURN n
MATCH (n) WHERE true WHERE false RETURN n
MATCH (n) RETURN n SKIP n.x
MATCH (n) RETURN n SKIP -1
MATCH (n) RETURN n LIMIT 1.5
MATCH (n) RETURN n LIMIT 'a'
MATCH (n) RETURN n LIMIT count(*)
MATCH (n) RETURN n LIMIT 1 SKIP 2
MATCH (n) RETURN n LIMIT null
MATCH (n) RETURN n LIMIT COUNT { (m) }
RETURN 1 AS a UNION RETURN 2 AS b
RETURN 1 AS a UNION RETURN 2
RETURN 1 AS a UNION RETURN 2 AS a UNION ALL RETURN 3 AS a
MATCH (n) RETURN * UNION MATCH (m) RETURN *
MATCH (n) CALL { RETURN 1 AS n } RETURN n
MATCH (n) CALL { WITH n AS m RETURN m.x AS y } RETURN y
MATCH (n) CALL { WITH n.x AS m RETURN m AS y } RETURN y
MATCH (n) CALL { WITH n WHERE n.x > 1 RETURN 1 AS y } RETURN y
MATCH (n) CALL { WITH n ORDER BY n.x RETURN 1 AS y } RETURN y
MATCH (n) CALL { WITH DISTINCT n RETURN 1 AS y } RETURN y
MATCH (n) CALL { WITH n LIMIT 1 RETURN 1 AS y } RETURN y
MATCH (n) CALL { WITH n, 1 AS z RETURN z AS y } RETURN y
MATCH (n) CALL { WITH z RETURN z AS y } RETURN y
MATCH (n) CALL { RETURN n.x AS y } RETURN y
MATCH (n) CALL { MATCH (n) RETURN n } RETURN n
MATCH (n) CALL { WITH n MATCH (m) } RETURN n
MATCH (n) CALL (n) { RETURN 1 AS n } RETURN n
MATCH (n) CALL (n) { WITH 1 AS n RETURN n AS y } RETURN y
MATCH (n) CALL (n) { UNWIND [1] AS n RETURN n AS y } RETURN y
MATCH (n) CALL (m) { RETURN 1 AS y } RETURN y
MATCH (n) CALL (n AS m) { RETURN n.x AS y } RETURN y
MATCH (n) CALL (n) { RETURN n.x } RETURN n
MATCH (n) CALL (n) { RETURN * } RETURN n
CALL { RETURN 1 AS x }
MATCH (n) WHERE EXISTS { RETURN 1 AS n } RETURN n
MATCH (n) WHERE EXISTS { UNWIND [1] AS n RETURN n } RETURN n
MATCH (n) WHERE EXISTS { WITH 1 AS n RETURN n } RETURN n
MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m.x, m.y } AS c
MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m.x AS n } AS c
MATCH (n) RETURN COLLECT { MATCH (n)-->(m) } AS c
MATCH (n) RETURN COLLECT { (n)-->(m) } AS c
MATCH (n) RETURN EXISTS { CREATE (m) } AS c
MATCH (n) WHERE (n)-->(m) RETURN n
MATCH (n) WHERE (n)-[r]->() RETURN n
MATCH (n) WHERE (n)-->+() RETURN n
MATCH (n) WHERE (n) RETURN n
MATCH (n) WHERE (n {x:1})-->(n WHERE n.x=1) RETURN n
MATCH (n) RETURN (n)-->()
MATCH (n) RETURN (n)-->() AS x
MATCH (n) RETURN size((n)-->())
MATCH (n) RETURN [(n)-->()]
MATCH (n) RETURN (n)-->() = true
MATCH (n) RETURN CASE (n)-->() WHEN true THEN 1 END
MATCH (n) RETURN coalesce((n)-->(), false)
MATCH (n) WHERE (n)-->() = true RETURN n
MATCH (n) WITH (n)-->() AS b RETURN b
MATCH (n) WHERE (n)-->() IS NULL RETURN n
MATCH (n) WHERE exists(n.x) RETURN n
MATCH (n) RETURN [n = (n)-->(m) | 1]
MATCH (n) RETURN [(m) | m]
MATCH (n) RETURN [x = (n) | 1]
MATCH p = shortestPath((a)-[*2..]-(b)) RETURN p
MATCH p = shortestPath((a)-[*]-(b)-[*]-(c)) RETURN p
MATCH p = shortestPath((a)-->+(b)) RETURN p
MATCH p = shortestPath((a)) RETURN p
MATCH p = shortestPath((a)-[*]-(a)) RETURN p
MATCH p = shortestPath((a {x:1})-[r:X* {y:1}]-(b)) WHERE all(x IN nodes(p) WHERE x.z) RETURN p
MATCH p = (a)-[*]->(b), q = (p) RETURN p
RETURN 'a' + true
RETURN 'a' + {a:1}
MATCH (n) RETURN 'a' + n
RETURN 1 || 'a'
RETURN [1] || 2
RETURN 'a' || [1]
RETURN {a:1} + {b:1}
RETURN -'a'
RETURN -true
RETURN -[1]
RETURN 2 ^ 'a'
RETURN 5 % 'a'
RETURN true * 2
RETURN abs(DISTINCT -1)
RETURN sum('a')
RETURN avg('a')
RETURN stDev('a')
RETURN percentileCont(1, 0.5), percentileCont(1, 2)
RETURN percentileCont(1)
RETURN toFloat(true)
RETURN toString([1])
RETURN toString({a:1})
RETURN toBoolean(1), toBoolean(1.5)
RETURN substring('a', 1.5)
RETURN substring('a', 'b')
RETURN left(1, 1)
RETURN range(1, 2.5)
RETURN range('a', 2)
RETURN round(1.5, 1, 'UP'), round('a')
RETURN round(1.5, 'UP')
RETURN keys(1)
RETURN keys([1])
RETURN labels({a:1})
RETURN properties(1)
RETURN reverse(1)
RETURN tail('a')
RETURN isEmpty(1)
RETURN sqrt('a'), exp('a')
RETURN elementId(1)
RETURN type({a:1})
RETURN id({a:1})
RETURN exists(1)
RETURN exists({a:1}.a)
RETURN nullIf(1, 2), nullIf(1)
RETURN 1:Call
RETURN 'a':Call
RETURN {a:1}:Call
RETURN all(x IN [1] WHERE x)
RETURN all(x IN 1 WHERE true)
RETURN [x IN 1 | x]
RETURN [x IN 'a' | x]
RETURN [x IN [1] WHERE x | 2]
RETURN [x IN [1] WHERE 1 | 2]
RETURN reduce(a = 0, x IN 1 | a + x)
RETURN reduce(a = 0, x IN [1] | 'x')
RETURN CASE WHEN 1 THEN 2 END
WITH CASE WHEN true THEN 1 ELSE 'a' END AS x RETURN x AND true
WITH CASE WHEN true THEN 1 ELSE 2 END AS x RETURN x AND true
WITH CASE WHEN true THEN 1 END AS x RETURN x AND true
WITH head([1]) AS x RETURN x AND true
WITH [1,2] AS x RETURN x[0] AND true
WITH collect(1) AS x RETURN x[0] AND true
WITH count(*) AS x RETURN x AND true
WITH max(1) AS x RETURN x AND true
WITH 1 + 2.5 AS x RETURN x AND true
WITH $p - $q AS x RETURN x AND true
WITH coalesce('a', 'b') AS x RETURN x AND true
WITH abs(1) AS x RETURN x AND true
WITH toInteger('1') AS x RETURN x AND true
WITH nodes($p) AS x RETURN x[0] AND true
MATCH p = (a)-->(b) WITH nodes(p) AS ns UNWIND ns AS n RETURN n AND true
MATCH p = (a)-->(b) WITH relationships(p) AS ns UNWIND ns AS n MATCH (n) RETURN n
MATCH (a) WITH collect(a) AS xs UNWIND xs AS x MATCH ()-[x]->() RETURN x
MATCH (a)-[r*]->(b) RETURN r.x
MATCH (a)-[r]->+(b) RETURN r.x
MATCH (a)-[r]->(b) MATCH (c)-[r]->+(d) RETURN r
MATCH (a) MATCH ((a)-[r]->(b))+ RETURN a
MATCH (a)((a)-[r]->(b))+(c) RETURN a
MATCH ((a)-[r]->(b))+(a) RETURN a
MATCH ((a)-[r]->(b))+, (b) RETURN a
MATCH ((a)-[r]->(b))+ RETURN a.x
MATCH (s {x: 1})((a)-[r]->(b) WHERE a.x > z.y)+ RETURN a
MATCH (n) RETURN n.x, count(*) ORDER BY max(n.y)
MATCH (n) RETURN count(*) ORDER BY n.x
MATCH (n) RETURN count(*) + COUNT { (n)-->() }
MATCH (n) RETURN [x IN [1] | count(*)]
MATCH (n) RETURN [x IN [1] WHERE count(*) > x]
MATCH (n) RETURN any(x IN [1] WHERE count(*) > x)
MATCH (n) RETURN reduce(s = 0, x IN [1] | s + count(*))
MATCH (n) RETURN EXISTS { (m) WHERE count(n) > 1 }
MATCH (n) CALL { WITH n, n RETURN 1 AS y } RETURN y
MATCH (n) CALL { UNWIND [n] AS y RETURN y } RETURN y
MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WITH m AS n RETURN n } RETURN n
MATCH (n) RETURN COLLECT { MATCH (m) RETURN * }
MATCH p = (a), p = (b) RETURN p
MATCH (p), p = (b) RETURN p
MATCH (n) UNWIND [1] AS x UNWIND [2] AS x RETURN x
MATCH (n) WITH n AS m RETURN n
MATCH (n) RETURN [x IN [1] | x], x
RETURN 1; RETURN 2
RETURN 1 AS
RETURN
RETURN 1,
MATCH (n) RETURN n {.x, k}
RETURN 1 {.x}
WITH 1 AS x RETURN x {.y}
WITH [1] AS x RETURN x {.y}
RETURN $p {.x}
MATCH (n) RETURN n.x {.y}
RETURN {`a b`: 1, end: 2, 1: 3}
MATCH ((a)-->(b))-->(c) RETURN a
RETURN CASE WHEN true THEN 1
RETURN CASE END
MATCH (a)-(b) RETURN a
MATCH (a)->(b) RETURN a
MATCH (n) WHERE n.x == 1 RETURN n
MATCH (n) WHERE n.x != 1 RETURN n
MATCH (n) WHERE n IS NOT Call RETURN n
MATCH (n) WHERE n IS :Call RETURN n
RETURN [1, 2, 3][0], [1,2,3][1..2], [1,2,3][..2], [1,2,3][1..], [1,2,3][..]
RETURN [x IN [1,2]], [x IN [1,2], 1]
WITH 1 AS x RETURN [x IN [1,2] AND true]
RETURN 'it''s'
RETURN 'unclosed
RETURN "mixed'
RETURN `unclosed
RETURN /* open
MATCH (n) // all
RETURN ``
RETURN $
RETURN $'a'
RETURN @
RETURN #
RETURN 1 ? 2
RETURN 1 == 1
RETURN !true
RETURN true && false
RETURN a.b.c.d
RETURN count()
RETURN count(DISTINCT *)
RETURN any(x IN [true])
RETURN any([1])
RETURN reduce(x = 0, y IN [1])
RETURN reduce(0, y IN [1] | y)
RETURN exists()
MATCH (n) RETURN n ORDER n.x
MATCH (n) RETURN n ORDER BY
MATCH (n) RETURN n LIMIT
MATCH (n) RETRUN n
MTACH (n) RETURN n
MATCH (n {x: 1,}) RETURN n
MATCH (n {x = 1}) RETURN n
MATCH (n {'x': 1}) RETURN n
MATCH n RETURN n
MATCH (n RETURN n
MATCH n) RETURN n
MATCH (n)-[:X*1...2]->(m) RETURN n
MATCH (n)-[:X*a]->(m) RETURN n
MATCH (n)-[:X*1.5]->(m) RETURN n
MATCH (n)-[r:X*$p]->(m) RETURN n
MATCH (n)-[$p]->(m) RETURN n
MATCH (n:Call|) RETURN n
MATCH (n:) RETURN n
MATCH (n::Call) RETURN n
UNWIND [1,2] x RETURN x
WITH 1 x RETURN x
MATCH (n) WITH n, n AS n RETURN n
MATCH (n) CALL (n) { CALL () { RETURN n.x AS x } RETURN x } RETURN x
MATCH (n) CALL (n) { MATCH (m) CALL (m) { RETURN n.x AS x } RETURN x } RETURN x
MATCH (n) CALL { MATCH (m) WITH m, n RETURN m } RETURN m
MATCH (n) WHERE EXISTS { } RETURN n
(RETURN 1)
MATCH (n) RETURN n {.x}, n
MATCH (n) CALL (n) { RETURN n {.x} } RETURN 1
MATCH (n) RETURN count(*) AS c, *
MATCH (n) WITH n.x AS a MATCH (a) RETURN a
MATCH (n) UNWIND n.x AS a MATCH (a) RETURN a
MATCH (n) RETURN labels(n.x)
MATCH (n) RETURN nodes(n.x)
MATCH (n) RETURN keys(n.x)
MATCH (n) WITH n.x AS a RETURN a {.y}
MATCH (n) WITH n['x'] AS a MATCH (a) RETURN a
MATCH (n) RETURN reduce(a = n.x, x IN n.y | n)
MATCH (n) RETURN n.x[0], n.x[1..2], n.x['a']
MATCH (n) WITH head(n.x) AS a MATCH (a) RETURN a
MATCH (n) WITH coalesce(n.x, 1) AS a MATCH (a) RETURN a
MATCH (n) WITH max(n.x) AS a MATCH (a) RETURN a
MATCH (n) WITH collect(n.x) AS xs UNWIND xs AS a MATCH (a) RETURN a
MATCH (n) WITH n.x + 1 AS a MATCH (a) RETURN a
MATCH (n) WHERE n.x:Call RETURN n
MATCH (WHERE $p) RETURN 1
RETURN '\uH'
RETURN '\uuu0041'
RETURN 42 — 41
RETURN —1
RETURN 1 ＜ 2
RETURN count(rand())
RETURN count(rand() + 1)
RETURN collect([x IN [1] | rand()])
RETURN datetime() + 1
RETURN datetime() + 'a'
RETURN datetime() - 1
RETURN 1 + datetime()
MATCH ()-[r:A*2..0x1F]->() RETURN r
WITH sum(1) AS s RETURN s + 1, s AND true
RETURN datetime() + "a"
"""
)
"""Syntax errors, undefined or repeated names, kinds of values that do not fit."""
