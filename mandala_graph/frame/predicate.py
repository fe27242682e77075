"""Conditions on a frame's variables: expressions of Cypher, taken apart; nothing of them is run as code.

`acc > 0.9 AND n IN [10, 100]`: variables of the frame, what `mandala_graph.cypher.evaluate` knows of Cypher, and Python's
`==`, `!=`, `not in` and `None` for those who are used to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.evaluate import check, evaluate
from mandala_graph.cypher.parser import parse_expression
from mandala_graph.errors import CypherError, UnsupportedCypher, UsageError

__all__ = ["Simple", "Term", "parse"]

_PYTHON = re.compile(
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)|==|!=|//|\bNone\b|(\w+)\s+not\s+in\b""", re.IGNORECASE
)
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@dataclass(frozen=True)
class Simple:
    """One comparison of a variable with a constant, which a store can answer for native values."""

    variable: str
    op: str
    constant: str | int | float


@dataclass(frozen=True)
class Term:
    """One of the conditions joined by AND: its variables, a test of their values, and its simple form if it has one."""

    variables: tuple[str, ...]
    test: Callable[[Mapping[str, Any]], bool]
    simple: Simple | None = None


def parse(text: str) -> list[Term]:
    """The terms of an expression.

    >>> [t.simple for t in parse("acc > 0.9 AND n <> 3")]
    [Simple(variable='acc', op='>', constant=0.9), None]
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

    return Term(names, test, _simple(tree))


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's, tuples as lists; other values as they are."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _simple(tree: ast.Expression) -> Simple | None:
    if not (isinstance(tree, ast.Comparison) and len(tree.operators) == 1 and tree.operators[0] in _MIRROR):
        return None
    op: str = tree.operators[0]
    left, right = tree.operands
    if isinstance(right, ast.Variable):
        left, right, op = right, left, _MIRROR[op]
    if not isinstance(left, ast.Variable):
        return None
    sign = 1
    if isinstance(right, ast.Unary) and right.operator == "-":
        right, sign = right.operand, -1
    if not isinstance(right, ast.Literal) or type(right.value) not in (int, float, str):
        return None
    constant: Any = right.value
    if sign < 0:
        return None if isinstance(constant, str) else Simple(left.name, op, -constant)
    return Simple(left.name, op, constant)
