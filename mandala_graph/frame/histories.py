"""The histories of a frame's sinks as one matrix: a row for each sink, a column for each node, a number for each cell.

Worked out node by node against the edges, with arrays; only the nodes of a cycle element by element, in the
order that their element edges give (those have no cycle).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mandala_graph.frame.body import Body
from mandala_graph.frame.order import components

if TYPE_CHECKING:
    import numpy as np

    Ints = np.ndarray[Any, np.dtype[np.int64]]

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
        import numpy as np

        self.np = np
        self.body = body
        self.groups = components(body)
        self.nodes = [n for g in self.groups for n in g]
        self.ids: dict[str, Ints] = {n: np.sort(np.fromiter(body.elements(n), np.int64)) for n in self.nodes}
        self.edges: dict[str, list[tuple[str, Ints, Ints]]] = {n: [] for n in self.nodes}
        consumed = {n: np.zeros(len(self.ids[n]), bool) for n in self.nodes}
        for edge in body.edges:
            source, target, _ = edge
            pairs = body.pairs(edge)
            if pairs:
                a, b = np.array(pairs, np.int64).T
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
        np = self.np
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
        np = self.np
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
        np = self.np
        size = max(1, len(self.ids[node]))
        key = np.unique(rows * size + elements)
        return key // size, key % size

    def _cycle(self, group: list[str]) -> None:
        """The pairs of the nodes of a cycle: element by element, each after all that it feeds."""
        np = self.np
        inside = set(group)
        below: dict[tuple[str, int], list[tuple[str, int]]] = {}
        above: dict[tuple[str, int], list[tuple[str, int]]] = {}
        rows: dict[tuple[str, int], set[int]] = {}
        for n in group:
            for target, a, b in self.edges[n]:
                if target in inside:
                    for x, y in zip(a.tolist(), b.tolist(), strict=True):
                        below.setdefault((n, x), []).append((target, y))
                        above.setdefault((target, y), []).append((n, x))
            got_rows, got = self._collect(n, inside)
            for row, x in zip(got_rows.tolist(), got.tolist(), strict=True):
                rows.setdefault((n, x), set()).add(row)
        waits = {e: len(ts) for e, ts in below.items()}
        ready = [(n, x) for n in group for x in range(len(self.ids[n])) if (n, x) not in waits]
        while ready:
            e = ready.pop()
            mine = rows.get(e)
            for p in above.get(e, ()):
                if mine:
                    have = rows.get(p)
                    if have is None:
                        rows[p] = mine  # shared until it must grow
                    elif not mine <= have:
                        rows[p] = have | mine
                waits[p] -= 1
                if not waits[p]:
                    ready.append(p)
        for n in group:
            found_rows: list[int] = []
            found: list[int] = []
            for x in range(len(self.ids[n])):
                mine = rows.get((n, x))
                if mine:
                    found_rows.extend(mine)
                    found.extend([x] * len(mine))
            self.pairs[n] = self._unique(np.array(found_rows, np.int64), np.array(found, np.int64), n)

    def _fill(self, column: Ints, rows: Ints, elements: Ints, cells: Cells) -> None:
        np = self.np
        if not len(rows):
            return
        first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        size = np.diff(np.append(first, len(rows)))
        column[rows[first]] = elements[first]
        for start, length in zip(first[size > 1].tolist(), size[size > 1].tolist(), strict=True):
            column[rows[start]] = cells.number(elements[start : start + length])
