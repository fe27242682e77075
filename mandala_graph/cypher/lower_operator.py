"""Operators as SQL: SQLite's own where they mean the same, else functions that know Cypher's."""

from __future__ import annotations

from dataclasses import replace

from mandala_graph.cypher import ast
from mandala_graph.cypher.lower_expression import VISITS, Context, boolean, condition, value
from mandala_graph.cypher.sql import ANY, Expr, Type, boxed, kind

__all__: list[str] = []  # imported for what it adds to the visits


def _unary(c: Context, node: ast.Unary) -> Expr:
    if node.operator == "NOT":
        return boolean(f"NOT ({condition(c, node.operand)})")
    operand = value(c, node.operand)
    if node.operator == "+":
        return operand
    if isinstance(node.operand, ast.Literal) and operand.type.kind == "int":
        return replace(
            operand, cells=(f"(-{operand.sql})" if operand.sql != str(1 << 63) else f"(-{(1 << 63) - 1} - 1)",)
        )
    return Expr(operand.type if operand.type.kind in ("int", "float") else ANY, (f"cy_neg({boxed(operand)})",))


def _binary(c: Context, node: ast.Binary) -> Expr:
    if node.operator in ("AND", "OR", "IN"):
        return boolean(condition(c, node))
    if node.operator == "XOR":
        return boolean(f"(({condition(c, node.left)}) <> ({condition(c, node.right)}))")
    a, b = value(c, node.left), value(c, node.right)
    match node.operator:
        case "STARTS WITH" | "ENDS WITH" | "CONTAINS" | "=~":
            if "null" in (a.type.kind, b.type.kind):
                return boolean("NULL")
            if node.operator == "CONTAINS" and a.type.kind == b.type.kind == "str":
                return boolean(f"(instr({a.sql}, {b.sql}) > 0)")
            name = {"STARTS WITH": "starts", "ENDS WITH": "ends", "CONTAINS": "contains", "=~": "match"}[node.operator]
            return boolean(f"cy_logic(cy_{name}({boxed(a)}, {boxed(b)}))")
        case "||":
            return Expr(a.type if a.type == b.type else ANY, (f"cy_concat({boxed(a)}, {boxed(b)})",))
        case "+":
            both = {a.type.kind, b.type.kind}
            t = a.type if both == {"int"} or both == {"str"} else ANY
            if "list" in both:
                same = a.type == b.type or a.type.item == b.type or b.type.item == a.type
                item = (a.type if a.type.kind == "list" else b.type).item
                t = Type("list", item=item if same else None)
            return Expr(t, (_fast("+", a, b, f"cy_add({boxed(a)}, {boxed(b)})"),))
    t = kind("int") if a.type.kind == b.type.kind == "int" and node.operator != "^" else ANY
    return Expr(t, (_fast(node.operator, a, b, f"cy_calc('{node.operator}', {boxed(a)}, {boxed(b)})"),))


_NUMERIC = ("int", "float", "num")


def _fast(operator: str, a: Expr, b: Expr, exact: str) -> str:
    """SQLite's own arithmetic where it means the same: no overflow of integers, no NaN (which it makes null)."""
    kinds = {a.type.kind, b.type.kind}
    if operator not in "+-*" or len(a.cells[0]) + len(b.cells[0]) > 80 or not kinds <= {*_NUMERIC, "scalar"}:
        return exact
    sql = f"{a.sql} {operator} {b.sql}"
    if kinds == {"int"}:
        return f"CASE typeof({sql}) WHEN 'integer' THEN {sql} ELSE {exact} END"
    if "float" not in kinds:
        return exact
    scalars = [f"typeof({e.sql}) IN ('integer', 'real')" for e in (a, b) if e.type.kind == "scalar"]
    if not scalars:
        return f"coalesce({sql}, {exact})"
    return f"CASE WHEN {' AND '.join(scalars)} THEN coalesce({sql}, {exact}) ELSE {exact} END"


VISITS.update({ast.Unary: _unary, ast.Binary: _binary})
