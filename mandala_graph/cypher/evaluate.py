"""What an expression means for values that are in memory: no graph, no SQL. Conditions on frames are evaluated so.

>>> from mandala_graph.cypher.parser import parse_expression
>>> evaluate(parse_expression("1 < x <= 10 AND NOT x IN [3, null]"), {"x": 3})
False
>>> evaluate(parse_expression("toUpper(s) + size([1, 2])"), {"s": "a"})
'A2'
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from mandala_graph.cypher import ast, functions_number, functions_text  # noqa: F401 (they register functions)
from mandala_graph.cypher.encoding import decode, encode
from mandala_graph.cypher.errors import unsupported
from mandala_graph.cypher.functions import SCALARS, index_of
from mandala_graph.cypher.lower_function import PLAIN
from mandala_graph.cypher.semantics import add, calculate, compare, contains, equal, name_of_type
from mandala_graph.errors import CypherError

__all__ = ["check", "evaluate"]

Values = Mapping[str, Any]
_NATIVE = (str, int, float, bool, list, dict, type(None))


def evaluate(node: ast.Expression, values: Values) -> Any:
    """The value of an expression whose variables have these values.

    A value that Cypher does not have (an array, a Decimal) is compared as Python does, else it is null.

    Errors: CypherError where Cypher has one. The expression must be one that `check` lets pass.
    """
    return _RULES[type(node)](node, values)


def check(tree: ast.Expression, text: str) -> None:
    """Raise UnsupportedCypher for what needs a graph, rows, parameters, or is another one each time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionCall):
            if node.name.lower() not in _FUNCTIONS or node.distinct:
                raise unsupported(text, max(node.pos, 0), f"the function {node.name}() outside of a query")
        elif type(node) not in _RULES and not isinstance(node, (ast.When, ast.MapEntry)):
            raise unsupported(text, max(node.pos, 0), f"{type(node).__name__} outside of a query")


def _logic(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise CypherError(f"a condition needs a boolean, not {name_of_type(value)}")


def _unary(node: ast.Unary, values: Values) -> Any:
    value = evaluate(node.operand, values)
    if node.operator == "NOT":
        found = _logic(value)
        return None if found is None else not found
    if value is None or node.operator == "+":
        return value
    if isinstance(node.operand, ast.Literal) and isinstance(value, int) and not isinstance(value, bool):
        return -value  # -9223372036854775808 has no positive
    if isinstance(value, _NATIVE):
        return _call("cy_neg", [value])
    try:
        return -value
    except TypeError as e:
        raise CypherError(f"cannot negate {type(value).__name__}: {e}") from None


def _binary(node: ast.Binary, values: Values) -> Any:
    a = evaluate(node.left, values)
    if node.operator in ("AND", "OR", "XOR"):
        return _joined(node.operator, _logic(a), lambda: _logic(evaluate(node.right, values)))
    b = evaluate(node.right, values)
    if node.operator in _ARITHMETIC and not (isinstance(a, _NATIVE) and isinstance(b, _NATIVE)):
        try:
            return _ARITHMETIC[node.operator](a, b)
        except (TypeError, ValueError, ArithmeticError) as e:
            raise CypherError(f"cannot calculate {type(a).__name__} {node.operator} {type(b).__name__}: {e}") from None
    match node.operator:
        case "+":
            return add(a, b)
        case "-" | "*" | "/" | "%" | "^":
            return calculate(node.operator, a, b)
        case "IN":
            return contains(a, b)
        case "||":
            return _call("cy_concat", [a, b])
        case "=~":
            return _call("cy_match", [a, b])
    return _call({"S": "cy_starts", "E": "cy_ends", "C": "cy_contains"}[node.operator[0]], [a, b])


def _joined(word: str, a: bool | None, right: Callable[[], bool | None]) -> bool | None:
    if (word, a) in (("AND", False), ("OR", True)):
        return a
    b = right()
    if word == "XOR":
        return None if a is None or b is None else a != b
    decides = word == "OR"
    return b if b is decides or a is not None else None


def _comparison(node: ast.Comparison, values: Values) -> bool | None:
    operands = [evaluate(o, values) for o in node.operands]
    found: bool | None = True
    for a, sign, b in zip(operands, node.operators, operands[1:], strict=False):
        one = _compared(sign, a, b)
        if one is False:
            return False
        found = found if one else None
    return found


def _compared(sign: str, a: Any, b: Any) -> bool | None:
    if a is None or b is None:
        return None
    if not (isinstance(a, _NATIVE) and isinstance(b, _NATIVE)):
        return _as_python(sign, a, b)
    if sign in ("=", "<>"):
        same = equal(a, b)
        return same if sign == "=" or same is None else not same
    return compare(sign, a, b)


def _as_python(sign: str, a: Any, b: Any) -> bool | None:
    tests: dict[str, Callable[[], Any]] = {
        "=": lambda: a == b,
        "<>": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }
    try:
        return bool(tests[sign]())
    except (TypeError, ValueError, ArithmeticError):
        return None


def _call(name: str, arguments: list[Any]) -> Any:
    return decode(SCALARS[name][1](*map(encode, arguments)))


def _function(node: ast.FunctionCall, values: Values) -> Any:
    name = node.name.lower()
    arguments = [evaluate(a, values) for a in node.arguments]
    if name == "coalesce":
        return next((a for a in arguments if a is not None), None)
    if name in ("head", "last", "range"):
        return _call(f"cy_{name}", [*arguments, 1][:3] if name == "range" else arguments)
    sql, fewest, most, _ = PLAIN[name]
    if not fewest <= len(arguments) <= most:
        raise CypherError(f"{node.name}() takes {fewest} to {most} arguments, not {len(arguments)}")
    return None if arguments[0] is None and name != "valuetype" else _call(sql, arguments)


def _subscript(node: ast.Subscript, values: Values) -> Any:
    subject, at = evaluate(node.subject, values), evaluate(node.index, values)
    if subject is None or at is None:
        return None
    if isinstance(subject, dict):
        if not isinstance(at, str):
            raise CypherError(f"a key of a map is a string, not {name_of_type(at)}")
        return subject.get(at)
    if not isinstance(subject, list):
        raise CypherError(f"{name_of_type(subject)} has no items")
    i = index_of(at)
    return subject[i] if -len(subject) <= i < len(subject) else None


def _property(node: ast.Property, values: Values) -> Any:
    subject = evaluate(node.subject, values)
    if subject is None or isinstance(subject, dict):
        return None if subject is None else subject.get(node.key)
    raise CypherError(f"{name_of_type(subject)} has no properties ({node.key})")


def _case(node: ast.Case, values: Values) -> Any:
    operand = None if node.operand is None else evaluate(node.operand, values)
    for when in node.whens:
        found = evaluate(when.condition, values)
        if (_logic(found) if node.operand is None else _compared("=", operand, found)) is True:
            return evaluate(when.result, values)
    return None if node.default is None else evaluate(node.default, values)


def _each(source: ast.Expression, variable: str, values: Values) -> list[tuple[Any, dict[str, Any]]] | None:
    items = evaluate(source, values)
    if items is None:
        return None
    listed = items if isinstance(items, list) else [items]  # as Neo4j does with what turns out to be no list
    return [(item, {**values, variable: item}) for item in listed]


def _comprehension(node: ast.ListComprehension, values: Values) -> Any:
    items = _each(node.source, node.variable, values)
    if items is None:
        return None
    kept = [(i, v) for i, v in items if node.where is None or _logic(evaluate(node.where, v)) is True]
    return [i if node.result is None else evaluate(node.result, v) for i, v in kept]


def _quantifier(node: ast.Quantifier, values: Values) -> bool | None:
    items = _each(node.source, node.variable, values)
    if items is None:
        return None
    found = [_logic(evaluate(node.where, v)) for _, v in items]
    yes, unknown = found.count(True), None in found
    match node.kind:
        case "all":
            return False if False in found else None if unknown else True
        case "any":
            return True if yes else None if unknown else False
        case "none":
            return False if yes else None if unknown else True
    return False if yes > 1 else None if unknown else yes == 1


_FUNCTIONS = frozenset(
    {"coalesce", "head", "last", "range", *(n for n, (sql, *_) in PLAIN.items() if sql in SCALARS and n != "datetime")}
)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": operator.pow,
}
_RULES: dict[type[ast.Node], Callable[[Any, Values], Any]] = {
    ast.Literal: lambda n, _: n.value,
    ast.Variable: lambda n, values: values[n.name],
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Comparison: _comparison,
    ast.IsNull: lambda n, values: (evaluate(n.operand, values) is None) is not n.negated,
    ast.ListLiteral: lambda n, values: [evaluate(i, values) for i in n.items],
    ast.MapLiteral: lambda n, values: {e.key: evaluate(e.value, values) for e in n.entries},
    ast.FunctionCall: _function,
    ast.Subscript: _subscript,
    ast.Property: _property,
    ast.Case: _case,
    ast.ListComprehension: _comprehension,
    ast.Quantifier: _quantifier,
}
