"""MATCH as joins: which labels and tables a pattern can mean, in what order its parts enter a SELECT.

A relationship that can only be of one type in one direction is a join with its table. One that can be several is a
lateral subquery from an end that is there already; variable lengths are in `lower_path`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import BITS, LABELS, TYPES
from mandala_graph.cypher.lower_compare import equals
from mandala_graph.cypher.lower_expression import Context, condition, is_null, label_holds, property_of, value
from mandala_graph.cypher.lower_path import ACYCLIC, Hop, Recursion, edge_expr, hops, item_sql
from mandala_graph.cypher.rewrites import conjuncts, names
from mandala_graph.cypher.sql import ALL_LABELS, Expr, Type, boxed, gid, label_of, nid
from mandala_graph.graph import NODES

__all__ = ["Matcher"]


@dataclass(slots=True, eq=False)
class _Node:
    key: str
    hint: str
    labels: set[int]
    expr: Expr | None = None
    has_properties: bool = False


@dataclass(slots=True, eq=False)
class _Relationship:
    pattern: ast.RelationshipPattern
    left: str
    right: str
    hops: list[Hop]
    path: str | None = None
    selector: str | None = None
    expr: Expr | None = None
    trail: str | None = None  # SQL of its relationships' text, once it is placed

    @property
    def length(self) -> ast.Length | None:
        return self.pattern.length

    @property
    def directed(self) -> bool:
        return self.pattern.direction != "--" and all(h.type in ACYCLIC for h in self.hops)

    @property
    def flow(self) -> tuple[str, str]:
        return (self.left, self.right) if self.pattern.direction == "->" else (self.right, self.left)


@dataclass(slots=True)
class _Task:
    needs: set[str]
    run: Callable[[], None]


@dataclass(slots=True)
class Matcher:
    """One MATCH that is not optional, lowered into a context's SELECT."""

    c: Context
    names_after: set[str]
    once: bool
    nodes: dict[str, _Node] = field(default_factory=dict)
    relationships: list[_Relationship] = field(default_factory=list)
    tasks: list[_Task] = field(default_factory=list)
    paths: list[tuple[str, list[str], list[_Relationship]]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    told_apart: set[tuple[_Relationship, _Relationship]] = field(default_factory=set)
    dead: bool = False

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

    # --- reading ---------------------------------------------------------------------------------------------------

    def _task(self, needs: set[str], part: ast.Expression) -> None:
        self.tasks.append(_Task(needs, lambda: self.c.select.require(condition(self.c, part, True))))

    def _run_ready(self) -> None:
        ready = [t for t in self.tasks if t.needs <= self.bound]
        self.tasks = [t for t in self.tasks if not t.needs <= self.bound]
        for t in ready:
            t.run()

    def _read(self, p: ast.PathPattern) -> None:
        keys: list[str] = []
        parts: list[_Relationship] = []
        waiting: ast.RelationshipPattern | None = None
        allowed: tuple[ast.NodePattern, ast.NodePattern] | None = None
        for element in p.elements:
            if isinstance(element, ast.NodePattern):
                keys.append(self._read_node(element))
                if waiting is not None:
                    parts.append(self._read_relationship(waiting, keys[-2], keys[-1], p, allowed))
                    waiting = allowed = None
            elif isinstance(element, ast.QuantifiedPath):
                waiting, allowed = self._unfold(element)
            else:
                waiting = element
        if p.variable is not None:
            self.paths.append((p.variable, keys, parts))

    def _unfold(self, q: ast.QuantifiedPath) -> tuple[ast.RelationshipPattern, tuple[ast.NodePattern, ast.NodePattern]]:
        """A quantified path over one relationship as that relationship with a length."""
        a, r, b = q.pattern.elements
        if not (
            isinstance(a, ast.NodePattern) and isinstance(b, ast.NodePattern) and isinstance(r, ast.RelationshipPattern)
        ):
            raise self.c.lowering.unsupported(q, "a quantified path over more than one relationship")
        inside = {n.variable for n in (a, b) if n.variable}
        if any(n.properties or n.where for n in (a, b)) or names([q.where, r.where]) & inside:
            raise self.c.lowering.unsupported(q, "a condition on a node inside a quantified path")
        if inside & (self.names_after | ({*inside} if "*" in self.names_after else set())):
            raise self.c.lowering.unsupported(q, "the list of nodes inside a quantified path")
        where = q.where if r.where is None else r.where if q.where is None else ast.Binary("AND", r.where, q.where)
        return replace(r, where=where, length=replace(q.length, legacy=False)), (a, b)

    def _read_node(self, n: ast.NodePattern) -> str:
        key = n.variable or "#" + self.c.select.names.new("n")
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = _Node(key, n.variable or "n", set(ALL_LABELS))
        node.labels &= {i for i, label in enumerate(LABELS) if label_holds(n.labels, label)}
        if n.properties is not None:
            if isinstance(n.properties, ast.Parameter):
                raise self.c.lowering.unsupported(n.properties, "a parameter for all properties of a pattern")
            node.has_properties = True
            for entry in n.properties.entries:
                needs = {key} | (names([entry.value]) & (set(self.nodes) | self._variables()))
                self.tasks.append(_Task(needs, lambda e=entry: self._property(self._expr(key), e, node.hint)))  # type: ignore[misc]
        for part in conjuncts(n.where):
            self._task({key} | (names([part]) & set(self.nodes)), part)
        return key

    def _variables(self) -> set[str]:
        return {r.pattern.variable for r in self.relationships if r.pattern.variable}

    def _expr(self, key: str) -> Expr:
        e = self.nodes[key].expr
        if e is None:
            raise LookupError(key)
        return e

    def _property(self, subject: Expr, entry: ast.MapEntry, hint: str) -> None:
        found = property_of(self.c, subject, entry.key, hint)
        self.c.select.require(equals(found, value(self.c, entry.value), True))

    def _read_relationship(
        self,
        r: ast.RelationshipPattern,
        left: str,
        right: str,
        p: ast.PathPattern,
        allowed: tuple[ast.NodePattern, ast.NodePattern] | None,
    ) -> _Relationship:
        types = [i for i, t in enumerate(TYPES) if label_holds(r.types, t)]
        ways = hops(types, r.direction)
        if allowed is not None:
            a, b = allowed
            ways = [h for h in ways if label_holds(a.labels, LABELS[h.near]) and label_holds(b.labels, LABELS[h.far])]
        if isinstance(r.properties, ast.Parameter):
            raise self.c.lowering.unsupported(r.properties, "a parameter for all properties of a pattern")
        found = _Relationship(r, left, right, ways, p.variable, p.selector)
        self.relationships.append(found)
        return found

    # --- labels ----------------------------------------------------------------------------------------------------

    def _infer(self) -> None:
        """Narrow labels and types by each other until nothing changes."""
        for key, n in self.nodes.items():
            if key in self.c.env and self.c.env[key].type.kind == "node":
                n.labels &= set(self.c.env[key].type.labels)
        changed = True
        while changed:
            changed = False
            for r in self.relationships:
                left, right = self.nodes[r.left].labels, self.nodes[r.right].labels
                if r.length is None:
                    fitting = [h for h in r.hops if h.near in left and h.far in right]
                    changed = changed or len(fitting) < len(r.hops)
                    r.hops = fitting
                    starts, ends = {h.near for h in r.hops}, {h.far for h in r.hops}
                elif r.length.minimum > 0:
                    starts, ends = {h.near for h in r.hops}, {h.far for h in r.hops}
                else:
                    starts = right | {h.near for h in r.hops}
                    ends = left | {h.far for h in r.hops}
                changed = changed or not (left <= starts and right <= ends)
                left &= starts
                right &= ends
        self.dead = any(not n.labels for n in self.nodes.values())

    def _labels(self, n: _Node) -> tuple[int, ...]:
        return tuple(sorted(n.labels)) or ALL_LABELS[:1]

    # --- placing ---------------------------------------------------------------------------------------------------

    def _adopt(self, n: _Node) -> None:
        """A node that an earlier clause bound."""
        e = self.c.env[n.key]
        if e.type.kind != "node":
            e = Expr(Type("node", ALL_LABELS), (f"cy_id({boxed(e)})",))
        self.c.select.require(is_null(e, True) if e.nullable else "1")
        self._settle(n, e)

    def _settle(self, n: _Node, e: Expr) -> None:
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

    def _meet(self, n: _Node, e: Expr) -> None:
        """The node is also `e`."""
        if n.expr is None:
            self._settle(n, e)
        else:
            self.c.select.require(equals(n.expr, e, True))

    def _anchor(self, n: _Node) -> None:
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

    def _next(self, pending: list[_Relationship]) -> _Relationship:
        def rank(r: _Relationship) -> tuple[int, int]:
            touches = int(self.nodes[r.left].expr is None and self.nodes[r.right].expr is None)
            simple = 0 if r.length is None and len(r.hops) == 1 else 1 if r.length is None else 2
            return simple if simple == 0 else simple + 2 * touches, touches

        return min(pending, key=rank)

    def _place(self, r: _Relationship, pending: list[_Relationship]) -> None:
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

    def _name(self, r: _Relationship, e: Expr) -> None:
        """The relationship is `e`; its own conditions follow."""
        r.expr = e
        v = r.pattern.variable
        if v is not None:
            if v in self.c.env:
                self.c.select.require(equals(self.c.env[v], e, True))
            self.c.env[v] = e
            self.bound.add(v)

    def _conditions(self, r: _Relationship, e: Expr) -> list[str]:
        """What the pattern asks of each relationship."""
        found = []
        if isinstance(r.pattern.properties, ast.MapLiteral):
            for entry in r.pattern.properties.entries:
                found.append(equals(property_of(self.c, e, entry.key), value(self.c, entry.value), True))
        return found

    def _place_nothing(self, r: _Relationship) -> None:
        self.c.select.require("0")
        self._anchor(self.nodes[r.left])
        self._anchor(self.nodes[r.right])
        self._name(r, Expr(Type("rel", (0,)), ("NULL",) * 5))

    def _place_join(self, r: _Relationship) -> None:
        (hop,) = r.hops
        alias = self.c.select.names.new(r.pattern.variable or hop.table.removeprefix("edge_"))
        e = edge_expr(hop, alias)
        near, far = hop.columns
        self.c.select.add(f"{hop.table} AS {alias}")
        for key, column, label in ((r.left, near, hop.near), (r.right, far, hop.far)):
            self._meet(self.nodes[key], Expr(Type("node", (label,)), (f"{alias}.{column}",), self.c.select, False))
        self._finish(r, e)

    def _finish(self, r: _Relationship, e: Expr) -> None:
        self._name(r, e)
        for c in self._conditions(r, e):
            self.c.select.require(c)
        for part in conjuncts(r.pattern.where):
            self._task(names([part]) & set(self.nodes), part)

    def _near(self, r: _Relationship) -> tuple[_Node, _Node, list[Hop], bool]:
        """The end to start from (anchored), the other end, the hops seen from there, and whether that is the left end."""
        left, right = self.nodes[r.left], self.nodes[r.right]
        if left.expr is None and (right.expr is not None or (right.has_properties and not left.has_properties)):
            self._anchor(right)
            return right, left, [Hop(h.type, not h.forward) for h in r.hops], False
        self._anchor(left)
        return left, right, r.hops, True

    def _place_lateral(self, r: _Relationship) -> None:
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

    def _recursion(self, r: _Relationship, ways: list[Hop], mode: str) -> Recursion:
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

    def _mode(self, r: _Relationship) -> str:
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

    def _place_recursion(self, r: _Relationship, pending: list[_Relationship]) -> None:
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

    def _alone(self, near: _Node, far: _Node, pending: list[_Relationship]) -> bool:
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

    def _place_shortest(self, r: _Relationship) -> None:
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

    def _path(self, name: str, keys: list[str], parts: list[_Relationship]) -> None:
        cells = [gid(self._expr(keys[0]))]
        for r in parts:
            cells.append(r.trail if r.trail is not None else item_sql(r.expr) if r.expr is not None else "NULL")
        self.c.env[name] = Expr(Type("path"), (f"cy_path({', '.join(cells)})",), nullable=False)
        self.bound.add(name)

    def _apart(self, a: _Relationship, b: _Relationship) -> bool:
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
