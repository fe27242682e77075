"""Would a change of a frame leave the rows of its table as they are? It may fill empty cells, and change no full one.

`Change` is what would be added. `Rows` answers for one state of a body, and looks only at the rows that the
change reaches: every new way from an element to an old sink ends with a new element edge into an old element.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mandala_graph.frame.body import Body, Edge

__all__ = ["Change", "Rows"]

Element = tuple[str, int]


@dataclass
class Change:
    """Elements and edges to be added to a body; none of them is there yet."""

    elements: dict[str, set[int]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def add(self, node: str, ids: Iterable[int]) -> None:
        self.elements.setdefault(node, set()).update(ids)

    def apply(self, body: Body) -> None:
        for node, ids in self.elements.items():
            body.elements(node).update(ids)
        for edge in self.edges:
            body.add_edge(edge)


class Rows:
    """The histories of a body's sinks, worked out where they are asked for. The body must stay as it is meanwhile."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.up: dict[Element, list[Element]] = {}
        self.down: dict[Element, list[Element]] = {}
        for edge in body.edges:
            source, target, _ = edge
            for a, b in body.pairs(edge):
                self.down.setdefault((source, a), []).append((target, b))
                self.up.setdefault((target, b), []).append((source, a))
        self._cells: dict[Element, dict[str, set[int]]] = {}
        self._sinks: dict[Element, frozenset[Element]] = {}

    def sinks(self, start: Element) -> frozenset[Element]:
        """The sinks that are downstream of an element, or itself where it is one."""
        known = self._sinks
        todo = [start]
        while todo:
            e = todo[-1]
            if e in known:
                todo.pop()
                continue
            below = self.down.get(e)
            if not below:
                known[e] = frozenset([e])
            elif missing := [x for x in below if x not in known]:
                todo += missing
                continue
            elif len(below) == 1:
                known[e] = known[below[0]]
            else:
                known[e] = frozenset().union(*[known[x] for x in below])
            todo.pop()
        return known[start]

    def cells(self, sink: Element) -> dict[str, set[int]]:
        """The sink's history: the elements of each node from which it can be reached."""
        cells = self._cells.get(sink)
        if cells is None:
            cells = self._cells[sink] = {sink[0]: {sink[1]}}
            todo = [sink]
            up = self.up
            while todo:
                for e in up.get(todo.pop(), ()):
                    cell = cells.get(e[0])
                    if cell is None:
                        cells[e[0]] = {e[1]}
                    elif e[1] in cell:
                        continue
                    else:
                        cell.add(e[1])
                    todo.append(e)
        return cells

    def fits(self, change: Change) -> bool:
        new_up: dict[Element, list[Element]] = {}
        for p, q in self._new_edges(change):
            new_up.setdefault(q, []).append(p)
        old = [(p, q) for q, ps in new_up.items() if q[1] in self._there(q[0]) for p in ps]
        consumed = {p for ps in new_up.values() for p in ps}  # no sinks any more, if they were
        for p, q in old:
            for sink in self.sinks(q):
                if sink not in consumed:
                    cell = self.cells(sink).get(p[0])
                    if cell is not None and p[1] not in cell:
                        return False
        above: dict[Element, list[Element]] = {}
        for p, q in old:
            history = above.get(p)
            if history is None:
                history = above[p] = self._closure(p, new_up)
            if len(history) > 1:
                for sink in self.sinks(q):
                    if sink not in consumed:
                        cells = self.cells(sink)
                        for node, x in history:
                            cell = cells.get(node)
                            if cell is not None and x not in cell:
                                return False
        return True

    def _there(self, node: str) -> set[int]:
        return self.body.elements(node)

    def _closure(self, start: Element, new_up: dict[Element, list[Element]]) -> list[Element]:
        seen = {start}
        todo = [start]
        while todo:
            e = todo.pop()
            for more in (self.up.get(e, ()), new_up.get(e, ())):
                for p in more:
                    if p not in seen:
                        seen.add(p)
                        todo.append(p)
        return list(seen)

    def _new_edges(self, change: Change) -> set[tuple[Element, Element]]:
        body, web = self.body, self.body.web
        none: set[int] = set()
        added = change.elements

        def holds(node: str, x: int) -> bool:
            return x in body.elements(node) or x in added.get(node, none)

        found: set[tuple[Element, Element]] = set()
        for source, target, label in change.edges:
            func, side = (target, 0) if source in body.vars else (source, 1)
            edges = web.outs if side else web.ins
            for c in body.funcs[func] | added.get(func, none):
                for name, r in edges[c]:
                    if name == label:
                        if side and holds(target, r):
                            found.add(((source, c), (target, r)))
                        elif not side and holds(source, r):
                            found.add(((source, r), (target, c)))
        for node, ids in added.items():
            if node in body.funcs:
                for v, label in body.ins[node]:
                    found.update(((v, r), (node, c)) for c in ids for x, r in web.ins[c] if x == label and holds(v, r))
                for v, label in body.outs[node]:
                    found.update(((node, c), (v, r)) for c in ids for x, r in web.outs[c] if x == label and holds(v, r))
            else:
                for f, label in body.outs[node]:
                    found.update(
                        ((node, r), (f, c))
                        for r in ids
                        for c in web.consumers[r]
                        if holds(f, c) and (label, r) in web.ins[c]
                    )
                for f, label in body.ins[node]:
                    found.update(
                        ((f, web.creator[r]), (node, r))
                        for r in ids
                        if web.creator[r] >= 0 and holds(f, web.creator[r]) and (label, r) in web.outs[web.creator[r]]
                    )
        return found

    def columns(self, func: str, label: str) -> dict[Element, frozenset[int]]:
        """What input `label` of the function would hold in each row that has the function."""
        web = self.body.web
        col: dict[Element, frozenset[int]] = {}
        for c in self.body.funcs[func]:
            for sink in self.sinks((func, c)):
                if sink not in col:
                    refs = web.refs_at(self.cells(sink)[func], 0, label)
                    if refs:
                        col[sink] = frozenset(refs)
        return col

    def varies(self, func: str, label: str, var: str) -> bool:
        """Has input `label` of the function two different contents among the rows where `var` is filled too?"""
        first: frozenset[int] | None = None
        for sink, refs in self.columns(func, label).items():
            if var in self.cells(sink):
                if first is None:
                    first = refs
                elif refs != first:
                    return True
        return False
