"""A body before and after a change as a graph over small integers, made with arrays: for changes that are large."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mandala_graph.frame.body import Body
from mandala_graph.frame.kept import Arrows, Growth
from mandala_graph.frame.web import numbers
from mandala_graph.store.reach import Ints

__all__ = ["Dense"]


class Dense:
    """`arrows` is the graph before, `growth` what the change adds; elements are numbered node after node."""

    def __init__(self, before: Body, after: Body) -> None:
        self._ids = {n: np.sort(numbers(after.elements(n))) for n in after.nodes()}
        self._start: dict[str, int] = {}
        size = 0
        for n, ids in self._ids.items():
            self._start[n] = size
            size += len(ids)
        old = np.zeros(size, np.bool_)
        node = np.zeros(size, np.int64)
        for i, n in enumerate(self._ids):
            node[self._start[n] : self._start[n] + len(self._ids[n])] = i
            if n in before.vars or n in before.funcs:
                old[self._at(n, numbers(before.elements(n)))] = True
        sources, targets, was = [], [], []
        for edge in after.edges:
            a, b = after.arrows(edge)
            p, q = self._at(edge[0], a), self._at(edge[1], b)
            sources.append(p)
            targets.append(q)
            was.append((old[p] & old[q]) if edge in before.edges else np.zeros(len(p), np.bool_))
        none = np.zeros(0, np.int64)
        p, q = np.concatenate([none, *sources]), np.concatenate([none, *targets])
        kept = np.concatenate([np.zeros(0, np.bool_), *was])
        self.arrows: Arrows[int] = Arrows(
            _near(q[kept], p[kept], size), _near(p[kept], q[kept], size), node.tolist().__getitem__
        )
        self.growth: Growth[int] = Growth()
        held = old.tolist()
        for x, y in zip(p[~kept].tolist(), q[~kept].tolist(), strict=True):
            self.growth.add(x, y, held[x], held[y])

    def _at(self, node: str, elements: Ints) -> Ints:
        return self._start[node] + np.searchsorted(self._ids[node], elements)


def _near(here: Ints, there: Ints, size: int) -> Callable[[int], list[int]]:
    """What is at the other ends of an element's arrows."""
    others = there[np.argsort(here, kind="stable")].tolist()
    ends = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=size))]).tolist()
    return lambda e: others[ends[e] : ends[e + 1]]
