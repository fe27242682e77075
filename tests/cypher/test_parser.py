"""Trees and messages of the parser, and that no text whatever makes it fail otherwise, or take long."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mandala_graph.cypher import ast
from mandala_graph.cypher.parser import MAX_DEPTH, parse, parse_expression
from mandala_graph.cypher.scope import check, prepare
from mandala_graph.errors import CypherError, CypherSyntaxError, UnsupportedCypher
from tests.cypher.corpus import ACCEPTED, REJECTED, UNSUPPORTED


def V(name: str) -> ast.Variable:
    return ast.Variable(name)


def L(value: Any) -> ast.Literal:
    return ast.Literal(value)


def B(operator: Any, left: ast.Expression, right: ast.Expression) -> ast.Binary:
    return ast.Binary(operator, left, right)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 < x <= 10", ast.Comparison((L(1), V("x"), L(10)), ("<", "<="))),
        ("a ^ b ^ c", B("^", B("^", V("a"), V("b")), V("c"))),
        ("-2 ^ 2", B("^", ast.Unary("-", L(2)), L(2))),
        ("a - b - c", B("-", B("-", V("a"), V("b")), V("c"))),
        ("a + b * c", B("+", V("a"), B("*", V("b"), V("c")))),
        ("NOT a = b AND c", B("AND", ast.Unary("NOT", ast.Comparison((V("a"), V("b")), ("=",))), V("c"))),
        ("a OR b XOR c AND d", B("OR", V("a"), B("XOR", V("b"), B("AND", V("c"), V("d"))))),
        ("a.end", ast.Property(V("a"), "end")),
        ("end.return", ast.Property(V("end"), "return")),
        ("x IN xs + ys", B("IN", V("x"), B("+", V("xs"), V("ys")))),
        ("x STARTS WITH 'a' = true", ast.Comparison((B("STARTS WITH", V("x"), L("a")), L(True)), ("=",))),
        ("(a) - [b] - (c)", ast.PatternPredicate(ast.PathPattern((
            ast.NodePattern("a"), ast.RelationshipPattern("b", direction="--"), ast.NodePattern("c"))))),
        ("(a) - [1] - (c)", B("-", B("-", V("a"), ast.ListLiteral((L(1),))), V("c"))),
        ("(a) - 1", B("-", V("a"), L(1))),
        ("[x IN xs WHERE x:A | x.b]", ast.ListComprehension(
            "x", V("xs"), ast.LabelPredicate(V("x"), ast.LabelName("A")), ast.Property(V("x"), "b"))),
        ("[x IN xs WHERE x:A|B | x]", ast.ListComprehension(
            "x", V("xs"), ast.LabelPredicate(V("x"), ast.LabelOr((ast.LabelName("A"), ast.LabelName("B")))), V("x"))),
        ("[x IN xs, y]", ast.ListLiteral((B("IN", V("x"), V("xs")), V("y")))),
        ("xs[1..]", ast.Slice(V("xs"), L(1), None)),
        ("xs[1..3][0]", ast.Subscript(ast.Slice(V("xs"), L(1), L(3)), L(0))),
        ("1_000 + 0x1F + .5", B("+", B("+", L(1000), L(31)), L(0.5))),
        (r"'a\'b\\\n\u0041\q'", L("a'b\\\nA\\q")),
        ("`a``b`", V("a`b")),
        ("count(*)", ast.CountStar()),
        ("COUNT(DISTINCT x)", ast.FunctionCall("count", (V("x"),), True)),
        ("datetime.fromepoch(1, 2)", ast.FunctionCall("datetime.fromEpoch", (L(1), L(2)))),
        ("n {.a, .*, b, c: 1}", ast.MapProjection(V("n"), (
            ast.ProjectProperty("a"), ast.ProjectAll(), ast.ProjectVariable("b"), ast.MapEntry("c", L(1))))),
        ("CASE c WHEN 1 THEN 2 END", ast.Case(V("c"), (ast.When(L(1), L(2)),), None)),
        ("$`a b`", ast.Parameter("a b")),
        ("$1", ast.Parameter("1")),
    ],
)  # fmt: skip
def test_trees_of_expressions(text: str, tree: ast.Expression) -> None:
    assert parse_expression(text) == tree


def test_literals_of_different_types_differ() -> None:
    assert len({L(1), L(1.0), L(True)}) == 3


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("-[r*]->", ast.Length(1, None, True)),
        ("-[r*2]->", ast.Length(2, 2, True)),
        ("-[r*0..]->", ast.Length(0, None, True)),
        ("-[r*..3]->", ast.Length(1, 3, True)),
        ("-[r]->*", ast.Length(0, None)),
        ("-[r]->+", ast.Length(1, None)),
        ("-[r]->{,3}", ast.Length(0, 3)),
        ("-[r]->{2}", ast.Length(2, 2)),
    ],
)
def test_lengths(text: str, length: ast.Length) -> None:
    clause = parse(f"MATCH (a){text}(b) RETURN a").body.clauses[0]  # type: ignore[union-attr]
    assert isinstance(clause, ast.Match)
    assert clause.patterns[0].elements[1] == ast.RelationshipPattern("r", length=length)


def test_a_node_left_out_beside_a_quantified_path_is_an_empty_one() -> None:
    a, b = (parse(f"MATCH {p} RETURN 1") for p in ("((x)-->(y)){1,2}", "()((x)-->(y)){1,2}()"))
    assert a == b


def test_positions_are_where_nodes_begin() -> None:
    text = "MATCH (n:Call)\nWHERE n.op = 'f'\nRETURN n.hid AS hid"
    starts = {
        ast.Match: "MATCH", ast.NodePattern: "(n", ast.LabelName: "Call", ast.Comparison: "n.op", ast.Literal: "'f'",
        ast.Return: "RETURN", ast.ProjectionItem: "n.hid",
    }  # fmt: skip
    found = {type(n): text[n.pos :] for n in ast.walk(parse(text))}
    assert {k: found[k].startswith(v) for k, v in starts.items()} == dict.fromkeys(starts, True)


def test_a_column_is_named_as_it_was_written() -> None:
    assert prepare("MATCH (n) RETURN n.op, count( * ), n.op  +  'x', n AS m, 'a' AS `b c`").columns == (
        "n.op", "count( * )", "n.op  +  'x'", "m", "b c")  # fmt: skip


def test_the_same_text_is_parsed_once() -> None:
    assert parse("RETURN 1") is parse("RETURN 1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (n) RETRUN n", "line 1, column 11: expected a clause, not 'RETRUN'; did you mean RETURN?"),
        ("MTACH (n) RETURN n", "line 1, column 1: expected a clause: MATCH, OPTIONAL MATCH, UNWIND, WITH, CALL or RETURN, "
                               "not 'MTACH'; did you mean MATCH?"),
        ("MATCH (n)\nWHER n.x = 1\nRETURN n", "line 2, column 1: expected a clause, not 'WHER'; did you mean WHERE?"),
        ("MATCH (n:Call\nRETURN n", "line 2, column 1: expected ')', ':Label', '{' or WHERE, not 'RETURN'"),
        ("MATCH (n) RETURN n.x == 1", "line 1, column 23: expected an expression, not '='; write = for 'equal'"),
        ("MATCH (n) RETURN n.x != 1", "line 1, column 22: expected an operator, not '!='; write <> for 'not equal'"),
        ("RETURN 'abc", "line 1, column 8: this string has no closing '"),
        ("RETURN 12ab", "line 1, column 8: 12ab is no number; a name that begins with a digit stands in backticks"),
        ("RETURN 9223372036854775808", "line 1, column 8: this integer is too large: integers have 64 bits"),
        ("RETURN [1, 2", "line 1, column 13: expected ']' or ',', not the end of the query"),
        ("", "line 1, column 1: the query is empty"),
        ("MATCH (n)", "line 1, column 1: a query cannot end with MATCH; add RETURN ..."),
        ("RETURN 1 AS x UNION RETURN 2 AS x UNION ALL RETURN 3 AS x",
         "line 1, column 35: UNION and UNION ALL cannot be mixed"),
        ("MATCH (n:A:B|C) RETURN n", "line 1, column 10: labels are joined by ':' alone or by '|', '&' and '!'; write & for ':'"),
    ],
)  # fmt: skip
def test_syntax_errors_say_where_and_what_was_meant(text: str, message: str) -> None:
    with pytest.raises(CypherSyntaxError) as e:
        parse(text)
    assert str(e.value).split("\n")[0] == message


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(CypherSyntaxError) as e:
        parse("MATCH (n)\n  WHERE\tn.x >> 1\nRETURN n")
    _, line, caret = str(e.value).split("\n")
    assert line == "    WHERE n.x >> 1"
    assert line[caret.index("^") :] == "> 1"
    assert (e.value.line, e.value.column) == (2, 14)


def test_a_long_line_is_cut_around_the_place() -> None:
    with pytest.raises(CypherSyntaxError) as e:
        parse("RETURN [" + "1, " * 500 + "oops oops" + ", 1" * 500 + "]")
    _, line, caret = str(e.value).split("\n")
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("oops, 1")


@pytest.mark.parametrize(
    ("text", "construct", "place"),
    [
        ("CREATE (n)", "CREATE, which writes,", (1, 1)),
        ("MATCH (n)\nSET n.x = 1", "SET, which writes,", (2, 1)),
        ("LOAD CSV FROM 'x' AS r RETURN r", "LOAD CSV", (1, 1)),
        ("CALL db.labels()", "CALL of a procedure", (1, 1)),
        ("RETURN date('2020-01-01')", "the function date", (1, 8)),
        ("MATCH p = SHORTEST 2 (a)-->+(b) RETURN p", "SHORTEST before a path", (1, 11)),
        ("MATCH ((a)-->(b)-->(c))+ RETURN a", "a quantified path of several relationships", (1, 7)),
        ("RETURN 1 IS :: INTEGER", "a type predicate", (1, 10)),
        ("EXPLAIN RETURN 1", "EXPLAIN", (1, 1)),
    ],
)
def test_outside_of_the_subset_the_construct_is_named(text: str, construct: str, place: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedCypher) as e:
        prepare(text)
    assert f": {construct} is not in the subset" in str(e.value)
    assert "Neo4j runs it" in str(e.value)
    assert (e.value.line, e.value.column) == place


# --- no text crashes it


def failure(text: str) -> CypherError | None:
    try:
        prepare.__wrapped__(text)
    except CypherError as e:
        return e
    return None


def survives(text: str) -> None:
    error = failure(text)
    if error is not None:
        assert isinstance(error, CypherSyntaxError | UnsupportedCypher)
        assert 1 <= error.line <= text.count("\n") + 1
        assert error.column >= 1
        assert "^" in str(error)


_WORDS = sorted({w for q in ACCEPTED + REJECTED + UNSUPPORTED for w in q.split()})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_queries_parse_or_raise_our_errors(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(ACCEPTED + UNSUPPORTED))
    for _ in range(data.draw(st.integers(1, 4))):
        at, to = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
        text = text[:at] + data.draw(st.sampled_from(["", "", text[at:to] * 2, *"()[]{}|:.'`\"\\$-<>*"]) | st.sampled_from(_WORDS)) + text[to if data.draw(st.booleans()) else at:]  # fmt: skip
    survives(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(_WORDS), max_size=20).map(" ".join))
@example("\u0000")
@example("RETURN '\ud800'")
@example("RETURN ²")
@example("RETURN ٣")
@example("/*" * 50)
@example("RETURN 1e999999999")
@example("RETURN " + "9" * 5000)
def test_any_text_parses_or_raises_our_errors(text: str) -> None:
    survives(text)


_DEEP = {
    "parentheses": "RETURN " + "(" * 5000 + "1" + ")" * 5000,
    "open parentheses": "RETURN " + "(" * 5000,
    "lists": "RETURN " + "[" * 5000 + "]" * 5000,
    "maps": "RETURN " + "{a:" * 5000 + "1" + "}" * 5000,
    "nodes with maps": "RETURN " + "({a:" * 3000 + "1" + "})" * 3000,
    "patterns in maps": "RETURN " + "({a:" * 1000 + "1" + "})-->()" * 1000,
    "not": "RETURN " + "NOT " * 5000 + "true",
    "signs": "RETURN " + "- " * 5000 + "1",
    "sum": "RETURN 1" + " + 1" * 5000,
    "power": "RETURN 1" + " ^ 1" * 5000,
    "properties": "RETURN $p" + ".a" * 5000,
    "subscripts": "RETURN $p" + "[0]" * 5000,
    "comprehensions": "RETURN " + "[x IN " * 3000 + "[]" + "]" * 3000,
    "failing comprehensions": "RETURN " + "[x IN " * 40 + "[]" + ", 1]" * 40,
    "pattern comprehensions": "RETURN " + "[(a)-->() | " * 3000,
    "reduce": "RETURN " + "reduce(a = 0, x IN [] | " * 3000,
    "case": "RETURN " + "CASE WHEN true THEN " * 3000,
    "calls": "RETURN " + "abs(" * 5000 + "1" + ")" * 5000,
    "labels": "MATCH (n:" + "!" * 5000 + "A) RETURN n",
    "label parentheses": "MATCH (n:" + "(" * 5000 + "A" + ")" * 5000 + ") RETURN n",
    "exists": "RETURN " + "EXISTS { MATCH (n) WHERE " * 3000 + "true" + "}" * 3000,
    "calls of subqueries": "CALL () { " * 3000 + "RETURN 1 AS x" + " }" * 3000,
    "quantified": "MATCH " + "(" * 3000 + "(a)-->(b)" + ")+" * 3000 + " RETURN a",
}


@pytest.mark.parametrize("kind", _DEEP)
def test_deep_nesting_is_an_error_and_takes_no_time(kind: str) -> None:
    start = time.perf_counter()
    with pytest.raises(CypherError) as e:
        prepare.__wrapped__(_DEEP[kind])
    assert isinstance(e.value, CypherSyntaxError | UnsupportedCypher)
    assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize(
    "text",
    [
        "RETURN " + "[x IN " * 25 + "[]" + "]" * 25,
        "RETURN " + "(" * 50 + "1" + ")" * 50,
        "RETURN " + "({a: " * 15 + "1" + "}).a" * 15,
        "RETURN " + "[x IN " * 12 + "[]" + ", 1]" * 12 + ", [x IN 1 AS y",
        "RETURN " + " OR ".join(f"$x = {i}" for i in range(5000)),
        "RETURN " + " AND ".join(["NOT true"] * 5000),
        "RETURN [" + ", ".join(map(str, range(20000))) + "]",
    ],
    ids=range(7),
)
def test_wide_and_ambiguous_texts_take_time_in_proportion(text: str) -> None:
    start = time.perf_counter()
    survives(text)
    assert time.perf_counter() - start < 3.0


def test_trees_are_never_deeper_than_the_limit() -> None:
    text = "RETURN " + " OR ".join(["$x"] * 4000) + " AND " + " + ".join(["1"] * 110) + " = 1"

    def depth(node: ast.Node) -> int:
        return 1 + max((depth(c) for c in ast.children(node)), default=0)

    assert 100 < depth(parse(text)) <= MAX_DEPTH


def test_a_nearly_full_stack_is_a_syntax_error_too() -> None:
    query = "RETURN " + "(" * 50 + "1" + ")" * 50
    tree = parse(query)

    def at(depth: int) -> None:
        if depth:
            at(depth - 1)
            return
        with pytest.raises(CypherSyntaxError, match="nested too deep"):
            parse.__wrapped__(query)

    frame, used = sys._getframe(), 0
    while frame.f_back is not None:
        frame, used = frame.f_back, used + 1
    at(sys.getrecursionlimit() - used - 120)
    assert check(tree).columns == ("(" * 50 + "1" + ")" * 50,)
