"""Expressions as SQL: a visitor with one method for each kind of node. Operators are in `lower_operator`,
functions in `lower_function`, what goes over lists, patterns and subqueries in `lower_list`.

`value` gives a typed fragment, `condition` SQL that is 1, 0 or NULL. What a name means stands in `Context.env`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import LABELS, TYPES
from mandala_graph.cypher.lower_compare import equals, is_in, less
from mandala_graph.cypher.sql import ALL_LABELS, ANY, Expr, Select, Type, boxed, gid, kind, label_of, mark, nid
from mandala_graph.graph import NODES, RELATIONSHIPS

if TYPE_CHECKING:
    from mandala_graph.cypher.lower import Lowering

__all__ = [
    "NATIVE",
    "NULL",
    "VISITS",
    "Context",
    "boolean",
    "condition",
    "is_null",
    "item_of",
    "label_holds",
    "property_of",
    "unify",
    "value",
]

NULL = Expr(kind("null"), ("NULL",))
_KINDS = {"string": "str", "integer": "int", "float": "float", "scalar": "scalar", "boolean": "bool"}
NATIVE = ("int", "float", "num", "str", "scalar")


@dataclass(slots=True)
class Context:
    """Where an expression stands: the statement, the SELECT that it is part of, and what the names mean there.

    `known` are expressions that have a column already (those of a projection, in its ORDER BY); `outer` are the
    names that come from around the SELECT, `around` what those mean that a WITH does not end, `correlated` whether
    rows may depend on a row around them.
    """

    lowering: Lowering
    select: Select
    env: dict[str, Expr]
    known: dict[ast.Node, Expr] = field(default_factory=dict)
    outer: frozenset[str] = frozenset()
    around: dict[str, Expr] = field(default_factory=dict)
    correlated: bool = False

    def inner(self, more: dict[str, Expr] | None = None) -> Context:
        """A context inside this one: a SELECT of its own, which sees all names around it, and `more`."""
        env = {**self.env, **(more or {})}
        return replace(
            self,
            select=Select(self.select.names),
            env=env,
            outer=frozenset(env),
            around=env,
            correlated=self.correlated or bool(env),
        )

    def constant(self, thing: Any) -> str:
        return self.select.names.constant(thing)


def value(c: Context, node: ast.Node) -> Expr:
    """The fragment for an expression."""
    if c.known and (found := c.known.get(node)) is not None:
        return found
    visit = VISITS.get(type(node))
    if visit is None:
        raise c.lowering.unsupported(node, f"the expression {type(node).__name__}")
    result: Expr = visit(c, node)
    return result


def condition(c: Context, node: ast.Node, loose: bool = False) -> str:
    """The condition as SQL; `loose` if null may be false."""
    if isinstance(node, ast.Binary) and node.operator in ("AND", "OR"):
        return f"({condition(c, node.left, loose)} {node.operator} {condition(c, node.right, loose)})"
    if isinstance(node, ast.Comparison):
        values = [value(c, o) for o in node.operands]
        parts = []
        for operator, a, b in zip(node.operators, values, values[1:], strict=False):
            if operator in ("=", "<>"):
                same = equals(a, b, loose and operator == "=")
                parts.append(same if operator == "=" else f"NOT ({same})")
            else:
                parts.append(less(operator, a, b, loose))
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"
    if isinstance(node, ast.Binary) and node.operator == "IN":
        literal = [value(c, i) for i in node.right.items] if isinstance(node.right, ast.ListLiteral) else None
        return is_in(value(c, node.left), value(c, node.right), literal, loose)
    return logic(value(c, node))


def logic(e: Expr) -> str:
    """The value as a condition."""
    if e.type.kind == "bool":
        return e.sql
    return "NULL" if e.type.kind == "null" else f"cy_logic({boxed(e)})"


def boolean(sql: str) -> Expr:
    """A condition as a value."""
    return Expr(kind("bool"), (sql,))


def unify(values: list[Expr]) -> tuple[Type, list[tuple[str, ...]]]:
    """One type for several values, and their cells in it."""
    real = [v for v in values if v.type.kind != "null"]
    kinds = {v.type.kind for v in real}
    if not real:
        return kind("null"), [("NULL",) for _ in values]
    if len(kinds) == 1 and (k := kinds.pop()) not in ("rel", "node", "list", "null"):
        return kind(k), [v.cells for v in values]
    if all(v.type.kind == "node" for v in real):
        labels = tuple(sorted({x for v in real for x in v.type.labels}))
        if len(labels) == 1:
            return Type("node", labels), [v.cells for v in values]
        return Type("node", labels), [("NULL",) if v.type.kind == "null" else (gid(v),) for v in values]
    if all(v.type.kind == "list" for v in real):
        item = real[0].type.item if all(v.type.item == real[0].type.item for v in real) else None
        return Type("list", item=item), [v.cells for v in values]
    if {v.type.kind for v in real} <= {"int", "float", "num"}:
        return kind("num"), [v.cells for v in values]
    return ANY, [(boxed(v),) for v in values]


# --- leaves ----------------------------------------------------------------------------------------------------------


def _literal(c: Context, node: ast.Literal) -> Expr:
    v = node.value
    if v is None:
        return NULL
    if isinstance(v, bool):
        return Expr(kind("bool"), (str(int(v)),), nullable=False)
    if isinstance(v, int):
        return Expr(kind("int"), (str(v),), nullable=False)
    if isinstance(v, float):
        return Expr(kind("float") if v == v else ANY, (c.constant(v),), nullable=False)
    return Expr(kind("str"), (c.constant(v),), nullable=False)


def _parameter(c: Context, node: ast.Parameter) -> Expr:
    t = c.lowering.parameter_type(node)
    if t.kind == "null":
        return NULL
    how = "l" if t.kind == "bool" else "v"
    plain = t.kind == "list" and t.item is not None and t.item.kind in ("int", "str")
    return Expr(t, (mark(f"{how}:{node.name}"),), nullable=False, json=mark(f"j:{node.name}") if plain else None)


def _variable(c: Context, node: ast.Variable) -> Expr:
    if node.name not in c.env:
        raise c.lowering.error(node, f"the variable `{node.name}` is not defined here")
    return c.env[node.name]


# --- properties and containers -----------------------------------------------------------------------------------------


def property_of(c: Context, e: Expr, key: str, hint: str = "n") -> Expr:
    """A property of a node or relationship."""
    if e.type.kind == "node":
        holders = [(i, p) for i in e.type.labels for p in NODES[LABELS[i]].properties if p.name == key]
        if not holders:
            return NULL
        if len(e.type.labels) == 1:
            (_, p) = holders[0]
            if e.owner is not None and not e.owner.closed:
                column = f'{e.owner.table(e, hint)}."{key}"'
            else:
                column = _fetch(e.type.labels[0], key, e.sql)
            required = key == NODES[LABELS[e.type.labels[0]]].key and not e.nullable
            return _column(p.kind, column, nullable=not required)
        found = [_column(p.kind, _fetch(i, key, nid(e))) for i, p in holders]
        t, cells = unify(found)
        cases = " ".join(f"WHEN {i} THEN {cell[0]}" for (i, _), cell in zip(holders, cells, strict=True))
        return Expr(t, (f"CASE {label_of(e)} {cases} END",))
    types = e.type.labels
    if key in ("name", "index"):
        if not any(p.name == key for t in types for p in RELATIONSHIPS[TYPES[t]].properties):
            return NULL
        return Expr(kind("str" if key == "name" else "int"), (e.cells[3 if key == "name" else 4],))
    rest = [(t, p) for t in types for p in RELATIONSHIPS[TYPES[t]].properties if p.name == key]
    if not rest:
        return NULL
    ((number, p),) = rest  # only CHANGED_TO has others
    table = RELATIONSHIPS[TYPES[number]].table
    sql = f'(SELECT "{key}" FROM {table} WHERE source = {e.cells[1]} AND target = {e.cells[2]})'
    return _column(p.kind, sql if len(types) == 1 else f"CASE {e.cells[0]} WHEN {number} THEN {sql} END")


def _fetch(label: int, key: str, nid_sql: str) -> str:
    return f'(SELECT "{key}" FROM {NODES[LABELS[label]].table} WHERE nid = {nid_sql})'


def _column(of_kind: str, column: str, nullable: bool = True) -> Expr:
    if of_kind == "strings":
        return Expr(Type("list", item=kind("str")), (f"CAST(x'02' || {column} AS BLOB)",), json=column)
    return Expr(kind(_KINDS[of_kind]), (column,), nullable=nullable)


def _property(c: Context, node: ast.Property) -> Expr:
    subject = value(c, node.subject)
    if subject.type.kind == "null":
        return NULL
    if subject.type.kind in ("node", "rel"):
        hint = node.subject.name if isinstance(node.subject, ast.Variable) else "n"
        return property_of(c, subject, node.key, hint)
    return Expr(ANY, (f"cy_get({boxed(subject)}, {c.constant(node.key)})",))


def _subscript(c: Context, node: ast.Subscript) -> Expr:
    subject = value(c, node.subject)
    got = f"cy_get({boxed(subject)}, {boxed(value(c, node.index))})"
    return item_of(subject.type, got)


def item_of(t: Type, sql: str) -> Expr:
    """An item of a list, where the list's type tells its own."""
    item = t.item if t.kind == "list" else None
    if item is not None and item.kind == "node":
        return Expr(Type("node", item.labels if len(item.labels) > 1 else ALL_LABELS), (f"cy_id({sql})",))
    return Expr(item if item is not None and item.kind in NATIVE else ANY, (sql,))


def _slice(c: Context, node: ast.Slice) -> Expr:
    subject = value(c, node.subject)
    bounds = [(boxed(value(c, b)) if b is not None else None) for b in (node.start, node.stop)]
    sql = f"cy_slice({boxed(subject)}, {bounds[0] or '0'}, {bounds[1] or 'NULL'})"
    guards = [f"{b} IS NOT NULL" for b in bounds if b is not None]
    return Expr(
        subject.type if subject.type.kind == "list" else ANY,
        (f"CASE WHEN {' AND '.join(guards)} THEN {sql} END" if guards else sql,),
    )


def _constant(node: ast.Node) -> Any:
    """The value of a tree of literals; LookupError for any other tree."""
    if isinstance(node, ast.Literal):
        return node.value
    if isinstance(node, ast.Unary) and node.operator == "-" and isinstance(node.operand, ast.Literal):
        number = node.operand.value
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return -number
    if isinstance(node, ast.ListLiteral):
        return [_constant(i) for i in node.items]
    if isinstance(node, ast.MapLiteral):
        return {e.key: _constant(e.value) for e in node.entries}
    raise LookupError


def _list(c: Context, node: ast.ListLiteral) -> Expr:
    try:
        constant = _constant(node)
    except LookupError:
        items = [value(c, i) for i in node.items]
        t, _ = unify(items)
        return Expr(Type("list", item=t), (f"cy_list({', '.join(map(boxed, items))})",), nullable=False)
    kinds = {type(i) for i in constant}
    item = {int: kind("int"), str: kind("str")}.get(kinds.pop()) if len(kinds) == 1 else None
    return Expr(Type("list", item=item), (c.constant(constant),), nullable=False)


def _map(c: Context, node: ast.MapLiteral) -> Expr:
    try:
        return Expr(kind("map"), (c.constant(_constant(node)),), nullable=False)
    except LookupError:
        cells = [cell for e in node.entries for cell in (c.constant(e.key), boxed(value(c, e.value)))]
        return Expr(kind("map"), (f"cy_map({', '.join(cells)})",), nullable=False)


def _map_projection(c: Context, node: ast.MapProjection) -> Expr:
    subject = value(c, node.subject)
    base = "cy_map()"
    cells: list[str] = []
    for item in node.items:
        if isinstance(item, ast.ProjectAll):
            base = f"cy_properties({boxed(subject)})"
        elif isinstance(item, ast.ProjectProperty):
            cells += [c.constant(item.key), boxed(_property(c, ast.Property(node.subject, item.key)))]
        elif isinstance(item, ast.ProjectVariable):
            cells += [c.constant(item.name), boxed(value(c, ast.Variable(item.name)))]
        else:
            cells += [c.constant(item.key), boxed(value(c, item.value))]
    sql = f"cy_merge({base}, cy_map({', '.join(cells)}))"
    return Expr(kind("map"), (f"CASE WHEN {is_null(subject, True)} THEN {sql} END",))


# --- null, labels, CASE -----------------------------------------------------------------------------------------------


def is_null(e: Expr, negated: bool = False) -> str:
    """Is the value (not) null?"""
    cell = e.cells[1] if e.type.kind == "rel" else e.sql
    return f"({cell} IS {'NOT ' if negated else ''}NULL)"


def _is_null(c: Context, node: ast.IsNull) -> Expr:
    return boolean(is_null(value(c, node.operand), node.negated))


def label_holds(labels: ast.LabelExpression | None, name: str) -> bool:
    """Does something with this one label (or type) satisfy the label expression?"""
    match labels:
        case None | ast.LabelAny():
            return True
        case ast.LabelName():
            return labels.name == name
        case ast.LabelNot():
            return not label_holds(labels.operand, name)
        case ast.LabelAnd():
            return all(label_holds(o, name) for o in labels.operands)
        case _:
            return any(label_holds(o, name) for o in labels.operands)


def _label_predicate(c: Context, node: ast.LabelPredicate) -> Expr:
    e = value(c, node.subject)
    if e.type.kind == "null":
        return boolean("NULL")
    if e.type.kind not in ("node", "rel"):
        e = Expr(Type("node", ALL_LABELS), (f"cy_id({boxed(e)})",))
    names = LABELS if e.type.kind == "node" else TYPES
    good = [str(i) for i in e.type.labels if label_holds(node.labels, names[i])]
    which = label_of(e) if e.type.kind == "node" else e.cells[0]
    return boolean(f"CASE WHEN {is_null(e, True)} THEN {which} IN ({', '.join(good)}) END")


def _case(c: Context, node: ast.Case) -> Expr:
    results = [value(c, w.result) for w in node.whens]
    results.append(value(c, node.default) if node.default is not None else NULL)
    t, cells = unify(results)
    if node.operand is not None:
        subject = value(c, node.operand)
        tests = [equals(subject, value(c, w.condition), True) for w in node.whens]
    else:
        tests = [condition(c, w.condition, True) for w in node.whens]
    parts = " ".join(f"WHEN {test} THEN {cell[0]}" for test, cell in zip(tests, cells, strict=False))
    return Expr(t, (f"CASE {parts} ELSE {cells[-1][0]} END",))


def _function(c: Context, node: ast.FunctionCall | ast.CountStar) -> Expr:
    from mandala_graph.cypher.lower_function import call

    return call(c, node)


VISITS: dict[type[ast.Node], Any] = {
    ast.Literal: _literal,
    ast.Parameter: _parameter,
    ast.Variable: _variable,
    ast.Property: _property,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.ListLiteral: _list,
    ast.MapLiteral: _map,
    ast.MapProjection: _map_projection,
    ast.Comparison: lambda c, node: boolean(condition(c, node)),
    ast.IsNull: _is_null,
    ast.LabelPredicate: _label_predicate,
    ast.Case: _case,
    ast.FunctionCall: _function,
    ast.CountStar: _function,
}
