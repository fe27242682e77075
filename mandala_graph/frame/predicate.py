"""Conditions on a frame's variables: expressions of Cypher, taken apart; nothing of them is run as code.

`acc > 0.9 AND n IN [10, 100]`: variables of the frame, what `mandala_graph.cypher.evaluate` knows of Cypher, and Python's
`==`, `!=`, `not in` and `None` for those who are used to them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.evaluate import check, evaluate
from mandala_graph.cypher.parser import parse_expression
from mandala_graph.errors import CypherError, UnsupportedCypher, UsageError
from mandala_graph.store.reach import Condition

__all__ = ["Term", "parse"]

_PYTHON = re.compile(
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)|==|!=|//|\bNone\b|(\w+)\s+not\s+in\b""", re.IGNORECASE
)
_OF_TEXT = ("STARTS WITH", "ENDS WITH", "CONTAINS")
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True)
class Term:
    """One of the conditions joined by AND: its variables, a test of their values, and the form that stores take, if any."""

    variables: tuple[str, ...]
    test: Callable[[Mapping[str, Any]], bool]
    condition: Condition | None = None


def parse(text: str) -> list[Term]:
    """The terms of an expression.

    >>> [t.condition for t in parse("acc > 0.9 AND n IN [1, 3] AND NOT name STARTS WITH 'a' AND size(l) > 1")]
    [('>', 0.9), ('IN', (1, 3)), ('NOT', ('STARTS WITH', 'a')), None]
    """

    def replace(found: re.Match[str]) -> str:
        word = found[0]
        if found[1]:
            return word
        if found[2]:
            return f"NOT {found[2]} IN"
        if word == "//":
            raise UsageError(
                f"the condition {text!r} has //, which begins a comment in Cypher: / divides integers whole."
            )
        return {"==": "=", "!=": "<>"}.get(word, "null")

    try:
        cypher = _PYTHON.sub(replace, text).strip()
        tree = parse_expression(cypher)
        check(tree, cypher)
        return [_term(part, text) for part in _conjuncts(tree)]
    except UnsupportedCypher as e:
        raise UsageError(
            f"the condition {text!r} is more than a condition can say: {e}\nUse comparisons, AND, OR, NOT, IN, arithmetic "
            f"and functions of values, or give a Python function to where()."
        ) from None
    except CypherError as e:
        raise UsageError(f"cannot read the condition {text!r}: {e}\nWrite it like acc > 0.9 AND n IN [10, 100].") from e


def _conjuncts(tree: ast.Expression) -> list[ast.Expression]:
    if isinstance(tree, ast.Binary) and tree.operator == "AND":
        return [*_conjuncts(tree.left), *_conjuncts(tree.right)]
    if isinstance(tree, ast.Comparison):  # 1 < x <= 10 is 1 < x and x <= 10
        pairs = zip(tree.operands, tree.operators, tree.operands[1:], strict=False)
        parts: list[ast.Expression] = [ast.Comparison((a, b), (op,)) for a, op, b in pairs]
        return parts if all(_free(p, frozenset()) for p in parts) else [tree]
    return [tree]


def _free(node: ast.Node, bound: frozenset[str]) -> list[str]:
    """The variables that an expression takes from outside."""
    if isinstance(node, ast.Variable):
        return [] if node.name in bound else [node.name]
    if isinstance(node, (ast.ListComprehension, ast.Quantifier)):
        inside = [n for n in ast.children(node) if n is not node.source]
        return [*_free(node.source, bound), *(v for n in inside for v in _free(n, bound | {node.variable}))]
    return [v for child in ast.children(node) for v in _free(child, bound)]


def _term(tree: ast.Expression, text: str) -> Term:
    names = tuple(dict.fromkeys(_free(tree, frozenset())))
    if not names:
        raise UsageError(f"a part of the condition {text!r} names no variable of the frame.")

    def test(values: Mapping[str, Any]) -> bool:
        try:
            return evaluate(tree, {n: _plain(values[n]) for n in names}) is True
        except CypherError:
            return False  # values of other kinds do not pass

    return Term(names, test, _condition(tree) if len(names) == 1 else None)


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's, tuples as lists; other values as they are."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _condition(tree: ast.Expression) -> Condition | None:
    """The condition on one variable as stores take it; None for what only `evaluate` knows."""
    if isinstance(tree, ast.Unary) and tree.operator == "NOT":
        inner = _condition(tree.operand)
        return None if inner is None else ("NOT", inner)
    if isinstance(tree, ast.Comparison):
        pairs = zip(tree.operands, tree.operators, tree.operands[1:], strict=False)
        return _joined("AND", [_comparison(a, op, b) for a, op, b in pairs])
    if not isinstance(tree, ast.Binary):
        return None
    if tree.operator in ("AND", "OR"):
        return _joined(tree.operator, [_condition(tree.left), _condition(tree.right)])
    if not isinstance(tree.left, ast.Variable):
        return None
    if tree.operator == "IN" and isinstance(tree.right, ast.ListLiteral):
        values = [_constant(x) for x in tree.right.items]
        return None if None in values else ("IN", tuple(values))
    text = _constant(tree.right)
    return (tree.operator, text) if tree.operator in _OF_TEXT and isinstance(text, str) else None


def _joined(operator: str, parts: list[Condition | None]) -> Condition | None:
    if None in parts:
        return None
    return parts[0] if len(parts) == 1 else (operator, *parts)


def _comparison(left: ast.Expression, operator: str, right: ast.Expression) -> Condition | None:
    if isinstance(right, ast.Variable):
        left, right, operator = right, left, _MIRROR[operator]
    constant = _constant(right)
    return (operator, constant) if isinstance(left, ast.Variable) and constant is not None else None


def _constant(tree: ast.Expression) -> str | int | float | bool | None:
    """The constant that an expression is, if both stores compare with it as Cypher does."""
    if isinstance(tree, ast.Unary) and tree.operator == "-":
        value = _constant(tree.operand)
        return -value if type(value) in (int, float) else None  # type: ignore[operator]
    value = tree.value if isinstance(tree, ast.Literal) else None
    return None if isinstance(value, float) and not math.isfinite(value) else value
