"""Equality, order, IN and grouping in SQL: native where both sides' types allow it, functions elsewhere.

With `loose`, null may come out as false: that is all a WHERE asks, and lets an index or a plain comparison do.
"""

from __future__ import annotations

from dataclasses import replace

from mandala_graph.cypher.sql import Expr, boxed, gid

__all__ = ["equals", "group_key", "is_in", "less", "order_keys"]

_CLASSES = {"int": "num", "float": "num", "num": "num", "str": "str", "bool": "bool"}


def _class(e: Expr) -> str:
    return _CLASSES.get(e.type.kind, e.type.kind)


def _bare(e: Expr) -> str:
    """The value without its column's affinity, which would turn '5' into 5."""
    return f"+{boxed(e)}"


def equals(a: Expr, b: Expr, loose: bool) -> str:
    """`a = b`."""
    x, y = _class(a), _class(b)
    if "null" in (x, y):
        return "NULL"
    if x == y == "node":
        if len(a.type.labels) == 1 and a.type.labels == b.type.labels:
            return f"{a.sql} = {b.sql}"
        return f"{gid(a)} = {gid(b)}"
    if x == y == "rel":
        pairs = list(zip(a.cells, b.cells, strict=True))
        same = " AND ".join([f"{p} = {q}" for p, q in pairs[:3]] + [f"{p} IS {q}" for p, q in pairs[3:]])
        return (
            f"({same})" if loose else f"CASE WHEN {a.cells[1]} IS NOT NULL AND {b.cells[1]} IS NOT NULL THEN {same} END"
        )
    native = {"num", "str", "bool"}
    if x == y and x in native:
        return f"{a.sql} = {b.sql}"
    if x in native and y in native:
        return "0" if loose else f"CASE WHEN {a.sql} IS NOT NULL AND {b.sql} IS NOT NULL THEN 0 END"
    if x in native | {"scalar"} and y in native | {"scalar"}:
        return f"{_bare(a)} = {_bare(b)}"
    if loose and {x, y} == {"str", "any"}:  # a text or nothing: an index of the other side's column can be used
        text, other = (a, b) if x == "str" else (b, a)
        return f"{text.sql} = CASE WHEN typeof({other.sql}) = 'text' THEN {other.sql} END"
    if (x in native and y == "any") or (y in native and x == "any"):
        return f"{_bare(a)} = {_bare(b)}"
    return f"cy_eq({boxed(a)}, {boxed(b)})"


_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def less(operator: str, a: Expr, b: Expr, loose: bool) -> str:
    """`a < b` and the other three."""
    x, y = _class(a), _class(b)
    native = {"num", "str", "bool"}
    if "null" in (x, y):
        return "NULL"
    if x == y and x in native:
        return f"{a.sql} {operator} {b.sql}"
    if x in native and y in native:
        return "NULL"
    if y == "scalar" and x in ("num", "str"):
        a, b, x, y, operator = b, a, y, x, _FLIPPED[operator]
    if x == "scalar" and y in ("num", "str") and "." in b.sql:
        b = replace(b, cells=(_bare(b),))  # a column, whose affinity would make a number of '5', or a text of 5
    if x == "scalar" and y == "num":
        if loose:  # numbers come before all texts
            upper = f" AND {a.sql} < ''" if operator in (">", ">=") else ""
            return f"({a.sql} {operator} {b.sql}{upper})"
        return f"CASE WHEN typeof({a.sql}) IN ('integer', 'real') THEN {a.sql} {operator} {b.sql} END"
    if x == "scalar" and y == "str":
        if loose:  # texts stand between numbers and blobs
            other = f"{a.sql} < x''" if operator in (">", ">=") else f"{a.sql} >= ''"
            return f"({a.sql} {operator} {b.sql} AND {other})"
        return f"CASE WHEN typeof({a.sql}) = 'text' THEN {a.sql} {operator} {b.sql} END"
    return f"cy_cmp('{operator}', {boxed(a)}, {boxed(b)})"


def is_in(a: Expr, items: Expr, literal: list[Expr] | None, loose: bool) -> str:
    """`a IN items`; `literal` are the items where they are written out."""
    simple = {"num", "str", "bool", "scalar"}
    x = _class(a)
    if literal is not None and x in simple and all(_class(i) in simple | {"null"} for i in literal):
        if all(_class(i) == x for i in literal) and x != "bool":
            return f"{a.sql} IN ({', '.join(i.sql for i in literal)})"
        return f"{_bare(a)} IN ({', '.join(boxed(i) for i in literal)})"
    item = items.type.item
    if items.json is not None and item is not None and x in simple:
        if _CLASSES.get(item.kind) == x:
            return f"{a.sql} IN (SELECT value FROM json_each({items.json}))"
        if item.kind in ("int", "str"):
            return f"{_bare(a)} IN (SELECT value FROM json_each({items.json}))"
    return f"cy_in({boxed(a)}, {boxed(items)})"


def group_key(e: Expr) -> list[str]:
    """What rows are told apart by: equal where Cypher's DISTINCT takes values for the same."""
    if e.type.kind in ("list", "map", "any", "path"):
        return [f"cy_key({e.sql})"]
    return list(e.cells)


def order_keys(e: Expr, descending: bool) -> list[str]:
    """ORDER BY items: across types as Cypher orders them, null last when ascending."""
    way, nulls = (" DESC", " NULLS FIRST") if descending else ("", " NULLS LAST")
    if e.type.kind in ("int", "float", "num", "str", "bool"):
        return [f"{e.sql}{way}{nulls}" if e.nullable else f"{e.sql}{way}"]
    if e.type.kind == "scalar":
        rank = f"CASE typeof({e.sql}) WHEN 'text' THEN 1 WHEN 'blob' THEN 2 WHEN 'null' THEN 4 ELSE 3 END"
        return [f"{rank}{way}", f"{e.sql}{way}"]
    if e.type.kind == "node":
        return [f"{gid(e)}{way}{nulls}"]
    return [f"cy_key({boxed(e)}){way}"]
