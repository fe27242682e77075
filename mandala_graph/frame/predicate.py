"""Conditions on a frame's variables: expression strings, parsed and taken apart; nothing of them is run as code.

`acc > 0.9 AND n IN [10, 100]`: names of variables, constants, comparisons, `AND OR NOT`, `IN`, `IS [NOT] NULL`,
arithmetic; Python's spelling (`and`, `==`) works too.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mandala_graph.errors import UsageError

__all__ = ["Simple", "Term", "parse"]

_TOKEN = re.compile(
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|<>|<=|>=|!=|==|=|\b(?:AND|OR|NOT|IN|IS|NULL|TRUE|FALSE)\b""",
    re.IGNORECASE,
)
_WORDS = {"null": "None", "true": "True", "false": "False", "=": "==", "<>": "!="}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIMPLE: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "="}
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
        return word if found[1] else _WORDS.get(word.lower(), word.lower())

    try:
        tree = ast.parse(_TOKEN.sub(replace, text).strip(), mode="eval").body
    except (SyntaxError, ValueError) as e:
        raise UsageError(f"cannot read the condition {text!r}: {e}. Write it like acc > 0.9 AND n IN [10, 100].") from e
    return [_term(part, text) for part in _conjuncts(tree)]


def _conjuncts(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [p for v in tree.values for p in _conjuncts(v)]
    return [tree]


def _term(tree: ast.expr, text: str) -> Term:
    names = tuple(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)))
    if not names:
        raise UsageError(f"a part of the condition {text!r} names no variable of the frame.")
    run = _compiled(tree, text)

    def test(values: Mapping[str, Any]) -> bool:
        try:
            return bool(run(values))
        except (TypeError, ValueError, ArithmeticError):
            return False  # values of other types do not pass

    return Term(names, test, _simple(tree))


def _simple(tree: ast.expr) -> Simple | None:
    if not (isinstance(tree, ast.Compare) and len(tree.ops) == 1 and type(tree.ops[0]) in _SIMPLE):
        return None
    op, left, right = _SIMPLE[type(tree.ops[0])], tree.left, tree.comparators[0]
    if isinstance(left, ast.Constant) and isinstance(right, ast.Name):
        left, right, op = right, left, _MIRROR[op]
    if isinstance(left, ast.Name) and isinstance(right, ast.Constant) and type(right.value) in (int, float, str):
        return Simple(left.id, op, right.value)  # type: ignore[arg-type]
    return None


def _compiled(tree: ast.expr, text: str) -> Callable[[Mapping[str, Any]], Any]:
    if isinstance(tree, ast.Name):
        name = tree.id
        return lambda values: values[name]
    if isinstance(tree, ast.Constant):
        constant = tree.value
        return lambda values: constant
    parts: list[Any]
    if isinstance(tree, (ast.List, ast.Tuple, ast.Set)):
        parts = [_compiled(e, text) for e in tree.elts]
        return lambda values: [p(values) for p in parts]
    if isinstance(tree, ast.UnaryOp):
        inner = _compiled(tree.operand, text)
        if isinstance(tree.op, ast.Not):
            return lambda values: not inner(values)
        if isinstance(tree.op, ast.USub):
            return lambda values: -inner(values)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
        do, a, b = _ARITHMETIC[type(tree.op)], _compiled(tree.left, text), _compiled(tree.right, text)
        return lambda values: do(a(values), b(values))
    if isinstance(tree, ast.BoolOp):
        parts = [_compiled(v, text) for v in tree.values]
        every = all if isinstance(tree.op, ast.And) else any
        return lambda values: every(p(values) for p in parts)
    if isinstance(tree, ast.Compare):
        parts = [_compiled(e, text) for e in (tree.left, *tree.comparators)]
        ops = [_COMPARE[type(o)] for o in tree.ops]

        def compare(values: Mapping[str, Any]) -> bool:
            left = parts[0](values)
            for op, part in zip(ops, parts[1:], strict=True):
                right = part(values)
                if not op(left, right):
                    return False
                left = right
            return True

        return compare
    raise UsageError(
        f"{ast.unparse(tree)!r} in the condition {text!r} is more than a condition can say: use comparisons, "
        f"AND, OR, NOT, IN and arithmetic, or give a Python function to where()."
    )
