"""The rows of a frame: the full disjunction of its sinks' histories, exact whatever the order of joining.

A row is a maximal set of sinks that agree pairwise and hang together. Two sinks of one node never agree, so a
row is made of sinks of different nodes. Most sinks of one computation (metrics of a model) share all that
others can see of them; they are taken together first (`_Group`). What is left is joined pairwise by hashing,
and only where that leaves a choice, maximal sets are searched for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from mandala_graph.errors import JoinTooLarge
from mandala_graph.frame.body import Body
from mandala_graph.frame.histories import EMPTY, Cells, Histories, histories
from mandala_graph.store.reach import Ints

__all__ = ["MAX_ROWS", "Rows", "table"]

MAX_ROWS = 10_000_000
"""Rows a table may have unless the caller says otherwise."""


@dataclass
class Rows:
    """Rows as columns: `columns[node]` holds a cell a row; what cell numbers mean, says `cells`."""

    columns: dict[str, Ints]
    cells: Cells
    length: int

    def as_dicts(self) -> Iterator[dict[str, tuple[int, ...]]]:
        """Each row as its filled cells."""
        for i in range(self.length):
            yield {n: self.cells.elements(int(c[i])) for n, c in self.columns.items() if c[i] != EMPTY}


def table(body: Body, max_rows: int = MAX_ROWS) -> Rows:
    """The rows of a body.

    Raises:
        JoinTooLarge: more than `max_rows` rows; the message names the nodes that multiply.
    """
    h = histories(body)
    joined = _Join(h, max_rows)
    rows, sinks = joined.pairs()
    length = int(rows[-1]) + 1 if len(rows) else 0
    matrix = np.full((length, len(h.nodes)), EMPTY, np.int64)
    kind = joined.kind[sinks]
    for k in range(joined.kinds):
        mine = kind == k
        filled = joined.filled[k]
        matrix[np.ix_(rows[mine], filled)] = h.matrix[np.ix_(sinks[mine], filled)]
    return Rows({n: matrix[:, j] for j, n in enumerate(h.nodes)}, h.cells, length)


@dataclass
class _Group:
    """Sinks that others cannot tell apart: `members` by kind; a row takes one of each kind."""

    public: tuple[int, ...]
    key: tuple[int, ...]
    members: list[list[int]]

    @property
    def rows(self) -> int:
        n = 1
        for m in self.members:
            n *= len(m)
        return n


class _Join:
    def __init__(self, h: Histories, max_rows: int) -> None:
        self.h = h
        self.max_rows = max_rows
        # the kind of a sink: its node, and which nodes its history fills
        full = h.matrix != EMPTY
        key = np.concatenate([h.at[:, None].astype(np.int64), _packed(full)], axis=1)
        _, first, kind = np.unique(key, axis=0, return_index=True, return_inverse=True)
        self.kind = kind.reshape(-1)
        self.kinds = len(first)
        self.filled = [np.flatnonzero(full[i]) for i in first]
        self.node = [int(h.at[i]) for i in first]
        seen = np.zeros(len(h.nodes), np.int64)
        for f in self.filled:
            seen[f] += 1
        self.public = [tuple(int(j) for j in f if seen[j] > 1) for f in self.filled]

    def pairs(self) -> tuple[Ints, Ints]:
        """(row, sink) pairs, by row."""
        alone = np.flatnonzero(~np.array([bool(p) for p in self.public], np.bool_)[self.kind])
        apart, sets = self._combine(list(self._groups()))
        total = len(alone) + sum(g.rows for g in apart) + sum(_rows(s) for s in sets)
        if total > self.max_rows:
            self._refuse(total, [g for s in [*[[g] for g in apart], *sets] if _rows(s) > 1 for g in s])
        rows: list[int] = []
        sinks: list[int] = []
        n = len(alone)
        for one in [*[[g] for g in apart], *sets]:
            members = [m for g in one for m in g.members]
            if all(len(m) == 1 for m in members):
                sinks.extend([m[0] for m in members])
                rows.extend([n] * len(members))
                n += 1
            else:
                for combination in product(*members):
                    sinks.extend(combination)
                    rows.extend([n] * len(combination))
                    n += 1
        return (
            np.concatenate([np.arange(len(alone)), np.array(rows, np.int64)]),
            np.concatenate([alone, np.array(sinks, np.int64)]),
        )

    def _groups(self) -> Iterator[_Group]:
        """Groups of the sinks of which others see anything."""
        found: dict[tuple[tuple[int, ...], tuple[int, ...]], dict[int, list[int]]] = {}
        for k in range(self.kinds):
            mine = np.flatnonzero(self.kind == k)
            public = self.public[k]
            if not public:
                continue
            keys = self.h.matrix[np.ix_(mine, np.array(public))].tolist()
            for sink, key in zip(mine.tolist(), keys, strict=True):
                found.setdefault((public, tuple(key)), {}).setdefault(k, []).append(sink)
        for (public, key), members in found.items():
            yield _Group(public, key, list(members.values()))

    def _combine(self, groups: list[_Group]) -> tuple[list[_Group], list[list[_Group]]]:
        """Groups that stay alone, and the maximal sets of groups that agree and hang together."""
        types: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for i, g in enumerate(groups):
            types[g.public].append(i)
        near: dict[int, set[int]] = defaultdict(set)
        names = list(types)
        for a, p in enumerate(names):
            for q in names[a + 1 :]:
                common = sorted(set(p) & set(q))
                if common:
                    self._match(groups, types[p], types[q], common, near)
        alone = [g for i, g in enumerate(groups) if i not in near]
        sets: list[list[_Group]] = []
        for part in _parts(near):
            if len({groups[i].public for i in part}) == 2:
                left = groups[part[0]].public
                sets += [[groups[i], groups[j]] for i in part if groups[i].public == left for j in sorted(near[i])]
            else:
                sets += [[groups[i] for i in s] for s in _maximal(part, near, groups)]
        return alone, sets

    def _match(
        self, groups: list[_Group], left: list[int], right: list[int], common: list[int], near: dict[int, set[int]]
    ) -> None:
        """Note which groups of two types agree on what they have in common."""

        def key(i: int) -> tuple[int, ...]:
            g = groups[i]
            cell = dict(zip(g.public, g.key, strict=True))
            return tuple([cell[j] for j in common])

        by_key: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for j in right:
            by_key[key(j)].append(j)
        matched = [(i, by_key.get(key(i), ())) for i in left]
        total = sum(len(js) for _, js in matched)
        if total > self.max_rows:  # each pair stands in a row of its own
            self._refuse(total, [groups[left[0]], groups[right[0]]])
        for i, js in matched:
            if js:
                near[i].update(js)
                for j in js:
                    near[j].add(i)

    def _refuse(self, total: int, groups: Sequence[_Group]) -> None:
        names = sorted({self.h.nodes[self.node[self.kind[m[0]]]] for g in groups for m in g.members})
        raise JoinTooLarge(
            f"the table would have {total:,} rows or more, and max_rows is {self.max_rows:,}: "
            f"{', '.join(names)} multiply, because they share inputs and nothing downstream. "
            f"Ask for fewer nodes (cf.df('a', 'b')), drop some of these, or raise max_rows."
        )


def _rows(groups: Sequence[_Group]) -> int:
    n = 1
    for g in groups:
        n *= g.rows
    return n


def _packed(full: Any) -> Any:
    """Each row of booleans as a few integers."""
    bits = np.packbits(full, axis=1)
    pad = -bits.shape[1] % 8
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, pad)))).view(np.int64)


def _parts(near: dict[int, set[int]]) -> list[list[int]]:
    """Connected parts, each sorted."""
    found, seen = [], set()
    for start in sorted(near):
        if start in seen:
            continue
        seen.add(start)
        part, todo = [], [start]
        while todo:
            i = todo.pop()
            part.append(i)
            for j in near[i]:
                if j not in seen:
                    seen.add(j)
                    todo.append(j)
        found.append(sorted(part))
    return found


def _maximal(part: list[int], near: dict[int, set[int]], groups: list[_Group]) -> list[list[int]]:
    """Maximal sets of groups of a connected part that agree pairwise and hang together.

    They are the connected pieces of the maximal cliques of "agree", as far as no other piece holds them; groups
    that have no node in common agree too.
    """
    nodes = {i: frozenset(groups[i].public) for i in part}
    agree = {i: near[i] | {j for j in part if j != i and nodes[i].isdisjoint(nodes[j])} for i in part}
    if all(len(agree[i]) == len(part) - 1 for i in part):
        return [part]
    pieces: set[frozenset[int]] = set()
    for clique in _cliques(part, agree):
        left = set(clique)
        while left:
            piece, todo = set(), [left.pop()]
            while todo:
                i = todo.pop()
                piece.add(i)
                more = near[i] & left
                left -= more
                todo += more
            pieces.add(frozenset(piece))
    by_member: dict[int, list[frozenset[int]]] = defaultdict(list)
    for p in pieces:
        for i in p:
            by_member[i].append(p)
    return sorted(
        sorted(p) for p in pieces if not any(p < q for q in by_member[min(p, key=lambda i: len(by_member[i]))])
    )


def _cliques(part: list[int], agree: dict[int, set[int]]) -> Iterator[list[int]]:
    """All maximal cliques (Bron and Kerbosch, with a pivot), without recursion."""
    stack: list[tuple[list[int], set[int], set[int]]] = [([], set(part), set())]
    while stack:
        clique, candidates, done = stack.pop()
        if not candidates and not done:
            yield clique
            continue
        pivot = max(candidates | done, key=lambda i: (len(agree[i] & candidates), -i))
        for i in sorted(candidates - agree[pivot]):
            stack.append(([*clique, i], candidates & agree[i], done & agree[i]))
            candidates.discard(i)
            done.add(i)
