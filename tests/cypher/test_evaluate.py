"""Expressions evaluated in memory mean what they mean in a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_graph.cypher.compile import parsed
from mandala_graph.cypher.evaluate import check, evaluate
from mandala_graph.cypher.parser import parse_expression
from mandala_graph.cypher.run import run_on_sqlite
from mandala_graph.errors import CypherError, UnsupportedCypher, UsageError
from mandala_graph.frame.predicate import parse
from tests.cypher.test_differential import VALUES


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    c = sqlite3.connect(":memory:", isolation_level=None)
    yield c
    c.close()


@pytest.mark.parametrize("items", VALUES)
def test_values(empty: sqlite3.Connection, items: str) -> None:
    query, _ = parsed(f"RETURN {items}")
    projection = query.body.clauses[0].projection  # type: ignore[union-attr]
    for item in projection.items:
        if "reduce" in item.text or not _evaluates(item.expression):
            continue
        text = f"RETURN {items.split(' AS ')[0]} AS x" if len(projection.items) == 1 else None
        (row,) = _rows(empty, f"RETURN {items}") or (None,)
        mine = _outcome(lambda e=item.expression: evaluate(e, {}))
        theirs = "error" if row is None else repr(row[projection.items.index(item)])
        assert mine == theirs, (text, item.name)


def _evaluates(expression: object) -> bool:
    try:
        check(expression, "")  # type: ignore[arg-type]
    except UnsupportedCypher:
        return False
    return True


def _rows(connection: sqlite3.Connection, text: str, **given: object) -> list[tuple[object, ...]]:
    try:
        return run_on_sqlite(connection, text, given).rows
    except CypherError:
        return []


def _outcome(call: object) -> str:
    try:
        return repr(call())  # type: ignore[operator]
    except CypherError:
        return "error"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.5, -2.5, 1.0, float("nan")])
    | st.sampled_from(["", "a", "b", "ab", "B"])
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from("ab"), scalars, max_size=2)
TEXTS = [
    "x = y", "x <> y", "x < y", "x <= y", "x > y", "x >= y", "x + y", "x - y", "x * y", "x / y", "x % y", "x ^ y", "x IN y",
    "x STARTS WITH y", "x ENDS WITH y", "x CONTAINS y", "x || y", "x IS NULL", "y IS NOT NULL", "-x", "x < y < x", "x[y]",
    "+x", "CASE x WHEN y THEN 1 ELSE 2 END", "CASE WHEN x = y THEN x END", "coalesce(x, y)", "[i IN x WHERE i = y | i]", "x.a",
    "any(i IN x WHERE i = y)", "all(i IN x WHERE i <> y)", "none(i IN x WHERE i > y)", "single(i IN x WHERE i = y)",
    "size(x)", "head(x)", "last(x)", "reverse(x)", "toUpper(x)", "toString(x)", "toInteger(x)", "[x, y]", "{a: x, b: y}",
]  # fmt: skip
LOGIC = ["x AND y", "x OR y", "x XOR y", "NOT x", "x AND NOT y OR y AND x", "(x OR y) XOR x"]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(TEXTS), x=values, y=values)
def test_operators(empty: sqlite3.Connection, text: str, x: object, y: object) -> None:
    _agree(empty, text, x, y)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(LOGIC), x=st.sampled_from([True, False, None]), y=st.sampled_from([True, False, None]))
def test_logic(empty: sqlite3.Connection, text: str, x: object, y: object) -> None:
    _agree(empty, text, x, y)


def _agree(connection: sqlite3.Connection, text: str, x: object, y: object) -> None:
    rows = _rows(connection, f"UNWIND [$x] AS x UNWIND [$y] AS y RETURN {text} AS z", x=x, y=y)
    tree = parse_expression(text)
    check(tree, text)
    theirs = repr(rows[0][0]) if rows else "error"
    assert _outcome(lambda: evaluate(tree, {"x": x, "y": y})) == theirs


def test_conditions_of_frames() -> None:
    terms = parse("1 < x <= 10 AND y IN [1, 2] and not z == 'a' AND w is not None AND v not in [3] AND u > -2")
    assert [t.condition for t in terms] == [
        (">", 1), ("<=", 10), ("IN", (1, 2)), ("NOT", ("=", "a")), None, ("NOT", ("IN", (3,))), (">", -2),
    ]  # fmt: skip
    assert [t.variables for t in terms] == [("x",), ("x",), ("y",), ("z",), ("w",), ("v",), ("u",)]
    given = {"x": np.int64(5), "y": Decimal(1), "z": "b", "w": 0, "v": 4, "u": Fraction(1, 2)}
    assert [t.test(given) for t in terms] == [True, True, False, True, True, True, True]
    (several,) = parse("acc > lr * 4 OR any(v IN l WHERE v = lr)")
    assert several.variables == ("acc", "lr", "l")
    assert several.test({"acc": np.float64(0.5), "lr": Decimal("0.1"), "l": []})
    assert not several.test({"acc": np.arange(3), "lr": 1, "l": [2]})
    assert several.test({"acc": None, "lr": 1, "l": (2, 1)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acc >", "cannot read"),
        ("acc > $x", "more than a condition can say"),
        ("(a)-->()", "more than a condition can say"),
        ("count(x) > 1", r"count\(\)"),
        ("rand() > x", r"rand\(\)"),
        ("x // 2 = 1", "begins a comment"),
        ("1 = 1", "names no variable"),
        ("__import__('os').system('true')", "cannot read|more than"),
    ],
)
def test_conditions_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text)
