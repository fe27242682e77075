"""The question of `fits` in terms of any graph of elements: do new arrows leave every full cell of every row?

A row is a sink's history; a cell is what of a node is in it. Elements are anything that hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Arrows", "Growth", "keeps", "sinks"]

E = TypeVar("E", bound=Hashable)

BLOCK = 4096
"""Sinks looked at together: a bit each in integers, two for every element upstream of them."""

NEAR = (4, 16)
"""Elements passed on the way down from each end of a new arrow, in search of where the ways meet: first, then at most."""


class Arrows(NamedTuple, Generic[E]):
    """The graph before the change: what is directly up and down of an element, and the node that it is in."""

    up: Callable[[E], list[E]]
    down: Callable[[E], list[E]]
    node: Callable[[E], Hashable]


class Growth(Generic[E]):
    """New arrows: `up` by target. `news` are targets that were there of sources that were not."""

    def __init__(self) -> None:
        self.up: dict[E, list[E]] = {}
        self.consumed: set[E] = set()
        self.old: list[E] = []
        self.new_above_old = False

    def add(self, p: E, q: E, p_is_old: bool, q_is_old: bool) -> None:
        if q not in self.up:
            self.up[q] = []
            if q_is_old:
                self.old.append(q)
        self.up[q].append(p)
        self.consumed.add(p)
        self.new_above_old |= q_is_old and not p_is_old


def keeps(arrows: Arrows[E], growth: Growth[E]) -> bool:
    """Does every sink that is one before and after keep all its full cells?"""
    if not growth.new_above_old and _adds_nothing(arrows, growth):
        return True
    found = (s for s in sinks(arrows.down, growth.old) if s not in growth.consumed)
    size = 1  # one row is often enough to say no
    while block := list(islice(found, size)):
        if not _block_keeps(arrows, growth, block):
            return False
        size = BLOCK
    return True


def sinks(down: Callable[[E], list[E]], starts: Iterable[E]) -> Iterator[E]:
    """The sinks that are downstream of these elements, or among them; each once."""
    seen: set[E] = set()
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        todo = [start]
        while todo:
            e = todo.pop()
            below = down(e)
            if not below:
                yield e
            for x in below:
                if x not in seen:
                    seen.add(x)
                    todo.append(x)


def _adds_nothing(arrows: Arrows[E], growth: Growth[E]) -> bool:
    """Is for every new arrow each sink below its target below its source already?

    Then, arrow by arrow, a way that uses new ones can be replaced by one that does not: no history grows. Only ways
    that meet soon are found, so False means no more than that the question is open.
    """
    targets: dict[E, list[E]] = {}
    for q in growth.old:
        for p in growth.up[q]:
            targets.setdefault(p, []).append(q)
    for p, qs in targets.items():
        below = _near(arrows.down, p, NEAR[0])
        far = False
        for q in qs:
            while not _meets(arrows.down, q, below, growth.consumed):
                if far:
                    return False
                below |= _near(arrows.down, p, NEAR[1])
                far = True
    return True


def _near(down: Callable[[E], list[E]], start: E, steps: int) -> set[E]:
    found = {start}
    layer = [start]
    left = steps
    while layer:
        after = []
        for e in layer:
            new = [x for x in down(e) if x not in found]
            found.update(new)
            after += new
            left -= 1
            if not left:
                return found
        layer = after
    return found


def _meets(down: Callable[[E], list[E]], start: E, below: set[E], consumed: set[E]) -> bool:
    """Does every way down from here meet `below` (or end in what is no sink any more)? What does is added to it."""
    passed: set[E] = set()
    todo = [start]
    while todo:
        e = todo.pop()
        if e in below or e in passed:
            continue
        after = down(e)
        if len(passed) == NEAR[1] or not (after or e in consumed):
            return False
        passed.add(e)
        todo += after
    below |= passed
    return True


def _block_keeps(arrows: Arrows[E], growth: Growth[E], block: list[E]) -> bool:
    """The same for some sinks, each a bit: which of them an element reaches, before and after the change."""
    before = {s: 1 << i for i, s in enumerate(block)}
    after = dict(before)
    filled: dict[Hashable, int] = {}
    none: list[E] = []
    for e in _downstream_first(arrows.up, growth.up, block):
        was, now = before.get(e, 0), after[e]
        above = arrows.up(e)
        if was:
            node = arrows.node(e)
            filled[node] = filled.get(node, 0) | was
            for p in above:
                before[p] = before.get(p, 0) | was
        for p in above:
            after[p] = after.get(p, 0) | now
        for p in growth.up.get(e, none):
            after[p] = after.get(p, 0) | now
    return not any(
        (now & ~before.get(e, 0)) & filled.get(arrows.node(e), 0) for e, now in after.items() if now != before.get(e, 0)
    )


def _downstream_first(up: Callable[[E], list[E]], new_up: dict[E, list[E]], block: list[E]) -> list[E]:
    """All that is upstream of the sinks, after the change, each element before those that feed it."""
    none: list[E] = []
    seen: set[E] = set()
    order: list[E] = []
    for sink in block:
        if sink in seen:
            continue
        seen.add(sink)
        stack = [(sink, iter((*up(sink), *new_up.get(sink, none))))]
        while stack:
            e, above = stack[-1]
            for p in above:
                if p not in seen:
                    seen.add(p)
                    stack.append((p, iter((*up(p), *new_up.get(p, none)))))
                    break
            else:
                order.append(e)
                stack.pop()
    order.reverse()
    return order
