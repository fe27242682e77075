"""Mistakes that people make: each error shows the place and says what to write instead."""

from __future__ import annotations

import logging
import re

import pytest

from mandala_graph import Storage
from mandala_graph.errors import CypherError

MISTAKES = [
    ("MATCH (c:Call)", "add RETURN"),
    ("MATCH (c:Call) RETURN c.op WHERE c.op = 'x'", "behind MATCH or WITH, before RETURN"),
    ("MATCH (c:Call) WHERE c.op == 'x' RETURN c", "write = for 'equal'"),
    ("MATCH (c:Call) WHERE c.op != 'x' RETURN c", "write <> for 'not equal'"),
    ("MATCH (c:Call) WHERE c.op <> train RETURN c", "a text stands in quotes, 'train'"),
    ("SELECT c.op FROM call c", "begin with what to find"),
    ("MATCH (c:Call) RETURN c.op, count(*) GROUP BY c.op", "RETURN groups by its columns"),
    ("MATCH (c:Call) HAVING count(*) > 1 RETURN c", "name the aggregate in a WITH"),
    ("MATCH (c:Call) WHERE c.op LIKE 'tr%' RETURN c", "STARTS WITH"),
    ("MATCH (c:Call) WHERE c.op IS NOT 'x' RETURN c", "IS NOT goes with NULL alone"),
    ("MATCH (c:Call) WHERE c.op NOT IN ['x'] RETURN c", "NOT stands before the whole condition"),
    ("MATCH (c:Call) WHERE c.started BETWEEN 1 AND 2 RETURN c", "low <= x <= high"),
    ("MATCH (c:Call) INNER JOIN (r:Ref) RETURN c", "patterns join"),
    ("MATCH (c:Call) RETURN TOP 5 c", "LIMIT 5"),
    ("MATCH (c:Call) WHERE count(c) > 1 RETURN c", "name it in a WITH"),
    ("MATCH (c:Call) RETURN c.op AS 1st", "backticks"),
    ("MATCH (c:Call {op: 'train}) RETURN c", "no closing '"),
    ('MATCH (c:Call {op: "train}) RETURN c', 'no closing "'),
    ("MATCH (c:Call) RETURN c.`op", "no closing backtick"),
    ("MATCH (c:Call RETURN c", "expected ')'"),
    ("MATCH (c:Call {op: 'x') RETURN c", "expected '}' or ','"),
    ("MATCH (c:Call)-[o:OUTPUT->(r) RETURN r", "expected ']'"),
    ("MATCH (c:Call)->[o:OUTPUT]->(r) RETURN r", "write -[:TYPE]->"),
    ("MATCH (a)-(b) RETURN a", "(a)-->(b)"),
    ("MATCH (a)-->b RETURN a", "a node stands in brackets"),
    ("MATCH c:Call RETURN c", "a node stands in brackets"),
    ("MATCH (c:Call), RETURN c", "leave the comma before it out"),
    ("MATCH (c:Call)-[*1-3]->(r) RETURN r", "write *1..3"),
    ("MATCH (c:Call) RETURN coalesse(c.op, 1)", "did you mean coalesce?"),
    ("MATCH (c:Call) RETURN len(c.op)", "did you mean size?"),
    ("MATCH (c:Call) RETURN length(c.op)", "size(...) counts"),
    ("MATCH (c:Call) RETURN mean(c.duration)", "did you mean avg?"),
    ("MATCH (c:Call) WHERE c.op.startswith('x') RETURN c", "x STARTS WITH y"),
    ("MATCH (c:Call) RETURN c.op if c.op else 1", "CASE WHEN"),
    ("MATCH (c:Call) WHERE c.op = 'x' && c.hid = 'y' RETURN c", "write AND"),
    ("MATCH (c:Call) WHERE !c.op RETURN c", "write NOT"),
    ("MATCH (c:Call) WHERE c.op in ('x', 'y') RETURN c", "square brackets"),
    ("MATCH (c:Call) RETURN c LIMIT 5 ORDER BY c.op", "before SKIP and LIMIT"),
    ("MATCH (c:Call) RETURN c ORDERBY c.op", "write ORDER BY"),
    ("MATCH (c:Call) RETURN c ORDER c.op", "write ORDER BY"),
    ("MATCH (c:Call) RETURN c LIMIT -1", "0 or more"),
    ("MATCH (c:Call) WITH c.op RETURN c", "write ... AS name"),
    ("MATCH (c:Call) WITH c.op AS op RETURN c.hid", "add `c` to it"),
    ("MATCH (c:Call) retrun c", "did you mean RETURN?"),
    ("MATH (c:Call) RETURN c", "did you mean MATCH?"),
    ("MATCH (c:Call) WERE c.op = 'x' RETURN c", "did you mean WHERE?"),
    ("MATCH (c:Call) RETURN c.op AS op, c.hid AS op", "two columns are named"),
    ("MATCH (c:Call) WHERE c.op CONTAIN 'x' RETURN c", "did you mean CONTAINS?"),
    ("MATCH (c:Call) WHERE c.op STARTSWITH 'x' RETURN c", "write STARTS WITH"),
    ("MATCH (c:Call) WHERE NOT EXISTS (c)-[:OUTPUT]->() RETURN c", "write EXISTS { (c)-->() }"),
    ("MATCH (c:Call) WHERE exists(c.op) RETURN c", "IS NOT NULL"),
    ("MATCH p = (c:Call)-->(r) RETURN p.nodes", "write nodes(...)"),
    ("MATCH (c:Call) RETURN None", "write null"),
    ("MATCH (c:Call) WHERE c.op = 'x' AND RETURN c", "missing between AND and RETURN"),
    ("MATCH (c:Call) WHERE c.started > date('2024-01-01') RETURN c", "seconds since 1970"),
    ("MATCH (c:Call) WHERE c.op = :op RETURN c", "a parameter is written $name"),
    ("MATCH (c:Call) WHERE c.op = %s RETURN c", "a parameter is written $name"),
    ("MATCH (c:Call) WHERE c.op = ? RETURN c", "a parameter is written $name"),
    ("MATCH (c:Call) WHERE c.op = $op RETURN c", "give it as op=..."),
    ("MATCH (c:Call) RETURN c -- all of them", "a comment begins with //"),
    ("# all of them\nMATCH (c:Call) RETURN c", "a comment begins with //"),
    ("MATCH (c:Call) RETURN [x FOR x IN [1, 2]]", "[x IN list WHERE"),
    ("MATCH (c:Call {'op': 'x'}) RETURN c", "keys without quotes"),
    ("MATCH (c:Call {op = 'x'}) RETURN c", "{key: value}"),
    ("MATCH (c:Call) DELETE c", "which writes"),
    ("EXPLAIN MATCH (c:Call) RETURN c", "explain_query"),
]

SLIPS = [
    ("MATCH (c:Calls) RETURN c", "did you mean Call?"),
    ("MATCH (c:call) RETURN c", "did you mean Call?"),
    ("MATCH (c:Function) RETURN c", "it has Call, Component, Op,"),
    ("MATCH (c:Call) RETURN c.opp", "did you mean op?"),
    ("MATCH (c:Call)-[:OUTPUTS]->(r) RETURN r", "did you mean OUTPUT?"),
    ("MATCH (c:Call)-[:INPUT]->(r:Ref) RETURN r", "INPUT goes from Ref to Call"),
    ("MATCH (c:Call)<-[:OUTPUT]-(r:Ref) RETURN r", "OUTPUT goes from Call to Ref"),
    ("MATCH (c:Call)-[:OUTPUT]-(d:Call) RETURN d", "OUTPUT goes from Call to Ref"),
]


@pytest.fixture(scope="module")
def empty() -> Storage:
    return Storage()


@pytest.mark.parametrize(("query", "hint"), MISTAKES)
def test_an_error_shows_the_place_and_helps(empty: Storage, query: str, hint: str) -> None:
    with pytest.raises(CypherError) as found:
        empty.query(query)
    head, shown, caret = str(found.value).split("\n")
    assert hint in head
    e = found.value
    assert head.startswith(f"line {e.line}, column {e.column}: ")
    line = query.split("\n")[e.line - 1]
    assert shown == f"  {line}"
    assert caret == " " * (e.column + 1) + "^"


@pytest.mark.parametrize(("query", "hint"), SLIPS)
def test_a_slip_is_noted_where_it_is(empty: Storage, query: str, hint: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mandala_graph"):
        assert len(empty.query(query)) == 0
    (record,) = caplog.records
    head, shown, caret = record.getMessage().split("\n")
    assert hint in head
    assert re.match(r"line 1, column \d+: ", head)
    assert (shown, caret.strip()) == (f"  {query}", "^")


def test_patterns_that_may_match_are_not_noted(empty: Storage, caplog: pytest.LogCaptureFixture) -> None:
    for query in (
        "MATCH (r:Ref)-[:INPUT]->(c:Call)-[:OUTPUT]->(s:Ref) RETURN s",
        "MATCH (c:Call)<--(r:Ref) RETURN r",
        "MATCH (c:Call)--(x) RETURN x",
        "MATCH (a:Ref)-[:INPUT|OUTPUT*]->(b:Ref) RETURN b",
        "MATCH (a:Component)-[:CHANGED_TO]->(b:Component) RETURN b",
        "MATCH (c:Call|Ref)-[:INPUT]->(d) RETURN d",
    ):
        empty.query(query)
    assert not caplog.records
