"""Calls of functions and aggregates as SQL: which there are, what they take, what they give."""

from __future__ import annotations

import math
from dataclasses import replace

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import LABELS, TYPES
from mandala_graph.cypher.lower_compare import group_key
from mandala_graph.cypher.lower_expression import NULL, Context, is_null, item_of, property_of, unify, value
from mandala_graph.cypher.lower_list import or_empty
from mandala_graph.cypher.rewrites import is_aggregate
from mandala_graph.cypher.sql import ALL_LABELS, ANY, Expr, Type, boxed, gid, kind, label_of, nid
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = ["PLAIN", "SUPPORTED", "call"]

_STRINGS = Type("list", item=kind("str"))

PLAIN: dict[str, tuple[str, int, int, Type]] = {
    # name in lower case: name in SQL, fewest and most arguments, type
    "size": ("cy_size", 1, 1, kind("int")),
    "length": ("cy_length", 1, 1, kind("int")),
    "tail": ("cy_tail", 1, 1, kind("list")),
    "reverse": ("cy_reverse", 1, 1, ANY),
    "isempty": ("cy_empty", 1, 1, ANY),
    "tolower": ("cy_lower", 1, 1, kind("str")),
    "lower": ("cy_lower", 1, 1, kind("str")),
    "toupper": ("cy_upper", 1, 1, kind("str")),
    "upper": ("cy_upper", 1, 1, kind("str")),
    "trim": ("cy_trim", 1, 1, kind("str")),
    "btrim": ("cy_btrim", 1, 2, kind("str")),
    "ltrim": ("cy_ltrim", 1, 2, kind("str")),
    "rtrim": ("cy_rtrim", 1, 2, kind("str")),
    "char_length": ("cy_characters", 1, 1, kind("int")),
    "character_length": ("cy_characters", 1, 1, kind("int")),
    "left": ("cy_left", 2, 2, kind("str")),
    "right": ("cy_right", 2, 2, kind("str")),
    "replace": ("cy_replace", 3, 3, kind("str")),
    "substring": ("cy_substring", 2, 3, kind("str")),
    "split": ("cy_split", 2, 2, _STRINGS),
    "tointeger": ("cy_integer", 1, 1, kind("int")),
    "tofloat": ("cy_float", 1, 1, ANY),
    "tostring": ("cy_string", 1, 1, kind("str")),
    "toboolean": ("cy_boolean", 1, 1, ANY),
    "abs": ("cy_abs", 1, 1, ANY),
    "ceil": ("cy_ceil", 1, 1, ANY),
    "floor": ("cy_floor", 1, 1, ANY),
    "round": ("cy_round", 1, 3, ANY),
    "isnan": ("cy_isNaN", 1, 1, ANY),
    "atan2": ("cy_atan2", 2, 2, ANY),
    "valuetype": ("cy_type_name", 1, 1, kind("str")),
    "sqrt": ("cy_sqrt", 1, 1, ANY),
    "exp": ("cy_exp", 1, 1, ANY),
    "log": ("cy_log", 1, 1, ANY),
    "log10": ("cy_log10", 1, 1, ANY),
    "sign": ("cy_sign", 1, 1, kind("int")),
    "nodes": ("cy_nodes", 1, 1, Type("list", item=Type("node", ALL_LABELS))),
    "relationships": ("cy_relationships", 1, 1, kind("list")),
    "properties": ("cy_properties", 1, 1, kind("map")),
    "keys": ("cy_keys", 1, 1, _STRINGS),
    "datetime": ("cy_time", 1, 1, ANY),
    **{
        n: (f"cy_{n}", 1, 1, ANY)
        for n in ["sin", "cos", "tan", "cot", "asin", "acos", "atan", "degrees", "radians", "haversin"]
    },
    **{
        f"to{n}{suffix.replace('_', '')}": (f"cy_{n}_{suffix}", 1, 1, ANY if suffix != "list" else kind("list"))
        for n in ("integer", "float", "string", "boolean")
        for suffix in ("or_null", "list")
    },
}
_OTHERS = (
    "coalesce head last range labels type startnode endnode elementid exists rand pi e timestamp randomuuid nullif"
)
SUPPORTED = frozenset([*PLAIN, *_OTHERS.split()])
"""Names of functions, in lower case, without aggregates."""


def call(c: Context, node: ast.FunctionCall | ast.CountStar) -> Expr:
    """The fragment for a call."""
    if isinstance(node, ast.CountStar):
        return Expr(kind("int"), ("count(*)",), nullable=False)
    if is_aggregate(node):
        return _aggregate(c, node)
    name = node.name.lower()
    arguments = [value(c, a) for a in node.arguments]
    if name == "datetime" and not arguments:
        return Expr(ANY, ("cy_now()",), nullable=False)
    if name in PLAIN:
        sql, fewest, most, t = PLAIN[name]
        if name == "trim" and len(arguments) == 2:  # it does not do what bTrim() does, and no manual says what
            raise c.lowering.unsupported(node, "trim() of some characters by a comma (bTrim() trims them)")
        if not fewest <= len(arguments) <= most:
            raise c.lowering.error(node, f"{node.name}() takes {fewest} to {most} arguments, not {len(arguments)}")
        if name == "tail" and arguments[0].type.kind == "list":
            t = arguments[0].type
        if arguments and arguments[0].type.kind == "null" and name not in ("properties", "valuetype"):
            return NULL
        return Expr(t, (f"{sql}({', '.join(map(boxed, arguments))})",))
    match name, arguments:
        case "coalesce", [_, *_]:
            t, cells = unify(arguments)
            listed = [x[0] for x in cells]
            return Expr(t, (f"coalesce({', '.join(listed)})" if len(listed) > 1 else listed[0],))
        case (("head" | "last"), [items]):
            return item_of(items.type, f"cy_{name}({boxed(items)})")
        case "range", [a, b]:
            return Expr(Type("list", item=kind("int")), (f"cy_range({a.sql}, {b.sql}, 1)",))
        case "range", [a, b, step]:
            return Expr(Type("list", item=kind("int")), (f"cy_range({a.sql}, {b.sql}, {step.sql})",))
        case "labels", [n]:
            if n.type.kind != "node":
                return Expr(_STRINGS, (f"cy_labels({boxed(n)})",))
            cases = " ".join(f"WHEN {i} THEN {c.constant([LABELS[i]])}" for i in n.type.labels)
            return Expr(_STRINGS, (f"CASE WHEN {is_null(n, True)} THEN CASE {label_of(n)} {cases} END END",))
        case "type", [r]:
            if r.type.kind != "rel":
                return Expr(kind("str"), (f"cy_type({boxed(r)})",))
            cases = " ".join(f"WHEN {i} THEN '{TYPES[i]}'" for i in r.type.labels)
            return Expr(kind("str"), (f"CASE WHEN {is_null(r, True)} THEN CASE {r.cells[0]} {cases} END END",))
        case (("startnode" | "endnode"), [r]):
            return _end(r, name == "startnode")
        case "elementid", [n]:
            return _element_id(c, n)
        case "rand", []:
            return Expr(kind("float"), ("((random() & 9007199254740991) / 9007199254740992.0)",), nullable=False)
        case (("pi" | "e"), []):
            return Expr(kind("float"), (repr(getattr(math, name)),), nullable=False)
        case "timestamp", []:
            return Expr(kind("int"), ("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",), nullable=False)
        case "randomuuid", []:
            return Expr(kind("str"), ("cy_uuid()",), nullable=False)
        case "nullif", [a, b]:
            return Expr(ANY, (f"CASE WHEN cy_eq({boxed(a)}, {boxed(b)}) THEN NULL ELSE {boxed(a)} END",))
        case "exists", [x]:
            return x if x.type.kind == "bool" else Expr(kind("bool"), (is_null(x, True),))
    raise c.lowering.unsupported(node, f"the function {node.name}() with {len(arguments)} arguments")


def _end(r: Expr, start: bool) -> Expr:
    if r.type.kind != "rel":
        return Expr(Type("node", ALL_LABELS), (f"cy_id(cy_end({boxed(r)}, {0 if start else 1}))",))
    ends = {t: RELATIONSHIPS[TYPES[t]].source if start else RELATIONSHIPS[TYPES[t]].target for t in r.type.labels}
    labels = tuple(sorted({LABELS.index(e) for e in ends.values()}))
    cell = r.cells[1 if start else 2]
    if len(labels) == 1:
        return Expr(Type("node", labels), (cell,))
    cases = " ".join(f"WHEN {t} THEN {gid(Expr(Type('node', (LABELS.index(e),)), (cell,)))}" for t, e in ends.items())
    return Expr(Type("node", labels), (f"CASE {r.cells[0]} {cases} END",))


def _element_id(c: Context, n: Expr) -> Expr:
    """An id that is the node's own: its label and key, which unlike Neo4j's survives an export."""
    if n.type.kind != "node":
        return Expr(kind("str"), (f"hex({boxed(n)})",))
    cases = []
    for i in n.type.labels:
        one = Expr(Type("node", (i,)), (nid(n),), n.owner if len(n.type.labels) == 1 else None, n.nullable)
        key = property_of(c, one, NODES[LABELS[i]].key).sql
        cases.append(f"WHEN {i} THEN '{LABELS[i]}:' || {key}")
    return Expr(kind("str"), (f"CASE {label_of(n)} {' '.join(cases)} END",))


_NUMBERS = ("int", "float", "num")


_NAN = "x'024e614e'"


def _of_numbers(name: str, distinct: str, cell: str) -> str:
    """SQLite's own aggregate as long as there are numbers alone; ours sees the rest, and makes NaN or an error of it."""
    if len(cell) > 400:
        return f"cy_{name}({distinct}{cell})"
    others = f"FILTER (WHERE typeof({cell}) NOT IN ('integer', 'real', 'null'))"
    native = f"coalesce({name}({distinct}{cell}), CASE count({cell}) WHEN 0 THEN NULL ELSE {_NAN} END)"  # of infinities
    return f"CASE count({cell}) {others} WHEN 0 THEN {native} ELSE cy_{name}({distinct}{cell}) {others} END"


def _aggregate(c: Context, node: ast.FunctionCall) -> Expr:
    name = node.name.lower()
    arguments = [value(c, a) for a in node.arguments]
    if len(arguments) != (2 if name.startswith("percentile") else 1):
        raise c.lowering.error(node, f"{node.name}() does not take {len(arguments)} arguments")
    x = arguments[0]
    if c.correlated:  # an aggregate of outer columns alone would belong to the outer SELECT
        own = c.select.local()
        x = replace(x, cells=tuple(f"coalesce(nullif({own}, {own}), {cell})" for cell in x.cells))
    distinct = "DISTINCT " if node.distinct else ""
    cell = boxed(x) if x.type.kind in ("rel", "any") else x.sql
    native = x.type.kind in _NUMBERS
    match name:
        case "count":
            counted = cell if x.type.kind != "rel" else x.cells[1]
            if node.distinct:
                counted = boxed(x) if x.type.kind == "rel" else group_key(x)[0]
                if x.type.kind in ("list", "map", "any", "path"):
                    counted = f"CASE WHEN {x.sql} IS NOT NULL THEN {counted} END"
            return Expr(kind("int"), (f"count({distinct}{counted})",), nullable=False)
        case "sum":
            if native:
                return Expr(x.type, (f"coalesce(sum({distinct}{cell}), 0)",), nullable=False)
            return Expr(kind("any"), (f"coalesce({_of_numbers('sum', distinct, boxed(x))}, 0)",), nullable=False)
        case "avg":
            return (
                Expr(kind("float"), (f"avg({distinct}{cell})",))
                if native
                else Expr(ANY, (_of_numbers("avg", distinct, boxed(x)),))
            )
        case "min" | "max":
            if native or x.type.kind == "str":
                return replace(Expr(x.type, (f"{name}({cell})",)))
            return Expr(x.type if x.type.kind == "scalar" else ANY, (f"cy_{name}({boxed(x)})",))
        case "collect":
            item = x.type if x.type.kind != "rel" else None
            which = "cy_collect_distinct" if node.distinct else "cy_collect"
            return Expr(Type("list", item=item), (or_empty(f"{which}({boxed(x)})"),), nullable=False)
        case "stdev" | "stdevp":
            return Expr(ANY, (or_empty(f"cy_{name}({distinct}{boxed(x)})", "0.0"),))
    which = "cy_percentile" if name == "percentilecont" else "cy_percentile_disc"
    if node.distinct:
        raise c.lowering.unsupported(node, f"DISTINCT in {node.name}()")
    return Expr(ANY, (f"{which}({boxed(x)}, {boxed(arguments[1])})",))
