"""Trees to text and back. That the text means the same to Neo4j is in test_corpus.py."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_graph.cypher import ast
from mandala_graph.cypher.parser import parse, parse_expression
from mandala_graph.cypher.render import render, render_expression
from tests.cypher.corpus import ACCEPTED


def without_aliases(node: Any) -> Any:
    """The same tree, where columns have no names of their own."""
    if isinstance(node, ast.ProjectionItem):
        return ast.ProjectionItem(without_aliases(node.expression))
    if isinstance(node, ast.Literal) or not isinstance(node, ast.Node | tuple):
        return repr(node)
    if isinstance(node, tuple):
        return tuple(map(without_aliases, node))
    return type(node).__name__, tuple(
        without_aliases(getattr(node, f)) for f in type(node).__dataclass_fields__ if f not in ("pos", "text")
    )


@pytest.mark.parametrize("parenthesised", [False, True])
def test_each_query_of_the_corpus_comes_back(parenthesised: bool) -> None:
    for query in ACCEPTED:
        tree = parse(query)
        text = render(tree, parenthesised)
        assert without_aliases(parse(text)) == without_aliases(tree), (query, text)
        assert render(parse(text), parenthesised) == text


@pytest.mark.parametrize(
    ("text", "minimal", "full"),
    [
        ("((a + (b * c)))", "a + b * c", "(a + (b * c))"),
        ("(a + b) * c", "(a + b) * c", "((a + b) * c)"),
        ("a - (b - c)", "a - (b - c)", "(a - (b - c))"),
        ("a ^ (b ^ c)", "a ^ (b ^ c)", "(a ^ (b ^ c))"),
        ("not (a and b) or c", "NOT (a AND b) OR c", "((NOT (a AND b)) OR c)"),
        ("(a < b) = c", "(a < b) = c", "((a < b) = c)"),
        ("a < b = c", "a < b = c", "(a < b = c)"),
        ("-(-1)", "-(-1)", "(-(-1))"),
        ("n . op IS NOT null", "n.op IS NOT NULL", "(n.op IS NOT NULL)"),
        ("[x in xs where (x:A|B)|x]", "[x IN xs WHERE (x:A|B) | x]", "[x IN xs WHERE (x:A|B) | x]"),
        ("exists{(a)-->()}", "EXISTS { MATCH (a)-->() }", "EXISTS { MATCH (a)-->() }"),
        ("`where` + `a b` + `x`", "`where` + `a b` + x", "((`where` + `a b`) + x)"),
        ('"it\'s"', r"'it\'s'", r"'it\'s'"),
        ("1e400 - 1", None, None),
    ],
)
def test_texts(text: str, minimal: str | None, full: str | None) -> None:
    if minimal is None:
        with pytest.raises(SyntaxError):
            parse_expression(text)
        return
    tree = parse_expression(text)
    assert (render_expression(tree), render_expression(tree, parenthesised=True)) == (minimal, full)


# --- drawn trees

names = st.sampled_from(
    ["a", "b", "end", "WHERE", "NOT", "case", "a b", "`", "\\u0041", "é", "_1", "count", "Infinity", "in"]
)
keys = st.sampled_from(["op", "end", "a b", "NULL", "`x`"])
literals = st.builds(
    ast.Literal,
    st.none()
    | st.booleans()
    | st.integers(0, 2**63 - 1)
    | st.floats(min_value=0, allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
labels = st.recursive(
    st.builds(ast.LabelName, keys) | st.just(ast.LabelAny()),
    lambda inner: (
        st.builds(ast.LabelNot, inner)
        | st.builds(ast.LabelAnd, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(ast.LabelOr, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=4,
)
operators = st.sampled_from(
    ["OR", "XOR", "AND", "+", "-", "||", "*", "/", "%", "^", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~"]
)


def comparisons(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[ast.Comparison]:
    return st.lists(
        st.tuples(inner, st.sampled_from(["=", "<>", "<", ">", "<=", ">="])), min_size=1, max_size=3
    ).flatmap(
        lambda pairs: st.builds(
            ast.Comparison, st.tuples(inner, *(st.just(p[0]) for p in pairs)), st.just(tuple(p[1] for p in pairs))
        )
    )


def paths(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[ast.PathPattern]:
    properties = st.none() | st.builds(
        ast.MapLiteral, st.lists(st.builds(ast.MapEntry, keys, inner), max_size=2).map(tuple)
    )
    nodes = st.builds(ast.NodePattern, st.none() | names, st.none() | labels, properties, st.none() | inner)
    relationships = st.builds(
        ast.RelationshipPattern,
        st.none() | names,
        st.none() | st.builds(ast.LabelName, keys),
        properties,
        direction=st.sampled_from(["->", "<-", "--"]),
        length=st.none() | st.builds(ast.Length, st.integers(0, 3), st.none() | st.integers(0, 5), st.just(True)),
    )
    return st.builds(ast.PathPattern, st.tuples(nodes, relationships, nodes))


def compounds(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    maybe = st.none() | inner
    tuples = st.lists(inner, max_size=3).map(tuple)
    kinds: list[st.SearchStrategy[Any]] = [
        st.builds(ast.Property, inner, keys),
        st.builds(ast.Subscript, inner, inner),
        st.tuples(inner, maybe, maybe).filter(lambda t: t[1:] != (None, None)).map(lambda t: ast.Slice(*t)),
        st.builds(ast.ListLiteral, tuples),
        st.builds(ast.MapLiteral, st.lists(st.builds(ast.MapEntry, keys, inner), max_size=2).map(tuple)),
        st.builds(ast.Unary, st.sampled_from(["NOT", "+", "-"]), inner),
        st.builds(ast.Binary, operators, inner, inner),
        comparisons(inner),
        st.builds(ast.IsNull, inner, st.booleans()),
        st.builds(ast.LabelPredicate, inner, labels),
        st.builds(
            ast.Case, maybe, st.lists(st.builds(ast.When, inner, inner), min_size=1, max_size=2).map(tuple), maybe
        ),
        st.builds(ast.FunctionCall, st.sampled_from(["abs", "count", "my.own", "all"]), tuples, st.just(False)),
        st.builds(ast.ListComprehension, names, inner, maybe, maybe),
        st.builds(ast.Quantifier, st.sampled_from(["all", "any", "none", "single"]), names, inner, inner),
        st.builds(ast.Reduce, names, inner, names, inner, inner),
        st.builds(ast.PatternPredicate, paths(inner)),
        st.builds(ast.PatternComprehension, paths(inner), maybe, inner),
        st.builds(lambda p, w: ast.Subquery("EXISTS", ast.SingleQuery((ast.Match((p,), w),))), paths(inner), maybe),
    ]
    # not one_of: the repr of strategies in strategies, which Hypothesis makes, would be too long
    return st.integers(0, len(kinds) - 1).flatmap(lambda i: kinds[i])


expressions = st.recursive(
    literals | st.builds(ast.Variable, names) | st.builds(ast.Parameter, keys) | st.just(ast.CountStar()),
    compounds,
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(expressions, st.booleans())
def test_drawn_trees_come_back(tree: Any, parenthesised: bool) -> None:
    text = render_expression(tree, parenthesised)
    assert parse_expression(text) == tree, text


def test_numbers_that_have_no_digits_come_back() -> None:
    for value in (math.inf, math.nan):
        assert repr(parse_expression(render_expression(ast.Literal(value)))) == repr(ast.Literal(value))
