"""Would a change of a frame leave the rows of its table as they are? It may fill empty cells, and change no full one.

`Change` is what would be added. `Rows` answers for one state of a body: of a small change it looks only at the rows
that the change reaches, element by element; a large one is put into arrays first (`dense`). How, is `kept`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from mandala_graph.frame.body import Body, Edge
from mandala_graph.frame.dense import Dense
from mandala_graph.frame.kept import Arrows, Growth, keeps, sinks

__all__ = ["Change", "Rows"]

Element = tuple[str, int]

LARGE = 1000
"""Elements and calls in a change from which on arrays cost less."""


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

    def size(self, body: Body) -> int:
        """How much it may reach: its elements, and the calls at its edges."""
        calls = [body.funcs[t if t in body.funcs else s] for s, t, _ in self.edges]
        return sum(map(len, self.elements.values())) + sum(map(len, calls))


class Rows:
    """The histories of a body's sinks, as far as they are asked for. The body must stay as it is meanwhile."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self._up: dict[Element, list[Element]] = {}
        self._down: dict[Element, list[Element]] = {}

    def up(self, e: Element) -> list[Element]:
        """The elements directly upstream of one."""
        found = self._up.get(e)
        if found is None:
            node, x = e
            body, web = self.body, self.body.web
            if node in body.funcs:
                found = [
                    (v, r) for v, w in body.ins[node] for label, r in web.ins[x] if label == w and r in body.vars[v]
                ]
            else:
                c = int(web.creator[x])
                found = [(f, c) for f, w in body.ins[node] if c in body.funcs[f] and (w, x) in web.outs[c]]
            if len(found) > 1:
                found = list(dict.fromkeys(found))
            self._up[e] = found
        return found

    def down(self, e: Element) -> list[Element]:
        """The elements directly downstream of one."""
        found = self._down.get(e)
        if found is None:
            node, x = e
            body, web = self.body, self.body.web
            if node in body.funcs:
                found = [
                    (v, r) for v, w in body.outs[node] for label, r in web.outs[x] if label == w and r in body.vars[v]
                ]
            else:
                found = [
                    (f, c)
                    for f, w in body.outs[node]
                    for c in web.uses[x]
                    if c in body.funcs[f] and (w, x) in web.ins[c]
                ]
            self._down[e] = found
        return found

    def cells(self, sink: Element) -> dict[str, set[int]]:
        """The sink's history: the elements of each node from which it can be reached."""
        cells: dict[str, set[int]] = {sink[0]: {sink[1]}}
        todo = [sink]
        while todo:
            for e in self.up(todo.pop()):
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
        """Does the change leave every full cell as it is? (What is no sink after it has no row to keep.)"""
        if change.size(self.body) >= LARGE:
            after = self.body.copy()
            change.apply(after)
            dense = Dense(self.body, after)
            return keeps(dense.arrows, dense.growth)
        growth: Growth[Element] = Growth()
        for p, q in self._new_edges(change):
            growth.add(p, q, self._has(p), self._has(q))
        return keeps(Arrows(self.up, self.down, itemgetter(0)), growth)

    def _has(self, e: Element) -> bool:
        return e[1] in self.body.elements(e[0])

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
                        for c in web.uses[r]
                        if holds(f, c) and (label, r) in web.ins[c]
                    )
                for f, label in body.ins[node]:
                    made = ((int(web.creator[r]), r) for r in ids if web.creator[r] >= 0)
                    found.update(((f, c), (node, r)) for c, r in made if holds(f, c) and (label, r) in web.outs[c])
        return found

    def varies(self, func: str, label: str, var: str) -> bool:
        """Has input `label` of the function two different contents among the rows where `var` is filled too?"""
        web = self.body.web
        if len(web.refs_at(self.body.funcs[func], 0, label)) < 2:
            return False
        first: set[int] | None = None
        for sink in sinks(self.down, ((func, c) for c in self.body.funcs[func])):
            cells = self.cells(sink)
            refs = {r for c in cells[func] for x, r in web.ins[c] if x == label}
            if refs and var in cells:
                if first is None:
                    first = refs
                elif refs != first:
                    return True
        return False
