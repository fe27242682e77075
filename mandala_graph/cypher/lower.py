"""A query's tree as one SQL statement for the tables of a SQLite store.

Clauses are here: each takes a context (a SELECT and what the names mean in it) and gives the next one. A MATCH adds
to the SELECT; WITH closes it when it must (grouping, DISTINCT, LIMIT, ORDER BY), and else only renames. Expressions
are in `lower_expression`, patterns in `lower_pattern`, variable lengths in `lower_path`; running is in `run`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mandala_graph.cypher import (
    ast,
    lower_operator,  # noqa: F401 (it adds its visits)
)
from mandala_graph.cypher.errors import syntax_error, unsupported
from mandala_graph.cypher.lower_compare import group_key, order_keys
from mandala_graph.cypher.lower_expression import Context, condition, unify, value
from mandala_graph.cypher.lower_list import each_row
from mandala_graph.cypher.lower_pattern import Matcher
from mandala_graph.cypher.parts import Part
from mandala_graph.cypher.rewrites import has_aggregate, ignores_counts, names
from mandala_graph.cypher.sql import ANY, WITH, Expr, Names, Select, Type, boxed, finish, kind
from mandala_graph.errors import CypherError

__all__ = ["Column", "Lowered", "Lowering", "lower", "type_of"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the result: its name, its type, and how many columns of the SQL it takes."""

    name: str
    type: Type
    width: int


@dataclass(frozen=True, slots=True)
class Lowered:
    """One statement: SQL, what to bind in which order (see `sql.mark`), the constants, the columns."""

    sql: str
    binds: tuple[str, ...]
    constants: tuple[Any, ...]
    columns: tuple[Column, ...]


def type_of(v: Any) -> Type:
    """What lowering wants to know of a parameter: its kind, and of a list whether all items are integers or strings."""
    if v is None:
        return kind("null")
    if isinstance(v, bool):
        return kind("bool")
    if isinstance(v, int):
        return kind("int")
    if isinstance(v, float):
        return kind("float") if v == v else ANY
    if isinstance(v, str):
        return kind("str")
    if isinstance(v, dict):
        return kind("map")
    if isinstance(v, (list, tuple)):
        kinds = set(map(type, v))
        item = {int: kind("int"), str: kind("str")}.get(next(iter(kinds))) if len(kinds) == 1 else None
        if item == kind("str") and any("\0" in s for s in v):  # SQLite's JSON ends a string there
            item = None
        return Type("list", item=item)
    raise CypherError(f"a parameter cannot be a {type(v).__name__}")


def lower(query: ast.Query, parameters: Mapping[str, Type]) -> Lowered:
    """The statement for a query whose parameters have these types.

    Raises `UnsupportedCypher` for what SQLite does not run.
    """
    return Lowering(query.text, parameters).query(query.body)


_SHORT = 160  # characters of a fragment that may stand several times instead of getting a column


@dataclass(slots=True)
class Lowering:
    """What one statement's parts share."""

    text: str
    parameters: Mapping[str, Type]
    names: Names = field(default_factory=Names)
    stages: list[str] = field(default_factory=list)  # tables that later parts of the statement read: `WITH ... AS`

    # --- errors ------------------------------------------------------------------------------------------------------

    def unsupported(self, node: ast.Node, what: str) -> Exception:
        return unsupported(self.text, max(node.pos, 0), what)

    def error(self, node: ast.Node, what: str) -> Exception:
        return syntax_error(self.text, max(node.pos, 0), what)

    def parameter_type(self, node: ast.Parameter) -> Type:
        if node.name not in self.parameters:
            raise CypherError(f"the query needs a value for the parameter ${node.name}")
        return self.parameters[node.name]

    # --- whole queries -------------------------------------------------------------------------------------------------

    def query(self, body: ast.QueryBody) -> Lowered:
        context = Context(self, Select(self.names), {})
        sql, columns = self.body(context, body, once=False)
        if self.stages:
            rest = f", {sql.removeprefix(WITH)}" if sql.startswith(WITH) else f" {sql}"
            sql = f"{WITH}{', '.join(self.stages)}{rest}"
        text, binds = finish(sql)
        return Lowered(
            text,
            binds,
            tuple(self.names.constants),
            tuple(Column(n, e.type, len(e.cells)) for n, e in columns),
        )

    def body(self, c: Context, body: ast.QueryBody, once: bool) -> tuple[str, list[tuple[str, Expr]]]:
        """SQL with the columns c0, c1, ..., and what they mean."""
        if isinstance(body, ast.SingleQuery):
            return self.single(c, body.clauses, once)
        parts = [self.single(self._fresh(c), p.clauses, once or not body.all) for p in body.parts]
        order = [n for n, _ in parts[0][1]]
        listed = [dict(columns) for _, columns in parts]
        types, cells = [], []
        for n in order:
            t, found = unify([columns[n] for columns in listed])
            if t.kind == "null" or any(columns[n].type.kind == "rel" for columns in listed):
                t, found = ANY, [(boxed(columns[n]),) for columns in listed]
            types.append(t)
            cells.append(found)
        selects = [
            f"SELECT {', '.join(f'{cells[j][i][0]} AS c{j}' for j in range(len(order)))} FROM ({sql})"
            for i, (sql, _) in enumerate(parts)
        ]
        exprs = [Expr(t, (f"c{j}",)) for j, t in enumerate(types)]
        if body.all:
            return " UNION ALL ".join(selects), list(zip(order, exprs, strict=True))
        if all(group_key(e) == list(e.cells) for e in exprs):
            return " UNION ".join(selects), list(zip(order, exprs, strict=True))
        keys = ", ".join(k for e in exprs for k in group_key(e))
        columns_sql = ", ".join(f"c{j}" for j in range(len(order)))
        sql = f"SELECT {columns_sql} FROM ({' UNION ALL '.join(selects)}) GROUP BY {keys}"
        return sql, list(zip(order, exprs, strict=True))

    def _fresh(self, c: Context) -> Context:
        return replace(c, select=Select(self.names), env=dict(c.env))

    def single(self, c: Context, clauses: Sequence[ast.Clause], once: bool) -> tuple[str, list[tuple[str, Expr]]]:
        """The clauses in order. Without a RETURN at the end, the rows alone: `SELECT 1`."""
        for i, clause in enumerate(clauses):
            rest = clauses[i + 1 :]
            match clause:
                case ast.Match():
                    self.match(c, clause, names(rest), ignores_counts(rest, once))
                case ast.Unwind():
                    c = self.unwind(c, clause)
                case ast.With():
                    c = self.with_(c, clause)
                case ast.CallSubquery():
                    c = self.call(c, clause)
                case ast.Return():
                    return self.project(c, clause.projection)
        return c.select.render(["1"]), []

    def subquery(self, c: Context, node: ast.Subquery) -> tuple[str, Type | None]:
        """The SQL inside EXISTS, that of a COUNT, or the rows of a COLLECT and the type of what is collected."""
        inner = c.inner()
        sql, columns = self.body(inner, node.body, once=node.kind == "EXISTS")
        if node.kind == "COLLECT":
            ((_, e),) = columns
            return sql if boxed(e) == "c0" else f"SELECT {boxed(e)} AS c0 FROM ({sql})", e.type
        if node.kind == "COUNT":  # SQLite's parser takes some twelve statements in each other: no needless ones
            rows = sql.startswith("SELECT 1 ") and not columns
            return re.sub("^SELECT 1", "SELECT count(*)", sql) if rows else f"SELECT count(*) FROM ({sql})", None
        return sql, None

    # --- clauses -------------------------------------------------------------------------------------------------------

    def match(self, c: Context, m: ast.Match, names_after: set[str], once: bool) -> None:
        if m.optional:
            self._optional(c, m, names_after, once)
        else:
            Matcher(c, names_after, once).lower(m)

    def _optional(self, c: Context, m: ast.Match, names_after: set[str], once: bool) -> None:
        inner = c.inner()
        before = set(c.env)
        Matcher(inner, names_after, once).lower(replace(m, optional=False))
        new = [n for n in inner.env if n not in before and not n.startswith("#") and {n, "*"} & names_after]
        exported = [(n, inner.env[n]) for n in new]
        if (
            len(inner.select.sources) == 1
            and not inner.select.ctes
            and not inner.select.sources[0].startswith("json_each")
        ):
            c.select.add(inner.select.sources[0], " AND ".join(inner.select.where) or "1", left=True)
            for n, e in exported:
                if e.type.kind == "rel":  # a constant cell would say that there is one
                    there = f"CASE WHEN {e.cells[1]} IS NOT NULL THEN {e.cells[0]} END"
                    e = replace(e, cells=(there, *e.cells[1:]))
                c.env[n] = replace(e, owner=c.select if e.type.kind == "node" else None, nullable=True)
            return
        cells = [self._packed(e, cell) for _, e in exported for cell in e.cells]
        rows = inner.select.render([f"json_array({', '.join(cells) or '1'}) AS row"])
        self._lateral(c, rows, exported, left=True)

    @staticmethod
    def _packed(e: Expr, cell: str) -> str:
        return cell if e.type.kind in ("node", "rel", "int", "bool") else f"cy_pack({cell})"

    def _lateral(self, c: Context, rows: str, exported: list[tuple[str, Expr]], left: bool) -> None:
        """Rows of packed JSON that depend on the row they join, as a source, and their names."""
        alias = self.names.new("row")
        c.select.add(f"json_each((SELECT json_group_array(json(row)) FROM ({rows}))) AS {alias}", left=left)
        i = 0
        for n, e in exported:
            cells = []
            for _ in e.cells:
                cell = f"({alias}.value ->> {i})"
                cells.append(cell if self._packed(e, "") == "" else f"cy_unpack({cell})")
                i += 1
            owner = c.select if e.type.kind == "node" else None
            c.env[n] = Expr(e.type, tuple(cells), owner, nullable=left or e.nullable)

    def unwind(self, c: Context, u: ast.Unwind) -> Context:
        rows, alias, item = each_row(c, value(c, u.expression), u.variable)
        c.select.add(f"json_each({rows}) AS {alias}")
        if item.type.kind == "node":
            item = replace(item, owner=c.select)
        return replace(c, env={**c.env, u.variable: item})

    def call(self, c: Context, s: ast.CallSubquery) -> Context:
        inner = c.inner()
        if s.imports is not None and s.imports != "*":
            inner.env = {n: e for n, e in inner.env.items() if n in s.imports}
        inner.around = inner.env if s.imports is not None else {}
        sql, columns = self.body(inner, s.body, once=False)
        cells = [self._packed(e, cell) for _, e in columns for cell in e.cells]
        rows = f"SELECT json_array({', '.join(cells) or '1'}) AS row FROM ({sql})"
        self._lateral(c, rows, columns, left=s.optional)
        return c

    def with_(self, c: Context, w: ast.With) -> Context:
        p = w.projection
        items = self._items(c, p)
        closed = p.distinct or p.order or p.skip or p.limit
        simple = not (closed or any(has_aggregate(e) or _is_random(e) for _, e in items))
        if simple:
            values = [(n, value(c, e)) for n, e in items]
            if all(len(cell) <= _SHORT for _, v in values for cell in v.cells):
                same = {n for n, v in values if c.env.get(n) is v}
                env = {**c.around, **dict(values)}
                c = replace(c, env=env, known={}, outer=c.outer & (same | (c.around.keys() - dict(values))))
                if w.where is not None:
                    c.select.require(condition(c, w.where, True))
                return c
        sql, columns = self.project(c, p, last=False)
        alias = self.names.new("part")
        grouped = p.distinct or any(has_aggregate(e) for _, e in items)  # SQLite does not copy out of such a subquery
        stages = None if c.correlated else self.stages
        part = Part(alias, sql, [] if grouped else c.select.weights, stages, once=_is_random(p))
        select = Select(self.names, sources=[alias], part=part)
        env = dict(c.around)
        for n, e in columns:
            cells = tuple(f"{alias}.{cell}" for cell in e.cells)
            env[n] = Expr(e.type, cells, select if e.type.kind == "node" else None, e.nullable)
        outer = frozenset(c.around.keys() - dict(columns))
        c = Context(self, select, env, outer=outer, around=c.around, correlated=c.correlated)
        if w.where is not None:
            select.require(condition(c, w.where, True))
        return c

    # --- projections ---------------------------------------------------------------------------------------------------

    def _items(self, c: Context, p: ast.Projection) -> list[tuple[str, ast.Expression]]:
        items: list[tuple[str, ast.Expression]] = []
        if p.star:
            items = [(n, ast.Variable(n)) for n in sorted(c.env) if not n.startswith("#")]
        return items + [(i.name, i.expression) for i in p.items]

    def project(self, c: Context, p: ast.Projection, last: bool = True) -> tuple[str, list[tuple[str, Expr]]]:
        """WITH or RETURN as SQL with the columns c0, c1, ..., and what they mean."""
        items = self._items(c, p)
        values = [(n, value(c, e)) for n, e in items]
        grouped = any(has_aggregate(e) for _, e in items)
        columns: list[tuple[str, Expr]] = []
        cells: list[str] = []
        for n, v in values:
            own = []
            for cell in v.cells:
                own.append(f"c{len(cells)}")
                cells.append(f"{cell} AS {own[-1]}")
            columns.append((n, Expr(v.type, tuple(own), nullable=v.nullable)))
        group = ""
        if grouped:
            keys = [v for (_, v), (_, e) in zip(values, items, strict=True) if not has_aggregate(e)]
            if keys:
                told = [k for v in keys for k in group_key(v) if not _is_constant(k)]
                group = f"GROUP BY {', '.join(told) or repr('')}"
        if p.distinct:
            return self._distinct(c, p, items, columns, c.select.render(cells, group), last)
        env = {**c.env, **dict(values)}
        known: dict[ast.Node, Expr] = {e: v for (_, e), (_, v) in zip(items, values, strict=True)}
        order = self._order(replace(c, env=env, known=known), p)
        tail = " ".join(t for t in (group, order, self._limit(c, p, bool(order) and not last)) if t)
        return c.select.render(cells, tail), columns

    def _distinct(
        self,
        c: Context,
        p: ast.Projection,
        items: list[tuple[str, ast.Expression]],
        columns: list[tuple[str, Expr]],
        inner: str,
        last: bool,
    ) -> tuple[str, list[tuple[str, Expr]]]:
        exprs = [e for _, e in columns]
        plain = all(group_key(e) == list(e.cells) for e in exprs)
        grouped = "GROUP BY" in inner
        order_c = Context(
            self, Select(self.names), dict(columns), {e: v for (_, e), v in zip(items, exprs, strict=True)}
        )
        order = self._order(order_c, p)
        if plain and not grouped:
            inner = (
                re.sub(r"^((?:WITH RECURSIVE .*? )?)SELECT ", "SELECT DISTINCT ", inner, count=1)
                if inner.startswith("SELECT ")
                else f"SELECT DISTINCT * FROM ({inner})"
            )
        elif plain:
            inner = f"SELECT DISTINCT * FROM ({inner})"
        else:
            keys = ", ".join(k for e in exprs for k in group_key(e))
            inner = f"SELECT * FROM ({inner}) GROUP BY {keys}"
        limit = self._limit(c, p, bool(order) and not last)
        if order or limit:
            source = order_c.select
            source.sources.insert(0, f"({inner})")
            inner = source.render(
                ["*"] if len(source.sources) == 1 else [x for e in exprs for x in e.cells], f"{order} {limit}".strip()
            )
        return inner, columns

    def _order(self, c: Context, p: ast.Projection) -> str:
        keys = [
            k
            for s in p.order
            for k in order_keys(value(c, s.expression), s.descending)
            if not _is_constant(k.split(" ")[0])
        ]
        return f"ORDER BY {', '.join(keys)}" if keys else ""

    def _limit(self, c: Context, p: ast.Projection, keep: bool) -> str:
        def number(e: ast.Expression) -> str:
            v = value(c, e)
            return v.sql if isinstance(e, ast.Literal) and v.type.kind == "int" else f"cy_count({boxed(v)})"

        if p.skip is None and p.limit is None:
            return "LIMIT -1" if keep else ""  # a LIMIT holds the order for what comes after
        limit = number(p.limit) if p.limit is not None else "-1"
        return f"LIMIT {limit}" + (f" OFFSET {number(p.skip)}" if p.skip is not None else "")


def _is_random(e: ast.Node) -> bool:
    """Does it give another value each time, so that it has to be evaluated once?"""
    return any(isinstance(n, ast.FunctionCall) and n.name.lower() in ("rand", "randomuuid") for n in ast.walk(e))


def _is_constant(key: str) -> bool:
    """Would SQL take this key for the number of a column, or is it null for every row?"""
    return re.fullmatch(r"\(?-?\d+\)?|NULL", key) is not None
