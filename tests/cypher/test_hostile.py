"""No name or string changes a statement, whatever is in it: as our renderer writes it, both engines read it alike."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mandala_graph.cypher import ast
from mandala_graph.cypher.render import render
from tests.cypher.conftest import Ask

letters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
spiced = st.builds(
    lambda a, b, c: a + b + c,
    letters,
    st.sampled_from(["`", "'", '"', "\\", "//", "/*", "\x01", "\x02", "$", ""]),
    letters,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=spiced)
@example(text="a\x01=0\x02b")
@example(text="x` DETACH DELETE n //")
@example(text="\\u0060 DETACH DELETE n //")
def test_no_name_changes_a_statement(ask_both: Ask, text: str) -> None:
    """A text as variable, column, key, label, type, property, parameter, literal: as our renderer writes it."""
    v, p = ast.Variable(text), ast.Parameter(text)
    node = ast.NodePattern(text, ast.LabelOr((ast.LabelName("Call"), ast.LabelName(text))), None, None)
    match = ast.Match((ast.PathPattern((node,)),))
    items = (
        ast.ProjectionItem(ast.Property(v, text), text),
        ast.ProjectionItem(p, "_p_of_mine"),
        ast.ProjectionItem(ast.Literal(text), "_l_of_mine"),
        ast.ProjectionItem(ast.Property(ast.MapLiteral((ast.MapEntry(text, ast.Literal(text)),)), text), "_m_of_mine"),
        ast.ProjectionItem(ast.CountStar(), "_n_of_mine"),
    )
    query = render(ast.Query(ast.SingleQuery((match, ast.Return(ast.Projection(items))))))
    outcome = ask_both(query, {text: text})
    assert outcome.verdict == "same", (query, outcome.detail)
    assert outcome.rows == 1
