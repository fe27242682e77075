"""Variables, labels and properties of patterns: what a MATCH declares, and what it may use again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mandala_graph.cypher import ast
from mandala_graph.cypher.errors import locate, nearest
from mandala_graph.cypher.inference import Inference, Scope
from mandala_graph.cypher.kinds import ANY, fits, spell
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = ["Note", "PatternScope"]

_NODE_KEYS = frozenset(p.name for n in NODES.values() for p in n.properties)
_RELATIONSHIP_KEYS = frozenset(p.name for r in RELATIONSHIPS.values() for p in r.properties)


def _names(labels: ast.LabelExpression | None, known: Collection[str]) -> set[str] | None:
    """The labels or types that a plain label expression leaves; None for one that is not plain, or not known."""
    if labels is None:
        return set(known)
    return {labels.name} if isinstance(labels, ast.LabelName) and labels.name in known else None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is allowed and probably not meant; `pos` is its offset in the text."""

    pos: int
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class PatternScope(Inference):
    """The checks of patterns."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.notes: list[Note] = []

    def note(self, pos: int, message: str, near: str | None) -> None:
        """Keep a note."""
        line, column = locate(self.text, pos)
        self.notes.append(Note(pos, line, column, message + (f"; did you mean {near}?" if near else "")))

    def declare(self, name: str, pos: int) -> None:
        """A clause makes a variable that must be new."""
        if name in self.fixed:
            raise self.error(pos, f"`{name}` is a variable outside of the subquery", "choose another name")
        if name in self.scope:
            raise self.error(pos, f"variable `{name}` is already declared", "choose another name")

    def match(self, clause: ast.Match) -> None:
        """Check a MATCH, and add its variables to the scope."""
        before = self.scope
        new: Scope = {}
        for pattern in clause.patterns:
            self._declare_path(pattern, new, before)
        groups = [e for p in clause.patterns for e in p.elements if isinstance(e, ast.QuantifiedPath)]
        if groups:
            self._check_groups(clause, groups, before)
        self.scope = {**before, **new}
        with self.without_aggregates("in a pattern"):
            for pattern in clause.patterns:
                self._inside(pattern)
        if clause.where is not None:
            with self.without_aggregates("in WHERE; name it in a WITH, and compare the name"):
                self.condition(clause.where)
        for hint in clause.hints:
            for name in hint.variables:
                if name not in self.scope:
                    raise self.undefined(name, hint.pos)

    # --- declaring

    def _declare_path(self, pattern: ast.PathPattern, new: Scope, before: Scope) -> None:
        if pattern.variable is not None:
            self._new(pattern.variable, pattern.pos, new, before)
            new[pattern.variable] = "P"
        for element in pattern.elements:
            if isinstance(element, ast.QuantifiedPath):
                for inner in element.pattern.elements:
                    if not isinstance(inner, ast.QuantifiedPath) and inner.variable is not None:
                        new[inner.variable] = "l" + ("N" if isinstance(inner, ast.NodePattern) else "R")
            elif element.variable is not None:
                self._use(element, element.variable, new, before)

    def _new(self, name: str, pos: int, new: Scope, before: Scope) -> None:
        if name in before or name in new:
            raise self.error(pos, f"variable `{name}` is already declared", "choose another name")

    def _use(self, element: ast.NodePattern | ast.RelationshipPattern, name: str, new: Scope, before: Scope) -> None:
        if isinstance(element, ast.NodePattern):
            kind, what = "N", "a node"
        elif element.length is None:
            kind, what = "R", "a relationship"
        else:
            kind, what = "lR", "a list of relationships"
            if not element.length.legacy and (name in before or name in new):
                raise self.error(element, f"variable `{name}` is already declared", "choose another name")
        known = new.get(name) or before.get(name)
        if known is None or known == ANY:
            new[name] = kind
            return
        if not (fits(known, "l") and known[1:] in ("", "R") if kind == "lR" else fits(known, kind)):
            is_list = known[0] == "l" and known[1:] in ("N", "R")
            shown = "a list of nodes or relationships" if is_list else spell(known)
            raise self.error(element, f"`{name}` is {shown}, and cannot be {what} here")
        new[name] = kind

    def _check_groups(self, clause: ast.Match, groups: list[ast.QuantifiedPath], before: Scope) -> None:
        """A variable inside a quantified path lives nowhere else."""
        outside = {
            e.variable
            for p in clause.patterns
            for e in p.elements
            if not isinstance(e, ast.QuantifiedPath) and e.variable is not None
        } | {p.variable for p in clause.patterns if p.variable is not None}
        seen: set[str] = set()
        for group in groups:
            names = {e.variable for e in group.pattern.elements
                     if not isinstance(e, ast.QuantifiedPath) and e.variable is not None}  # fmt: skip
            for name in sorted(names):
                if name in outside or name in before or name in seen:
                    raise self.error(
                        group, f"`{name}` is also used outside of this quantified path", "rename one of them"
                    )
            seen |= names

    # --- what stands inside of nodes and relationships

    def _inside(self, pattern: ast.PathPattern) -> None:
        for element in pattern.elements:
            if isinstance(element, ast.QuantifiedPath):
                self._inside_group(element)
            else:
                self._element(element)
        for left, between, right in zip(pattern.elements, pattern.elements[1:], pattern.elements[2:], strict=False):
            if isinstance(between, ast.RelationshipPattern):
                self._note_direction(left, between, right)

    def _note_direction(self, left: ast.Node, between: ast.RelationshipPattern, right: ast.Node) -> None:
        """Note a relationship that no graph has between nodes of these labels."""
        a, b = (_names(n.labels, NODES) if isinstance(n, ast.NodePattern) else None for n in (left, right))
        types = _names(between.types, RELATIONSHIPS)
        if between.length is not None or types is None or a is None or b is None:
            return
        pairs = {"->": [(a, b)], "<-": [(b, a)], "--": [(a, b), (b, a)]}[between.direction]
        if not any(RELATIONSHIPS[t].source in x and RELATIONSHIPS[t].target in y for t in types for x, y in pairs):
            told = [f"{t} goes from {r.source} to {r.target}" for t, r in RELATIONSHIPS.items() if t in types]
            self.note(between.pos, f"no such relationship is there: {', '.join(told)}", None)

    def _inside_group(self, group: ast.QuantifiedPath) -> None:
        single = {e.variable: "N" if isinstance(e, ast.NodePattern) else "R" for e in group.pattern.elements
                  if not isinstance(e, ast.QuantifiedPath) and e.variable is not None}  # fmt: skip
        with self.names(**single):
            self._inside(group.pattern)
            if group.where is not None:
                self.condition(group.where)

    def _element(self, element: ast.NodePattern | ast.RelationshipPattern) -> None:
        if isinstance(element, ast.NodePattern):
            kind, labels = "N", element.labels
        else:
            kind, labels = "R", element.types
        if labels is not None:
            self.labels(labels, kind)
        if isinstance(element.properties, ast.MapLiteral):
            for entry in element.properties.entries:
                self.note_property(kind, entry.key, entry)
                self.kind_of(entry.value)
        if element.where is not None:
            if kind == "R" and element.variable is not None:
                with self.names(**{element.variable: "R"}):
                    self.condition(element.where)
            else:
                self.condition(element.where)

    def labels(self, labels: ast.LabelExpression, kind: str) -> None:
        if isinstance(labels, ast.LabelName):
            name = labels.name
            if kind == "N" and name not in NODES:
                self._note_name(labels.pos, "label", name, NODES)
            elif kind == "R" and name not in RELATIONSHIPS:
                self._note_name(labels.pos, "relationship type", name, RELATIONSHIPS)
        elif isinstance(labels, ast.LabelNot):
            self.labels(labels.operand, kind)
        elif isinstance(labels, ast.LabelAnd | ast.LabelOr):
            for operand in labels.operands:
                self.labels(operand, kind)

    def _note_name(self, pos: int, what: str, name: str, known: Collection[str]) -> None:
        near = nearest(name, known)
        there = "" if near else f"; it has {', '.join(sorted(known))}"
        self.note(pos, f"the graph has no {what} `{name}`{there}", near)

    def note_property(self, kind: str, key: str, node: ast.Node) -> None:
        keys = _NODE_KEYS if kind == "N" else _RELATIONSHIP_KEYS
        if key not in keys:
            what = "node" if kind == "N" else "relationship"
            self.note(node.pos, f"no {what} of the graph has a property `{key}`", nearest(key, sorted(keys)))

    # --- patterns in expressions

    def pattern_condition(self, node: ast.PatternPredicate) -> None:
        pattern = node.pattern
        for element in pattern.elements:
            if isinstance(element, ast.QuantifiedPath):
                continue
            name = element.variable
            if name is not None:
                if name not in self.scope:
                    hint = "leave the name out, or write EXISTS { ... }"
                    raise self.error(element, f"a pattern in a condition cannot make a variable, `{name}`", hint)
                self._use(element, name, {}, self.scope)
            if element.where is not None:
                raise self.error(element.where, "WHERE cannot stand inside this pattern", "write EXISTS { ... }")
        with self.without_aggregates("in a pattern"):
            self._inside(pattern)

    def pattern_scope(self, node: ast.PatternComprehension) -> Scope:
        new: Scope = {}
        self._declare_path(node.pattern, new, self.scope)
        with self.names(**new), self.without_aggregates("in a pattern"):
            self._inside(node.pattern)
        return new
