"""Every function of the subset gives on SQLite what a real Neo4j gives, for arguments of every kind."""

from __future__ import annotations

import itertools
import os
import random
import re

import pytest

from mandala_graph.cypher.functions_known import AGGREGATES, FUNCTIONS, SUBSET
from mandala_graph.cypher.scope import prepare
from mandala_graph.errors import CypherError
from tests.cypher.conftest import Ask

SAMPLES = {
    "b": ["true", "false"],
    "i": ["0", "1", "-3", "7", "9007199254740993", "9223372036854775807", "-9223372036854775808"],
    "f": ["0.0", "-0.0", "1.5", "-2.5", "0.1", "1e300", "1.0/0.0", "0.0/0.0", "123456789.987654321", "1e-7"],
    "s": [
        "''", "'a'", "'aBc'", "' x '", "'añ😀b'", "'1'", "'-2.5'", "'1e3'", "'0x1F'", "'TRUE'", "' true '", "'ß'", "'İ'",
        "'NaN'", "'Infinity'", "'.5'", "'1_0'", "'9223372036854775808'", "'a,b,,c'", "'\\u00a0x\\u2003'", "'1.'", "'+5'",
        "'ﬁ'", "'ς'", "'1f'", "'0b1'", "'٣'",
    ],
    "l": ["[]", "[1, 2, 3]", "['a', null, true]", "[[1], {a: 1}]", "[1, 'x', 2.5, '3.9', null, true]"],
    "m": ["{}", "{a: 1, b: null}", "{b: 'x', a: [1]}"],
    "N": ["c", "r"],
    "R": ["e"],
    "P": ["p"],
}  # fmt: skip
PAIRS = int(os.environ.get("MANDALA_GRAPH_FUZZ", "60"))
EVERY = ["null", *itertools.chain.from_iterable(SAMPLES.values())]
NOT_THE_SAME = {
    "id",
    "elementid",
    "timestamp",
    "rand",
    "randomuuid",
    "exists",
}  # tested below: their values are an engine's own
SOME = "MATCH p = (c:Call {op: 'train'})-[e:OUTPUT]->(r:Ref) WITH c, e, r, p ORDER BY c.hid, r.hid LIMIT 1 "


APART = {
    "datetime": ["'+5'"],  # years without four digits
    "split": ["'añ😀b', ''"],  # Neo4j takes a character beyond U+FFFF apart, into halves that are no text
    "trim": [", "],  # Neo4j's trim() with two arguments is no trimming; refused
    "left": ["-9223372036854775808", "9007199254740993"],  # Neo4j takes the lowest 32 bits; here it is an error
    "range": ["9223372036854775807", "-9223372036854775808", "9007199254740993"],  # lists that no memory holds
    "round": [", 0.0/0.0)"],  # no number of digits
}
"""By function, what its calls hold where Neo4j and SQLite differ, and why."""


def _values(kinds: str) -> list[str]:
    kinds = kinds.replace("n", "if")
    return EVERY if "*" in kinds else ["null", *(v for k in kinds for v in SAMPLES.get(k, []))]


def _calls(name: str) -> list[str]:
    """Calls of a function: all values of its one argument; some of the pairs and triples."""
    f = FUNCTIONS[name]
    if f.maximum == 0:
        return [f"{f.name}()"]
    pools = [_values(a) for a in f.arguments]
    calls: list[str] = []
    for n in range(max(f.minimum, 1), min(f.maximum, len(pools)) + 1):
        tuples = list(itertools.product(*pools[:n]))
        if n > 1:
            tuples = random.Random(n).sample(tuples, min(len(tuples), PAIRS))
        calls += [f"{f.name}({', '.join(t)})" for t in tuples]
    return [c for c in dict.fromkeys(calls) if not any(part in c for part in APART.get(name, ()))]


@pytest.mark.parametrize("name", sorted(SUBSET - AGGREGATES - NOT_THE_SAME))
def test_function(ask_both: Ask, name: str) -> None:
    wrong, same = [], 0
    unordered = name == "keys"
    for call in _calls(name):
        head = SOME if any(f"({v}" in call or f" {v})" in call for v in "crep") else ""
        outcome = ask_both(f"{head}RETURN {call} AS y", {}, unordered)
        same += outcome.verdict == "same" and outcome.rows
        if outcome.verdict not in ("same", "refused"):
            wrong.append(f"{call}: {outcome.verdict} {outcome.detail}")
    assert not wrong, "\n".join(wrong[:20])
    assert same


@pytest.mark.parametrize(
    ("expression", "true"),
    [
        ("rand()", "0.0 <= y AND y < 1.0"),
        ("randomUUID()", "y =~ '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'"),
        ("timestamp()", "y > 1700000000000 AND y = toInteger(y)"),
        ("datetime()", "y > datetime('2024-01-01') AND y.year > 2023 AND y = datetime()"),
        ("exists((c)-[:OUTPUT]->())", "y AND NOT exists((r)-[:OUTPUT]->())"),
        ("elementId(c)", "size(y) > 0 AND y = elementId(c) AND y <> elementId(r) AND y <> elementId(e)"),
    ],
)
def test_values_of_an_engine_s_own(ask_both: Ask, expression: str, true: str) -> None:
    outcome = ask_both(f"{SOME}WITH c, e, r, {expression} AS y RETURN {true} AS ok, valueType(y) AS kind", {})
    assert (outcome.verdict, outcome.rows) == ("same", 1), outcome.detail
    distinct = f"MATCH (c:Call) WITH c, {expression} AS y RETURN count(DISTINCT y) > 1 AS many, count(*) AS n"
    assert ask_both(distinct, {}).verdict == "same"


def test_times_sort_and_group(ask_both: Ask) -> None:
    query = (
        "MATCH (c:Call) WITH datetime({epochSeconds: toInteger(c.started)}) AS t, c "
        "RETURN t, count(*) AS n, collect(c.hid)[0] IS NULL AS x, t.second AS s, toString(t) AS text ORDER BY t DESC LIMIT 5"
    )
    outcome = ask_both(query, {})
    assert (outcome.verdict, outcome.rows) == ("same", 5), outcome.detail
    mixed = (
        "UNWIND [1, 'a', datetime('2024-05-01T10:00:00+02:00'), null, datetime('2024-05-01T08:00:00Z'), true, [1]] AS x"
    )
    for tail in (
        "RETURN x ORDER BY x",
        "RETURN DISTINCT x",
        "RETURN min(x) AS a, max(x) AS b",
        "RETURN x = x AS a, x < x AS b",
    ):
        assert ask_both(f"{mixed} {tail}", {}).verdict == "same", tail


def test_every_other_function_is_refused_by_its_name(ask_both: Ask) -> None:
    for name in FUNCTIONS.keys() - SUBSET:
        f = FUNCTIONS[name]
        text = f"MATCH (n) RETURN {f.name}({', '.join(['null' if name != 'id' else 'n'] * f.minimum)}) AS y"
        with pytest.raises(CypherError, match=re.escape(f.name)):
            prepare(text)
