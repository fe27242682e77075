"""What lowering wants to know of a tree before it makes SQL of it: conjuncts, names, and whether counts matter.

Small questions about trees and small changes to them; no SQL and no schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.functions_known import AGGREGATES

__all__ = ["conjuncts", "has_aggregate", "ignores_counts", "names", "needs_every_row"]


def conjuncts(condition: ast.Expression | None) -> list[ast.Expression]:
    """The parts of a condition that must all hold: `a AND b AND c` is three of them."""
    if condition is None:
        return []
    if isinstance(condition, ast.Binary) and condition.operator == "AND":
        return conjuncts(condition.left) + conjuncts(condition.right)
    return [condition]


def names(nodes: Iterable[ast.Node | None]) -> set[str]:
    """Every variable's name in these trees, bound or used (a superset of those that are free)."""
    found: set[str] = set()
    for node in nodes:
        if node is None:
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Variable):
                found.add(part.name)
            elif isinstance(part, (ast.NodePattern, ast.RelationshipPattern, ast.PathPattern)) and part.variable:
                found.add(part.variable)
            elif isinstance(part, ast.ProjectVariable):
                found.add(part.name)
            elif isinstance(part, ast.CallSubquery) and part.imports:
                found.update(part.imports)
            elif (isinstance(part, (ast.With, ast.Return)) and part.projection.star) or (
                isinstance(part, ast.CallSubquery) and part.imports == "*"
            ):
                found.add("*")
    return found


def is_aggregate(node: ast.Node) -> bool:
    return isinstance(node, ast.CountStar) or (isinstance(node, ast.FunctionCall) and node.name.lower() in AGGREGATES)


def has_aggregate(node: ast.Node) -> bool:
    """Does the expression hold an aggregate of its own (not one inside a subquery)?"""
    if is_aggregate(node):
        return True
    if isinstance(node, (ast.Subquery, ast.PatternComprehension)):
        return False
    return any(has_aggregate(c) for c in ast.children(node))


def _counts(node: ast.Node) -> bool:
    """Does an aggregate in here give something else when rows come twice?"""
    if isinstance(node, ast.CountStar):
        return True
    if isinstance(node, ast.FunctionCall) and node.name.lower() in AGGREGATES:
        return not (node.distinct or node.name.lower() in ("min", "max"))
    if isinstance(node, (ast.Subquery, ast.PatternComprehension)):
        return False
    return any(_counts(c) for c in ast.children(node))


def ignores_counts(clauses: Sequence[ast.Clause], at_end: bool) -> bool:
    """Would the result be the same if each row came several times into these clauses?

    `at_end` is the answer for what follows the last of them.
    """
    for clause in clauses:
        if isinstance(clause, (ast.With, ast.Return)):
            p = clause.projection
            if p.distinct:
                return not any(_counts(i.expression) for i in p.items)
            if any(has_aggregate(i.expression) for i in p.items):
                return not any(_counts(i.expression) for i in p.items)
            if p.skip is not None or p.limit is not None:
                return False
        elif isinstance(clause, ast.CallSubquery) and not clause.imports:
            return False
    return at_end


def needs_every_row(body: Any) -> bool:
    """Is this a UNION that keeps doubles (so that its parts must)?"""
    return not (isinstance(body, ast.Union) and not body.all)
