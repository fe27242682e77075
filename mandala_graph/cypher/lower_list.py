"""Expressions with a SELECT of their own: comprehensions, quantifiers, reduce, patterns and subqueries."""

from __future__ import annotations

from mandala_graph.cypher import ast
from mandala_graph.cypher.lower_expression import NATIVE, NULL, VISITS, Context, boolean, condition, is_null, value
from mandala_graph.cypher.sql import ALL_LABELS, ANY, Expr, Type, boxed, kind

__all__ = ["each_row", "or_empty"]


def each_row(c: Context, source: Expr, variable: str) -> tuple[str, str, Expr]:
    """What json_each takes for the items of a list, an alias for it, and the item in its rows."""
    alias = c.select.names.new(variable)
    item = source.type.item if source.type.kind == "list" else None
    if source.json is not None and item is not None:
        return source.json, alias, Expr(item, (f"{alias}.value",))
    if item is not None and item.kind == "node":
        return f"cy_ids({source.sql})", alias, Expr(Type("node", ALL_LABELS), (f"{alias}.value",))
    native = item if item is not None and item.kind in NATIVE else ANY
    return f"cy_rows({boxed(source)})", alias, Expr(native, (f"cy_unpack({alias}.value)",))


def each(c: Context, source: Expr, variable: str) -> tuple[Context, Expr]:
    """A SELECT over the items of a list: its context, and the item."""
    rows, alias, e = each_row(c, source, variable)
    inner = c.inner({variable: e})
    inner.select.add(f"json_each({rows}) AS {alias}")
    return inner, e


def _comprehension(c: Context, node: ast.ListComprehension) -> Expr:
    source = value(c, node.source)
    if source.type.kind == "null":
        return NULL
    inner, item = each(c, source, node.variable)
    if node.where is not None:
        inner.select.require(condition(inner, node.where, True))
    result = value(inner, node.result) if node.result is not None else item
    sql = _collected(inner, result)
    return Expr(Type("list", item=result.type), (f"CASE WHEN {is_null(source, True)} THEN {sql} END",))


def or_empty(aggregate: str, empty: str = "x'025b5d'") -> str:
    """The aggregate, of no rows the empty list (sqlite3 gives null for an aggregate that saw no row)."""
    return f"coalesce({aggregate}, {empty})"


def _collected(c: Context, item: Expr) -> str:
    """The rows as a list. In two steps: an aggregate of outer columns alone would belong to the outer SELECT."""
    return f"(SELECT {or_empty('cy_collect_all(q)')} FROM ({c.select.render([f'{boxed(item)} AS q'])}))"


def _quantifier(c: Context, node: ast.Quantifier) -> Expr:
    source = value(c, node.source)
    if source.type.kind == "null":
        return boolean("NULL")
    inner, _ = each(c, source, node.variable)
    rows = inner.select.render([f"{condition(inner, node.where)} AS q"])
    yes, unknown = "coalesce(max(q), 0) = 1", "count(*) > count(q)"
    found = {
        "any": f"CASE WHEN {yes} THEN 1 WHEN {unknown} THEN NULL ELSE 0 END",
        "none": f"CASE WHEN {yes} THEN 0 WHEN {unknown} THEN NULL ELSE 1 END",
        "all": f"CASE WHEN coalesce(min(q), 1) = 0 THEN 0 WHEN {unknown} THEN NULL ELSE 1 END",
        "single": f"CASE WHEN total(q) > 1 THEN 0 WHEN {unknown} THEN NULL ELSE total(q) = 1 END",
    }[node.kind]
    return boolean(f"CASE WHEN {is_null(source, True)} THEN (SELECT {found} FROM ({rows})) END")


def _reduce(c: Context, node: ast.Reduce) -> Expr:
    source = value(c, node.source)
    if source.type.kind == "null":
        return NULL
    items, turns = c.select.names.new("items"), c.select.names.new("turns")
    item = source.type.item
    native = item if item is not None and item.kind in NATIVE else ANY
    inner = c.inner(
        {
            node.accumulator: Expr(ANY, (f"{turns}.acc",)),
            node.variable: Expr(native, (f"cy_unpack({items}.value)",)),
        }
    )
    step = boxed(value(inner, node.step))
    sql = (
        f"(WITH RECURSIVE {items}(key, value) AS (SELECT key, value FROM json_each(cy_rows({boxed(source)}))), "
        f"{turns}(i, acc) AS (SELECT 0, {boxed(value(c, node.initial))} UNION ALL "
        f"SELECT {turns}.i + 1, {step} FROM {turns} JOIN {items} ON {items}.key = {turns}.i) "
        f"SELECT acc FROM {turns} ORDER BY i DESC LIMIT 1)"
    )
    return Expr(ANY, (f"CASE WHEN {is_null(source, True)} THEN {sql} END",))


# --- subqueries --------------------------------------------------------------------------------------------------------


def _pattern_comprehension(c: Context, node: ast.PatternComprehension) -> Expr:
    inner = c.inner()
    c.lowering.match(inner, ast.Match((node.pattern,), node.where), names_after={"*"}, once=False)
    result = value(inner, node.result)
    return Expr(Type("list", item=result.type), (_collected(inner, result),), nullable=False)


def _pattern_predicate(c: Context, node: ast.PatternPredicate) -> Expr:
    inner = c.inner()
    c.lowering.match(inner, ast.Match((node.pattern,)), names_after=set(), once=True)
    return boolean(f"EXISTS ({inner.select.render(['1'])})")


def _subquery(c: Context, node: ast.Subquery) -> Expr:
    sql, item = c.lowering.subquery(c, node)
    if node.kind == "EXISTS":
        return boolean(f"EXISTS ({sql})")
    if node.kind == "COUNT":
        return Expr(kind("int"), (f"({sql})",), nullable=False)
    listed = f"(SELECT {or_empty('cy_collect_all(c0)')} FROM ({sql}))"
    return Expr(Type("list", item=item), (listed,), nullable=False)


VISITS.update(
    {
        ast.ListComprehension: _comprehension,
        ast.PatternComprehension: _pattern_comprehension,
        ast.Quantifier: _quantifier,
        ast.Reduce: _reduce,
        ast.PatternPredicate: _pattern_predicate,
        ast.Subquery: _subquery,
    }
)
