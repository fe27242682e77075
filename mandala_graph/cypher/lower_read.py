"""What a MATCH says, before any SQL: its nodes, relationships and conditions, and which labels and tables they can mean.

Placing them in a SELECT is `lower_pattern`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import LABELS, TYPES
from mandala_graph.cypher.lower_compare import equals
from mandala_graph.cypher.lower_expression import Context, condition, label_holds, property_of, value
from mandala_graph.cypher.lower_path import ACYCLIC, Hop, hops
from mandala_graph.cypher.rewrites import conjuncts, names
from mandala_graph.cypher.sql import ALL_LABELS, Expr

__all__ = ["NodePart", "Reader", "RelationshipPart"]


@dataclass(slots=True, eq=False)
class NodePart:
    key: str
    hint: str
    labels: set[int]
    expr: Expr | None = None
    has_properties: bool = False


@dataclass(slots=True, eq=False)
class RelationshipPart:
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
class Task:
    needs: set[str]
    run: Callable[[], None]


@dataclass(slots=True)
class Reader:
    """The parts of one MATCH that is not optional."""

    c: Context
    names_after: set[str]
    once: bool
    nodes: dict[str, NodePart] = field(default_factory=dict)
    relationships: list[RelationshipPart] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    paths: list[tuple[str, list[str], list[RelationshipPart]]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    told_apart: set[tuple[RelationshipPart, RelationshipPart]] = field(default_factory=set)
    dead: bool = False

    # --- reading ---------------------------------------------------------------------------------------------------

    def _task(self, needs: set[str], part: ast.Expression) -> None:
        self.tasks.append(Task(needs, lambda: self.c.select.require(condition(self.c, part, True))))

    def _run_ready(self) -> None:
        ready = [t for t in self.tasks if t.needs <= self.bound]
        self.tasks = [t for t in self.tasks if not t.needs <= self.bound]
        for t in ready:
            t.run()

    def _read(self, p: ast.PathPattern) -> None:
        keys: list[str] = []
        parts: list[RelationshipPart] = []
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
            node = self.nodes[key] = NodePart(key, n.variable or "n", set(ALL_LABELS))
        node.labels &= {i for i, label in enumerate(LABELS) if label_holds(n.labels, label)}
        if n.properties is not None:
            if isinstance(n.properties, ast.Parameter):
                raise self.c.lowering.unsupported(n.properties, "a parameter for all properties of a pattern")
            node.has_properties = True
            for entry in n.properties.entries:
                needs = {key} | (names([entry.value]) & (set(self.nodes) | self._variables()))
                self.tasks.append(Task(needs, lambda e=entry: self._property(self._expr(key), e, node.hint)))  # type: ignore[misc]
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
    ) -> RelationshipPart:
        types = [i for i, t in enumerate(TYPES) if label_holds(r.types, t)]
        ways = hops(types, r.direction)
        if allowed is not None:
            a, b = allowed
            ways = [h for h in ways if label_holds(a.labels, LABELS[h.near]) and label_holds(b.labels, LABELS[h.far])]
        if isinstance(r.properties, ast.Parameter):
            raise self.c.lowering.unsupported(r.properties, "a parameter for all properties of a pattern")
        found = RelationshipPart(r, left, right, ways, p.variable, p.selector)
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

    def _labels(self, n: NodePart) -> tuple[int, ...]:
        return tuple(sorted(n.labels)) or ALL_LABELS[:1]
