"""The histories of a frame's sinks as one matrix: a row for each sink, a column for each node, a number for each cell.

Worked out node by node against the edges, with arrays; only the nodes of a cycle element by element, in the
order that their element edges give (those have no cycle).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mandala_graph.frame.body import Body
from mandala_graph.frame.order import components
from mandala_graph.frame.web import numbers
from mandala_graph.store.reach import Ints, distinct

__all__ = ["EMPTY", "Cells", "Histories", "histories"]

EMPTY = -1
"""The number of an empty cell."""


class Cells:
    """Cells as numbers: an element's own number, or one below `EMPTY` for a set of several."""

    def __init__(self) -> None:
        self.many: list[tuple[int, ...]] = []
        self._known: dict[bytes, int] = {}

    def number(self, elements: Ints) -> int:
        """The number of a set of several elements, given in ascending order."""
        key = elements.tobytes()
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = -2 - len(self.many)
            self.many.append(tuple(elements.tolist()))
        return found

    def elements(self, cell: int) -> tuple[int, ...]:
        """The elements of a cell."""
        if cell >= 0:
            return (cell,)
        return () if cell == EMPTY else self.many[-2 - cell]


@dataclass
class Histories:
    """`matrix[i, j]` is the cell of sink i at node `nodes[j]`; sink i is element `sinks[i]` of node `nodes[at[i]]`."""

    nodes: list[str]
    at: Ints
    sinks: Ints
    matrix: Ints
    cells: Cells


def histories(body: Body) -> Histories:
    """The histories of all sinks of a body."""
    return _Walk(body).result()


class _Walk:
    def __init__(self, body: Body) -> None:
        self.body = body
        self.groups = components(body)
        self.nodes = [n for g in self.groups for n in g]
        self.ids: dict[str, Ints] = {n: np.sort(numbers(body.elements(n))) for n in self.nodes}
        self.edges: dict[str, list[tuple[str, Ints, Ints]]] = {n: [] for n in self.nodes}
        consumed = {n: np.zeros(len(self.ids[n]), bool) for n in self.nodes}
        for edge in body.edges:
            source, target, _ = edge
            a, b = body.arrows(edge)
            if len(a):
                a, b = np.searchsorted(self.ids[source], a), np.searchsorted(self.ids[target], b)
                self.edges[source].append((target, a, b))
                consumed[source][a] = True
        self.own: dict[str, tuple[Ints, Ints]] = {}
        sinks, at = [], []
        count = 0
        for j, n in enumerate(self.nodes):
            free = np.flatnonzero(~consumed[n])
            self.own[n] = (np.arange(count, count + len(free)), free)
            sinks.append(self.ids[n][free])
            at.append(np.full(len(free), j))
            count += len(free)
        self.sinks = np.concatenate(sinks) if sinks else np.zeros(0, np.int64)
        self.at = np.concatenate(at) if at else np.zeros(0, np.int64)
        self.pairs: dict[str, tuple[Ints, Ints]] = {}

    def result(self) -> Histories:
        cells = Cells()
        matrix = np.full((len(self.sinks), len(self.nodes)), EMPTY, np.int64)
        for group in reversed(self.groups):
            if len(group) == 1 and all(t != group[0] for t, _, _ in self.edges[group[0]]):
                self.pairs[group[0]] = self._collect(group[0], set())
            else:
                self._cycle(group)
        for j, n in enumerate(self.nodes):
            rows, elements = self.pairs.pop(n)
            self._fill(matrix[:, j], rows, self.ids[n][elements], cells)
        return Histories(self.nodes, self.at, self.sinks, matrix, cells)

    def _collect(self, node: str, without: set[str]) -> tuple[Ints, Ints]:
        """(row, element) pairs of a node from the nodes that it feeds, each pair once, in order of rows."""
        parts = [self.own[node]]
        for target, a, b in self.edges[node]:
            if target in without:
                continue
            rows, elements = self.pairs[target]
            order = np.argsort(b, kind="stable")
            count = np.bincount(b, minlength=len(self.ids[target]))
            first = np.cumsum(count) - count
            times = count[elements]
            offset = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
            parts.append((np.repeat(rows, times), a[order][np.repeat(first[elements], times) + offset]))
        return self._unique(np.concatenate([r for r, _ in parts]), np.concatenate([e for _, e in parts]), node)

    def _unique(self, rows: Ints, elements: Ints, node: str) -> tuple[Ints, Ints]:
        size = max(1, len(self.ids[node]))
        key = distinct(rows * size + elements)
        return key // size, key % size

    def _cycle(self, group: list[str]) -> None:
        """The pairs of the nodes of a cycle: element by element, each after all that it feeds."""
        start, size = {}, 0
        for n in group:
            start[n], size = size, size + len(self.ids[n])
        rows: list[set[int] | None] = [None] * size
        feeds, fed = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for n in group:
            for target, a, b in self.edges[n]:
                if target in start:
                    feeds.append(a + start[n])
                    fed.append(b + start[target])
            got_rows, got = self._collect(n, set(group))
            for row, x in zip(got_rows.tolist(), (got + start[n]).tolist(), strict=True):
                mine = rows[x]
                if mine is None:
                    rows[x] = {row}
                else:
                    mine.add(row)
        self._spread(np.concatenate(feeds), np.concatenate(fed), rows)
        for n in group:
            mine_ = rows[start[n] : start[n] + len(self.ids[n])]
            count = [len(r) if r else 0 for r in mine_]
            found = np.fromiter((x for r in mine_ if r for x in r), np.int64, sum(count))
            self.pairs[n] = self._unique(found, np.repeat(np.arange(len(count)), count), n)

    @staticmethod
    def _spread(feeds: Ints, fed: Ints, rows: list[set[int] | None]) -> None:
        """Give each element's rows to all that feed it; sets are shared until they must grow."""
        above = feeds[np.argsort(fed, kind="stable")].tolist()
        first = np.concatenate([[0], np.cumsum(np.bincount(fed, minlength=len(rows)))]).tolist()
        waits = np.bincount(feeds, minlength=len(rows)).tolist()
        ready = [x for x, n in enumerate(waits) if not n]
        while ready:
            x = ready.pop()
            mine = rows[x]
            for p in above[first[x] : first[x + 1]]:
                if mine:
                    have = rows[p]
                    if have is None:
                        rows[p] = mine
                    elif have is not mine and not mine <= have:
                        rows[p] = have | mine
                waits[p] -= 1
                if not waits[p]:
                    ready.append(p)

    def _fill(self, column: Ints, rows: Ints, elements: Ints, cells: Cells) -> None:
        if not len(rows):
            return
        first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        size = np.diff(np.append(first, len(rows)))
        column[rows[first]] = elements[first]
        for start, length in zip(first[size > 1].tolist(), size[size > 1].tolist(), strict=True):
            column[rows[start]] = cells.number(elements[start : start + length])
