"""Which parts of a column that holds an aggregate are neither in the aggregate nor what rows are grouped by."""

from __future__ import annotations

from collections.abc import Container, Sequence

from mandala_graph.cypher import ast
from mandala_graph.cypher.functions_known import AGGREGATES

__all__ = ["is_aggregate", "ungrouped"]


def is_aggregate(node: ast.Node) -> bool:
    """Is this node itself an aggregate?"""
    return isinstance(node, ast.CountStar) or (isinstance(node, ast.FunctionCall) and node.name.lower() in AGGREGATES)


def ungrouped(node: ast.Node, keys: Sequence[ast.Expression], scope: Container[str]) -> ast.Node | None:
    """The first variable outside of aggregates that the rows are not grouped by; None where all is well.

    A key counts when it is a variable or a property of one; `scope` holds the variables to mind (others are bound by
    the expression itself).

    >>> x, total = ast.Property(ast.Variable("n"), "x"), ast.CountStar()
    >>> ungrouped(ast.Binary("+", x, total), [x], {"n"}), ungrouped(ast.Binary("+", x, total), [], {"n"})
    (None, Variable(name='n'))
    """
    simple = [k for k in keys if isinstance(k, ast.Variable) or
              (isinstance(k, ast.Property) and isinstance(k.subject, ast.Variable))]  # fmt: skip
    stack: list[tuple[ast.Node, frozenset[str]]] = [(node, frozenset())]
    while stack:
        top, bound = stack.pop()
        if is_aggregate(top) or top in simple:
            continue
        if isinstance(top, ast.Variable | ast.ProjectVariable):
            if top.name in scope and top.name not in bound and ast.Variable(top.name) not in simple:
                return top
            continue
        if isinstance(top, ast.NodePattern | ast.RelationshipPattern) and top.variable is not None:
            uses = top.variable in scope and top.variable not in bound
            if uses and ast.Variable(top.variable) not in simple:
                return top
        inner = bound | _binds(top)
        stack.extend((child, inner) for child in reversed(list(ast.children(top))))
    return None


def _binds(node: ast.Node) -> frozenset[str]:
    if isinstance(node, ast.ListComprehension | ast.Quantifier):
        return frozenset((node.variable,))
    if isinstance(node, ast.Reduce):
        return frozenset((node.variable, node.accumulator))
    return frozenset()
