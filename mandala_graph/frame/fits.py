"""Would a change of a frame leave the rows of its table as they are? It may fill empty cells, and change no full one.

`Change` is what would be added. `Rows` answers for one state of a body, and looks only at the rows that the
change reaches: every new way from an element to an old sink ends with a new element edge into an old element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from mandala_graph.frame.body import Body, Edge

__all__ = ["Change", "Rows"]

Element = tuple[str, int]

BLOCK = 4096
"""Sinks looked at together: a bit each in integers, two for every element upstream of them."""


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
                c = web.creator[x]
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
                    for c in web.consumers[x]
                    if c in body.funcs[f] and (w, x) in web.ins[c]
                ]
            self._down[e] = found
        return found

    def sinks(self, starts: Iterable[Element]) -> Iterator[Element]:
        """The sinks that are downstream of these elements, or among them; each once."""
        seen: set[Element] = set()
        for start in starts:
            if start in seen:
                continue
            seen.add(start)
            todo = [start]
            while todo:
                e = todo.pop()
                below = self.down(e)
                if not below:
                    yield e
                for x in below:
                    if x not in seen:
                        seen.add(x)
                        todo.append(x)

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
        new_up: dict[Element, list[Element]] = {}
        consumed: set[Element] = set()
        for p, q in self._new_edges(change):
            new_up.setdefault(q, []).append(p)
            consumed.add(p)
        old = [q for q in new_up if q[1] in self._there(q[0])]
        sinks = (s for s in self.sinks(old) if s not in consumed)
        size = 1  # one row is often enough to say no
        while block := list(islice(sinks, size)):
            if not self._keeps(block, new_up):
                return False
            size = BLOCK
        return True

    def _keeps(self, sinks: list[Element], new_up: dict[Element, list[Element]]) -> bool:
        """The same for some sinks, each a bit: which of them an element reaches, before and after the change."""
        before = {s: 1 << i for i, s in enumerate(sinks)}
        after = dict(before)
        filled: dict[str, int] = {}
        for e in self._downstream_first(sinks, new_up):
            was, now = before.get(e, 0), after[e]
            if was:
                filled[e[0]] = filled.get(e[0], 0) | was
                for p in self.up(e):
                    before[p] = before.get(p, 0) | was
            for p in self.up(e):
                after[p] = after.get(p, 0) | now
            for p in new_up.get(e, ()):
                after[p] = after.get(p, 0) | now
        return not any(
            (now & ~before.get(e, 0)) & filled.get(e[0], 0) for e, now in after.items() if now != before.get(e, 0)
        )

    def _downstream_first(self, sinks: list[Element], new_up: dict[Element, list[Element]]) -> list[Element]:
        """All that is upstream of the sinks, after the change, each element before those that feed it."""
        none: tuple[Element, ...] = ()
        seen: set[Element] = set()
        order: list[Element] = []
        for sink in sinks:
            if sink in seen:
                continue
            seen.add(sink)
            stack = [(sink, iter((*self.up(sink), *new_up.get(sink, none))))]
            while stack:
                e, above = stack[-1]
                for p in above:
                    if p not in seen:
                        seen.add(p)
                        stack.append((p, iter((*self.up(p), *new_up.get(p, none)))))
                        break
                else:
                    order.append(e)
                    stack.pop()
        order.reverse()
        return order

    def _there(self, node: str) -> set[int]:
        return self.body.elements(node)

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

    def varies(self, func: str, label: str, var: str) -> bool:
        """Has input `label` of the function two different contents among the rows where `var` is filled too?"""
        web = self.body.web
        first: set[int] | None = None
        for sink in self.sinks((func, c) for c in self.body.funcs[func]):
            cells = self.cells(sink)
            refs = web.refs_at(cells[func], 0, label)
            if refs and var in cells:
                if first is None:
                    first = refs
                elif refs != first:
                    return True
        return False
