"""`Web`: the part of a provenance graph that frames look at, as columns of small integers in memory.

It only ever grows. Refs and calls are numbered as they come; nothing that a frame means may depend on these
numbers, so wherever an order matters it is that of the hids. Values are not here.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from mandala_graph.frame.names import label_order
from mandala_graph.store.reach import Direction, Edges, Ints, Part, Reader, distinct

__all__ = ["Web", "among", "numbers"]

Order = Callable[[str], Any]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Declared = Callable[[], dict[str, tuple[tuple[str, ...], tuple[str, ...]]]]


def numbers(elements: Iterable[int]) -> Ints:
    """Elements as an array; sets in whatever order they come."""
    if isinstance(elements, np.ndarray):
        return elements
    sized = elements if isinstance(elements, (set, list, tuple)) else list(elements)
    return np.fromiter(sized, np.int64, len(sized))


def among(elements: Ints, held: set[int]) -> Flags:
    """Which of the elements are held."""
    if len(elements) < 32:
        return np.array([x in held for x in elements.tolist()], np.bool_)
    return np.isin(elements, numbers(held))


class Side:
    """All inputs, or all outputs, of a web's calls: the edges of call c are at `first[c]` to `first[c + 1]`.

    `[c]` gives them as (label, ref) pairs in canonical order.
    """

    def __init__(self, labels: list[str]) -> None:
        self._names = labels
        self.first: Ints = np.zeros(1, np.int64)
        self.labels: Ints = np.zeros(0, np.int64)
        self.refs: Ints = np.zeros(0, np.int64)
        self._known: dict[int, tuple[tuple[str, int], ...]] = {}

    def __getitem__(self, call: int) -> tuple[tuple[str, int], ...]:
        found = self._known.get(call)
        if found is None:
            a, b = self.first[call : call + 2].tolist()
            names = [self._names[x] for x in self.labels[a:b].tolist()]
            found = self._known[call] = tuple(zip(names, self.refs[a:b].tolist(), strict=True))
        return found

    def extend(self, count: Ints, labels: Ints, refs: Ints) -> None:
        """The edges of so many calls more, `count` of each."""
        self.first = np.concatenate([self.first, self.first[-1] + np.cumsum(count)])
        self.labels = np.concatenate([self.labels, labels])
        self.refs = np.concatenate([self.refs, refs])

    def of(self, calls: Ints) -> tuple[Ints, Ints, Ints]:
        """The edges of these calls: (call, label, ref), a column each."""
        at, count = ranges(self.first, calls)
        return np.repeat(calls, count), self.labels[at], self.refs[at]


class Uses:
    """Which calls use a ref, at which label: those of ref r are at `first[r]` to `first[r + 1]`. `[r]` gives the calls."""

    def __init__(self, side: Side, refs: int) -> None:
        order = np.argsort(side.refs, kind="stable")
        callers = np.repeat(np.arange(len(side.first) - 1), np.diff(side.first))
        self.first = np.concatenate([[0], np.cumsum(np.bincount(side.refs, minlength=refs))])
        self.calls, self.labels = callers[order], side.labels[order]

    def __getitem__(self, ref: int) -> list[int]:
        a, b = self.first[ref : ref + 2].tolist()
        return list(dict.fromkeys(self.calls[a:b].tolist()))

    def of(self, refs: Ints) -> tuple[Ints, Ints, Ints]:
        """The uses of these refs: (ref, call, label), a column each."""
        at, count = ranges(self.first, refs)
        return np.repeat(refs, count), self.calls[at], self.labels[at]


def ranges(first: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """All places from `first[k]` to `first[k + 1]`, key after key, and how many each has."""
    count = first[keys + 1] - first[keys]
    return np.arange(count.sum()) + np.repeat(first[keys] - (np.cumsum(count) - count), count), count


class Web:
    """Refs and calls of one store, numbered, with the edges between them.

    Args:
        reader: where more of the graph comes from.
        declared: the input and output labels of each op, as the store describes it.

    `ins` and `outs` hold the edges of calls, `creator[r]` is the call that made a ref, or -1.
    """

    def __init__(self, reader: Reader, declared: Declared) -> None:
        self.reader = reader
        self._declared = declared
        self._signatures: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._orders: dict[str, tuple[Order, Order]] = {}
        self._ops: dict[str, str] = {}
        self.labels_by_code: list[str] = []
        self._codes: dict[str, int] = {}
        self.ref_ids: list[str] = []
        self.ref_of: dict[str, int] = {}
        self.scalar: Ints = np.zeros(0, np.int64)
        self.computed: Ints = np.zeros(0, np.int64)
        self.creator: Ints = np.zeros(0, np.int64)
        self.known_consumers: set[int] = set()
        self.call_ids: list[str] = []
        self.call_of: dict[str, int] = {}
        self.call_op: list[str] = []
        self.ins = Side(self.labels_by_code)
        self.outs = Side(self.labels_by_code)
        self._shape: list[int] = []
        self._shapes: dict[tuple[bytes, bytes], int] = {}
        self._cuts: list[tuple[bytes, bytes]] = []
        self._uses: Uses | None = None

    # -- growth --------------------------------------------------------------------------------------
    def load(self, part: Part) -> Ints:
        """Take in a part; the numbers of its refs."""
        with _uncollected():
            return self._load(part)

    def _load(self, part: Part) -> Ints:
        refs = _numbered(part.refs, self.ref_of, self.ref_ids)
        known = len(self.creator)
        more = len(self.ref_ids) - known
        self.creator = np.concatenate([self.creator, np.full(more, -1)])
        self.scalar = np.concatenate([self.scalar, np.zeros(more, np.int64)])
        self.computed = np.concatenate([self.computed, np.zeros(more, np.int64)])
        self.scalar[refs[refs >= known]] = part.plain[refs >= known]
        self.computed[refs] |= part.made
        before = len(self.call_ids)
        calls = _numbered(part.calls, self.call_of, self.call_ids)
        self.call_op += [
            self._ops.setdefault(op, op) for c, op in zip(calls.tolist(), part.ops, strict=True) if c >= before
        ]
        if len(self.call_ids) > before:
            self._extend(self.ins, part.inputs, calls, refs, before)
            self._extend(self.outs, part.outputs, calls, refs, before)
            self._note_shapes(before)
            first = self.outs.first
            made = self.outs.refs[first[before] :]
            self.creator[made] = np.repeat(np.arange(before, len(first) - 1), np.diff(first[before:]))
            self.computed[made] = 1
        self._uses = None
        return refs

    def _extend(self, side: Side, edges: Edges, calls: Ints, refs: Ints, before: int) -> None:
        """Put the edges of new calls on a side, each call's in canonical order."""
        callers = calls[edges.calls]
        codes = self._coded(edges.labels)
        new = callers >= before
        callers, codes, indices, ends = callers[new], codes[new], edges.indices[new], refs[edges.refs[new]]
        order = np.lexsort((indices, self._rank(callers, codes, side is self.outs), callers))
        count = np.bincount(callers - before, minlength=len(self.call_ids) - before)
        side.extend(count, codes[order], ends[order])

    def _coded(self, labels: list[str]) -> Ints:
        for label in dict.fromkeys(labels):
            if label not in self._codes:
                self._codes[label] = len(self.labels_by_code)
                self.labels_by_code.append(label)
        return np.fromiter(map(self._codes.__getitem__, labels), np.int64, len(labels))

    def code(self, label: str) -> int:
        """The number of a label; -1 for one that no call has."""
        return self._codes.get(label, -1)

    def _rank(self, callers: Ints, codes: Ints, outputs: bool) -> Ints:
        """The place of each edge's label among those of its call's op."""
        ops = {op: i for i, op in enumerate(dict.fromkeys(self.call_op[c] for c in callers.tolist()))}
        of_op = np.fromiter((ops[self.call_op[c]] for c in callers.tolist()), np.int64, len(callers))
        size = len(self.labels_by_code) + 1
        found, inverse = np.unique(of_op * size + codes, return_inverse=True)
        names = list(ops)
        pairs = [(names[k // size], self.labels_by_code[k % size]) for k in found.tolist()]
        ordered = sorted(range(len(pairs)), key=lambda i: self._order(pairs[i][0])[outputs](pairs[i][1]))
        rank: Ints = np.empty(len(pairs), np.int64)
        rank[ordered] = np.arange(len(pairs))
        ranks: Ints = rank[inverse.reshape(-1)]
        return ranks

    def _order(self, op: str) -> tuple[Order, Order]:
        if op not in self._orders:
            if op not in self._signatures:
                self._signatures = self._declared()
            inputs, outputs = self._signatures.get(op, ((), ()))
            self._orders[op] = (label_order(inputs), label_order(outputs))
        return self._orders[op]

    def _note_shapes(self, before: int) -> None:
        """Which labels new calls have, in order: the same for nearly all calls of an op."""
        cuts = []
        for side in (self.ins, self.outs):
            base = int(side.first[before])
            text = side.labels[base:].tobytes()
            ends = ((side.first[before:] - base) * 8).tolist()
            cuts.append([text[a:b] for a, b in pairwise(ends)])
        shapes = self._shapes
        self._shape += [shapes.setdefault(key, len(shapes)) for key in zip(*cuts, strict=True)]
        self._cuts = list(shapes)

    def reach(self, refs: Iterable[int], direction: Direction, recursive: bool, follow: Iterable[int] = ()) -> None:
        """Have what is up or down from these refs (see `Reader.reach`)."""
        follow = list(follow)
        wanted = numbers(refs)
        leads = self.computed[wanted] != 0
        if direction != "back":
            leads |= self.scalar[wanted] == 0
        starts = wanted[leads].tolist()
        ids = self.ref_ids
        part = self.reader.reach(
            [ids[r] for r in starts], (), direction, recursive, [ids[r] for r in follow], self.call_of
        )
        near = self.load(part)
        if direction in ("forward", "both"):
            if recursive:
                calls = np.fromiter(map(self.call_of.__getitem__, part.calls), np.int64, len(part.calls))
                near = distinct(np.concatenate([near, self.ins.of(calls)[2], self.outs.of(calls)[2]]))
                self.known_consumers.update(near[(self.computed[near] != 0) | (self.scalar[near] == 0)].tolist())
            self.known_consumers.update(starts)
            self.known_consumers.update(follow)

    # -- questions -----------------------------------------------------------------------------------
    @property
    def uses(self) -> Uses:
        """Who uses which ref."""
        if self._uses is None:
            self._uses = Uses(self.ins, len(self.ref_ids))
        return self._uses

    def labels(self, calls: Iterable[int], side: int) -> list[str]:
        """Labels of the calls' inputs (side 0) or outputs (side 1), as met going through the calls by hid."""
        shape, ids = self._shape, self.call_ids
        first = dict.fromkeys((shape[c] for c in calls), "")
        if len(first) > 1:
            first = {}
            for c in calls:
                if shape[c] not in first or ids[c] < first[shape[c]]:
                    first[shape[c]] = ids[c]
        codes: dict[int, None] = {}
        for s in sorted(first, key=first.__getitem__):
            codes.update(dict.fromkeys(np.frombuffer(self._cuts[s][side], np.int64).tolist()))
        return [self.labels_by_code[x] for x in codes]

    def refs_at(self, calls: Iterable[int], side: int, label: str) -> set[int]:
        """Refs at a label of these calls."""
        _, labels, refs = (self.outs if side else self.ins).of(numbers(calls))
        return set(refs[labels == self.code(label)].tolist())

    def of_calls(self, refs: set[int]) -> set[int]:
        """Those of the refs that calls made."""
        made = numbers(refs)
        return set(made[self.computed[made] != 0].tolist())


def _numbered(hids: list[str], known: dict[str, int], ids: list[str]) -> Ints:
    """The numbers of hids, new ones for those that are new."""
    for hid in hids:
        if hid not in known:
            known[hid] = len(ids)
            ids.append(hid)
    return np.fromiter(map(known.__getitem__, hids), np.int64, len(hids))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, which would look through all that is being made, time and again, for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
