"""MATCH as joins: which labels and tables a pattern can mean, in what order its parts enter a SELECT.

A relationship that can only be of one type in one direction is a join with its table. One that can be several is a
lateral subquery from an end that is there already; variable lengths are in `lower_path`, reading in `lower_read`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import BITS, LABELS
from mandala_graph.cypher.lower_compare import equals
from mandala_graph.cypher.lower_expression import condition, is_null, property_of, value
from mandala_graph.cypher.lower_path import Hop, Recursion, edge_expr, item_sql
from mandala_graph.cypher.lower_read import NodePart, Reader, RelationshipPart
from mandala_graph.cypher.rewrites import conjuncts, names
from mandala_graph.cypher.sql import ALL_LABELS, Expr, Type, boxed, gid, label_of, nid
from mandala_graph.graph import NODES

__all__ = ["Matcher"]


@dataclass(slots=True)
class Matcher(Reader):
    """One MATCH that is not optional, lowered into a context's SELECT."""

    def lower(self, m: ast.Match) -> None:
        for p in m.patterns:
            self._read(p)
        introduced = set(self.nodes) | {r.pattern.variable for r in self.relationships if r.pattern.variable}
        introduced |= {p[0] for p in self.paths}
        for part in conjuncts(m.where):
            self._task(names([part]) & introduced, part)
        self._infer()
        if self.dead:
            self.c.select.require("0")
        for n in self.nodes.values():
            if n.key in self.c.env:
                self._adopt(n)
        self._run_ready()
        pending = list(self.relationships)
        while pending:
            pending.remove(r := self._next(pending))
            self._place(r, pending)
            self._run_ready()
        for n in self.nodes.values():
            self._anchor(n)
        self._run_ready()
        self._unique()
        for name, keys, parts in self.paths:
            self._path(name, keys, parts)
        self._run_ready()

    # --- placing ---------------------------------------------------------------------------------------------------

    def _adopt(self, n: NodePart) -> None:
        """A node that an earlier clause bound."""
        e = self.c.env[n.key]
        if e.type.kind != "node":
            e = Expr(Type("node", ALL_LABELS), (f"cy_id({boxed(e)})",))
        self.c.select.require(is_null(e, True) if e.nullable else "1")
        self._settle(n, e)

    def _settle(self, n: NodePart, e: Expr) -> None:
        """`e` is the node: narrow it to the labels that it can have here, and let conditions see it."""
        labels = self._labels(n)
        around = n.key in self.c.outer and n.key in self.c.env
        nullable = e.nullable and n.key in self.c.outer
        if set(e.type.labels) - set(labels):
            listed = ", ".join(map(str, labels))
            self.c.select.require(f"{label_of(e)} IN ({listed})" if len(labels) > 1 else f"{label_of(e)} = {listed}")
            cell = nid(e) if len(labels) == 1 else gid(e)
            e = replace(e, type=Type("node", labels), cells=(cell,))
            nullable = nullable or around  # around this SELECT it may have another label: no inner join there
        e = replace(e, owner=e.owner if around else self.c.select, nullable=nullable)
        n.expr = e
        self.c.env[n.key] = e
        self.bound.add(n.key)

    def _meet(self, n: NodePart, e: Expr) -> None:
        """The node is also `e`."""
        if n.expr is None:
            self._settle(n, e)
        else:
            self.c.select.require(equals(n.expr, e, True))

    def _anchor(self, n: NodePart) -> None:
        """Let the node range over its tables."""
        if n.expr is not None:
            return
        labels = self._labels(n)
        alias = self.c.select.names.new(n.hint)
        if len(labels) == 1:
            self.c.select.add(f"{NODES[LABELS[labels[0]]].table} AS {alias}")
            e = Expr(Type("node", labels), (f"{alias}.nid",), self.c.select, False)
            self.c.select.tables[e.sql, labels[0]] = alias
        else:
            parts = [f"SELECT nid << {BITS} | {i} AS id FROM {NODES[LABELS[i]].table}" for i in labels]
            self.c.select.add(f"({' UNION ALL '.join(parts)}) AS {alias}")
            e = Expr(Type("node", labels), (f"{alias}.id",), self.c.select, False)
        self._settle(n, e)

    def _next(self, pending: list[RelationshipPart]) -> RelationshipPart:
        def rank(r: RelationshipPart) -> tuple[int, int]:
            touches = int(self.nodes[r.left].expr is None and self.nodes[r.right].expr is None)
            simple = 0 if r.length is None and len(r.hops) == 1 else 1 if r.length is None else 2
            return simple if simple == 0 else simple + 2 * touches, touches

        return min(pending, key=rank)

    def _place(self, r: RelationshipPart, pending: list[RelationshipPart]) -> None:
        if r.selector is not None:
            self._place_shortest(r)
        elif r.length is not None:
            self._place_recursion(r, pending)
        elif len(r.hops) == 1:
            self._place_join(r)
        elif not r.hops:
            self._place_nothing(r)
        else:
            self._place_lateral(r)

    def _name(self, r: RelationshipPart, e: Expr) -> None:
        """The relationship is `e`; its own conditions follow."""
        r.expr = e
        v = r.pattern.variable
        if v is not None:
            if v in self.c.env:
                self.c.select.require(equals(self.c.env[v], e, True))
            self.c.env[v] = e
            self.bound.add(v)

    def _conditions(self, r: RelationshipPart, e: Expr) -> list[str]:
        """What the pattern asks of each relationship."""
        found = []
        if isinstance(r.pattern.properties, ast.MapLiteral):
            for entry in r.pattern.properties.entries:
                found.append(equals(property_of(self.c, e, entry.key), value(self.c, entry.value), True))
        return found

    def _place_nothing(self, r: RelationshipPart) -> None:
        self.c.select.require("0")
        self._anchor(self.nodes[r.left])
        self._anchor(self.nodes[r.right])
        self._name(r, Expr(Type("rel", (0,)), ("NULL",) * 5))

    def _place_join(self, r: RelationshipPart) -> None:
        (hop,) = r.hops
        alias = self.c.select.names.new(r.pattern.variable or hop.table.removeprefix("edge_"))
        e = edge_expr(hop, alias)
        near, far = hop.columns
        self.c.select.add(f"{hop.table} AS {alias}")
        for key, column, label in ((r.left, near, hop.near), (r.right, far, hop.far)):
            self._meet(self.nodes[key], Expr(Type("node", (label,)), (f"{alias}.{column}",), self.c.select, False))
        self._finish(r, e)

    def _finish(self, r: RelationshipPart, e: Expr) -> None:
        self._name(r, e)
        for c in self._conditions(r, e):
            self.c.select.require(c)
        for part in conjuncts(r.pattern.where):
            self._task(names([part]) & set(self.nodes), part)

    def _near(self, r: RelationshipPart) -> tuple[NodePart, NodePart, list[Hop], bool]:
        """The end to start from (anchored), the other end, the hops seen from there, and whether that is the left end."""
        left, right = self.nodes[r.left], self.nodes[r.right]
        if left.expr is None and (right.expr is not None or (right.has_properties and not left.has_properties)):
            self._anchor(right)
            return right, left, [Hop(h.type, not h.forward) for h in r.hops], False
        self._anchor(left)
        return left, right, r.hops, True

    def _place_lateral(self, r: RelationshipPart) -> None:
        near, far, ways, _ = self._near(r)
        start = self._expr(near.key)
        parts = []
        for hop in ways:
            e = edge_expr(hop, "e")
            at, to = hop.columns
            where = [f"e.{at} = {nid(start)}"]
            if len(start.type.labels) > 1:
                where.append(f"{label_of(start)} = {hop.near}")
            if r.pattern.direction == "--" and not hop.forward and hop.near == hop.far:
                where.append("e.source <> e.target")
            found = ", ".join([f"e.{to} << {BITS} | {hop.far}", *e.cells])
            parts.append(f"SELECT json_array({found}) AS row FROM {hop.table} AS e WHERE {' AND '.join(where)}")
        alias = self.c.select.names.new(r.pattern.variable or "hop")
        self.c.select.add(
            f"json_each((SELECT json_group_array(json(row)) FROM ({' UNION ALL '.join(parts)}))) AS {alias}"
        )
        cells = [f"({alias}.value ->> {i})" for i in range(6)]
        types = tuple(sorted({h.type for h in r.hops}))
        ends = tuple(sorted({h.far for h in ways}))
        far_cell = cells[0] if len(ends) > 1 else f"({cells[0]} >> {BITS})"
        self._meet(far, Expr(Type("node", ends), (far_cell,), self.c.select, False))
        self._finish(r, Expr(Type("rel", types), tuple(cells[1:]), nullable=False))

    def _recursion(self, r: RelationshipPart, ways: list[Hop], mode: str) -> Recursion:
        assert_length = r.pattern.length or ast.Length(1, 1)
        edges, found = {}, {}
        for hop in ways:
            alias = self.c.select.names.new("e")
            e = edge_expr(hop, alias)
            edges[hop.type, hop.forward] = alias
            conditions = self._conditions(r, e)
            if r.pattern.where is not None:
                more = {r.pattern.variable: e} if r.pattern.variable else {}
                inner = replace(self.c, env={**self.c.env, **more})
                conditions += [condition(inner, p, True) for p in conjuncts(r.pattern.where)]
            found[hop.type, hop.forward] = conditions
        return Recursion(
            self.c.select.names,
            ways,
            r.pattern.direction == "--",
            assert_length.minimum,
            assert_length.maximum,
            mode,
            found,
            edges,
        )

    def _mode(self, r: RelationshipPart) -> str:
        length = r.pattern.length or ast.Length(1, 1)
        rivals = [o for o in self.relationships if o is not r and not self._apart(r, o)]
        if (r.pattern.variable and self._used(r.pattern.variable)) or (r.path and self._used(r.path)) or rivals:
            return "trail"
        one_way = r.pattern.direction != "--"
        if (
            self.once
            and (r.directed or length.minimum == 0 or (one_way and length.minimum == 1))
            and not (length.minimum > 1 and not r.directed)
        ):
            return "reach"
        return "walk" if r.directed else "trail"

    def _used(self, name: str) -> bool:
        return bool({name, "*"} & self.names_after) or any(name in t.needs for t in self.tasks)

    def _place_recursion(self, r: RelationshipPart, pending: list[RelationshipPart]) -> None:
        near, far, ways, from_left = self._near(r)
        self._run_ready()
        start = self._expr(near.key)
        length = r.pattern.length or ast.Length(1, 1)
        ends = tuple(sorted({h.far for h in ways} | (set(start.type.labels) if length.minimum == 0 else set())))
        mode = self._mode(r)
        recursion = self._recursion(r, ways, mode)
        if mode == "reach" and far.expr is None and self._alone(near, far, pending):
            id_sql = self._fold(recursion, start)
        else:
            alias = self.c.select.names.new("end")
            self.c.select.add(f"json_each({recursion.rows(gid(start))}) AS {alias}")
            id_sql = f"{alias}.value"
            if mode == "trail":
                id_sql = f"({alias}.value ->> 0)"
                r.trail = f"({alias}.value ->> 1)"
        cell = id_sql if len(ends) != 1 else f"({id_sql} >> {BITS})"
        self._meet(far, Expr(Type("node", ends or ALL_LABELS), (cell,), self.c.select, False))
        if r.pattern.variable and r.trail is not None:
            sql = f"CAST(x'02' || '[' || {r.trail} || ']' AS BLOB)"
            listed = Expr(Type("list"), (sql if from_left else f"cy_reverse({sql})",), nullable=False)
            self.c.env[r.pattern.variable] = listed
            self.bound.add(r.pattern.variable)
        r.trail = r.trail and (r.trail if from_left else f"cy_turn({r.trail})")

    def _alone(self, near: NodePart, far: NodePart, pending: list[RelationshipPart]) -> bool:
        """Does nothing but the far end matter from here on?"""
        needed = set(self.names_after)
        for t in self.tasks:
            needed |= t.needs
        for o in pending:
            needed |= {o.left, o.right, o.pattern.variable or ""}
        for n in self.nodes.values():
            if n.expr is None and n is not far:
                needed.add(n.key)
        if "*" in needed or self.paths:
            return False
        placed = [r for r in self.relationships if r.expr is not None or r.trail is not None]
        if not all(self._apart(p, o) for p in placed for o in pending):
            return False
        return not (needed & (set(self.c.env) - self.c.outer)) and near.key not in self.c.outer

    def _fold(self, recursion: Recursion, start: Expr) -> str:
        """One recursion for all starts: what was selected so far becomes its seed."""
        self._unique()
        select = self.c.select
        seed = select.render([f"{gid(start)} AS id"])
        select.closed = False
        select.ctes = [recursion.definition(seed if seed.startswith("SELECT") else f"SELECT id FROM ({seed})")]
        w = recursion.name
        if recursion.counted:
            select.sources = [f"(SELECT DISTINCT id FROM {w} WHERE depth >= {recursion.minimum}) AS {w}"]
        else:
            select.sources = [w]
        select.where, select.tables = [], {}
        for name in set(self.c.env) - self.c.outer:
            del self.c.env[name]
        return f"{w}.id"

    def _place_shortest(self, r: RelationshipPart) -> None:
        left, right = self.nodes[r.left], self.nodes[r.right]
        self._anchor(left)
        self._anchor(right)
        self._run_ready()
        length = r.pattern.length or ast.Length(1, 1)
        if r.pattern.where is not None:
            raise self.c.lowering.unsupported(r.pattern, "a condition inside a shortest path")
        if any(n in t.needs for t in self.tasks for n in (r.path, r.pattern.variable) if n):
            raise self.c.lowering.unsupported(r.pattern, "a condition on a shortest path in its own MATCH")
        properties = r.pattern.properties
        entries = properties.entries if isinstance(properties, ast.MapLiteral) else ()
        keys = [e.key for e in entries]
        if set(keys) - {"name", "index"}:
            raise self.c.lowering.unsupported(r.pattern, "a property other than name and index in a shortest path")
        spec = {
            "hops": [[h.type, h.forward] for h in r.hops],
            "minimum": length.minimum,
            "maximum": length.maximum,
            "all": r.selector == "allShortestPaths",
            "keys": keys,
        }
        values = [boxed(value(self.c, e.value)) for e in entries]
        alias = self.c.select.names.new("path")
        arguments = [gid(self._expr(left.key)), gid(self._expr(right.key)), self.c.constant(json.dumps(spec)), *values]
        self.c.select.add(f"json_each(cy_shortest({', '.join(arguments)})) AS {alias}")
        r.trail = f"{alias}.value"
        if r.pattern.variable:
            self.c.env[r.pattern.variable] = Expr(
                Type("list"), (f"CAST(x'02' || '[' || {r.trail} || ']' AS BLOB)",), nullable=False
            )

    # --- afterwards ------------------------------------------------------------------------------------------------

    def _path(self, name: str, keys: list[str], parts: list[RelationshipPart]) -> None:
        cells = [gid(self._expr(keys[0]))]
        for r in parts:
            cells.append(r.trail if r.trail is not None else item_sql(r.expr) if r.expr is not None else "NULL")
        self.c.env[name] = Expr(Type("path"), (f"cy_path({', '.join(cells)})",), nullable=False)
        self.bound.add(name)

    def _apart(self, a: RelationshipPart, b: RelationshipPart) -> bool:
        """Can the two never pass the same relationship? By type, or because data flows from one to the other."""
        if not {h.type for h in a.hops} & {h.type for h in b.hops}:
            return True
        if not (a.directed and b.directed):
            return False
        flow: dict[str, set[str]] = {}
        for r in self.relationships:
            if r.directed:
                up, down = r.flow
                flow.setdefault(up, set()).add(down)

        def reaches(start: str, end: str) -> bool:
            seen, todo = {start}, [start]
            while todo:
                for n in flow.get(todo.pop(), ()):
                    if n not in seen:
                        seen.add(n)
                        todo.append(n)
            return end in seen

        return reaches(a.flow[1], b.flow[0]) or reaches(b.flow[1], a.flow[0])

    def _unique(self) -> None:
        """No relationship is passed twice in one MATCH."""
        for i, a in enumerate(self.relationships):
            for b in self.relationships[:i]:
                if a.selector or b.selector or (b, a) in self.told_apart or self._apart(a, b):
                    continue
                if all(r.expr is not None or r.trail is not None for r in (a, b)):
                    self.told_apart.add((b, a))
                if a.trail is not None and b.trail is not None:
                    self.c.select.require(f"cy_disjoint({a.trail}, {b.trail})")
                elif a.trail is not None or b.trail is not None:
                    trail, one = (a.trail, b.expr) if a.trail is not None else (b.trail, a.expr)
                    if one is not None:
                        self.c.select.require(f"instr({trail}, {item_sql(one)}) = 0")
                elif a.expr is not None and b.expr is not None:
                    self.c.select.require(f"NOT {equals(a.expr, b.expr, True)}")
